"""Redaction for public output: pseudonyms in place of e-mails, and no names.

Everything that is not known to be harmless is left out. A finding keeps its own message only if that message can identify
people by e-mail alone; a change keeps only fields that describe nobody.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seatsync.domain.approval import PassedLimit
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.origin import Origin
from seatsync.domain.person import Person
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.emails_in_text import emails_replaced
from seatsync.planning.change import Change
from seatsync.planning.line import DrawnLine, Place
from seatsync.planning.plan import Plan, keyed
from seatsync.planning.portal.found import Drift

HIDDEN = "(hidden)"
_BY_EMAIL = ("email", "member", "to", "account", "claimed_with")
_NAMING = frozenset(Person._fields) - {"email", "tags"}

_NAMES_BY_EMAIL_ALONE = frozenset(
    {
        *("institution-mismatch", "permanent-downgrade", "permanent-revoke", "kind-not-allowed", "library-in-use"),
        *("slots-below-used", "slots-exceeded", "too-many-revokes", "empty-roster"),
        *(
            "past-until",
            "begins-later",
            "comes-due",
            "seats-end",
            "seats-short-later",
            "tags-ended",
            "term-unused",
            "unknown-term",
            "delivery-changed",
            "grant-reaches-nobody",
            "unknown-tag",
            "unknown-role",
            "address-taken",
            "read-otherwise",
            "tag-lookalike",
            "approval-expired",
            "approval-unknown",
            "approval-used",
            "opted-out",
        ),
        *(
            "contract-ends",
            "costs",
            "curve-moves",
            "grace-period",
            "held-back",
            "never-due",
            "seats-change",
            "seats-lapse",
            "seats-low",
            "seats-run-short",
        ),
        *(
            "permanent-kept",
            "permanent-retained",
            "permanent-waits",
            "same-name",
            "duplicate-roster",
            "no-timezone",
            "institution-ends",
        ),
        *("approval-in-this-change", "limit-in-this-change", "institution-deleted", "institution-renamed"),
        "institution-without-folder",
        *("drift", "export-not-believed", "granted-again", "permanent-by-hand", "duplicate-export", "export-in-future"),
        *("duplicate-grants-file", "ledger-in-clear", "revert", "file-not-found", "missing-key", "path-outside"),
    }
)
"""Codes whose messages contain nothing personal but e-mails. All others show the first sentence of their page instead."""


NO_KEY = Diagnostic(
    "no-redact-key",
    "This output has no fingerprint: without a secret it would help to guess who is in the files, and there is no ledger yet to hold one.",
    "For the first apply by a pipeline, set SEATSYNC_REDACT_KEY to a secret of 32 characters or more, the same for plan and apply.",
    severity=Severity.NOTICE,
)


class Redactor:
    """Redacts findings, plans and rows. ``pages`` explain the codes of findings.

    Whoever has the secret passed to ``use`` can find out which e-mail a pseudonym stands for.
    """

    def __init__(self, pages: Mapping[str, str]) -> None:
        self.pages = pages
        self.use(None)

    def use(self, secret: bytes | None, is_of_a_stranger: bool = False) -> None:
        """Derive pseudonyms and fingerprints from this secret. Without one, pseudonyms last for one run and there are no fingerprints.

        Pseudonyms in output for a stranger last for one run in any case. Otherwise strangers could put a guessed e-mail into their
        own files and learn its pseudonym in all other output.
        """
        self.is_lasting = secret is not None
        self._key = os.urandom(32) if secret is None else secret
        self._who = os.urandom(32) if is_of_a_stranger else self._key

    def who(self, email: str) -> str:
        """Return the pseudonym for an e-mail."""
        digest = hmac.new(self._who, email_key(email).encode("utf-8", "surrogatepass"), "sha256").hexdigest()
        return f"person-{digest[:12]}" if email else ""

    def text(self, text: str) -> str:
        """Return text with all e-mails replaced by pseudonyms."""
        return emails_replaced(text, self.who)

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row of a list, or the fields of a person, redacted."""
        return {name: self._value(name, value) for name, value in row.items()}

    def fingerprint(self, fingerprint: str) -> str:
        """Return the fingerprint of a plan in a form that may be printed; empty if there is no lasting secret."""
        return keyed(self._key, fingerprint) if self.is_lasting and fingerprint else ""

    def finding(self, finding: Diagnostic) -> Diagnostic:
        """Return a finding in words that name nobody."""
        members = [self.who(member) for member in finding.members]
        if finding.code in _NAMES_BY_EMAIL_ALONE:
            message, help = self.text(finding.message), self.text(finding.help)
        else:
            page = " ".join(self.pages.get(finding.code, "Error. Something is wrong here.").split())
            message, help = page.partition(". ")[2].split(". ")[0].rstrip(".") + ".", "Look at this place in the file."
            if members:
                message += f" {counted(len(members), 'member is', 'members are')} affected: {named(members)}."
        origin = self._origin(finding.origin) if finding.origin is not None else None
        return replace(finding, message=message, help=help, members=tuple(members), origin=origin)

    def plan(self, plan: Plan) -> Plan:
        """Return a plan that can be read but no longer applied. Its digest of the files is keyed, so that nobody can guess the content."""
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
            asked=self.fingerprint(plan.asked),
            desired_digest=keyed(self._key, plan.desired_digest),
            approvals=[self._passed(passed) for passed in plan.approvals],
            baseline={},
            exports={},
            exports_read={},
            drift=[self._drift(one) for one in plan.drift],
            names={},
            lines={library: self._line(line) for library, line in plan.lines.items()},
            titles={library: self.text(title) for library, title in plan.titles.items()},
            files_at="" if any(self.text(name) != name for name in (plan.files_at, *plan.rosters)) else plan.files_at,
            redacted=True,
        )

    def _passed(self, passed: PassedLimit) -> PassedLimit:
        """The passed limit without what the approval says of people."""
        approval = passed.approval
        blank = replace(approval, reason="", names=frozenset(), members="")
        shown = replace(blank, roster=self.text(approval.roster), origin=self._origin(approval.origin))
        return passed._replace(approval=shown)

    def _change(self, change: Change) -> Change:
        before, after = self._fields(change.before, {}), self._fields(change.after, change.before or {})
        return change._replace(
            member=self.who(change.member),
            reason=self.text(change.reason),
            origin=self._origin(change.origin),
            before=before,
            after=after,
        )

    def _line(self, line: DrawnLine) -> DrawnLine:
        """The line with pseudonyms."""
        return line._replace(first=[self._place(place) for place in line.first])

    def _place(self, place: Place) -> Place:
        member, reason = self.who(place.member), self.text(place.reason)
        return place._replace(member=member, reason=reason, origin=self._origin(place.origin))

    def _drift(self, drift: Drift) -> Drift:
        """The difference with a pseudonym, and only the names of the fields that differ."""
        one = drift.difference
        fields = dict.fromkeys(one.fields, (HIDDEN, HIDDEN))
        return Drift(self._origin(drift.origin), one._replace(email=self.who(one.email), fields=fields))

    def _origin(self, origin: Origin) -> Origin:
        file = self.text(origin.file)
        return origin if file == origin.file else origin._replace(file=file)

    def _fields(self, fields: Mapping[str, Any] | None, before: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the redacted fields of a change. A changed name shows as "(changed)", without the old and the new one."""
        if fields is None:
            return None
        changed = {name: "(changed)" for name in _NAMING if name in fields and name in before}
        return self.row(fields) | changed

    def _value(self, name: str, value: Any) -> Any:
        if name in _BY_EMAIL:
            return self.who(str(value))
        if name in _NAMING:
            return HIDDEN if value else ""
        if name == "there" and value not in iter(There):  # the fields that the portal has otherwise
            return HIDDEN
        if name == "plan":
            return self.fingerprint(value)
        if name == "contacts":
            return [self._contact(contact) for contact in value]
        if name == "help" and value:
            return {
                "name": HIDDEN,
                "email": self.who(value["email"]) if value["email"] else "",
                "url": self.text(value["url"]),
            }
        if isinstance(value, list):
            return [self._value("", item) for item in value]
        if isinstance(value, Mapping):
            return {key: self._value(key, item) for key, item in value.items()}
        return self.text(value) if isinstance(value, str) else value

    def _contact(self, contact: Mapping[str, str]) -> dict[str, str]:
        return {"name": HIDDEN, "email": self.who(contact["email"]), "role": self.text(contact["role"])}
