"""Warnings and notices about a plan. They never block it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any, NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.desired import Grant
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.license import Kind, Status
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import decoded_twice, printable
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.guesses import did_you_mean, one_letter_off, without_a_letter
from seatsync.domain.text.names import all_words, share_a_name
from seatsync.domain.text.tags import IMPORTED
from seatsync.planning.change import Change
from seatsync.planning.entitlements import NamedMember
from seatsync.planning.matching import may_be_one
from seatsync.refusals.case import Case, by_rule, used_by
from seatsync.refusals.identity_changed import approval_line

_MOST_GUESSED = 5_000  # members; with more, no similar e-mail is suggested
_MOST_GUESSES = 20  # suggestions in one plan


def warnings(case: Case) -> Iterator[Diagnostic]:
    """Yield all warnings, then all notices."""
    yield from _past_ends(case)
    yield from _grants_that_reach_nobody(case)
    yield from (warning for _, warning in _unknown_members(case))
    yield from _mismatches(case)
    yield from _of_tags(case)
    yield from _garbled_names(case)
    yield from _zeros_lost(case)
    yield from _same_person(case)
    yield from _without_invitation(case)
    yield from _approvals(case)
    yield from _redelivered(case)
    yield from _declined(case)
    yield from _kept(case)
    yield from _no_timezone(case, _ends_changed(case))


def warnings_of_files(case: Case) -> Iterator[Diagnostic]:
    """Yield the warnings that need no ledger; ``case`` was made with an empty one.

    Grants by date tags are left out, because those tags come from the ledger. Unknown members of permanent grants are only
    a notice: they may be owners who have left, which only the ledger knows. So is an end date that has passed: the grant may
    have been in force until then.
    """
    by_day = {
        rule.origin
        for rule in case.desired.grants
        if any(t.startswith(IMPORTED) for t in (*rule.to.tags, *rule.to.any_tags))
    }
    yield from (replace(warning, severity=Severity.NOTICE) for warning in _past_ends(case))
    yield from (warning for warning in _grants_that_reach_nobody(case) if warning.origin not in by_day)
    for rule, warning in _unknown_members(case):
        yield replace(warning, severity=Severity.NOTICE) if rule.kind is Kind.PERMANENT else warning
    yield from _mismatches(case)
    yield from _of_tags(case)
    yield from _garbled_names(case)
    yield from _no_timezone(case)


def _no_timezone(case: Case, is_due: bool = True) -> Iterator[Diagnostic]:
    """Tell at the first end date in the files that days are those of UTC."""
    first = next((rule for rule in case.desired.grants if rule.until is not None), None)
    if is_due and first is not None and not case.desired.institution.timezone:
        message = "Seats end at midnight UTC, because the institution has no time zone."
        help = "Add `timezone: America/Chicago` (or yours) to `institution`. To keep UTC, write `timezone: UTC`."
        yield Diagnostic("no-timezone", message, help, first.origin, Severity.NOTICE, first.library)


def _ends_changed(case: Case) -> bool:
    """Whether the plan gives an end date, or changes one."""
    return any((c.after or {}).get("until") for a in _GIVING_ENDS for id in case.slots for c in case.of(a, id))


_GIVING_ENDS = (Action.LICENSE_UPDATE, Action.GRANT)


def _past_ends(case: Case) -> Iterator[Diagnostic]:
    """Warn of grants that were never in force: their end date had passed when seatsync first read them."""
    for rule in case.desired.grants:
        if not rule.expired(case.draft.today) or case.draft.was_applied(rule) or _was_in_force(case, rule):
            continue
        message = f"This grant of {case.title(rule.library)} ended on {rule.ends}, which has passed, so it gives nobody a seat."
        help = "Correct `until`, or delete the grant."
        yield Diagnostic("past-until", message, help, rule.origin, Severity.WARNING, rule.library)


def _was_in_force(case: Case, rule: Grant) -> bool:
    """Whether a license in the ledger has, or had, the end date of this grant."""
    held = case.draft.snapshot.licenses.get(rule.library, {})
    return any(license.until == rule.ends for license in held.values())


def _grants_that_reach_nobody(case: Case) -> Iterator[Diagnostic]:
    known = case.tags
    for rule in case.desired.grants:
        if not case.draft.entitlements.reach[rule] and rule not in case.draft.entitlements.unknown_members:
            unknown = _unknown((*rule.to.tags, *rule.to.any_tags), known)
            hint = f' No member has the tag "{unknown[0]}". {did_you_mean(unknown[0], known)}' if unknown else ""
            message = f"This grant of {case.title(rule.library)} reaches nobody.{hint}".rstrip()
            help = "Correct the grant's `to`, or delete the grant."
            yield Diagnostic("grant-reaches-nobody", message, help, rule.origin, Severity.WARNING, rule.library)


def _unknown(tags: Iterable[str], known: Mapping[str, int]) -> list[str]:
    return [tag for tag in tags if tag not in known and not tag.startswith(IMPORTED)]


def _unknown_members(case: Case) -> Iterator[tuple[Grant, Diagnostic]]:
    owners = _owners_who_left(case)
    guesses = _MOST_GUESSES if case.count <= _MOST_GUESSED else 0
    for rule in case.desired.grants:
        unknown = [
            (id, mail, line)
            for id, mail, line in case.draft.entitlements.unknown_members.get(rule, ())
            if not (rule.kind is Kind.PERMANENT and (rule.library, id or email_key(mail)) in owners)
        ]
        if unknown:
            guesses -= 1
            yield rule, _unknown_member(case, rule, unknown, guesses >= 0)


def _unknown_member(case: Case, rule: Grant, unknown: list[NamedMember], guess: bool) -> Diagnostic:
    names = [id or mail for id, mail, _ in unknown]
    if renamed := _renamed(case, unknown):
        near, guess = f"{named(renamed, 3)}.", False
    else:
        near = _near(case, *unknown[0][:2]) if guess and len(names) <= 3 else ""
    ids = ("the student id " if len(names) == 1 else "the student ids ") if all(id for id, _, _ in unknown) else ""
    gets = "is not on any roster and gets nothing" if len(names) == 1 else "are not on any roster and get nothing"
    who = "which" if ids else "who"
    message = f"This grant names {ids}{named([printable(name) for name in names])}, {who} {gets}. {near}".rstrip()
    help = "Correct the e-mail or student id, or add the member to a roster."
    if renamed:
        help = "Write the new e-mail in the grant, or the student id, which stays when an e-mail changes."
    where = _row(rule, unknown[0])
    return Diagnostic("unknown-member", message, help, where, Severity.WARNING, rule.library, names)


def _renamed(case: Case, unknown: list[NamedMember]) -> list[str]:
    """What became of the e-mails that this plan changes: ``OLD is now NEW, FILE:LINE``."""
    changes = (c for c in case.of(Action.MEMBER_UPDATE) if "email" in (c.before or {}))
    now = {email_key((c.before or {})["email"]): c for c in changes}
    found = [(mail, now[key]) for _, mail, _ in unknown if mail and (key := email_key(mail)) in now]
    return [f"{mail} is now {change.member}, {change.origin}" for mail, change in found]


def _row(rule: Grant, named: NamedMember) -> Origin:
    """The row of the grant's file that names the member, or the grant itself."""
    return Origin(rule.to.selection.file, named[2]) if named[2] and rule.to.selection else rule.origin


