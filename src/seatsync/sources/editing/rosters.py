"""The rosters of a folder as files that can be changed: rows of a CSV, entries of a YAML list."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Protocol

from seatsync.domain.origin import Origin
from seatsync.domain.person import Person, RosterMember, spoken
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.ids import plain_email
from seatsync.domain.text.tags import split_tags
from seatsync.sources import yaml_tree
from seatsync.sources.editing.folder import EditedFolder
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.csv_edits import BY_HAND, CsvEdits
from seatsync.sources.editing.texts.yaml_edits import YamlEdits
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.rosters.files import RosterFile
from seatsync.sources.rosters.finder import columns_of
from seatsync.sources.rosters.formats import own, spreadsheets
from seatsync.sources.rosters.header import spec_of
from seatsync.sources.rosters.yaml_members import fields_of_keys
from seatsync.systems.registry import PORTALS


class EditableRoster(Protocol):
    """A roster whose rows can be changed. Members are those that were read from this file.

    ``has_last_days`` says whether it has a column for the day on which a member leaves.
    """

    has_last_days: bool

    def add(self, person: Person, last_day: str = "") -> None:
        """Add a member at the end. ``person.tags`` are only those that the entry does not give."""

    def remove(self, member: RosterMember) -> None:
        """Remove the member's row."""

    def tags(self, member: RosterMember) -> list[str]:
        """Return the tags in the member's own row."""

    def tag(self, member: RosterMember, tag: str) -> None:
        """Add a tag to the member's row."""

    def untag(self, member: RosterMember, tag: str) -> None:
        """Remove a tag from the member's row."""


def editable(folder: EditedFolder, roster: RosterFile) -> EditableRoster:
    """Return the roster as one that can be changed.

    Raises:
        CannotEdit: it is encrypted, or is made elsewhere.
    """
    if why := not_editable(roster):
        raise CannotEdit(*why)
    name = roster.reader.file
    if suffix_of(name) in _YAML:
        return _YamlRoster(folder.files.yaml(name))
    return _CsvRoster(roster, folder.files.csv(name, spec_of(roster.reader.how)))


def takes_tags(folder: EditedFolder, roster: RosterFile) -> bool:
    """Whether a row of the roster can get a tag: it can be changed, and has a column of tags."""
    if not_editable(roster) or not folder.files.can_be_changed(roster.reader.file):
        return False
    columns = roster.reader.columns
    return columns is None or ("tags" in columns.fields and columns.fields["tags"].position is not None)


def not_editable(roster: RosterFile) -> tuple[str, str] | None:
    """Return why a roster can't be changed by command, and what to do; None where it can."""
    name, columns = roster.reader.file, roster.reader.columns
    fact = f"{name} is made by another program"
    if not roster.is_set and suffix_of(name) in (*_YAML, *_TABLES):
        if columns is None or columns.format is None or columns.format.name in _BY_HAND:
            return None
        fact = f"{name} is made by another program ({columns.format.title})"
    help = "Change it at its source, and export it again; or list the person in a roster of your own, which can be changed."
    return f"{fact}, whose next export would undo the change.", help


_YAML, _TABLES = (".yaml", ".yml"), (".csv", ".tsv", ".txt")
_BY_HAND = frozenset({*PORTALS, *(format.name for format in (*own.FORMATS, *spreadsheets.FORMATS))})
"""The formats in which people keep their own lists; the others are exports."""


class _CsvRoster:
    def __init__(self, roster: RosterFile, edits: CsvEdits) -> None:
        self.edits = edits
        self.last = roster.reader.members[-1].line if roster.reader.members else 0
        self.read = columns_of(edits.table.header, roster.reader.how)
        fields = {field: bound.position for field, bound in self.read.fields.items()}
        self.columns = {field: position for field, position in fields.items() if position is not None}
        self.has_last_days = bool(self.read.ends)

    def add(self, person: Person, last_day: str = "") -> None:
        values: dict[int, str] = {}
        if self.last:  # who is a member says the same of the new one as of the one above
            like = [column.position for column in self.read.presence]
            like += [self.columns[field] for field in ("org", "term") if field in self.columns]
            values = {position: self.edits.value(self.last, position) for position in like}
        for field, value in person._asdict().items():
            if value:
                position, written = self._written(field, value)
                values[position] = written
        if last_day:
            values[self.read.ends[0]] = last_day
        self.edits.add(values | self.read.must_say)

    def remove(self, member: RosterMember) -> None:
        self.edits.remove(member.line)

    def tags(self, member: RosterMember) -> list[str]:
        if "tags" not in self.columns:
            return []
        return [tag.strip() for tag in self.edits.value(member.line, self.columns["tags"]).split(";") if tag.strip()]

    def tag(self, member: RosterMember, tag: str) -> None:
        column = self._column("tags")
        written = self.edits.value(member.line, column)
        between = "; " if "; " in written else ";"
        self.edits.set(member.line, column, f"{written}{between}{tag}" if written.strip() else tag)

    def untag(self, member: RosterMember, tag: str) -> None:
        column = self._column("tags")
        parts = self.edits.value(member.line, column).split(";")
        kept = [part for part in parts if part.strip() != tag]
        if kept and parts[0].strip() == tag:
            kept[0] = kept[0].lstrip()
        self.edits.set(member.line, column, ";".join(kept))

    def _written(self, field: str, value: str) -> tuple[int, str]:
        """Return the column of a field, and what to write there to have it read as ``value``."""
        bound = self.read.fields.get(field)
        if bound is None or bound.position is not None or len(bound.holes) != 1 or len(bound.holes[0]) != 1:
            return self._column(field), value
        before, behind = bound.literals
        inside = value.removeprefix(before).removesuffix(behind)
        if f"{before}{inside}{behind}" != value or not inside:
            fact = f'the {spoken(field)} is read as "{before}…{behind}" (`map`), which "{printable(value)}" is not'
            raise CannotEdit(
                f"{self._header()}: {fact}.", f"Write one that begins and ends so, or change `map: {field}`."
            )
        return bound.holes[0][0], inside

    def _column(self, field: str) -> int:
        if field in self.columns:
            return self.columns[field]
        if field in self.read.fields:
            message = f"{self._header()}: the {spoken(field)} is put together from several columns, as `map` says."
            raise CannotEdit(message, BY_HAND)
        message = f"{self._header()}: this file has no column for the {spoken(field)}."
        raise CannotEdit(message, f"Add a column `{field}` to it by hand, then try again.")

    def _header(self) -> Origin:
        return self.edits.table.at(self.edits.table.header_line, 0)


