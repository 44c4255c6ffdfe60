"""Rosters: members out of CSV and YAML files, every row checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from sys import intern

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.names import (
    clean,
    did_you_mean,
    email_fault,
    email_key,
    forbidden,
    forbidden_fault,
    join_tags,
    nearest,
    printable,
    tag_fault,
)
from seatsync.domain.origin import Origin
from seatsync.domain.people import RosterMember
from seatsync.sources import csv_table, yaml_tree
from seatsync.sources.dialects import ROSTER, Dialect, dialect_of

FIELDS = ("email", "given_name", "family_name", "student_id", "role", "tags")
"""What a roster says of a member, required ones first."""
_REQUIRED = 3

_NO_ID = re.compile(r"[0-9]+([.,][0-9]+)?[Ee]\+[0-9]+|[0-9]+[.,]0|[=#'].*")
_NO_NAME = re.compile(r"#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)")
"""What spreadsheets put in the place of ids and names: 1.23457E+11, 1001.0, ="1001", '0123, ####, #REF!."""

Locate = Callable[..., Origin]
"""(line or position, field, and for a list the position in it) → the place of the value."""


class RosterReader:
    """Collects the members of one file. ``tags`` are given to each of them, ``settled`` counts those left uncollected."""

    def __init__(self, file: str, tags: list[str], found: list[Diagnostic]) -> None:
        self.file = file
        self.tags = tags
        self.found = found
        self.members: list[RosterMember] = []
        self.settled = 0
        self.emails: dict[str, int] = {}
        self.student_ids: dict[str, int] = {}
        self.joined: dict[str, str] = {}

    def take(self, values: Sequence[str], line: int, at: int, locate: Locate, sound: bool = True) -> None:
        """Check one member, ``values`` in the order of FIELDS, and keep it where nothing is wrong.

        ``at`` is what ``locate`` wants to find a value's place again; a member that is not ``sound`` is checked only.
        """
        together = f"|{'|'.join(values)}|"
        is_plain = (
            together.isascii()
            and together.isprintable()
            and not ("  " in together or "| " in together or " |" in together)
        )
        email, given, family, student_id, role = values[:5] if is_plain else map(clean, values[:5])
        right = bool(email and given and family)
        if not right and self._missing(values, at, locate):
            return
        strange = None if is_plain else forbidden("".join(values))
        if strange:
            right = self._invisible(values, at, locate)
        if email and (fault := email_fault(email)) and not (strange and forbidden(email)):
            help = "Write it as name@institution.example."
            right = self._wrong("invalid-email", f"{fault}.", help, locate(at, "email"))
        key = email_key(email)
        if key and (first := self.emails.setdefault(key, at)) != at:
            right = self._twice("email", email, first, at, locate)
        if _NO_ID.fullmatch(student_id):
            right = self._of_a_spreadsheet("student_id", student_id, at, locate)
        elif student_id and (first := self.student_ids.setdefault(student_id, at)) != at:
            right = self._twice("student_id", student_id, first, at, locate)
        if "#" in together:
            right = self._names_are_names(given, family, at, locate) and right
        tags = self.joined.get(values[5])
        if tags is None:
            tags = self._join(values[5], at, locate)
        if right and sound and tags is not None:
            self.members.append(RosterMember(email, key, given, family, student_id, role, tags, self.file, line))

    def _join(self, written: str, at: int, locate: Locate) -> str | None:
        own = [clean(part) for part in written.split(";")]
        faults = [(position, tag, fault) for position, tag in enumerate(own) if tag and (fault := tag_fault(tag))]
        for position, tag, fault in faults:
            where = locate(at, "tags", position)
            self._wrong("invalid-tag", f'"{printable(tag)}" can\'t be a tag: {fault}.', "Choose another tag.", where)
        if faults:
            return None
        joined = intern(join_tags([*self.tags, *filter(None, own)]))
        self.joined[written] = joined
        return joined

    def _missing(self, values: Sequence[str], at: int, locate: Locate) -> bool:
        """Tell what is missing. True where there is next to nothing, as in a row of totals, so that no more need be said."""
        filled = [name for name, value in zip(FIELDS, values, strict=True) if clean(value)]
        if len(filled) <= 1:
            name = filled[0] if filled else "email"
            where, said = locate(at, name), printable(clean(values[FIELDS.index(name)]))
            only = f'only "{said}"' if said else "nothing that is read"
            message = f"Row {where.line} has {only}; a member has an e-mail, a given name and a family name."
            self._wrong("missing-value", message, "Fill them in, or delete the row.", where)
            return True
        for name in FIELDS[:_REQUIRED]:
            if name not in filled:
                where = locate(at, name)
                message = f"Row {where.line} has no {_spoken(name)}; every member needs one."
                self._wrong("missing-value", message, "Fill it in, or delete the member.", where)
        return False

    def _invisible(self, values: Sequence[str], at: int, locate: Locate) -> bool:
        for name, value in zip(FIELDS, values, strict=True):
            if fault := forbidden_fault(value):
                message = f'The {_spoken(name)} "{printable(value)}" {fault[0]}.'
                self._wrong("invisible-character", message, fault[1], locate(at, name))
        return False

    def _of_a_spreadsheet(self, field: str, value: str, at: int, locate: Locate) -> bool:
        message = (
            f'The {_spoken(field)} "{printable(value)}" is not what was typed: '
            "a spreadsheet has shortened it, or put a sign, a formula or an error in its place."
        )
        help = "Set the column to text in the spreadsheet, and export it anew."
        return self._wrong("invalid-value", message, help, locate(at, field))

    def _names_are_names(self, given: str, family: str, at: int, locate: Locate) -> bool:
        for name, value in (("given_name", given), ("family_name", family)):
            if _NO_NAME.fullmatch(value):
                return self._of_a_spreadsheet(name, value, at, locate)
        return True

    def _twice(self, field: str, value: str, first: int, at: int, locate: Locate) -> bool:
        here, there = locate(at, field), locate(first, field)
        message = (
            f'The {_spoken(field)} "{printable(value)}" is used on line {here.line} and already on line {there.line}. '
            "Each member has one of their own."
        )
        return self._wrong(
            f"duplicate-{field.replace('_', '-')}", message, "Delete one of the two, or correct it.", here
        )

    def _wrong(self, code: str, message: str, help: str, where: Origin) -> bool:
        self.found.append(Diagnostic(code, message, help, where))
        return False


