"""Tell what a freeze holds back on the day of the plan."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.calendar.freezes import REMIND, hold_on
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.refusals.case import Case


def held_back(case: Case) -> Iterator[Diagnostic]:
    """Tell how much of what is held back, and until when: seats that would be revoked, what depends on them, and reminders."""
    if (hold := case.at_hand.hold) is not None and (facts := [*_seats(case)]):
        message = f"{' '.join(facts)} The freeze lasts {hold.in_words}; what it holds back comes on {hold.over}."
        yield _notice(case, message, _members(case, Action.REVOKE))
    reminders = _members(case, Action.RESEND)
    if reminders and (hold := hold_on(case.desired.institution.freezes, case.today, REMIND)) is not None:
        number = counted(len(reminders), "reminder is", "reminders are")
        message = f"{number} held back: the freeze of reminders lasts {hold.in_words}."
        yield _notice(case, message, reminders)


def _notice(case: Case, message: str, members: list[str]) -> Diagnostic:
    help = "Nothing to do. To end it earlier, change `freeze` in seatsync.yaml."
    return Diagnostic("held-back", message, help, case.desired.place("freeze"), Severity.NOTICE, None, members)


def _members(case: Case, action: Action) -> list[str]:
    return [email for (held, _), emails in sorted(case.at_hand.held.items()) if held is action for email in emails]


def _seats(case: Case) -> Iterator[str]:
    held = case.at_hand.held
    seats = {library: len(emails) for (action, library), emails in sorted(held.items()) if action is Action.REVOKE}
    if number := sum(seats.values()):
        by_library = ", ".join(f"{library} {count:,}" for library, count in seats.items() if count)
        stay = "stays for now: it" if number == 1 else "stay for now: they"
        yield f"{counted(number, 'seat')} ({by_library}) would be revoked and {stay} can be used and claimed."
    for (action, library), emails in sorted(held.items()):
        if action is Action.LIBRARY_REMOVE and emails:
            yield f"{case.title(library)} is not removed yet."
        elif action is Action.GRANT and emails:
            grants = counted(len(emails), "grant waits", "grants wait")
            yield f"{grants} for these seats of {case.title(library)}."
