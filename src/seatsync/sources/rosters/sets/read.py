"""Read a set of roster files: a folder or zip file of OneRoster, School Data Sync or Canvas."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.person import spoken
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.sources.files import Folder
from seatsync.sources.rosters.header import report_no_emails
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.merge import merge
from seatsync.sources.rosters.sets.archive import Archive, open_set
from seatsync.sources.rosters.sets.bonds import Bonds
from seatsync.sources.rosters.sets.detect import format_of
from seatsync.sources.rosters.sets.faults import Faults
from seatsync.sources.rosters.sets.manifest import absent_files
from seatsync.sources.rosters.sets.options import SetOptions, options_of
from seatsync.sources.rosters.sets.part import Names, Part, read_part
from seatsync.sources.rosters.sets.people import PeopleReader
from seatsync.sources.rosters.sets.set_format import SetFormat
from seatsync.sources.rosters.sets.structure import Entity, Structure
from seatsync.sources.rosters.sets.templates import check_columns, mapped_fields, tag_templates
from seatsync.sources.rosters.sets.words import word
from seatsync.sources.rosters.take import NO_EMAIL


def read_set(folder: Folder, reader: RosterReader, encoding: str | None, where: Origin) -> None:
    """Read the members of the set at the path of ``reader`` into it; ``where`` is the place of the path in seatsync.yaml."""
    options = options_of(reader.how, where)
    archive = open_set(folder, reader.file, options.where, encoding)
    format = format_of(archive, options.format) if archive is not None else None
    absent = absent_files(archive, format) if archive is not None and format is not None else None
    if archive is None or format is None or absent is None:
        return
    parts = _parts(archive, format, absent)
    if parts is None:
        return
    before = len(folder.found)
    mapped, templates = mapped_fields(format, options, folder.found), tag_templates(format, options, folder.found)
    own = {("map", field): template for field, template in mapped.items()}
    own |= {("tags_from", prefix): one for prefix, one in templates.items() if prefix in options.tags_from}
    folder.found += check_columns(parts, format, own, options)
    if options.statuses and not any(
        kind.file in parts and parts[kind.file].has(*kind.status, *kind.enabled) for kind in format.people
    ):
        message = "`take` names status, but no file of people in the set says who is a member."
        folder.found.append(Diagnostic("invalid-value", message, "Delete it.", options.place("take", "status")))
    if len(folder.found) > before:
        return
    reader.read_as = [format.title, *_sources(format, options)]
    faults = Faults(folder.found)
    structure = Structure(format, parts, templates, faults, options.statuses)
    structure.terms = _chosen(structure.sessions, options.terms, "terms", options, folder.found)
    orgs = _chosen(structure.orgs, options.orgs, "orgs", options, folder.found)
    bonds = _bonds(structure, parts, options)
    for kind in (kind for kind in format.people if kind.file in parts):
        people = RosterReader(archive.name_of(kind.file), reader.tags, reader.found)
        PeopleReader(kind, parts[kind.file], structure, bonds, options, mapped, orgs, people).read()
        reader.parts.append(people)
    faults.report(archive.name_of, {name for name, part in parts.items() if part.passwords.are_there})
    _report_no_emails(reader, parts, format)
    reader.members += merge([people.members for people in reader.parts], folder.found)


def _sources(format: SetFormat, options: SetOptions) -> Iterator[str]:
    """Say where each field of a member and each kind of tags comes from."""
    people = format.people[0]
    for field in people.fields:
        columns = [*people.fields[field], *(people.email_from if field == "email" else ())]
        written = options.map.get(field, ", else ".join(columns))
        yield f"{spoken(field)}: {printable(written) if written else 'not read'}"
    for prefix, text in {"role": "{role}", **format.tags, **options.tags_from}.items():
        yield f"tags {printable(prefix)}: {printable(text) if text else 'none'}"


def _parts(archive: Archive, format: SetFormat, absent: Collection[str]) -> dict[str, Part] | None:
    """Open the files of the set; None where a diagnostic says what is wrong with one of them."""
    needs = _needs(format)
    there = [name for name in format.parts if name in archive.names and name not in absent]
    parts = {name: read_part(archive, name, needs.get(name, ())) for name in there}
    whole = {name: part for name, part in parts.items() if part is not None}
    missing = [kind.file for kind in format.people if kind.file not in there and not kind.optional]
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
        needs.setdefault(rows.file, []).extend([] if rows.optional else [rows.user])
        needs[rows.file].append((*rows.klass, *rows.section))
    if format.roles is not None:
        needs.setdefault(format.roles.file, []).extend([format.roles.user, format.roles.role])
    return needs


def _chosen(
    entities: Mapping[str, Entity],
    named: Mapping[str, str] | None,
    what: str,
    options: SetOptions,
    found: list[Diagnostic],
) -> frozenset[str] | None:
    """The ids of the entities that ``take: orgs`` or ``terms`` (``what``) names by id, name, title or identifier; None: all."""
    if named is None:
        return None
    names = {id: {word(id), *map(word, entity.values.values())} for id, entity in entities.items()}
    written = [text for id, entity in entities.items() for text in (id, *entity.values.values()) if text]
    for said in named.keys() - set[str]().union(*names.values()):
        message = f'The set has no {what[:-1]} "{printable(named[said], 60)}". {did_you_mean(named[said], written)}'
        help = "Correct it, or delete it here if the set no longer has it."
        found.append(Diagnostic("invalid-value", message.rstrip(), help, options.place("take", what)))
    return frozenset(id for id, of in names.items() if of & named.keys())


def _bonds(structure: Structure, parts: Mapping[str, Part], options: SetOptions) -> Bonds:
    bonds = Bonds(structure, options.roles)
    for kind in structure.format.enrollments:
        if kind.file in parts and parts[kind.file].has(*kind.user):
            bonds.read_enrollments(kind, parts[kind.file])
    roles = structure.format.roles
    if roles is not None and roles.file in parts:
        bonds.read_roles(roles, parts[roles.file])
    return bonds


def _report_no_emails(reader: RosterReader, parts: Mapping[str, Part], format: SetFormat) -> None:
    """Report the files of people in which nobody has an e-mail."""
    there = (kind for kind in format.people if kind.file in parts)
    for kind, people in zip(there, reader.parts, strict=True):
        if (without := people.left.because.get(NO_EMAIL)) and not people.emails:
            part = parts[kind.file]
            report_no_emails(part.table, part.position(kind.fields["email"]), without)