def read_csv(text: str, reader: RosterReader) -> None:
    """Members of a CSV roster in one of the three dialects."""
    table = csv_table.read(text, reader.file, ROSTER, reader.found)
    if table is None:
        return
    take_rows(table, table.rows(), reader)


def take_rows(table: csv_table.Table, rows: Iterable[csv_table.Row], reader: RosterReader) -> None:
    """Members out of rows of a table."""
    dialect = dialect_of(set(table.columns))
    assert dialect is not None
    column = _columns(table, dialect)
    pick = itemgetter(*(column.get(name, -1) for name in FIELDS))

    def locate(line: int, name: str, part: int = 0) -> Origin:
        return table.at(line, column.get(name, 0))

    for line, row in rows:
        row.append("")  # so that -1, a column the file does not have, is empty
        check_type(table, row, line, column)
        reader.take(pick(row), line, line, locate)


def check_type(table: csv_table.Table, row: list[str], line: int, column: dict[str, int]) -> None:
    """ "Please keep the type value equal to 'participant' for every user": the Jamworks template."""
    if "type" in column and (said := row[column["type"]].strip()).lower() != "participant" and sum(map(bool, row)) > 1:
        message = f'The type is "{printable(said)}"; the Jamworks template wants "participant" for every member.'
        where = table.at(line, column["type"])
        table.found.append(Diagnostic("invalid-type", message, "Write participant.", where))


def _columns(table: csv_table.Table, dialect: Dialect) -> dict[str, int]:
    """Field → position. A column that no field has is told, not read."""
    column: dict[str, int] = {}
    csv_table.tell_unread(table, dialect.columns, dialect.names, dialect.name)
    for position, name in enumerate(table.columns):
        field = dialect.columns.get(name)
        if field in column:
            csv_table.tell_two_columns(table, position, _spoken(field))
        elif field is not None:
            column[field] = position
    return column