def _near(case: Case, student_id: str, email: str) -> str:
    """Suggest a similar e-mail, or the same id with its leading zeros. Other similar ids belong to other people."""
    if not student_id:
        return did_you_mean(email, (member.email for member in case.desired.members), 0.85)
    ids = (member.student_id for member in case.desired.members)
    return did_you_mean(student_id, (id for id in ids if id.lstrip("0") == student_id.lstrip("0")), 0)


def _mismatches(case: Case) -> Iterator[Diagnostic]:
    for rule, rows in case.draft.entitlements.mismatches.items():
        id, email, _ = rows[0]
        owner = next(member.email for member in case.at_hand.desired.members if member.student_id == id)
        more = f" {counted(len(rows) - 1, 'more row is', 'more rows are')} like this." if len(rows) > 1 else ""
        message = f"The student id {id} belongs to {owner}, not to {email}. seatsync uses the id and ignores the e-mail.{more}"
        help = "Correct the e-mail or the student id, or delete the wrong one."
        emails = [email for _, email, _ in rows]
        where = _row(rule, rows[0])
        yield Diagnostic("member-mismatch", message, help, where, Severity.WARNING, rule.library, emails)


def _owners_who_left(case: Case) -> set[tuple[str, str]]:
    """The (library, e-mail or student id) pairs of owners of permanent licenses. A grant may name owners who have left.

    Members whom a grant names are always at hand.
    """
    members = case.at_hand.snapshot.members
    return {
        (library, name)
        for library, held in case.at_hand.snapshot.licenses.items()
        for number, license in held.items()
        if license.kind is Kind.PERMANENT
        for name in (members[number].key, members[number].student_id)
    }