class _YamlRoster:
    has_last_days = False

    def __init__(self, edits: YamlEdits) -> None:
        self.edits = edits
        root = edits.tree
        self.nodes = root.items if isinstance(root, yaml_tree.SequenceNode) else []
        self.lines: dict[int, list[int]] = {}
        for position, node in enumerate(self.nodes):
            self.lines.setdefault(node.line, []).append(position)

    def add(self, person: Person, last_day: str = "") -> None:
        given = {field: value for field, value in person._asdict().items() if value}
        if person.tags:
            given["tags"] = split_tags(person.tags)
        last = self.nodes[-1] if self.nodes else None
        order = fields_of_keys(tuple(last.items)) if isinstance(last, yaml_tree.MappingNode) else {}
        keys = {field: key for key, field in order.items() if field in given}
        fields = dict.fromkeys([*keys, *given])
        entry = {keys.get(field, field): given[field] for field in fields}
        self.edits.append((), {key: [*value] if isinstance(value, tuple) else value for key, value in entry.items()})

    def remove(self, member: RosterMember) -> None:
        self.edits.remove((), self._position(member))

    def tags(self, member: RosterMember) -> list[str]:
        position = self._position(member)
        node = yaml_tree.find(self.edits.tree, (position, self._tags(position)))
        return [tag for tag in yaml_tree.plain(node) or [] if tag]

    def tag(self, member: RosterMember, tag: str) -> None:
        position = self._position(member)
        key = self._tags(position)
        if yaml_tree.find(self.edits.tree, (position, key)) is None:
            self.edits.add_key((position,), key, [tag])
        else:
            self.edits.append((position, key), tag)

    def untag(self, member: RosterMember, tag: str) -> None:
        position = self._position(member)
        key = self._tags(position)
        tags = yaml_tree.plain(yaml_tree.find(self.edits.tree, (position, key)))
        if {*filter(None, tags)} == {tag} and not self._empty_lists and self._is_last(position, key):
            self.edits.drop_key((position,), key)
        else:
            for at, item in enumerate(tags):
                if item == tag:
                    self.edits.remove((position, key), at)

    def _position(self, member: RosterMember) -> int:
        """Where the row of a member is in the list: by its line, and if several are on it by the e-mail."""
        there = self.lines[member.line]
        return next((at for at in there if _key_in(self.nodes[at]) == member.key), there[0])

    def _tags(self, position: int) -> str:
        return _key_of(self.nodes[position], "tags")

    def _is_last(self, position: int, key: str) -> bool:
        """Whether the member's key is where one that was added would be; elsewhere it was there with an empty list."""
        node = self.nodes[position]
        return isinstance(node, yaml_tree.MappingNode) and [*node.items][-1] == key

    @cached_property
    def _empty_lists(self) -> set[int]:
        """The members with ``tags: []``."""
        lists = ((at, yaml_tree.find(node, (_key_of(node, "tags"),))) for at, node in enumerate(self.nodes))
        return {at for at, tags in lists if isinstance(tags, yaml_tree.SequenceNode) and not tags.items}


def _key_of(node: yaml_tree.Node, field: str) -> str:
    """The member's key for a field, as it is spelled there; the field's own name if it has none."""
    fields = fields_of_keys(tuple(node.items)) if isinstance(node, yaml_tree.MappingNode) else {}
    return next((key for key, of in fields.items() if of == field), field)


def _key_in(node: yaml_tree.Node) -> str:
    email = node.items.get(_key_of(node, "email")) if isinstance(node, yaml_tree.MappingNode) else None
    return email_key(plain_email(email.value or "").strip()) if isinstance(email, yaml_tree.ScalarNode) else ""


def rosters_to_add_to(folder: EditedFolder) -> list[RosterFile]:
    """Return the rosters to which a member can be added."""
    lists = (roster for roster in folder.rosters if not roster.reader.how.adds_tags)
    return [roster for roster in lists if not_editable(roster) is None]


def by_name(rosters: Collection[RosterFile]) -> str:
    """Name the rosters' files in a sentence."""
    return ", ".join(roster.reader.file for roster in rosters)
