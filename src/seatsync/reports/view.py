"""The view of a plan that every renderer shows: verdict, counts, seats and groups of changes in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple, assert_never

from seatsync.domain.action import Action, Sign, Subject
from seatsync.domain.approval import PassedLimit, in_words
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.library import DEFAULT_DELIVERY, DeliveredBy, Delivery
from seatsync.domain.license import Kind, Status
from seatsync.domain.origin import Origin
from seatsync.domain.person import REQUIRED, Person, spoken
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.portal.progress import status_in_words
from seatsync.domain.text.characters import printable
from seatsync.planning.change import Change
from seatsync.planning.plan import Plan
from seatsync.planning.seats import SlotChange
from seatsync.reports.decision import in_all, seen


def escape_controls(text: str) -> str:
    """Return text with every character escaped that a terminal or a page would obey instead of show."""
    return printable(text, len(text))


class Line(NamedTuple):
    """One change in words: who or what changes, the change, the reason, and the file and line that ask for it."""

    subject: str
    what: str
    why: str
    where: str


class Group(NamedTuple):
    """The changes with the same action in one library (or without a library)."""

    sign: Sign
    action: str
    library: str
    changes: Sequence[Change]

    @property
    def title(self) -> str:
        return f"{self.action} {self.library}".rstrip()

    @property
    def size(self) -> int:
        return len(self.changes)

    @property
    def seen(self) -> str:
        """What was seen at the vendor, counted; empty for other changes."""
        return seen_in_words(self.changes) if self.action == Action.OBSERVE else ""

    def lines(self, most: int | None = None) -> Iterator[Line]:
        """Yield the first ``most`` changes in words."""
        return (line(change) for change in self.changes[:most])


class SlotRow(NamedTuple):
    """A library's seats for a table; each figure as ``3`` or ``3 → 5``."""

    library: str
    total: str
    used: str
    available: str
    reserved: str
    temporary: str
    permanent: str


@dataclass(frozen=True)
class PlanView:
    """Everything that a report shows of a plan. ``folder`` is put before the file names of findings."""

    plan: Plan
    folder: str = ""

    @property
    def title(self) -> str:
        return escape_controls(f"{self.plan.name} ({self.plan.institution})")

    @property
    def context(self) -> str:
        """The day of the plan and the state of the ledger that it starts from."""
        state = f"since journal entry {self.plan.serial:,}" if self.plan.serial else "on a new ledger"
        return escape_controls(f"Plan for {self.plan.now}, {state}")

    @property
    def refused(self) -> bool:
        return bool(self.plan.refusals)

    @property
    def outcome(self) -> str:
        """The verdict in a word or two."""
        if self.refused:
            return "Blocked"
        is_empty = not self.plan.changes and not self.plan.approvals
        return "Nothing to do" if is_empty else counted(len(self.plan.changes), "change")

    @property
    def verdict(self) -> str:
        """The outcome in one sentence."""
        if self.refused:
            return f"Blocked: {counted(len(self.plan.refusals), 'rule')} broken. Nothing will be applied."
        passed = f" {counted(len(self.plan.approvals), 'limit')} passed by approval." if self.plan.approvals else ""
        if not self.plan.changes:
            return "Nothing to do: the ledger matches the files." if not passed else f"No changes.{passed}"
        changes, final = len(self.plan.changes), len(self.plan.irreversible)
        which = "which" if changes == 1 else f"{final:,} of which"
        rest = f", {which} cannot be undone" if final else ""
        return f"{in_all(changes, seen(self.plan), rest)}.{passed}"

    @property
    def counts(self) -> str:
        """``3 member-add, 2 grant``."""
        return ", ".join(f"{number:,} {action}" for action, number in self.plan.summary.items())

    @property
    def letters(self) -> str:
        """``Letters: 12 invitation, 3 removed.``; empty if the plan changes nothing, or does not say it."""
        if not self.plan.changes or self.plan.letters is None:
            return ""
        counts = ", ".join(f"{number:,} {letter}" for letter, number in self.plan.letters.items())
        return f"Letters: {counts or 'none'}."

    @property
    def work(self) -> str:
        """``Work list at the vendor: 3-import +12, 4-revoke-books -1.``; empty if the plan changes nothing there."""
        counts = ", ".join(f"{step} {number:+,}" for step, number in self.plan.work.items())
        return escape_controls(f"Work list at the vendor: {counts}.") if counts else ""

    @property
    def slots(self) -> list[SlotRow]:
        return [_slot_row(library, change) for library, change in self.plan.slots.items()]

    @property
    def ends(self) -> list[str]:
        """How many seats get which end date, as ``books: 46 seats end on 2026-11-27 (was: no end)``."""
        counts = Counter(
            (change.library, (change.after or {})["until"], (change.before or {}).get("until"))
            for change in self.plan.changes
            if "until" in (change.after or {})
        )
        return [
            escape_controls(
                f"{library}: {counted(number, 'seat')} {_ends_on(until, number)}"
                + (f" (was: {_end(was)})" if was is not None else "")
            )
            for (library, until, was), number in sorted(
                counts.items(), key=lambda item: (item[0][0], item[0][1] or "~")
            )
        ]

    @property
    def groups(self) -> list[Group]:
        """The changes by action and library, in the order of application."""
        return _groups(self.plan.changes)

    @property
    def irreversible(self) -> list[Group]:
        """The changes that cannot be undone, by action and library."""
        return _groups(self.plan.irreversible)

    @property
    def refusals(self) -> list[Diagnostic]:
        return [shown(refusal, self.folder) for refusal in self.plan.refusals]

    @property
    def warnings(self) -> list[Diagnostic]:
        """Warnings, then the limits passed by approval, then notices."""
        found = [*map(_as_notice, self.plan.approvals), *self.plan.warnings]
        order = (Severity.WARNING, Severity.NOTICE)
        return [shown(w, self.folder) for severity in order for w in found if w.severity is severity]


