"""Warn of members: garbled names, ids, and people who may be one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.person import NAMES, Member, RosterMember
from seatsync.domain.text.characters import LETTER_LOST, decoded_twice, printable
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.names import all_words, share_a_name
from seatsync.planning.change import Change
from seatsync.planning.matching import may_be_one
from seatsync.refusals.case import Case
from seatsync.refusals.identity_changed import approval_line


def garbled_names(case: Case) -> Iterator[Diagnostic]:
    """Warn of names that a program read in the wrong encoding."""
    yield from garbled(case.at_hand.desired.members)  # a name that may be garbled is always at hand


def garbled(members: Sequence[RosterMember]) -> Iterator[Diagnostic]:
    """Warn of the members with such names, and of names that have question marks in place of letters."""
    yield from _wrongly_read(members)
    yield from _letters_lost(members)


def _letters_lost(members: Sequence[RosterMember]) -> Iterator[Diagnostic]:
    if not any(LETTER_LOST in "".join(map(attrgetter(name), members)) for name in NAMES):
        return
    named_so = ((member, f"{member.given_name} {member.family_name}") for member in members)
    lost = [(member, name) for member, name in named_so if LETTER_LOST in name]
    emails = [member.email for member, _ in lost]
    have = counted(len(lost), "name has question marks", "names have question marks")
    message = f'{have} in place of letters that a program could not write: {named(emails)} ("{printable(lost[0][1])}").'
    help = 'Export the file again as UTF-8 ("CSV UTF-8" in Excel). seatsync can\'t guess the lost letters.'
    yield Diagnostic("garbled-names", message, help, lost[0][0].origin, Severity.WARNING, None, emails)


def _wrongly_read(members: Sequence[RosterMember]) -> Iterator[Diagnostic]:
    if all(all(map(str.isascii, map(attrgetter(name), members))) for name in NAMES):
        return
    both = ((member, (member.given_name, member.family_name)) for member in members)
    mended = (
        (member, names, [*map(decoded_twice, names)]) for member, names in both if not all(map(str.isascii, names))
    )
    broken = [
        (member, " ".join(names), " ".join(was or name for was, name in zip(wholes, names, strict=True)))
        for member, names, wholes in mended
        if any(wholes)
    ]
    if broken:
        first, name, was = broken[0]
        emails = [member.email for member, _, _ in broken]
        message = (
            f"{counted(len(broken), 'name was', 'names were')} garbled by a program that read the file in the wrong encoding: "
            f'{named(emails)} ("{printable(name)}" was "{printable(was)}").'
        )
        help = "Export the file again as UTF-8."
        yield Diagnostic("garbled-names", message, help, first.origin, Severity.WARNING, None, emails)


def zeros_lost(case: Case) -> Iterator[Diagnostic]:
    """Members whose id only lost or gained leading zeros."""
    lost = [
        change
        for change in case.of(Action.MEMBER_UPDATE)
        if (old := (change.before or {}).get("student_id"))
        and (new := (change.after or {}).get("student_id"))
        and may_be_one(old, new)
    ]
    if lost:
        first, members = lost[0], [change.member for change in lost]
        ids = f"{(first.before or {})['student_id']} → {(first.after or {})['student_id']}"
        message = f"{counted(len(members), 'student id differs', 'student ids differ')} only in leading zeros ({ids}): {named(members)}."
        help = "Spreadsheets drop leading zeros: set the column to text there, and export it again."
        yield Diagnostic("student-id-zeros", message, help, first.origin, Severity.WARNING, None, members)


def same_person(case: Case) -> Iterator[Diagnostic]:
    """A new member may be a member who leaves: the same names, if nobody else has them, or the same e-mail and a name."""
    leavers = [*case.of(Action.MEMBER_REMOVE), *case.leaving_for_now]
    new = [change for change in case.of(Action.MEMBER_ADD) if not change.record] if leavers else []
    if not new:
        return
    by_email = {email_key(change.member): change for change in leavers}
    known = case.at_hand.snapshot.members
    by_names = _alone([(_of(known[change.record]), change) for change in leavers])
    arrivals = _alone([(_names(change.after), change) for change in new])
    pairs = []
    for arrival in new:
        leaver, names = by_email.get(email_key(arrival.member)), _names(arrival.after)
        if leaver is None or not share_a_name(_of(known[leaver.record]), names):
            leaver = by_names.get(all_words(names)) if all_words(names) in arrivals else None
        if leaver is not None:
            pairs.append((leaver, arrival))
    if pairs:
        members = [arrival.member for _, arrival in pairs]
        who = named([f"{leaver.member} → {arrival.member}" for leaver, arrival in pairs])
        message = (
            f"{counted(len(pairs), 'member leaves', 'members leave')} while someone with the same name arrives: {who}."
        )
        help = (
            "If it is one person, add this under `approvals:` in seatsync.yaml; the seats then stay:\n"
            f"  {approval_line(case, members, 'same', pairs[0][1].origin.file)}"
        )
        in_grants = _named_in_grants(case)
        if by_mail := [leaver.member for leaver, _ in pairs if email_key(leaver.member) in in_grants]:
            help += f"\nWrite the new e-mail also in the grants that name {named(by_mail)}, or that seat is revoked."
        yield Diagnostic("same-name", message, help, pairs[0][1].origin, Severity.WARNING, None, members)


def _named_in_grants(case: Case) -> set[str]:
    """The e-mails that grants name and no roster has."""
    unknown = case.draft.entitlements.unknown_members.values()
    return {email_key(one.email) for people in unknown for one in people if one.email}


class _Names(NamedTuple):
    given_name: str
    family_name: str


def _names(fields: Mapping[str, Any] | None) -> _Names:
    found = fields or {}
    return _Names(found.get("given_name", ""), found.get("family_name", ""))


def _of(member: Member) -> _Names:
    return _Names(member.given_name, member.family_name)


def _alone(named: Iterable[tuple[_Names, Change]]) -> dict[frozenset[str], Change]:
    """The changes by the words of the names, without those who share them."""
    found: dict[frozenset[str], list[Change]] = {}
    for names, change in named:
        found.setdefault(all_words(names), []).append(change)
    return {words: changes[0] for words, changes in found.items() if len(changes) == 1}
