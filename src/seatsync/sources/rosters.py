"""Rosters: members out of CSV and YAML files, every row checked."""

from __future__ import annotations

from collections.abc import Callable
from sys import intern

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.names import (
    clean,
    did_you_mean,
    email_fault,
    email_key,
    forbidden,
    join_tags,
    printable,
    tag_fault,
)
from seatsync.domain.origin import Origin
from seatsync.domain.people import RosterMember
from seatsync.sources import csv_table, yaml_tree
from seatsync.sources.dialects import Dialect, dialect_of, expected

FIELDS = ("email", "given_name", "family_name", "student_id", "role", "tags")
"""What a roster says of a member, required ones first."""
_REQUIRED = 3

Locate = Callable[[int, str], Origin]
"""(line or position, field) → the place of the value."""


class RosterReader:
    """Collects the members of one file. ``tags`` are given to each of them."""

    def __init__(self, file: str, tags: list[str], found: list[Diagnostic]) -> None:
        self.file = file
        self.tags = tags
        self.found = found
        self.members: list[RosterMember] = []
        self.emails: dict[str, int] = {}
        self.student_ids: dict[str, int] = {}
        self.joined: dict[str, str] = {}

    def take(self, values: list[str], line: int, at: int, locate: Locate) -> None:
        """Check one member, ``values`` in the order of FIELDS, and keep it where nothing is wrong.

        ``at`` is what ``locate`` wants to find a value's place again.
        """
        email, given, family, student_id, role = map(clean, values[:5])
        right = bool(email and given and family) or self._missing((email, given, family), line, at, locate)
        if forbidden("".join(values)):
            right = self._invisible(values, at, locate)
        if email and (fault := email_fault(email)):
            right = self._wrong(
                "invalid-email",
                f'"{printable(email)}" is no e-mail address: {fault}.',
                "Correct it.",
                locate(at, "email"),
            )
        key = email_key(email)
        if key and (first := self.emails.setdefault(key, at)) != at:
            right = self._twice("email", email, first, at, locate)
        if student_id and (first := self.student_ids.setdefault(student_id, at)) != at:
            right = self._twice("student_id", student_id, first, at, locate)
        tags = self.joined.get(values[5])
        if tags is None:
            tags = self._join(values[5], at, locate)
        if right and tags is not None:
            self.members.append(RosterMember(email, key, given, family, student_id, role, tags, self.file, line))

    def _join(self, written: str, at: int, locate: Locate) -> str | None:
        own = [tag for part in written.split(";") if (tag := clean(part))]
        for tag in own:
            if fault := tag_fault(tag):
                self._wrong(
                    "invalid-tag",
                    f'"{printable(tag)}" can\'t be a tag: {fault}.',
                    "Choose another tag.",
                    locate(at, "tags"),
                )
                return None
        joined = intern(join_tags([*self.tags, *own]))
        self.joined[written] = joined
        return joined

    def _missing(self, values: tuple[str, ...], line: int, at: int, locate: Locate) -> bool:
        for name, value in zip(FIELDS[:_REQUIRED], values, strict=True):
            if not value:
                message = f"Row {line} has no {_spoken(name)}; every member needs one."
                self._wrong("missing-value", message, "Fill it in, or delete the row.", locate(at, name))
        return False

    def _invisible(self, values: list[str], at: int, locate: Locate) -> bool:
        for name, value in zip(FIELDS, values, strict=True):
            if character := forbidden(value):
                message = f'The {_spoken(name)} "{printable(value)}" holds the invisible character {character}.'
                self._wrong("invisible-character", message, "Type it anew instead of pasting it.", locate(at, name))
        return False

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
    table = csv_table.read(text, reader.file, lambda names: dialect_of(names) is not None, expected, reader.found)
    if table is None:
        return
    dialect = dialect_of(set(table.columns))
    assert dialect is not None
    column = _columns(table, dialect)
    picks = [column.get(name, -1) for name in FIELDS]
    kind = column.get("type", -1)

    def locate(line: int, name: str) -> Origin:
        return table.at(line, max(column.get(name, 0), 0))

    for line, row in table.rows():
        row = [*row, ""]  # so that -1, a column the file does not have, is empty
        if kind >= 0 and row[kind].strip().lower() != "participant":
            message = f'The type is "{printable(row[kind].strip())}"; the Jamworks template wants "participant" for every member.'
            reader.found.append(Diagnostic("invalid-type", message, "Write participant.", locate(line, "type")))
        reader.take([row[pick] for pick in picks], line, line, locate)


