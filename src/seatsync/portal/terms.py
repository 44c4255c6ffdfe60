"""The words of the field in the reader's language: what lists and the journal call things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatsync.domain.action import ACCOUNT, CLAIM, ERASE, IMPORT, INSTITUTION_ADD, OPT_OUT, Action
from seatsync.domain.license import Kind, Status
from seatsync.portal.words import later

TERMS: Mapping[str, Any] = {
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
    "email": later("E-mail"),
    "student_id": later("Student ID"),
    "imported_on": later("Imported"),
    "invited_on": later("Invited"),
}
"""By the word that is used in addresses."""

ACTIONS: Mapping[str, Any] = {
    INSTITUTION_ADD: later("institution added"),
    Action.INSTITUTION_UPDATE.value: later("institution changed"),
    Action.LIBRARY_ADD.value: later("library added"),
    Action.LIBRARY_UPDATE.value: later("library changed"),
    Action.LIBRARY_REMOVE.value: later("library removed"),
    Action.ADMIN_ADD.value: later("administrator added"),
    Action.ADMIN_UPDATE.value: later("administrator changed"),
    Action.ADMIN_REMOVE.value: later("administrator removed"),
    Action.MEMBER_ADD.value: later("member added"),
    Action.MEMBER_UPDATE.value: later("member changed"),
    Action.MEMBER_REMOVE.value: later("member removed"),
    Action.GRANT.value: later("granted"),
    Action.REVOKE.value: later("license revoked"),
    Action.UPGRADE.value: later("made permanent"),
    Action.RESEND.value: later("invited again"),
    CLAIM: later("claimed"),
    OPT_OUT: later("declined"),
    IMPORT: later("taken over from a portal"),
    ACCOUNT: later("account known"),
    ERASE: later("erased"),
}
"""By the journal's word, which is also the filter's."""
