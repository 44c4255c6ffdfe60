"""Output for places where anybody reads along: pseudonyms in place of e-mails, and no names.

What is not known to be harmless is left out: of a finding's words only those stay that are known to name nobody but by
e-mail, of a change only the fields that describe nobody.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.names import email_key
from seatsync.planning.change import Change
from seatsync.planning.plan import Plan

_EMAIL = re.compile(r"""[^\s@<>"'`(),;:|\\]+@(?:<!-- -->)?[^\s@<>"'`(),;:|\\]+\.[^\s@<>"'`(),;:|\\.]+""")

HIDDEN = "(hidden)"
_NAMING = ("given_name", "family_name", "student_id", "role")
_BY_EMAIL = ("email", "member", "to", "account", "claimed_with")

_NAMES_BY_EMAIL_ALONE = frozenset(
    {
        *("institution-mismatch", "permanent-downgrade", "permanent-revoke", "kind-not-allowed", "library-in-use"),
        *("slots-below-used", "slots-exceeded", "too-many-revokes", "empty-roster"),
        *("grant-reaches-nobody", "unknown-tag", "tag-lookalike", "approval-expired", "approval-unknown", "opted-out"),
        *("permanent-kept", "permanent-retained", "same-name", "duplicate-roster"),
        *("duplicate-grants-file", "ledger-in-clear", "file-not-found", "missing-key", "path-outside"),
    }
)
"""Codes whose messages have nothing of a person but e-mails. All others are told by their page's first sentence."""


class Redactor:
    """``key`` makes the pseudonyms: who has it can find out whose they are. ``pages`` explain the codes of findings.

    Without the ledger's own key pseudonyms hold for one run.
    """

    def __init__(self, pages: Mapping[str, str]) -> None:
        self.key = os.urandom(32)
        self.pages = pages

    def who(self, email: str) -> str:
        """The pseudonym of somebody, by their e-mail."""
        digest = hmac.new(self.key, email_key(email).encode("utf-8", "surrogatepass"), "sha256").hexdigest()
        return f"person-{digest[:12]}" if email else ""

    def text(self, text: str) -> str:
        """Text with pseudonyms for all e-mails."""
        return _EMAIL.sub(lambda found: self.who(found[0].replace("<!-- -->", "")), text) if "@" in text else text

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of a list, or the fields of a person."""
        return {name: self._value(name, value) for name, value in row.items()}

    def finding(self, finding: Diagnostic) -> Diagnostic:
        """A finding, in words that name nobody."""
        members = [self.who(member) for member in finding.members]
        if finding.code in _NAMES_BY_EMAIL_ALONE:
            message, help = self.text(finding.message), self.text(finding.help)
        else:
            page = " ".join(self.pages.get(finding.code, "Error. Something is wrong here.").split())
            message, help = page.partition(". ")[2].split(". ")[0].rstrip(".") + ".", "Look there, at the place itself."
            if members:
                message += f" {counted(len(members), 'member is', 'members are')} concerned: {named(members)}."
        return replace(finding, message=message, help=help, members=tuple(members))

    def plan(self, plan: Plan) -> Plan:
        """A plan to be looked at; it can't be applied any more."""
        if plan.redacted:
            return plan
        contacts: Any = plan.settings["contacts"]
        return replace(
            plan,
            changes=[self._change(change) for change in plan.changes],
            settings={**plan.settings, "contacts": [self._contact(contact) for contact in contacts]},
            refusals=[self.finding(refusal) for refusal in plan.refusals],
            warnings=[self.finding(warning) for warning in plan.warnings],
            redacted=True,
        )

    def _change(self, change: Change) -> Change:
        before, after = self._fields(change.before, {}), self._fields(change.after, change.before or {})
        return change._replace(
            member=self.who(change.member), reason=self.text(change.reason), before=before, after=after
        )

    def _fields(self, fields: Mapping[str, Any] | None, before: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What changes of somebody; that a name changes is told, not from what to what."""
        if fields is None:
            return None
        told = self.row(fields)
        changed = {name: "(changed)" for name in _NAMING if name in fields and name in before}
        return told | changed

    def _value(self, name: str, value: Any) -> Any:
        if name in _BY_EMAIL:
            return self.who(str(value))
        if name in _NAMING:
            return HIDDEN if value else ""
        if name == "contacts":
            return [self._contact(contact) for contact in value]
        return self.text(value) if isinstance(value, str) else value

    def _contact(self, contact: Mapping[str, str]) -> dict[str, str]:
        return {"name": HIDDEN, "email": self.who(contact["email"]), "role": contact["role"]}
