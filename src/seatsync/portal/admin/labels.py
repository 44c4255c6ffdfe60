"""The words of lists and journal in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seatsync.domain.action import EVENTS, Letter
from seatsync.domain.filters import Filters
from seatsync.domain.letters import LetterState
from seatsync.domain.license import Kind, Status
from seatsync.domain.portal.progress import WORDS
from seatsync.ledger.queries.history import APPROVED, OUTDATED
from seatsync.portal.web.translation import _, day, later

PERSON: Mapping[str, Any] = {
    "email": later("E-mail"),
    "student_id": later("Student id"),
    "role": later("Role"),
    "tags": later("Tags"),
}
"""The labels of a member's fields besides the name, by the field of ``Person``."""

TERMS: Mapping[str, Any] = {
    **PERSON,
    Kind.NONE.value: later("none"),
    Kind.TEMPORARY.value: later("temporary"),
    Kind.PERMANENT.value: later("permanent"),
    Status.UNCLAIMED.value: later("unclaimed"),
    Status.DELIVERED.value: later("claimed"),
    Status.OPTED_OUT.value: later("opted out"),
    Status.REVOKED.value: later("revoked"),
    Status.LAPSED.value: later("lapsed"),
    Status.WAITING.value: later("waiting"),
    "with": later("Members with a license"),
    "without": later("Members without a license"),
    "all": later("All members"),
    "on": later("On a roster"),
    "left": later("No longer on any roster"),
    "any": later("Any"),
    "bounced": later("bounced"),
    "family_name": later("Name"),
    "imported_on": later("Imported"),
    "invited_on": later("Invited"),
    "kind": later("License kind"),
    "status": later("License status"),
    "until": later("End date"),
    "place": later("Place in line"),
    "open": later("Something to be done"),
    "done": later("Nothing to be done"),
}
"""By the word in addresses."""

PROGRESS: Mapping[str, Any] = {progress.value: later(what.words) for progress, what in WORDS.items()}
"""By the word in lists (``Progress``)."""

ACTIONS: Mapping[str, Any] = {
    **{word: later(what.facts.words) for word, what in EVENTS.items()},
    APPROVED: later("limit passed by approval"),
    OUTDATED: later("outdated files applied"),
}
"""By the word in the journal and in its filter."""

LETTERS: Mapping[str, Any] = {
    Letter.INVITATION.value: later("Invitation"),
    Letter.REMINDER.value: later("Reminder"),
    Letter.ACCESS.value: later("Access confirmed"),
    Letter.REMOVED.value: later("Access removed"),
    Letter.PERMANENT.value: later("Yours permanently"),
    Letter.SET_PASSWORD.value: later("Set your password"),
    Letter.PLAN_ASSIGNED.value: later("Plan assigned"),
    Letter.WAITING.value: later("In line for a seat"),
    Letter.WELCOME.value: later("Welcome of an administrator"),
    Letter.BRIEFING.value: later("Briefing of an administrator"),
}
"""The names of letters."""

LETTER_STATES: Mapping[str, Any] = {
    LetterState.PENDING.value: later("waits to be sent"),
    LetterState.HELD.value: later("held back until an administrator releases it"),
    LetterState.SENT.value: later("sent"),
    LetterState.BOUNCED.value: later("not delivered"),
    LetterState.CANCELLED.value: later("cancelled, because it was out of date"),
}
"""What became of a letter."""


def list_title(filters: Filters, library: str, *, is_of_licenses: bool) -> str:
    """Whom or what a list shows, with the filters that its form may hide. ``library`` is the title of the chosen one."""
    return ", ".join(str(words) for words in (_listed(filters, library, is_of_licenses), *_narrowed(filters)))


def _listed(filters: Filters, library: str, is_of_licenses: bool) -> Any:
    if is_of_licenses:
        return _("Licenses: %(library)s", library=library) if library else _("Licenses")
    match filters.licensed:
        case "with" if library:
            return _("Members with %(library)s", library=library)
        case "without" if library:
            return _("Members without %(library)s", library=library)
        case "with" | "without":
            return TERMS[filters.licensed]
    return _("Members: %(library)s", library=library) if library else _("Members")


def _narrowed(filters: Filters) -> Iterator[Any]:
    """The filters besides library, license and search; one of several kinds or statuses is enough, so they share a place."""
    yield from (" / ".join(str(TERMS[word]) for word in words) for words in (filters.kind, filters.status) if words)
    if filters.at_vendor:
        is_open = filters.at_vendor == "open"
        yield _("to be done at the vendor") if is_open else _("nothing to be done at the vendor")
    if filters.ends:
        yield _("last day %(day)s", day=day(filters.ends))
    if filters.roster == "left":
        yield _("no longer on any roster")
    yield from filter(None, (filters.role, *filters.tag))
