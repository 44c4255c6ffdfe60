"""Grant a library to members, and take it away, by the smallest change of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from seatsync.domain.desired import Grant, Selector
from seatsync.domain.library import Library
from seatsync.domain.license import Kind
from seatsync.domain.person import RosterMember
from seatsync.domain.text.characters import printable
from seatsync.domain.text.days import day_in
from seatsync.domain.text.guesses import did_you_mean
from seatsync.domain.text.tags import split_tags
from seatsync.formats.grants import GrantEntry, GrantsFile
from seatsync.sources.editing.folder import EditedFolder, key_of, named
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.rules import Rule, Rules
from seatsync.sources.editing.texts.csv_edits import CsvEdits
from seatsync.sources.editing.texts.yaml_values import Plain
from seatsync.sources.files import NAME
from seatsync.sources.selections import GRANTS, choose_kind, grant_columns, never_in_force

_PLAIN_RULE = {"library", "kind", "to", "from_", "until", "term"}
"""The keys of a grant to which somebody can be added without more than what was asked for."""


class Days(NamedTuple):
    """From when and until when a grant is asked for, or of which term."""

    starts: date | None = None
    until: date | None = None
    term: str = ""

    def are_of(self, entry: GrantEntry) -> bool:
        """Whether a grant is written with these days."""
        return self == Days(entry.from_, entry.until, entry.term or "")

    @property
    def written(self) -> dict[str, Any]:
        """The keys of a grant that say them."""
        days = {"from": self.starts, "until": self.until}
        return {
            **{key: Plain(day.isoformat()) for key, day in days.items() if day is not None},
            **({"term": self.term} if self.term else {}),
        }


def grant(folder: EditedFolder, library: str, kind: Kind | None, days: Days, emails: Iterable[str]) -> None:
    """Make sure that the members get the library: of this kind, and on those days at least.

    Raises:
        CannotEdit: there is no such library or member, the kind is missing or not possible, or the layout is too unusual.
    """
    of = library_of(folder, library)
    members = folder.members(emails)
    rules = Rules(folder)
    asked = asked_for(folder, of, kind, days, Selector())
    lacking = _without_covered(folder, members, asked)
    lacking = _without_taken_back(folder, rules, lacking, asked)
    folder.promise_grants(of.id, members, True)
    if lacking:
        _add(folder, rules, of, asked, days, lacking)


def asked_for(folder: EditedFolder, library: Library, kind: Kind | None, days: Days, to: Selector) -> Grant:
    """Return the grant that is asked for. It begins today if no other day is named.

    Raises:
        CannotEdit: the kind is missing or not possible, or the days are not.
    """
    first, until = days.starts, days.until
    if days.term:
        terms = folder.desired.terms
        if days.term not in terms:
            fact = f'"{printable(days.term)}" is not a term of seatsync.yaml. {did_you_mean(days.term, terms)}'.rstrip()
            raise CannotEdit(fact, f"The terms are {', '.join(terms) or 'none'}.")
        first, until = terms[days.term]
    if first is not None and until is not None and first > until:
        raise CannotEdit(never_in_force(first, until)[0], "Correct --from or --until.")
    today = day_in(folder.now, folder.desired.institution.timezone)
    starts = max(first or today, today)
    asked = Grant(library.id, kind_of(library, kind, until), to, folder.desired.place("grants"), until, starts=starts)
    last = folder.config.institution.retire
    return asked.ending_by(last) if last is not None else asked


def library_of(folder: EditedFolder, id: str) -> Library:
    """Return the library.

    Raises:
        CannotEdit: there is none of that id.
    """
    libraries = folder.desired.libraries
    if id not in libraries:
        fact = f'"{printable(id)}" is not a library of seatsync.yaml. {did_you_mean(id, libraries)}'.rstrip()
        raise CannotEdit(fact, f"The libraries are {', '.join(libraries) or 'none'}.")
    return libraries[id]


def kind_of(library: Library, kind: Kind | None, until: date | None) -> Kind:
    """Return the kind of license that is asked for.

    Raises:
        CannotEdit: it is missing, or the library has no such licenses.
    """
    chosen = choose_kind(kind.value if kind is not None else "", library)
    if chosen is None:
        fact = f"{library.id} has permanent licenses, too, which can never be taken back."
        raise CannotEdit(fact, "Say which: --kind temporary or --kind permanent.")
    if chosen not in library.kinds:
        fact = f"{library.id} has no {chosen.value} licenses."
        raise CannotEdit(fact, f"Give --kind {library.kinds[0].value}, or no --kind.")
    if chosen is Kind.PERMANENT and until is not None:
        raise CannotEdit("A permanent license has no end date.", "Give no --until, or --kind temporary.")
    return chosen


def _without_covered(folder: EditedFolder, members: Sequence[RosterMember], asked: Grant) -> list[RosterMember]:
    """Return the members whom no grant gives what is asked for, or more; say who has it, and by which grant."""
    given_by = _grants_by_member(folder, asked.library, members)
    covered: dict[Grant, list[RosterMember]] = {}
    lacking = []
    for member in members:
        enough = [given for given in given_by[member.key] if is_enough(given, asked)]
        if enough:
            covered.setdefault(enough[0], []).append(member)
        else:
            lacking.append(member)
    for given, some in covered.items():
        gets = "gets" if len(some) == 1 else "get"
        how = " permanently" if given.kind is not asked.kind else ""
        end = f" until {given.until}" if given.until is not None else ""
        folder.say(f"{named(some)} {gets} {asked.library}{how}{end} already, by the grant at {given.origin}.")
    return lacking


def is_enough(given: Grant, asked: Grant) -> bool:
    """Whether a grant gives what is asked for, or more, from its first day on."""
    begins = asked.starts is None or not given.begins_after(asked.starts)
    return begins and not given.after and given.strength >= asked.strength


def _grants_by_member(folder: EditedFolder, library: str, members: Sequence[RosterMember]) -> dict[str, list[Grant]]:
    """Return the grants that reach each of the members, by key, in the order of the files."""
    found: dict[str, list[Grant]] = {member.key: [] for member in members}
    everybody = folder.desired.members
    positions = {folder.positions[member.key] for member in members}
    for grant in folder.desired.grants:
        if grant.library == library:
            for position in sorted(folder.index.reached(grant.to) & positions):
                found[everybody[position].key].append(grant)
    return found


def _without_taken_back(
    folder: EditedFolder, rules: Rules, members: Sequence[RosterMember], asked: Grant
) -> list[RosterMember]:
    """Return the members whom no rule leaves out by name that would give what is asked for; those of others are reached again."""
    lacking = list(members)
    for rule in rules.of_yaml:
        listed = {*map(key_of, rule.entry.to.not_emails or ())}
        if rule.grant.library != asked.library or not is_enough(rule.grant, asked) or not listed:
            continue
        reached = folder.reached_without_exceptions(rule.grant)
        back = {one.key: one for one in lacking if one.key in listed and folder.positions[one.key] in reached}
        if back:
            rules.drop_from_list(rule, "not_emails", back.keys())
            folder.say(f"{named([*back.values()])}: no longer left out by the grant at {rule.grant.origin}.")
            lacking = [member for member in lacking if member.key not in back]
    return lacking


def _add(
    folder: EditedFolder,
    rules: Rules,
    library: Library,
    asked: Grant,
    days: Days,
    members: Sequence[RosterMember],
) -> None:
    who = named(members)
    for rule in rules.of_yaml:
        is_for_names = is_plain(rule) and rule.entry.to.model_fields_set == {"emails"}
        is_alike = rule.grant.kind is asked.kind and days.are_of(rule.entry)
        if is_for_names and is_alike and rule.grant.library == library.id:
            for member in members:
                folder.edits.append(("grants", rule.position, "to", "emails"), member.email)
            folder.say(f"{who}: added to the grant of {library.id} at {rule.grant.origin}.")
            return
    for file in folder.config.grants:
        if isinstance(file, GrantsFile) and _can_take(folder, file, library, days):
            edits = folder.files.csv(file.path, GRANTS)
            for member in members:
                edits.add(_row(edits, asked, days, member))
            folder.say(f"{who}: added to the grants file {file.path}.")
            return
    to = {"emails": [member.email for member in members]}
    folder.edits.append(("grants",), as_entry(library, asked.kind, to, days))
    folder.say(f"{who}: no grant of {library.id} could be extended, so a new one is in {NAME}.")


def is_plain(rule: Rule) -> bool:
    """Whether a rule says nothing beside library, kind, members and days."""
    return rule.entry.model_fields_set <= _PLAIN_RULE


def as_entry(library: Library, kind: Kind, to: dict[str, Any], days: Days) -> dict[str, Any]:
    """Return the smallest grant, as it is written."""
    entry: dict[str, Any] = {"library": library.id}
    if choose_kind("", library) is None or kind is Kind.PERMANENT:
        entry["kind"] = kind.value
    entry["to"] = to
    return {**entry, **days.written}


def _can_take(folder: EditedFolder, entry: GrantsFile, library: Library, days: Days) -> bool:
    """Whether a grants file can be changed and has the columns that the row needs."""
    if days.term or not folder.files.can_be_changed(entry.path):
        return False
    columns = grant_columns(folder.files.csv(entry.path, GRANTS).table)
    needs = [*days.written]
    needs += ["kind"] if choose_kind("", library) is None else []
    return all(column in columns for column in needs)


def _row(edits: CsvEdits, asked: Grant, days: Days, member: RosterMember) -> dict[int, str]:
    values = {
        "library": asked.library,
        "email": member.email,
        "kind": asked.kind.value,
        "from": days.starts.isoformat() if days.starts is not None else "",
        "until": days.until.isoformat() if days.until is not None else "",
        "studentid": member.student_id,
    }
    return {at: values[name] for name, at in grant_columns(edits.table).items() if values.get(name)}


def revoke(folder: EditedFolder, library: str, emails: Iterable[str]) -> None:
    """Make sure that no grant gives the library to the members any more.

    Raises:
        CannotEdit: there is no such library or member, or a rule gives it by something other than their names.
    """
    of = library_of(folder, library)
    members = folder.members(emails)
    rules = Rules(folder)
    by_origin = {rule.grant.origin: rule for rule in rules.of_yaml}
    todo: dict[Grant, list[RosterMember]] = {}
    reaching = _grants_by_member(folder, of.id, members)
    for member in members:
        for given in reaching[member.key]:
            todo.setdefault(given, []).append(member)
    if without := [member for member in members if not reaching[member.key]]:
        folder.say(f"{named(without)} {'gets' if len(without) == 1 else 'get'} {of.id} by no grant.")
    folder.promise_grants(of.id, members, False)
    for given, reached in todo.items():
        if given.origin in by_origin:
            _leave_out(folder, rules, by_origin[given.origin], reached)
        else:
            rules.drop_row(given)
            folder.say(f"{named(reached)}: removed from {given.origin.file}.")


def _leave_out(folder: EditedFolder, rules: Rules, rule: Rule, members: Sequence[RosterMember]) -> None:
    """Change a rule so that it no longer reaches the members."""
    keys = {member.key for member in members}
    where = f"the grant at {rule.grant.origin}"
    if rules.drop_from_list(rule, "emails", keys):
        is_for_others = any(key_of(email) not in keys for email in rule.entry.to.emails or ())
        what = f"removed from {where}" if is_for_others else f"{where} was for nobody else and is removed"
        folder.say(f"{named(members)}: {what}.")
        return
    selection = rule.grant.to.selection
    if selection is not None and not (shared := rules.is_shared(rule)):
        rules.drop_from_selection(selection, keys)
        folder.say(f"{named(members)}: removed from {selection.file}, which {where} reads.")
        return
    if selection is not None:
        fact = f"{members[0].email} gets {rule.grant.library} as one of {selection.file} ({rule.grant.origin}), which {shared}"
    else:
        fact = f"{members[0].email} gets {rule.grant.library} by {_by_what(rule, members[0])} ({rule.grant.origin})"
    path = ("grants", rule.position, "to")
    edits = folder.edits
    if rule.entry.to.not_emails:
        for member in members:
            edits.append((*path, "not_emails"), member.email)
    else:
        edits.add_key(path, "not_emails", [member.email for member in members])
    folder.say(f"{fact}; `not_emails` there leaves {'them' if len(members) > 1 else 'this member'} out.")


def _by_what(rule: Rule, member: RosterMember) -> str:
    """Say which condition of a rule reaches the member."""
    to, has = rule.grant.to, {*split_tags(member.tags)}
    tags = [*to.tags, *(tag for tag in to.any_tags if tag in has)]
    if tags:
        return f"the tag{'s' if len(tags) > 1 else ''} {' and '.join(tags)}"
    if to.roles:
        return f"the role {member.role}"
    return "a rule for everyone" if to.everyone else "a rule for all whom it does not leave out"