def _columns(table: csv_table.Table, dialect: Dialect) -> dict[str, int]:
    """Field → position. A column that no field has is told, not read."""
    column: dict[str, int] = {}
    for position, name in enumerate(table.columns):
        field = dialect.columns.get(name)
        if field is None and name:
            message = f'The column "{printable(table.header[position])}" is not read; the {dialect.name} has none of that name.'
            guess = did_you_mean(name, dialect.columns)
            help = guess or "Delete it, if nobody else needs it here."
            where = table.at(table.header_line, position)
            table.found.append(Diagnostic("unknown-column", message, help, where, Severity.WARNING))
        elif field in column:
            message = f"Two columns mean the {_spoken(str(field))}; only one can."
            table.found.append(
                Diagnostic("csv-header", message, "Delete one of them.", table.at(table.header_line, position))
            )
        elif field is not None:
            column[field] = position
    return column


def read_yaml(text: str, reader: RosterReader) -> None:
    """Members of a YAML roster: a list of mappings."""
    before = len(reader.found)
    root = yaml_tree.parse(text, reader.file, reader.found)
    if len(reader.found) > before or root is None or (isinstance(root, yaml_tree.Scalar) and root.value is None):
        return
    if not isinstance(root, yaml_tree.Sequence):
        message = "A roster is a list of members, each beginning with a hyphen."
        reader.found.append(
            Diagnostic(
                "invalid-value",
                message,
                "Write `- email: …` and the other keys below it.",
                Origin(reader.file, root.line),
            )
        )
        return

    def locate(position: int, name: str) -> Origin:
        return yaml_tree.place(root, (position, name), reader.file)

    for position, node in enumerate(root.items):
        values = _yaml_values(node, reader)
        if values is not None:
            reader.take(values, node.line, position, locate)


def _yaml_values(node: yaml_tree.Node, reader: RosterReader) -> list[str] | None:
    if not isinstance(node, yaml_tree.Mapping):
        where = Origin(reader.file, node.line, node.column)
        help = "Write {email: …, given_name: …, family_name: …}."
        reader.found.append(
            Diagnostic("invalid-value", "A member is a mapping with email, given_name and family_name.", help, where)
        )
        return None
    right = True
    if not node.items.keys() <= _KNOWN:
        for name in node.items.keys() - _KNOWN:
            key = node.keys[name]
            message = f'"{printable(name)}" is no key of a member. {did_you_mean(name, FIELDS)}'.rstrip()
            help = f"A member has {', '.join(FIELDS)}."
            reader.found.append(Diagnostic("unknown-key", message, help, Origin(reader.file, key.line, key.column)))
    values: list[str] = []
    for name in FIELDS:
        value = node.items.get(name)
        if value is None:
            values.append("")
        elif isinstance(value, yaml_tree.Scalar) and name != "tags":
            values.append(value.value or "")
        elif (
            name == "tags"
            and isinstance(value, yaml_tree.Sequence)
            and all(isinstance(i, yaml_tree.Scalar) for i in value.items)
        ):
            right = _tags_without_separator(value, reader) and right
            values.append(";".join(getattr(item, "value", "") or "" for item in value.items))
        elif name == "tags" and isinstance(value, yaml_tree.Scalar) and value.value is None:
            values.append("")
        else:
            wanted = "a list of tags: [student, mdiv]" if name == "tags" else "a single value"
            where = Origin(reader.file, value.line, value.column)
            reader.found.append(Diagnostic("invalid-value", f"{name} must be {wanted}.", "Rewrite it so.", where))
            right = False
    return values if right else None


_KNOWN = frozenset(FIELDS)


def _tags_without_separator(tags: yaml_tree.Sequence, reader: RosterReader) -> bool:
    for tag in tags.items:
        if isinstance(tag, yaml_tree.Scalar) and ";" in (tag.value or ""):
            message = f'"{printable(tag.value or "")}" can\'t be a tag: {tag_fault(tag.value or "")}.'
            reader.found.append(
                Diagnostic("invalid-tag", message, "Choose another tag.", Origin(reader.file, tag.line, tag.column))
            )
            return False
    return True


def _spoken(field: str) -> str:
    return {"email": "e-mail", "student_id": "student id"}.get(field, field.replace("_", " "))
