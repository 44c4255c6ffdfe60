"""Read a set of roster files: a folder or zip file of OneRoster, School Data Sync or Canvas."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.formats.config import RosterEntry
from seatsync.sources.files import Folder
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.merge import merge
from seatsync.sources.rosters.sets.archive import Archive, open_set
from seatsync.sources.rosters.sets.bonds import Bonds
from seatsync.sources.rosters.sets.detect import format_of
from seatsync.sources.rosters.sets.faults import Faults
from seatsync.sources.rosters.sets.manifest import absent_files
from seatsync.sources.rosters.sets.options import SetOptions, options_of
from seatsync.sources.rosters.sets.part import Names, Part, read_part
from seatsync.sources.rosters.sets.people import NO_EMAIL, PeopleReader
from seatsync.sources.rosters.sets.set_format import SetFormat
from seatsync.sources.rosters.sets.structure import Structure
from seatsync.sources.rosters.sets.templates import Template, template_of
from seatsync.sources.rosters.sets.words import word
from seatsync.sources.tables.table import squeezed


def read_set(
    folder: Folder, reader: RosterReader, encoding: str | None, entry: RosterEntry | SetOptions | None, where: Origin
) -> None:
    """Read the members of the set at the path of ``reader`` into it, as the roster's entry at ``where`` says."""
    options = entry if isinstance(entry, SetOptions) else options_of(entry, where)
    archive = open_set(folder, reader.file, options.where, encoding)
    format = format_of(archive, options.format) if archive is not None else None
    absent = absent_files(archive, format) if archive is not None and format is not None else None
    if archive is None or format is None or absent is None:
        return
    parts = _parts(archive, format, absent)
    if parts is None:
        return
    mapped = {field: _template(text, format) for field, text in options.map.items()}
    templates = _templates(format, options)
    wrong = _unknown_columns(
        parts, format, {**mapped, **{p: t for p, t in templates.items() if p in options.tags_from}}, options
    )
    if wrong:
        folder.found += wrong
        return
    faults = Faults(folder.found)
    structure = Structure(format, parts, templates, faults)
    structure.terms = _chosen_terms(structure, options)
    bonds = _bonds(structure, parts, options)
    people: list[PeopleReader] = []
    for kind in format.people:
        own = RosterReader(archive.name_of(kind.file), reader.tags, reader.found)
        people.append(PeopleReader(kind, parts[kind.file], structure, bonds, options, mapped, own))
        people[-1].read()
    faults.report(archive.name_of)
    _tell(people, folder)
    reader.members += merge([one.reader.members for one in people], folder.found)


def _parts(archive: Archive, format: SetFormat, absent: Collection[str]) -> dict[str, Part] | None:
    """Open the files of the set; None where a diagnostic says what is wrong with one of them."""
    needs = _needs(format)
    there = [name for name in format.parts if name in archive.names and name not in absent]
    parts = {name: read_part(archive, name, needs.get(name, ())) for name in there}
    whole = {name: part for name, part in parts.items() if part is not None}
    missing = [kind.file for kind in format.people if kind.file not in there]
    if missing:
        message = (
            f"{printable(archive.path, 300)} is a {format.title} set without {missing[0]}.csv, so it lists no people."
        )
        archive.folder.found.append(Diagnostic("set-incomplete", message, "Export the whole set again.", archive.where))
    elif format.roles is not None and format.roles.file not in there and not _names_roles(format, whole):
        message = f"{printable(archive.path, 300)} does not say who is a student and who a guardian: it has no {format.roles.file}.csv."
        archive.folder.found.append(Diagnostic("set-incomplete", message, "Export the whole set again.", archive.where))
    elif len(whole) == len(parts):
        return whole
    return None


def _names_roles(format: SetFormat, parts: Mapping[str, Part]) -> bool:
    """Whether the files of people themselves say who has which role."""
    return any(kind.role or (kind.file in parts and parts[kind.file].has(*kind.roles)) for kind in format.people)


def _needs(format: SetFormat) -> dict[str, list[Names]]:
    """The columns without which a file can't be read."""
    needs: dict[str, list[Names]] = {}
    for kind in (format.orgs, format.sessions, format.classes, format.courses, format.sections, *format.people):
        if kind is not None:
            needs.setdefault(kind.file, []).append(kind.id)
    for people in format.people:
        needs[people.file] += [people.fields["given_name"], people.fields["family_name"]]
    for rows in format.enrollments:
        needs.setdefault(rows.file, []).append(rows.user)
        needs[rows.file].append((*rows.klass, *rows.section))
    if format.roles is not None:
        needs.setdefault(format.roles.file, []).extend([format.roles.user, format.roles.role])
    return needs


