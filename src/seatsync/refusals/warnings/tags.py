"""Warn of tags and roles that nobody has, and of tags that look like a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_fault
from seatsync.domain.text.guesses import did_you_mean, one_letter_off, without_a_letter
from seatsync.domain.text.tags import IMPORTED
from seatsync.refusals.case import Case


def unknown_tags(tags: Iterable[str], known: Mapping[str, int]) -> list[str]:
    """Those of these tags that no member has. Date tags come from the ledger and are left out."""
    return [tag for tag in tags if tag not in known and not tag.startswith(IMPORTED)]


def suspicious(case: Case) -> Iterator[Diagnostic]:
    """Warn of tags that look like a mistake."""
    counts = case.tags
    yield from _unknown(case, counts)
    yield from _unknown_roles(case)
    emails = {tag for tag in counts if "@" in tag and email_fault(tag) is None}
    yield from _emails(case, emails)
    yield from _tags_one_letter_off(case, {tag: number for tag, number in counts.items() if tag not in emails})
    yield from _tags_with_separators(case, counts)


def _unknown(case: Case, known: Mapping[str, int]) -> Iterator[Diagnostic]:
    """Warn of unknown tags in grants that still reach somebody; ``grant-reaches-nobody`` covers the others."""
    for rule in case.desired.grants:
        tags = (*rule.to.tags, *rule.to.any_tags, *rule.to.not_tags) if case.draft.entitlements.reach[rule] else ()
        for tag in unknown_tags(tags, known):
            effect = "excludes nobody" if tag in rule.to.not_tags else "adds nobody"
            message = f'No member has the tag "{tag}", so it {effect}. {did_you_mean(tag, known)}'.rstrip()
            help = "Correct the tag, or keep it if members will get it later."
            yield Diagnostic("unknown-tag", message, help, rule.origin, Severity.WARNING, rule.library)


def unknown_roles(roles: Iterable[str], case: Case) -> list[str]:
    """Those of these roles that no member has."""
    known = {role.casefold() for role in case.roles} if roles else set()
    return [role for role in roles if role.casefold() not in known]


def _unknown_roles(case: Case) -> Iterator[Diagnostic]:
    """Warn of unknown roles in grants that still reach somebody."""
    for rule in case.desired.grants:
        for role in unknown_roles(rule.to.roles, case) if case.draft.entitlements.reach[rule] else ():
            message = f'No member has the role "{role}", so it adds nobody. {did_you_mean(role, case.roles)}'.rstrip()
            help = "Correct the role, or keep it if members will get it later."
            yield Diagnostic("unknown-role", message, help, rule.origin, Severity.WARNING, rule.library)


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


def _emails(case: Case, emails: set[str]) -> Iterator[Diagnostic]:
    """Warn of tags that are e-mails, unless a grant names them: a group may have an address for its name."""
    odd = sorted(emails.difference(*(rule.to.all_tags for rule in case.desired.grants))) if emails else []
    if odd:
        first = case.first_with(odd[0])
        tags = counted(len(odd), "tag is an e-mail", "tags are e-mails")
        message = f"{tags}: {named(odd)}. {first.email} has {'it' if len(odd) == 1 else 'the first'}."
        help = (
            "If a value is in the wrong column, move it. A second address has no place in a roster: delete it, or leave its "
            "column out of the tags. If it is the name of a group, write it with a prefix: group:staff@grace.example."
        )
        yield Diagnostic("tag-email", message, help, first.origin, Severity.WARNING, None, (first.email,))


def _tags_with_separators(case: Case, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
    tags = sorted(tag for tag in counts if "," in tag or "|" in tag)
    if tags:
        first = case.first_with(tags[0])
        quoted = named([f'"{printable(tag)}"' for tag in tags])
        message = f"{quoted} {'is one tag' if len(tags) == 1 else 'are one tag each'}; in CSV files, semicolons separate tags."
        help = "If you meant several tags, put semicolons between them."
        yield Diagnostic("tag-separator", message, help, first.origin, Severity.WARNING)
