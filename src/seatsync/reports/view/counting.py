"""What a plan does, counted in words that people use: who joins and leaves, which letters go out, how many seats are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seatsync.domain.action import Action, Letter
from seatsync.domain.diagnostic import counted
from seatsync.domain.library import Titles
from seatsync.planning.seats import SlotChange

_ACTIONS: Mapping[str, tuple[str, str]] = {
    Action.INSTITUTION_UPDATE: ("change of the institution", "changes of the institution"),
    Action.LIBRARY_ADD: ("library added", "libraries added"),
    Action.LIBRARY_UPDATE: ("library changed", "libraries changed"),
    Action.ADMIN_REMOVE: ("administrator removed", "administrators removed"),
    Action.ADMIN_UPDATE: ("administrator changed", "administrators changed"),
    Action.ADMIN_ADD: ("administrator added", "administrators added"),
    Action.MEMBER_ADD: ("person joins", "people join"),
    Action.MEMBER_UPDATE: ("person changes", "people change"),
    Action.OBSERVE: ("seen at the vendor", "seen at the vendor"),
    Action.REVOKE: ("seat taken back", "seats taken back"),
    Action.MEMBER_REMOVE: ("person leaves", "people leave"),
    Action.UPGRADE: ("seat becomes permanent", "seats become permanent"),
    Action.LICENSE_UPDATE: ("end date changes", "end dates change"),
    Action.UNWAIT: ("person no longer waits", "people no longer wait"),
    Action.GRANT: ("seat granted", "seats granted"),
    Action.WAIT: ("change in the line", "changes in the line"),
    Action.RESEND: ("invited again", "invited again"),
    Action.LIBRARY_REMOVE: ("library removed", "libraries removed"),
}

_LETTERS: Mapping[str, tuple[str, str]] = {
    Letter.INVITATION: ("invitation", "invitations"),
    Letter.REMINDER: ("reminder", "reminders"),
    Letter.ACCESS: ("confirmation of access", "confirmations of access"),
    Letter.REMOVED: ("notice of removal", "notices of removal"),
    Letter.PERMANENT: ("notice of a permanent seat", "notices of permanent seats"),
    Letter.SET_PASSWORD: ("request to set a password", "requests to set a password"),
    Letter.PLAN_ASSIGNED: ("notice of an assigned plan", "notices of assigned plans"),
    Letter.WAITING: ("notice of a place in line", "notices of places in line"),
    Letter.WELCOME: ("welcome to an administrator", "welcomes to administrators"),
    Letter.BRIEFING: ("briefing of an administrator", "briefings of administrators"),
}

_LIBRARIES = 5  # libraries that the decision panel names


def actions_in_words(summary: Mapping[str, int]) -> str:
    """Return a count per action in words: ``3 people join, 2 seats granted``."""
    return ", ".join(counted(number, *_ACTIONS.get(action, (action, action))) for action, number in summary.items())


def words_for(action: Action) -> tuple[str, str]:
    """Return what stands behind the number of such changes, if it is one and if they are many."""
    return _ACTIONS[action]


def letters_in_words(letters: Mapping[str, int]) -> str:
    """Return a count per letter in words: ``12 invitations, 1 reminder``; empty if there are none."""
    counts = (counted(number, *_LETTERS.get(letter, (letter, letter))) for letter, number in letters.items() if number)
    return ", ".join(counts)


def letter_in_words(letter: Letter) -> str:
    """Return a letter's name: ``Confirmation of access``."""
    return _LETTERS[letter][0].capitalize()


def seats_left(slots: Mapping[str, SlotChange], titles: Titles) -> str:
    """Return how many seats each library has left after the plan, the worst first: ``Books 2 of 40, Maps 15 of 100``."""
    by_need = sorted(slots.items(), key=lambda item: (_share_left(item[1]), item[0]))
    return ", ".join(_with_rest([_left(titles.of(library), change) for library, change in by_need]))


def _share_left(change: SlotChange) -> float:
    after = change.after
    return after.available / after.total if after.total else float(after.available or 1)


def _left(library: str, change: SlotChange) -> str:
    after = change.after
    over = f"{-after.available:,} too many for {after.total:,}" if after.available < 0 else ""
    return f"{library} {over or f'{after.available:,} of {after.total:,}'}"


def _with_rest(told: Sequence[str]) -> list[str]:
    rest = len(told) - _LIBRARIES
    more = [counted(rest, "more library", "more libraries")] if rest > 0 else []
    return [*told[:_LIBRARIES], *more]