def _of_tags(case: Case) -> Iterator[Diagnostic]:
    counts = case.tags
    yield from _unknown_tags(case, counts)
    yield from _tags_one_letter_off(case, counts)
    yield from _tags_with_separators(case, counts)


def _unknown_tags(case: Case, known: Mapping[str, int]) -> Iterator[Diagnostic]:
    """Warn of unknown tags in grants that still reach somebody; ``grant-reaches-nobody`` covers the others."""
    for rule in case.desired.grants:
        tags = (*rule.to.tags, *rule.to.any_tags, *rule.to.not_tags) if case.draft.entitlements.reach[rule] else ()
        for tag in _unknown(tags, known):
            effect = "excludes nobody" if tag in rule.to.not_tags else "adds nobody"
            message = f'No member has the tag "{tag}", so it {effect}. {did_you_mean(tag, known)}'.rstrip()
            help = "Correct the tag, or keep it if members will get it later."
            yield Diagnostic("unknown-tag", message, help, rule.origin, Severity.WARNING, rule.library)


MOST_LETTERS = 100
"""Longer tags are not checked for typing errors: the cost grows with the square of their length."""


def _tags_one_letter_off(case: Case, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
    alike: dict[str, list[str]] = {}
    counts = {tag: number for tag, number in counts.items() if len(tag) <= MOST_LETTERS}
    for tag in counts:
        for key in without_a_letter(tag):
            alike.setdefault(key, []).append(tag)
    for tag in sorted(tag for tag, number in counts.items() if number == 1):
        others = sorted(
            {other for key in without_a_letter(tag) for other in alike[key] if counts[other] > 1 or tag < other}
        )
        near = next((other for other in others if one_letter_off(tag, other)), None)
        if near is not None:
            member = case.first_with(tag)
            have = counted(counts[near], "member has", "members have")
            message = f'The tag "{tag}" is used once, by {member.email}, and differs by one letter from "{near}", which {have}.'
            help = f'If you meant "{near}", write that.'
            yield Diagnostic("tag-lookalike", message, help, member.origin, Severity.WARNING, None, (member.email,))


def _tags_with_separators(case: Case, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
    tags = sorted(tag for tag in counts if "," in tag or "|" in tag)
    if tags:
        first = case.first_with(tags[0])
        quoted = named([f'"{printable(tag)}"' for tag in tags])
        message = f"{quoted} {'is one tag' if len(tags) == 1 else 'are one tag each'}; in CSV files, semicolons separate tags."
        help = "If you meant several tags, put semicolons between them."
        yield Diagnostic("tag-separator", message, help, first.origin, Severity.WARNING)


def _garbled_names(case: Case) -> Iterator[Diagnostic]:
    members = case.at_hand.desired.members  # a name that may be garbled is always at hand
    if all(all(map(str.isascii, map(attrgetter(name), members))) for name in ("given_name", "family_name")):
        return
    names = ((member, f"{member.given_name} {member.family_name}") for member in members)
    garbled = [(member, name, was) for member, name in names if (was := decoded_twice(name))]
    if garbled:
        first, name, was = garbled[0]
        emails = [member.email for member, _, _ in garbled]
        message = (
            f"{counted(len(garbled), 'name was', 'names were')} garbled by a program that read the file in the wrong encoding: "
            f'{named(emails)} ("{printable(name)}" was "{printable(was)}").'
        )
        help = "Export the file again as UTF-8."
        yield Diagnostic("garbled-names", message, help, first.origin, Severity.WARNING, None, emails)


def _zeros_lost(case: Case) -> Iterator[Diagnostic]:
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


def _same_person(case: Case) -> Iterator[Diagnostic]:
    """A new member may be a member who leaves: the same names, if nobody else has them, or the same e-mail and a name."""
    leavers = case.of(Action.MEMBER_REMOVE)
    new = [change for change in case.of(Action.MEMBER_ADD) if not change.record] if leavers else []
    if not new:
        return
    by_email = {email_key(change.member): change for change in leavers}
    by_names = _alone([(_names(change.before), change) for change in leavers])
    arrivals = _alone([(_names(change.after), change) for change in new])
    pairs = []
    for arrival in new:
        leaver, names = by_email.get(email_key(arrival.member)), _names(arrival.after)
        if leaver is None or not share_a_name(_names(leaver.before), names):
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
        yield Diagnostic("same-name", message, help, pairs[0][1].origin, Severity.WARNING, None, members)


class _Names(NamedTuple):
    given_name: str
    family_name: str


def _names(fields: Mapping[str, Any] | None) -> _Names:
    found = fields or {}
    return _Names(found.get("given_name", ""), found.get("family_name", ""))


def _alone(named: Iterable[tuple[_Names, Change]]) -> dict[frozenset[str], Change]:
    """The changes by the words of the names, without those who share them."""
    found: dict[frozenset[str], list[Change]] = {}
    for names, change in named:
        found.setdefault(all_words(names), []).append(change)
    return {words: changes[0] for words, changes in found.items() if len(changes) == 1}


def _without_invitation(case: Case) -> Iterator[Diagnostic]:
    """Libraries without letters in which this plan leaves seats that somebody must claim, and libraries that send letters again:
    that alone invites nobody who has a seat already."""
    for id, library in case.desired.libraries.items():
        switches = any("sends_letters" in (change.after or {}) for change in case.of(Action.LIBRARY_UPDATE, id))
        offers = sum(change.status == Status.UNCLAIMED for change in case.of(Action.GRANT, id))
        waiting = case.slots[id].after.reserved
        if not library.sends_letters and waiting and (switches or offers):
            message = (
                f"{case.title(id)} sends no letters, and {counted(waiting, 'seat waits', 'seats wait')} to be claimed."
            )
            help = "Tell these members yourself where to claim, or delete `sends_letters: false`."
        elif library.sends_letters and switches and (untold := waiting - offers - len(case.of(Action.RESEND, id))) > 0:
            message = (
                f"{case.title(id)} sends letters again, but that sends no invitation to members who have a seat already: "
                f"{counted(untold, 'seat waits', 'seats wait')} to be claimed."
            )
            help = f"To invite them (again), write `resend: {case.draft.today}` on the grant."
        else:
            continue
        where = case.desired.place("libraries", id)
        yield Diagnostic("no-invitation", message, help, where, Severity.WARNING, id)


def _approvals(case: Case) -> Iterator[Diagnostic]:
    libraries = {*case.desired.libraries, *case.draft.snapshot.libraries}
    rosters = {*(roster.path for roster in case.desired.rosters), *case.draft.snapshot.rosters}
    for approval in case.desired.approvals:
        name, known = (approval.library, libraries) if approval.library else (approval.roster, rosters)
        if approval.until < case.draft.today:
            message = f"This approval of {approval.refusal} ended on {approval.until} and no longer has any effect."
            yield Diagnostic("approval-expired", message, "Delete it.", approval.origin, Severity.WARNING)
        elif (use := case.use_of(approval)) is not None:
            message = f"This approval of {approval.refusal} {used_by(use)} and no longer has any effect."
            change = "`until` or `reason`" if "reason" in use else "`until`"  # an erased reason is not compared
            help = f"Delete it. To approve again, change its {change}."
            yield Diagnostic("approval-used", message, help, approval.origin, Severity.WARNING)
        elif name and name not in known:
            message = f'This approval is for "{name}", which is in neither the files nor the ledger. {did_you_mean(name, known)}'.rstrip()
            yield Diagnostic(
                "approval-unknown", message, "Correct it, or delete it.", approval.origin, Severity.WARNING
            )


def _redelivered(case: Case) -> Iterator[Diagnostic]:
    """What a change of ``system`` or ``delivery`` does to the members who hold a seat."""
    for id, library in case.desired.libraries.items():
        known = case.draft.snapshot.libraries.get(id)
        if known is None or known.delivery is library.delivery:
            continue
        at_once = len(case.of(Action.GRANT, id)) - len(case.new_seats(id))
        asked = sum("delivery" in (change.after or {}) for change in case.of(Action.RESEND, id))
        if case.slots[id].before.used:
            facts = library.delivery.facts
            does = [counted(asked, *facts.asked)]
            if facts.at_once:
                at_once_words = ("member with an account gets it at once", "members with an account get it at once")
                does.insert(0, counted(at_once, *at_once_words))
            message = (
                f"{case.title(id)} is now {facts.in_words}. Of who has not claimed the seat, {' and '.join(does)}. "
                "Who has claimed it keeps it."
            )
            help = "Nothing to do. Earlier invitations and their links no longer fit; the new letters replace them."
            where = case.desired.place("libraries", id)
            yield Diagnostic("delivery-changed", message, help, where, Severity.NOTICE, id)


def _declined(case: Case) -> Iterator[Diagnostic]:
    for library, rule, members in by_rule(case.draft.declined):
        message = f"{counted(len(members), 'member')} opted out of {case.title(library)} and will not be invited again: {named(members)}."
        help = "Nothing to do. To invite them again, write `regrant: true` on the grant, apply, and delete it again."
        where = rule.origin if rule else None
        yield Diagnostic("opted-out", message, help, where, Severity.NOTICE, library, members)


def _kept(case: Case) -> Iterator[Diagnostic]:
    for library, _, members in by_rule(case.draft.kept):
        who = counted(len(members), "member who leaves owns", "members who leave own")
        keep = "keeps the seat" if len(members) == 1 else "keep their seats"
        message = f"{who} {case.title(library)} permanently, and so {keep}: {named(members)}."
        yield Diagnostic(
            "permanent-kept",
            message,
            "Nothing to do.",
            case.desired.place("rosters"),
            Severity.NOTICE,
            library,
            members,
        )
    for library, rule, members in by_rule(case.draft.retained):
        message = (
            f"{counted(len(members), 'permanent license')} of {case.title(library)} "
            f"{'is' if len(members) == 1 else 'are'} no longer granted, but kept (`limits.permanent: retain`): {named(members)}."
        )
        where = rule.origin if rule else case.desired.place("grants")
        help = "Nothing to do. To show it in the files, add a permanent grant for them."
        yield Diagnostic("permanent-retained", message, help, where, Severity.NOTICE, library, members)
