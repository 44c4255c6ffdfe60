"""Warn of grants: their dates, and whom they name or reach."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.desired import Grant
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.license import Kind
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.guesses import did_you_mean, nearest_emails
from seatsync.domain.text.ids import plain_id
from seatsync.planning.entitlements import NamedMember
from seatsync.refusals.case import Case
from seatsync.refusals.warnings.tags import unknown_roles, unknown_tags

_MOST_GUESSED = 5_000  # members; with more, no similar e-mail is suggested
_MOST_GUESSES = 20  # suggestions in one plan


def no_timezone(case: Case) -> Iterator[Diagnostic]:
    """Tell at the first day of a grant in the files that days are those of UTC."""
    ending = case.draft.entitlements.ending
    first = next((rule for rule in case.desired.grants if rule.until or rule.starts or rule in ending), None)
    if first is not None and not case.desired.institution.timezone:
        word = "end" if first.until or first in ending else "begin"
        message = f"Seats {word} at midnight UTC, because the institution has no time zone."
        help = "Add `timezone: America/Chicago` (or yours) to `institution`. To keep UTC, write `timezone: UTC`."
        yield Diagnostic("no-timezone", message, help, first.origin, Severity.NOTICE, first.library)


def ends_changed(case: Case) -> bool:
    """Whether the plan gives an end date, or changes one."""
    return any((c.after or {}).get("until") for a in _GIVING_ENDS for id in case.slots for c in case.of(a, id))


_GIVING_ENDS = (Action.LICENSE_UPDATE, Action.GRANT)


def past_ends(case: Case) -> Iterator[Diagnostic]:
    """Warn of grants that were never in force: their end date had passed when seatsync first read them."""
    for rule in case.desired.grants:
        if rule.ends == case.desired.institution.retire:
            continue  # it ends with the institution, and institution-ends says so
        if not rule.expired(case.draft.today) or case.draft.was_applied(rule) or _was_in_force(case, rule):
            continue
        message = f"The end date of this grant of {case.title(rule.library)}, {rule.ends}, has passed, so it gives nobody a seat."
        help = "Correct `until`, or delete the grant."
        yield Diagnostic("past-until", message, help, rule.origin, Severity.WARNING, rule.library)


def ended_tags(case: Case) -> Iterator[Diagnostic]:
    """Warn of grants whose tags had ended for all their members when seatsync first read them."""
    for rule, last in case.draft.entitlements.over.items():
        held = case.draft.snapshot.licenses.get(rule.library, {})
        if case.draft.was_applied(rule) or any(license.until == last.isoformat() for license in held.values()):
            continue
        reached = counted(case.draft.entitlements.reach[rule], "member")
        message = f"This grant of {case.title(rule.library)} gives nobody a seat: {reached} had its tags, the last of them to {last}."
        help = "Put the set of the present term into the roster's place, or correct the grant's `to`."
        yield Diagnostic("tags-ended", message, help, rule.origin, Severity.WARNING, rule.library)


def _was_in_force(case: Case, rule: Grant) -> bool:
    """Whether a license in the ledger has, or had, the end date of this grant."""
    held = case.draft.snapshot.licenses.get(rule.library, {})
    return any(license.until == rule.ends for license in held.values())


def reaching_nobody(case: Case) -> Iterator[Diagnostic]:
    """Warn of grants that reach nobody."""
    known = case.tags
    for rule in case.desired.grants:
        if not case.draft.entitlements.reach[rule] and rule not in case.draft.entitlements.unknown_members:
            tags = unknown_tags((*rule.to.tags, *rule.to.any_tags), known)
            hint = f' No member has the tag "{tags[0]}". {did_you_mean(tags[0], known)}' if tags else ""
            if not tags and (roles := unknown_roles(rule.to.roles, case)):
                hint = f' No member has the role "{roles[0]}". {did_you_mean(roles[0], case.roles)}'
            message = f"This grant of {case.title(rule.library)} reaches nobody.{hint}".rstrip()
            help = "Correct the grant's `to`, or delete the grant."
            yield Diagnostic("grant-reaches-nobody", message, help, rule.origin, Severity.WARNING, rule.library)


def naming_unknown(case: Case) -> Iterator[tuple[Grant, Diagnostic]]:
    """Warn of grants that name people who are on no roster, each with the grant."""
    owners = _owners_who_left(case)
    guesses = _MOST_GUESSES if case.count <= _MOST_GUESSED else 0
    for rule in case.desired.grants:
        unknown = [
            one
            for one in case.draft.entitlements.unknown_members.get(rule, ())
            if not (rule.kind is Kind.PERMANENT and (rule.library, one.student_id or email_key(one.email)) in owners)
        ]
        if unknown:
            guesses -= 1
            yield rule, _unknown_member(case, rule, unknown, guesses >= 0)


def _unknown_member(case: Case, rule: Grant, unknown: list[NamedMember], guess: bool) -> Diagnostic:
    names = [one.student_id or one.email for one in unknown]
    if renamed := _renamed(case, unknown):
        near, guess = f"{named(renamed, 3)}.", False
    else:
        near = _near(case, unknown[0].student_id, unknown[0].email) if guess and len(names) <= 3 else ""
    ids = (
        ("the student id " if len(names) == 1 else "the student ids ") if all(one.student_id for one in unknown) else ""
    )
    gets = "is not on any roster and gets nothing" if len(names) == 1 else "are not on any roster and get nothing"
    who = "which" if ids else "who"
    message = f"This grant names {ids}{named([printable(name) for name in names])}, {who} {gets}. {near}".rstrip()
    help = "Correct the e-mail or student id, or add the member to a roster."
    if renamed:
        by_id = "the student id, which stays when an e-mail changes"
        help = f"Write the new {'student id in the grant' if ids else f'e-mail in the grant, or {by_id}'}."
    where = unknown[0].origin(rule)
    return Diagnostic("unknown-member", message, help, where, Severity.WARNING, rule.library, names)


def leaving_out_unknown(case: Case) -> Iterator[Diagnostic]:
    """Warn of people whom a grant leaves out by name, if no roster has them and they are not known to have left."""
    for rule, people in case.draft.entitlements.unknown_left_out.items():
        left = _have_left(case)
        unknown = [one for one in people if (one.student_id or email_key(one.email)) not in left]
        if not unknown:
            continue
        names = [one.student_id or one.email for one in unknown]
        near = f"{named(renamed, 3)}." if (renamed := _renamed(case, unknown)) else ""
        if not near and len(names) <= 3 and case.count <= _MOST_GUESSED:
            near = _near(case, unknown[0].student_id, unknown[0].email)
        who, no_roster = (
            named([printable(name) for name in names]),
            "is on no roster" if len(names) == 1 else "are on no roster",
        )
        message = f"This grant leaves out {who}, who {no_roster}, so that leaves out nobody. {near}".rstrip()
        help = "Correct the e-mail or student id, or delete it if they have left for good."
        yield Diagnostic(
            "unknown-member", message, help, unknown[0].origin(rule), Severity.WARNING, rule.library, names
        )


def _have_left(case: Case) -> set[str]:
    """The e-mail keys and student ids of members who have left or leave. Members whom a grant names are always at hand."""
    leaving = {*case.at_hand.matching.leaving}
    return {
        name
        for number, member in case.at_hand.snapshot.members.items()
        if not member.on_roster or number in leaving
        for name in (member.key, plain_id(member.student_id))
    }


def _renamed(case: Case, unknown: list[NamedMember]) -> list[str]:
    """What became of the e-mails and student ids that changed in this plan or before: ``OLD is now NEW, FILE:LINE``."""
    draft, earlier = case.at_hand, dict(case.at_hand.earlier_names)
    for change in case.of(Action.MEMBER_UPDATE):
        had = change.before or {}
        for name in (email_key(had.get("email", "")), plain_id(had.get("student_id", ""))):
            earlier[name] = change.record
    found = [(one, earlier[name]) for one in unknown if (name := one.student_id or email_key(one.email)) in earlier]
    numbers = {number for _, number in found}
    rows = {number: draft.desired.members[at] for at, number in enumerate(draft.matching.records) if number in numbers}
    return [
        f"{one.student_id or one.email} is now {rows[number].student_id if one.student_id else rows[number].email}, {rows[number].origin}"
        for one, number in found
        if number in rows and (not one.student_id or rows[number].student_id)
    ]


def _near(case: Case, student_id: str, email: str) -> str:
    """Suggest the e-mail that this nearly is, or the one id that differs in leading zeros, with whose it is.

    Other similar ids belong to other people; so does this one if the ledger knows somebody with the id as it is written.
    """
    if not student_id:
        known = {member.key: member.email for member in case.desired.members}
        near = nearest_emails((key := email_key(email),), known).get(key)
        return f'Did you mean "{known[near]}"?' if near else ""
    if any(plain_id(member.student_id) == student_id for member in case.at_hand.snapshot.members.values()):
        return ""
    alike = [m for m in case.desired.members if m.student_id.lstrip("0") == student_id.lstrip("0")]
    if len(alike) != 1:
        return ""
    return f'Did you mean "{printable(alike[0].student_id)}" ({alike[0].email})?'


def naming_two(case: Case) -> Iterator[Diagnostic]:
    """Warn of rows of a selection with the id of one member and the e-mail of another."""
    for rule, rows in case.draft.entitlements.mismatches.items():
        id, email = rows[0].student_id, rows[0].email
        owner = next(member.email for member in case.at_hand.desired.members if member.student_id == id)
        more = f" {counted(len(rows) - 1, 'more row is', 'more rows are')} like this." if len(rows) > 1 else ""
        message = f"The student id {id} belongs to {owner}, not to {email}. seatsync uses the id and ignores the e-mail.{more}"
        help = "Correct the e-mail or the student id, or delete the wrong one."
        emails = [row.email for row in rows]
        where = rows[0].origin(rule)
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