def _as_notice(passed: PassedLimit) -> Diagnostic:
    """The passed limit as a finding at its approval."""
    message = f"Limit passed by approval: {in_words(passed.as_dict())}."
    help = "Nothing to do. The apply uses the approval up; delete it afterwards."
    origin, library = passed.approval.origin, passed.approval.library or None
    return Diagnostic("limit-approved", message, help, origin, Severity.NOTICE, library)


def _groups(changes: Iterable[Change]) -> list[Group]:
    found: dict[tuple[Action, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.action, change.library if change.member else ""), []).append(change)
    return [
        Group(action.facts.sign, action.value, escape_controls(library), alike)
        for (action, library), alike in found.items()
    ]


def seen_in_words(changes: Iterable[Change]) -> str:
    """Return what was seen at the vendor, counted: ``1,204 claimed, 12 declined, 3 revoked``."""
    counts = Counter(change.reason.removesuffix(" at the vendor").lower() for change in changes)
    return escape_controls(", ".join(f"{number:,} {seen}" for seen, number in counts.most_common()))


def line(change: Change) -> Line:
    """Return a change in words."""
    return Line(*map(escape_controls, (_subject(change), _what(change), change.reason, str(change.origin))))


def by_code(findings: Iterable[Diagnostic]) -> dict[str, list[Diagnostic]]:
    """Return findings by their code, in the order in which the codes first occur."""
    found: dict[str, list[Diagnostic]] = {}
    for finding in findings:
        found.setdefault(finding.code, []).append(finding)
    return found


def shown(finding: Diagnostic, folder: str = "") -> Diagnostic:
    """Return a finding that is safe to show, with ``folder`` put before the name of its file."""
    origin = finding.origin and finding.origin._replace(file=escape_controls(folder + finding.origin.file))
    help = "\n".join(map(escape_controls, finding.help.splitlines()))
    code, message = escape_controls(finding.code), escape_controls(finding.message)
    return replace(finding, code=code, message=message, help=help, origin=origin)


def help_line(finding: Diagnostic) -> str:
    """Return what to do about a finding. A notice needs no fix, so its help has no ``To fix:``."""
    return finding.help if finding.severity is Severity.NOTICE else f"To fix: {finding.help}"


def identity(finding: Diagnostic, origin: Origin) -> str:
    """Return a digest (SHA-256, hex) by which hosts know a finding again, whatever its line is and whatever is advised."""
    said = (finding.code, origin.file, finding.library or "", finding.message)
    return sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()


def _subject(change: Change) -> str:
    if change.member:
        return change.member
    if change.library:
        return change.library
    fields = change.after or change.before or {}
    return str(fields.get("email", "")) if change.action.facts.subject is Subject.ADMIN else "institution"