def read_yaml(text: str, reader: RosterReader) -> None:
    """Members of a YAML roster: a list of mappings."""
    root = yaml_tree.parse(text, reader.file, reader.found)
    if root is None or (isinstance(root, yaml_tree.Scalar) and root.value is None):
        return
    if not isinstance(root, yaml_tree.Sequence):
        message = "A roster is a list of members, each beginning with a hyphen."
        help = "Write `- email: …` and the other keys below it."
        reader.found.append(Diagnostic("invalid-value", message, help, Origin(reader.file, root.line)))
        return

    take_nodes(root, [node.line for node in root.items], reader)


def take_nodes(root: yaml_tree.Sequence, lines: Sequence[int], reader: RosterReader) -> None:
    """Members out of a list of nodes, which stand in these lines of the file."""

    def locate(position: int, *path: str | int) -> Origin:
        return yaml_tree.place(root, (position, *path), reader.file)

    for position, (node, line) in enumerate(zip(root.items, lines, strict=True)):
        if isinstance(node, yaml_tree.Mapping):
            _unknown_keys(node, reader)
            values, sound = _yaml_values(node, reader)
            reader.take(values, line, position, locate, sound)
        else:
            message = "A member is a mapping with email, given_name and family_name."
            help = "Write {email: …, given_name: …, family_name: …}."
            reader.found.append(Diagnostic("invalid-value", message, help, Origin(reader.file, node.line, node.column)))


def _unknown_keys(node: yaml_tree.Mapping, reader: RosterReader) -> None:
    for name, key in node.keys.items():
        if name not in _KNOWN:
            message = f'"{printable(name)}" is not a key of a member. {did_you_mean(name, FIELDS)}'.rstrip()
            help = f"A member has {', '.join(FIELDS)}."
            reader.found.append(Diagnostic("unknown-key", message, help, Origin(reader.file, key.line, key.column)))


def _yaml_values(node: yaml_tree.Mapping, reader: RosterReader) -> tuple[list[str], bool]:
    """The values in the order of FIELDS, and whether all have the right shape.

    For a value of the wrong shape, or under a misspelt key, something stands in that no further check finds fault with.
    """
    misspelt = {nearest(name, FIELDS) for name in node.keys.keys() - _KNOWN}
    values: list[str] = []
    sound = True
    for name in FIELDS:
        value = node.items.get(name)
        if value is None and name in misspelt:
            sound = False
            values.append(_stand_in(name, node))
        elif value is None or (
            isinstance(value, yaml_tree.Scalar) and (value.value is None or (value.null and name in _OPTIONAL))
        ):
            values.append("")
        elif isinstance(value, yaml_tree.Scalar) and name != "tags":
            values.append(value.value or "")
        elif name == "tags" and isinstance(value, yaml_tree.Sequence) and _are_tags(value, reader):
            values.append(";".join(getattr(item, "value", "") or "" for item in value.items))
        else:
            sound = False
            values.append(_stand_in(name, node))
            if not (name == "tags" and isinstance(value, yaml_tree.Sequence)):
                wanted = "a list of tags: [student, mdiv]" if name == "tags" else "a single value"
                where = Origin(reader.file, value.line, value.column)
                reader.found.append(Diagnostic("invalid-value", f"{name} must be {wanted}.", "Rewrite it so.", where))
    return values, sound


def _stand_in(name: str, node: yaml_tree.Mapping) -> str:
    return {"email": f"line{node.line}@stand-in.example", "tags": "", "student_id": ""}.get(name, "?")


_KNOWN = frozenset(FIELDS)
_OPTIONAL = frozenset(FIELDS[_REQUIRED:])


def _are_tags(tags: yaml_tree.Sequence, reader: RosterReader) -> bool:
    """Whether every item is text without the sign that separates tags; what is not is told."""
    before = len(reader.found)
    for tag in tags.items:
        where = Origin(reader.file, tag.line, tag.column)
        if not isinstance(tag, yaml_tree.Scalar):
            reader.found.append(
                Diagnostic("invalid-value", "A tag is a single value.", "Write [student, mdiv].", where)
            )
        elif ";" in (tag.value or ""):
            message = f'"{printable(tag.value or "")}" can\'t be a tag: {tag_fault(tag.value or "")}.'
            reader.found.append(Diagnostic("invalid-tag", message, "Choose another tag.", where))
    return len(reader.found) == before


def _spoken(field: str) -> str:
    return {"email": "e-mail", "student_id": "student id"}.get(field, field.replace("_", " "))
