"""Read rosters: members from CSV and YAML files, with every row checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.person import REQUIRED, Person, spoken
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean, nearest
from seatsync.domain.text.tags import tag_fault
from seatsync.sources import yaml_tree
from seatsync.sources.rosters.dialects import ROSTER, Dialect, dialect_of
from seatsync.sources.rosters.members import RosterReader, mentions
from seatsync.sources.tables import csv_table
from seatsync.sources.tables.table import Record, Table, report_two_columns, warn_of_ignored_columns

_AT_ONCE, _FEW = 5_000, 500


def read_csv(text: str, reader: RosterReader) -> None:
    """Read the members of a CSV roster in one of the dialects."""
    table = csv_table.read(text, reader.file, ROSTER, reader.found)
    if table is None:
        return
    take_records(table, table.records(), reader)


def read_csv_with(text: str, reader: RosterReader, names: Collection[str]) -> None:
    """Read the members of a CSV roster whose e-mail or student id is one of ``names`` (``mentions``), and some around them."""
    table = csv_table.read(text, reader.file, ROSTER, reader.found)
    records = table.records() if table is not None else iter(())
    while batch := list(islice(records, _FEW)):
        if table is not None and mentions(names, chain.from_iterable(row for _, _, row in batch)):
            take_records(table, iter(batch), reader)


def take_records(table: Table, records: Iterator[Record], reader: RosterReader) -> None:
    """Read members from records of a table: a whole batch at once if all are plain, otherwise one by one."""
    dialect = dialect_of(set(table.columns))
    assert dialect is not None
    column = _columns(table, dialect)
    pick = itemgetter(*(column.get(name, -1) for name in Person._fields))

    def locate(line: int, name: str, part: int = 0) -> Origin:
        return table.at(line, column.get(name, 0))

    while batch := list(islice(records, _AT_ONCE)):
        lines, ends, rows = zip(*batch, strict=True)
        if lines == ends and {*map(len, rows)} == {len(table.header)}:
            columns = [
                *zip(*rows, strict=True),
                ("",) * len(rows),
            ]  # at -1: the column of fields that the file does not have
            as_template = all({*columns[column[name]]} == {word} for name, word in dialect.must_say.items())
            if as_template and reader.take_plain(pick(columns), lines):
                continue
        for line, row in table.rows(batch):
            row.append("")
            check_words(table, row, line, column, dialect)
            reader.take(pick(row), line, line, locate)


def check_words(table: Table, row: list[str], line: int, column: dict[str, int], dialect: Dialect) -> None:
    """Report a column whose value is not the template's fixed word. A row of totals is reported elsewhere."""
    for name, word in dialect.must_say.items():
        value = row[column[name]].strip()
        if value.lower() != word and sum(map(bool, row)) > 1:
            message = f'The {name} is "{printable(value)}"; {dialect.name} needs "{word}" for every member.'
            where = table.at(line, column[name])
            table.found.append(Diagnostic("invalid-type", message, f"Write {word}.", where))


def _columns(table: Table, dialect: Dialect) -> dict[str, int]:
    """Return field → position. Warn of columns that belong to no field."""
    column: dict[str, int] = {}
    warn_of_ignored_columns(table, dialect.columns, dialect.names, dialect.name)
    for position, name in enumerate(table.columns):
        field = dialect.columns.get(name)
        if field in column:
            report_two_columns(table, position, spoken(field))
        elif field is not None:
            column[field] = position
    return column


def read_yaml(text: str, reader: RosterReader) -> None:
    """Read the members of a YAML roster: a list of mappings."""
    root = yaml_tree.parse(text, reader.file, reader.found)
    if root is None or (isinstance(root, yaml_tree.ScalarNode) and root.value is None):
        return
    if not isinstance(root, yaml_tree.SequenceNode):
        message = "A roster must be a list of members that each begin with a hyphen."
        help = "Write `- email: …` and the other keys below it."
        reader.found.append(Diagnostic("invalid-value", message, help, Origin(reader.file, root.line)))
        return

    take_nodes(root, [node.line for node in root.items], reader)


