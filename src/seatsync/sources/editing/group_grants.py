"""Grant a library to everybody with a tag, or to everybody, and take it away: one rule of seatsync.yaml, not names."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from seatsync.domain.desired import Grant, Selector
from seatsync.domain.diagnostic import counted
from seatsync.domain.library import Library
from seatsync.domain.license import Kind
from seatsync.domain.person import RosterMember
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.domain.text.tags import split_tags
from seatsync.sources.editing.folder import EditedFolder
from seatsync.sources.editing.grants import Days, as_entry, asked_for, is_enough, is_plain, library_of
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.rules import Rule, Rules
from seatsync.sources.editing.texts.yaml_values import Plain
from seatsync.sources.selections import choose_kind


class Group(NamedTuple):
    """Everybody with all of these ``tags``; without any, everybody."""

    tags: tuple[str, ...]

    def __str__(self) -> str:
        if not self.tags:
            return "everybody"
        return f"everybody with the tag{'s' if len(self.tags) > 1 else ''} {' and '.join(map(printable, self.tags))}"

    @property
    def selector(self) -> Selector:
        return Selector(tags=self.tags) if self.tags else Selector(everyone=True)

    @property
    def as_entry(self) -> dict[str, object]:
        return {"tags": [*self.tags]} if self.tags else {"everyone": Plain("true")}

    def is_of(self, rule: Rule) -> bool:
        """Whether a rule is for this group and no other, but for whom it leaves out."""
        to, conditions = rule.grant.to, rule.entry.to.model_fields_set - _EXCEPTIONS
        return conditions == {"tags" if self.tags else "everyone"} and {*to.tags} == {*self.tags}

    def is_among(self, rule: Rule) -> bool:
        """Whether a rule is for all of this group, and perhaps for more, but for whom it leaves out."""
        to, conditions = rule.grant.to, rule.entry.to.model_fields_set - _EXCEPTIONS
        return (conditions <= {"tags", "everyone"} and {*to.tags} <= {*self.tags}) or (
            conditions == {"any_tags"} and not {*to.any_tags}.isdisjoint(self.tags)
        )


_MOST_TOLD = 20
_EXCEPTIONS = {"not_tags", "not_emails", "not_file"}


def grant(folder: EditedFolder, library: str, kind: Kind | None, days: Days, group: Group) -> None:
    """Make sure that a rule gives the library to the group: of this kind, and on those days at least.

    Raises:
        CannotEdit: there is no such library or nobody with the tag, the kind is missing or not possible, or the layout is too unusual.
    """
    of = library_of(folder, library)
    asked = asked_for(folder, of, kind, days, group.selector)
    _check_has_members(folder, group)
    rules = Rules(folder)
    ours = [rule for rule in rules.of_yaml if rule.grant.library == of.id]
    giving = [rule for rule in ours if group.is_among(rule) and is_enough(rule.grant, asked)]
    whole = next((rule for rule in giving if {*rule.grant.to.not_tags}.isdisjoint(group.tags)), None)
    if whole is not None:
        _say_given(folder, whole, group, asked)
    elif giving:
        rules.drop_tags(giving[0], "not_tags", group.tags)
        folder.say(f"The grant at {giving[0].grant.origin} no longer leaves out {group}.")
    elif (rule := next((rule for rule in ours if _can_last(rule, days) and group.is_of(rule)), None)) is not None:
        _change(folder, of, rule, asked, days.until)
    else:
        folder.edits.append(("grants",), as_entry(of, asked.kind, group.as_entry, days))
        folder.promise_grants(of.id, members_of(folder, group), True)
        folder.say(f"A new grant gives {of.id} to {group}: {_members(folder, group.selector)} now.")


def _check_has_members(folder: EditedFolder, group: Group) -> None:
    known = {tag: None for member in folder.desired.members for tag in split_tags(member.tags)}
    folder.asked_tags = group.tags
    for tag in group.tags:
        if not folder.index.reached(Selector(tags=(tag,))):
            fact = f"Nobody has the tag {printable(tag)}. {did_you_mean(tag, known)}".rstrip()
            some = ", ".join(map(printable, sorted(known)[:_MOST_TOLD])) + (" …" if len(known) > _MOST_TOLD else "")
            help = f"Correct the tag, or give it to somebody first: `seatsync edit tag`. The tags are {some or 'none'}."
            raise CannotEdit(fact, help)


def _say_given(folder: EditedFolder, rule: Rule, group: Group, asked: Grant) -> None:
    given = rule.grant
    how = " permanently" if given.kind is not asked.kind else ""
    end = f" until {given.until}" if given.until is not None else ""
    folder.say(f"The grant at {given.origin} gives {given.library} to {group}{how}{end} already.")
    left_out = folder.index.reached(group.selector) - folder.index.reached(given.to)
    if left_out:
        folder.say(f"It leaves out {len(left_out):,} of them, by name or by a tag.")
    if asked.until is not None and given.until != asked.until:
        folder.say(
            f"To end it earlier, take it away first: `seatsync edit revoke {given.library}`, with the same group."
        )


def _can_last(rule: Rule, days: Days) -> bool:
    """Whether a rule can get another end date to give what is asked for: neither has a first day or a term."""
    others = (rule.entry.from_, rule.entry.term, days.starts, days.term)
    return is_plain(rule) and not any(others)


def _change(folder: EditedFolder, library: Library, rule: Rule, asked: Grant, until: date | None) -> None:
    """Give the rule of a group the kind and end date that were asked for, which are more than it has."""
    path = ("grants", rule.position)
    changes: dict[str, Any] = {"until": Plain(until.isoformat()) if until is not None else None}
    if rule.grant.kind is not asked.kind or (rule.entry.kind is None and choose_kind("", library) is None):
        changes["kind"] = asked.kind.value
    for key, value in changes.items():
        has = getattr(rule.entry, key) is not None
        if value is None:
            folder.edits.drop_key(path, key) if has else None
        elif has:
            folder.edits.give((*path, key), value)
        else:
            folder.edits.add_key(path, key, value)
    reached = [folder.desired.members[at] for at in sorted(folder.index.reached(rule.grant.to))]
    folder.promise_grants(library.id, reached, True)
    what = (
        "permanently" if asked.kind is Kind.PERMANENT else f"until {until}" if until is not None else "without an end"
    )
    folder.say(f"The grant at {rule.grant.origin} now gives {library.id} {what}.")


def revoke(folder: EditedFolder, library: str, group: Group) -> None:
    """Remove the rules that give the library to just this group. Where a rule for everyone gives it, leave the tag out there.

    Raises:
        CannotEdit: there is no such library or nobody with the tag.
    """
    of = library_of(folder, library)
    _check_has_members(folder, group)
    rules = Rules(folder)
    ours = [rule for rule in rules.of_yaml if rule.grant.library == of.id]
    gone = [rule for rule in ours if group.is_of(rule)]
    for rule in gone:
        folder.edits.remove(("grants",), rule.position)
        folder.say(f"The grant at {rule.grant.origin} was for {group} and is removed.")
    shared = [rule for rule in ours if len(group.tags) == 1 and group.tags[0] in rule.grant.to.any_tags]
    for rule in shared:
        rules.drop_tags(rule, "any_tags", group.tags)
        folder.say(f"The grant at {rule.grant.origin} is no longer for {group}.")
    rest = [rule for rule in ours if rule not in gone and rule not in shared]
    if not gone and not shared:
        rest = _left_out(folder, rest, group)
    _say_who_still_gets_it(folder, of, rest, group)


def _left_out(folder: EditedFolder, rules: list[Rule], group: Group) -> list[Rule]:
    """Leave one tag out of the rules for everyone; return the other rules."""
    everyone = [rule for rule in rules if len(group.tags) == 1 and Group(()).is_of(rule)]
    todo = [rule for rule in everyone if group.tags[0] not in rule.grant.to.not_tags]
    for rule in todo:
        path = ("grants", rule.position, "to")
        if rule.grant.to.not_tags:
            folder.edits.append((*path, "not_tags"), group.tags[0])
        else:
            folder.edits.add_key(path, "not_tags", [group.tags[0]])
        folder.say(f"The grant at {rule.grant.origin} is for everybody; `not_tags` there leaves out {group}.")
    if not todo:
        folder.say("No grant is for just this group.")
    return [rule for rule in rules if rule not in everyone]


def _say_who_still_gets_it(folder: EditedFolder, library: Library, rules: Collection[Rule], group: Group) -> None:
    of_group = folder.index.reached(group.selector)
    for rule in rules:
        if some := of_group & folder.index.reached(rule.grant.to):
            get = "gets" if len(some) == 1 else "get"
            folder.say(f"{len(some):,} of them still {get} {library.id} by the grant at {rule.grant.origin}.")


def members_of(folder: EditedFolder, group: Group) -> list[RosterMember]:
    """Return the members of a group."""
    return [folder.desired.members[at] for at in sorted(folder.index.reached(group.selector))]


def _members(folder: EditedFolder, selector: Selector) -> str:
    return counted(len(folder.index.reached(selector)), "member")