def _template(text: str, format: SetFormat) -> Template:
    """A template of ``map:`` or ``tags_from:``. A text without braces is a column's name."""
    return template_of(text if "{" in text else f"{{{text}}}", frozenset(format.parts))


def _templates(format: SetFormat, options: SetOptions) -> dict[str, Template]:
    """The sources of tags by prefix: the format's own, changed as the roster says."""
    texts: dict[str, str | None] = {"role": "{role}", **format.tags, **options.tags_from}
    return {prefix: _template(text, format) for prefix, text in texts.items() if text is not None}


def _unknown_columns(
    parts: Mapping[str, Part], format: SetFormat, templates: Mapping[str, Template], options: SetOptions
) -> list[Diagnostic]:
    """What the roster's own templates name and the set does not have."""
    found = []
    people = [kind.file for kind in format.people if kind.file in parts]
    for key, template in templates.items():
        for file, column in template.names():
            files = [file] if file else people
            if not column or any(name in parts and parts[name].has(column) for name in files):
                continue
            written = [name for file in files if file in parts for name in parts[file].table.header]
            where = " or ".join(f"{name}.csv" for name in files)
            message = f'`{key}` names the column "{printable(column, 60)}", which {where} does not have.'
            guess = did_you_mean(column, written)
            help = f"Name one of its columns, or one of another file as {{{format.classes.file}.COLUMN}}."
            found.append(Diagnostic("unknown-column", f"{message} {guess}".rstrip(), help, options.where))
    return found


def _chosen_terms(structure: Structure, options: SetOptions) -> frozenset[str] | None:
    """The ids of the sessions that ``take: terms`` names by id or title; None if it names none."""
    if options.terms is None:
        return None
    return frozenset(
        id
        for id, session in structure.sessions.items()
        if {word(id), *map(word, session.values.values())} & options.terms
    )


def _bonds(structure: Structure, parts: Mapping[str, Part], options: SetOptions) -> Bonds:
    bonds = Bonds(structure, options.roles)
    for kind in structure.format.enrollments:
        if kind.file in parts:
            bonds.read_enrollments(kind, parts[kind.file])
    roles = structure.format.roles
    if roles is not None and roles.file in parts:
        bonds.read_roles(roles, parts[roles.file])
    return bonds


def _tell(people: list[PeopleReader], folder: Folder) -> None:
    """Tell who is no member and why, for each file; an error if nobody has an e-mail."""
    for one in people:
        name, without = one.part.table.file, one.left_out.get(NO_EMAIL, [])
        others = {reason: lines for reason, lines in one.left_out.items() if reason != NO_EMAIL}
        if without and not one.reader.emails:
            user = next(
                (c for c in one.part.table.header if squeezed(c) in ("username", "loginid", "login")), "username"
            )
            message = f"{name} has no e-mails, and a member is known by one."
            line = f'map: {{email: "{{{user}}}@school.example"}}'
            help = f"Write under the roster how they follow from another column, with your own domain: `{line}`."
            folder.found.append(Diagnostic("missing-value", message, help, Origin(name, without[0])))
        elif without:
            help = "Write their e-mails in the school's system, or under `map: {email: …}` how they follow from another column."
            _left_out(name, {NO_EMAIL: without}, help, Origin(name, without[0]), Severity.WARNING, folder)
        if others:
            help = "Name roles, organisations, terms or words of status under `take:` to take others."
            _left_out(name, others, help, Origin(name), Severity.NOTICE, folder)


def _left_out(
    name: str, lines: Mapping[str, Sequence[int]], help: str, where: Origin, severity: Severity, folder: Folder
) -> None:
    total = sum(map(len, lines.values()))
    most_first = sorted(lines.items(), key=lambda pair: -len(pair[1]))
    reasons = ", ".join(f"{len(of):,} {reason}" for reason, of in most_first)
    verb = "is no member" if total == 1 else "are no members"
    message = f"{counted(total, 'person', 'people')} of {name} {verb}: {reasons}."
    folder.found.append(Diagnostic("left-out", message, help, where, severity))