def _what(change: Change) -> str:
    before, after = change.before or {}, change.after or {}
    match change.action:
        case Action.GRANT:
            until = f", until {after['until']}" if "until" in after else ""
            again = f" (was {status_in_words(before['status'])})" if "status" in before else ""
            return f"{change.kind}{_delivery(change)}{until}{again}"
        case Action.REVOKE:
            return f"{change.kind}, {status_in_words(before.get('status', ''))}"
        case Action.UPGRADE:
            return f"temporary → permanent, {status_in_words(change.status)}"
        case Action.LICENSE_UPDATE:
            return f"{_ends_on(after['until'])} (was: {_end(before['until'])})"
        case Action.OBSERVE:
            return _observed(change)
        case Action.RESEND:
            return _repeated(after)
        case Action.MEMBER_ADD if before:
            was = (_difference(name, before[name], after.get(name, "")) for name in before if name != "email")
            emails = [f"e-mail {before['email']} → {change.member}"] if "email" in before else []
            return "; ".join([_person(after), *emails, *was])
        case Action.MEMBER_ADD | Action.MEMBER_REMOVE | Action.ADMIN_ADD | Action.ADMIN_REMOVE:
            return _person(after or before)
        case Action.LIBRARY_ADD:
            is_there, writes = after.get("delivered_by") == DeliveredBy.VENDOR, after.get("sends_letters", True)
            where = ", at the vendor" if is_there else ""
            letters = "" if writes != is_there else ", with letters of seatsync" if writes else ", sends no letters"
            return f"{after['title']}, {counted(after['slots'], 'seat')}{where}{letters}"
        case Action.LIBRARY_REMOVE:
            return str(before["title"])
        case Action.INSTITUTION_UPDATE | Action.LIBRARY_UPDATE | Action.MEMBER_UPDATE | Action.ADMIN_UPDATE:
            changed = (name for name in after if before.get(name) != after[name])
            return "; ".join(_difference(name, before.get(name), after[name]) for name in changed)
        case never:
            assert_never(never)


def _observed(change: Change) -> str:
    """A license before and after, or what the portal has otherwise."""
    before, after = change.before or {}, change.after or {}
    if not change.library:
        return "in the portal's list of users"
    now = _license_in_words(change.kind, change.status)
    was = _license_in_words(before.get("kind", change.kind), before.get("status", change.status))
    until = f", until {after['until']}" if after.get("until") else ""
    there = f"; {_THERE[after['there']]}" if after.get("there") in _THERE else ""
    return f"{was} → {now}{until}{there}" if was != now else f"{now}{there}"


def _license_in_words(kind: str, status: str) -> str:
    """A license as people read it."""
    if status == Status.NONE:
        return "no license"
    return status_in_words(status) if kind == Kind.NONE else f"{kind}, {status_in_words(status)}"


_THERE: Mapping[str, str] = {
    There.NONE: "not yet granted in the portal",
    There.TEMPORARY: "still temporary in the portal",
    There.RESEND: "to be invited again in the portal",
    There.BY_HAND: "given by hand",
}


def _repeated(after: Mapping[str, Any]) -> str:
    if "delivery" in after:
        return _ASKED[after["delivery"]].removeprefix(", ") or "new invitation with a claim link"
    if "new_address" in after:
        return "invitation to the new e-mail"
    return "reminder" if "resend" not in after else "invitation again"


def _end(until: str) -> str:
    return until or "no end"


def _ends_on(until: str, number: int = 1) -> str:
    """What a seat, or a number of them, does."""
    ends = "ends" if number == 1 else "end"
    return f"{ends} on {until}" if until else f"no longer {ends}"


def _delivery(change: Change) -> str:
    """Return how the member gets a granted seat, if not by an invitation."""
    if change.status == Status.DELIVERED:
        return ", in the account at once"
    return _ASKED[(change.after or {}).get("delivery", DEFAULT_DELIVERY)]


def _asked(delivery: Delivery) -> str:
    match delivery:
        case Delivery.CLAIM:
            return ""
        case Delivery.ACCOUNT:
            return ", asked to set a password"
        case _:
            assert_never(delivery)


_ASKED: Mapping[str, str] = {delivery: _asked(delivery) for delivery in Delivery}


def _person(fields: Mapping[str, Any]) -> str:
    name = f"{fields.get('given_name', '')} {fields.get('family_name', '')}".strip()
    more = [str(fields[key]) for key in _BESIDE_NAME if fields.get(key)]
    if tags := fields.get("tags"):
        more.append("tags " + ", ".join(tags))
    return ", ".join(filter(None, [name, *more]))


_BESIDE_NAME = tuple(name for name in Person._fields if name not in (*REQUIRED, "tags"))


_LABELS = {"slots": "seats", "timezone": "time zone", "retire": "last day"}


def _difference(name: str, before: Any, after: Any) -> str:
    if name == "replaced":
        return "no longer known by this e-mail"
    if name == "tags":
        after = after or []
        removed, added = [t for t in before if t not in after], [t for t in after if t not in before]
        return "tags " + " ".join([*(f"+{tag}" for tag in added), *(f"-{tag}" for tag in removed)])
    label = _LABELS.get(name) or spoken(name)
    if isinstance(after, list) and after and isinstance(after[0], dict):
        return f"{label} changed"
    return f"{label} {_value(before)} → {_value(after)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in ("", None) else str(value)


def _slot_row(library: str, change: SlotChange) -> SlotRow:
    before, after = change.before.as_dict(), change.after.as_dict()
    figures = {
        name: f"{before[name]:,} → {after[name]:,}" if before[name] != after[name] else f"{after[name]:,}"
        for name in SlotRow._fields[1:]
    }
    return SlotRow(escape_controls(library), **figures)
