"""The words of lists and journal in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatsync.domain.action import EVENTS
from seatsync.domain.license import Kind, Status
from seatsync.domain.portal.progress import WORDS
from seatsync.ledger.queries.history import APPROVED, OUTDATED
from seatsync.portal.web.translation import later

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
