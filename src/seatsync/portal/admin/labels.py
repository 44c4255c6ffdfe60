"""The words of the field in the reader's language: what lists and the journal call things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatsync.domain.action import EVENTS
from seatsync.domain.license import Kind, Status
from seatsync.portal.web.translation import later

PERSON: Mapping[str, Any] = {
    "email": later("E-mail"),
    "student_id": later("Student ID"),
    "role": later("Role"),
    "tags": later("Tags"),
}
"""What pages show of a member beside the name, by the field of ``Person``."""

TERMS: Mapping[str, Any] = {
    **PERSON,
    Kind.NONE.value: later("none"),
    Kind.TEMPORARY.value: later("temporary"),
    Kind.PERMANENT.value: later("permanent"),
    Status.UNCLAIMED.value: later("unclaimed"),
    Status.DELIVERED.value: later("delivered"),
    Status.OPTED_OUT.value: later("opted out"),
    Status.REVOKED.value: later("revoked"),
    "with": later("Members with license"),
    "without": later("Members without license"),
    "all": later("All members"),
    "on": later("on a roster"),
    "left": later("have left"),
    "any": later("on a roster or left"),
    "bounced": later("bounced"),
    "family_name": later("Name"),
    "imported_on": later("Imported"),
    "invited_on": later("Invited"),
}
"""By the word that is used in addresses."""

ACTIONS: Mapping[str, Any] = {word: later(what.facts.words) for word, what in EVENTS.items()}
"""By the journal's word, which is also the filter's."""
