"""Output for places where anybody reads along: pseudonyms in place of e-mails, and no names.

What is not known to be harmless is left out: of a finding's words only those stay that are known to name nobody but by
e-mail, of a change only the fields that describe nobody.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.origin import Origin
from seatsync.domain.person import Person
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.emails_in_text import emails_replaced
from seatsync.planning.change import Change
from seatsync.planning.plan import Plan, keyed

HIDDEN = "(hidden)"
_BY_EMAIL = ("email", "member", "to", "account", "claimed_with")
_NAMING = frozenset(Person._fields) - {"email", "tags"}

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


NO_KEY = Diagnostic(
    "no-redact-key",
    "This output has no fingerprint: without a secret it would tell who is in the files, and no ledger is there that has one.",
    "For the first apply by a pipeline set SEATSYNC_REDACT_KEY, a secret of 32 characters or more, the same at plan and apply.",
    severity=Severity.NOTICE,
)


class Redactor:
    """``pages`` explain the codes of findings. Who has the secret that is told by ``use`` can find out whose a pseudonym is."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self.pages = pages
        self.use(None)

    def use(self, secret: bytes | None, is_of_a_stranger: bool = False) -> None:
        """Make pseudonyms and fingerprints by this secret; without one they hold for one run, and fingerprints are left out.

        Pseudonyms in what a stranger has asked for hold for one run in any case: by a guess among their own files they would learn
        the one that stands for it in all other outputs.
        """
        self.is_lasting = secret is not None
        self._key = os.urandom(32) if secret is None else secret
        self._who = os.urandom(32) if is_of_a_stranger else self._key

    def who(self, email: str) -> str:
        """The pseudonym of somebody, by their e-mail."""
        digest = hmac.new(self._who, email_key(email).encode("utf-8", "surrogatepass"), "sha256").hexdigest()
        return f"person-{digest[:12]}" if email else ""

    def text(self, text: str) -> str:
        """Text with pseudonyms for all e-mails."""
        return emails_replaced(text, self.who)

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of a list, or the fields of a person."""
        return {name: self._value(name, value) for name, value in row.items()}

    def fingerprint(self, fingerprint: str) -> str:
        """The fingerprint of a plan as it may be printed; empty where there is no lasting secret."""
        return keyed(self._key, fingerprint) if self.is_lasting and fingerprint else ""

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
        origin = self._origin(finding.origin) if finding.origin is not None else None
        return replace(finding, message=message, help=help, members=tuple(members), origin=origin)

    def plan(self, plan: Plan) -> Plan:
        """A plan to be looked at; it can't be applied any more. What it says of the files is no digest that could be guessed."""
        if plan.redacted:
            return plan
        findings = [self.finding(warning) for warning in plan.warnings]
        return replace(
            plan,
            name=self.text(plan.name),
            changes=[self._change(change) for change in plan.changes],
            settings=self.row(plan.settings),
            rosters={self.text(path): count for path, count in plan.rosters.items()},
            refusals=[self.finding(refusal) for refusal in plan.refusals],
            warnings=findings if self.is_lasting or not plan.changes else [*findings, NO_KEY],
            fingerprint=self.fingerprint(plan.fingerprint),
            desired_digest=keyed(self._key, plan.desired_digest),
            settled={},
            redacted=True,
        )

    def _change(self, change: Change) -> Change:
        before, after = self._fields(change.before, {}), self._fields(change.after, change.before or {})
        return change._replace(
            member=self.who(change.member),
            reason=self.text(change.reason),
            origin=self._origin(change.origin),
            before=before,
            after=after,
        )

    def _origin(self, origin: Origin) -> Origin:
        file = self.text(origin.file)
        return origin if file == origin.file else origin._replace(file=file)

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
        if name == "plan":
            return self.fingerprint(value)
        if name == "contacts":
            return [self._contact(contact) for contact in value]
        if isinstance(value, list):
            return [self._value("", item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def _contact(self, contact: Mapping[str, str]) -> dict[str, str]:
        return {"name": HIDDEN, "email": self.who(contact["email"]), "role": self.text(contact["role"])}