def take_nodes(root: yaml_tree.SequenceNode, lines: Sequence[int], reader: RosterReader) -> None:
    """Read members from a list of nodes; ``lines`` are their lines in the file."""

    def locate(position: int, *path: str | int) -> Origin:
        return yaml_tree.place(root, (position, *path), reader.file)

    for position, (node, line) in enumerate(zip(root.items, lines, strict=True)):
        if isinstance(node, yaml_tree.MappingNode):
            _unknown_keys(node, reader)
            values, sound = _yaml_values(node, reader)
            reader.take(values, line, position, locate, sound)
        else:
            message = "A member must be a mapping with email, given_name and family_name."
            help = "Write {email: …, given_name: …, family_name: …}."
            reader.found.append(Diagnostic("invalid-value", message, help, Origin(reader.file, node.line, node.column)))


def _unknown_keys(node: yaml_tree.MappingNode, reader: RosterReader) -> None:
    for name, key in node.keys.items():
        if name not in _KNOWN:
            message = f'"{printable(name)}" is not a key of a member. {did_you_mean(name, Person._fields)}'.rstrip()
            help = f"The keys of a member are {', '.join(Person._fields)}."
            reader.found.append(Diagnostic("unknown-key", message, help, Origin(reader.file, key.line, key.column)))


def _yaml_values(node: yaml_tree.MappingNode, reader: RosterReader) -> tuple[list[str], bool]:
    """Return the values in the order of ``Person``, and whether all have the right shape.

    A value of the wrong shape, or under a misspelt key, gets a stand-in that passes all further checks.
    """
    misspelt = {nearest(name, Person._fields) for name in node.keys.keys() - _KNOWN}
    values: list[str] = []
    sound = True
    for name in Person._fields:
        value = node.items.get(name)
        if value is None and name in misspelt:
            sound = False
            values.append(_stand_in(name, node))
        elif value is None or (
            isinstance(value, yaml_tree.ScalarNode) and (value.value is None or (value.null and name in _OPTIONAL))
        ):
            values.append("")
        elif isinstance(value, yaml_tree.ScalarNode) and name != "tags":
            values.append(value.value or "")
        elif name == "tags" and isinstance(value, yaml_tree.SequenceNode) and _are_tags(value, reader):
            values.append(";".join(getattr(item, "value", "") or "" for item in value.items))
        else:
            sound = False
            values.append(_stand_in(name, node))
            if not (name == "tags" and isinstance(value, yaml_tree.SequenceNode)):
                form, help = "a single value", "Write one value, without brackets."
                if name == "tags":
                    form, help = "a list of tags", "Write [student, mdiv]."
                where = Origin(reader.file, value.line, value.column)
                reader.found.append(Diagnostic("invalid-value", f"{name} must be {form}.", help, where))
    return values, sound


def _stand_in(name: str, node: yaml_tree.MappingNode) -> str:
    return {"email": f"line{node.line}@stand-in.example", "tags": "", "student_id": ""}.get(name, "?")


_KNOWN = frozenset(Person._fields)
_OPTIONAL = _KNOWN - {*REQUIRED}


def _are_tags(tags: yaml_tree.SequenceNode, reader: RosterReader) -> bool:
    """Whether every item is text without a semicolon, which separates tags; report the items that are not."""
    before = len(reader.found)
    for tag in tags.items:
        where = Origin(reader.file, tag.line, tag.column)
        if not isinstance(tag, yaml_tree.ScalarNode):
            reader.found.append(
                Diagnostic("invalid-value", "A tag must be a single value.", "Write [student, mdiv].", where)
            )
        elif ";" in (tag.value or ""):
            message = f'"{printable(tag.value or "")}" can\'t be a tag: {tag_fault(tag.value or "")}.'
            reader.found.append(Diagnostic("invalid-tag", message, "Choose another tag.", where))
    return len(reader.found) == before
