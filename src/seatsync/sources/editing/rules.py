"""The grants of a folder as places that name members: rules of seatsync.yaml, rows of grants files, rows of selections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from posixpath import normpath
from typing import NamedTuple

from seatsync.domain.desired import Grant, Selection
from seatsync.domain.person import RosterMember
from seatsync.formats.grants import GrantEntry
from seatsync.sources import yaml_tree
from seatsync.sources.editing.folder import EditedFolder, key_of
from seatsync.sources.files import NAME
from seatsync.sources.selections import GRANTS, SELECTION


class Rule(NamedTuple):
    """A grant in seatsync.yaml, and its position in the list there."""

    grant: Grant
    position: int
    entry: GrantEntry


class Rules:
    """The grants, and the changes of whom they name."""

    def __init__(self, folder: EditedFolder) -> None:
        self.folder = folder

    @cached_property
    def of_yaml(self) -> list[Rule]:
        """The grants of seatsync.yaml."""
        places: dict[tuple[int, int], int] = {}
        section = yaml_tree.find(self.folder.tree, ("grants",))
        for position, node in enumerate(section.items if isinstance(section, yaml_tree.SequenceNode) else ()):
            places.setdefault((node.line, node.column), position)
        rules = []
        for grant in self.folder.desired.grants:
            if grant.origin.file == NAME:
                position = places[grant.origin.line, grant.origin.column]
                entry = self.folder.config.grants[position]
                assert isinstance(entry, GrantEntry)
                rules.append(Rule(grant, position, entry))
        return rules

    def rows(self, keys: Collection[str]) -> Iterator[Grant]:
        """Yield the rows of grants files that are for these members."""
        for grant in self.folder.desired.grants:
            if grant.origin.file != NAME:
                listed = grant.to.selection
                named = [*grant.to.emails, *(row[1] for row in listed.rows if listed)] if listed else grant.to.emails
                if any(key_of(email) in keys for email in named) or (listed and self.lines(listed, keys)):
                    yield grant

    def lines(self, selection: Selection, keys: Collection[str]) -> list[int]:
        """Return the lines of a selection that select these members: by id where both sides have one, else by e-mail."""
        ids = {self._member(key).student_id: key for key in keys if key in self.folder.positions}
        everybody = self._keys_by_id
        found = []
        for student_id, email, line in selection.rows:
            by_email = bool(email) and key_of(email) in keys
            if student_id in ids if student_id in everybody else by_email:
                found.append(line)
        return found

    @cached_property
    def _keys_by_id(self) -> dict[str, str]:
        return {member.student_id: member.key for member in self.folder.desired.members if member.student_id}

    def _member(self, key: str) -> RosterMember:
        return self.folder.desired.members[self.folder.positions[key]]

    def drop_row(self, grant: Grant) -> None:
        """Remove a row of a grants file."""
        self.folder.files.csv(grant.origin.file, GRANTS).remove(grant.origin.line)

    def drop_from_selection(self, selection: Selection, keys: Collection[str]) -> bool:
        """Remove members from a selection; return whether they were in it."""
        lines = self.lines(selection, keys)
        for line in lines:
            self.folder.files.csv(selection.file, SELECTION).remove(line)
        return bool(lines)

    def drop_from_list(self, rule: Rule, field: str, keys: Collection[str]) -> bool:
        """Remove members from ``emails`` or ``not_emails`` of a rule; return whether they were in it.

        A rule whose ``emails`` would be empty goes as a whole, and so does an empty ``not_emails``.
        """
        return self._drop(rule, field, lambda email: key_of(email) in keys)

    def drop_tags(self, rule: Rule, field: str, tags: Collection[str]) -> bool:
        """Remove tags from ``any_tags`` or ``not_tags`` of a rule, as ``drop_from_list`` does e-mails."""
        return self._drop(rule, field, lambda tag: tag in tags)

    def _drop(self, rule: Rule, field: str, goes: Callable[[str], bool]) -> bool:
        listed = getattr(rule.entry.to, field) or []
        gone = [position for position, one in enumerate(listed) if goes(one)]
        edits = self.folder.files.yaml(NAME)
        path = ("grants", rule.position, "to")
        if gone and len(gone) < len(listed):
            for position in gone:
                edits.remove((*path, field), position)
        elif gone and field in ("emails", "any_tags"):
            edits.remove(("grants",), rule.position)
        elif gone:
            edits.drop_key(path, field)
        return bool(gone)

    def is_shared(self, rule: Rule) -> str:
        """Say what else reads the file of a rule's selection: removing somebody from it would do more than the rule says."""
        selection = rule.grant.to.selection
        assert selection is not None
        if any(normpath(roster.reader.file) == normpath(selection.file) for roster in self.folder.rosters):
            return "is a roster, too"
        for other in self.of_yaml:
            files = [
                normpath(read.file) for read in other.grant.to.selections if other != rule or read is not selection
            ]
            if normpath(selection.file) in files:
                return f"is read by the grant at {other.grant.origin}, too"
        return ""
