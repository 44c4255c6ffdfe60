"""A YAML roster with only members, each as `- email: …` with the other keys below, every value on its own line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from seatsync.domain.person import Person
from seatsync.ledger.queries.lookup import TAGS_HERE
from seatsync.plans.plain_roster import MemberTexts, Shape, SlowPath
from seatsync.sources import yaml_tree
from seatsync.sources.rosters.files import RosterFile
from seatsync.sources.rosters.yaml_members import take_nodes

# Values that YAML reads as plain text everywhere: words of letters, digits and a few signs, and not null.
_WORD = r"[\w.@+'-]+"
_VALUE = rf"(?!null\b)\w[\w.@+'-]*(?: {_WORD})*"
_LINE = rf"[a-z_]+: (?:{_VALUE}|\[(?:{_VALUE}(?:, {_VALUE})*)?\])\n"
_MEMBER = re.compile(rf"- {_LINE}(?:  {_LINE})*")
_KEY = re.compile(r"(- |  )([a-z_]+): ")
_TAGS = re.compile(r"^(?:- |  )tags: \[.*\]\n", re.MULTILINE)


class PlainYaml:
    """The members as texts. The first shows how all of them are written."""

    def __init__(self, file: RosterFile, text: str) -> None:
        self.file = file
        members = _MEMBER.findall(text)
        if not members or sum(map(len, members)) != len(text):
            raise SlowPath("a roster is not written plainly")
        self.texts = MemberTexts(members, set(members))
        if len(self.texts.unmatched) != len(members):
            raise SlowPath("a member is in a roster twice")
        fields = [name for _, name in _KEY.findall(members[0])]
        if (
            not {*fields} <= {*Person._fields}
            or len({*fields}) < len(fields)
            or ("tags" in fields) != bool(_TAGS.search(members[0]))
        ):
            raise SlowPath("a roster has keys other than fields of a member")
        pieces = [(("- " if position == 0 else "\n  ") + f"{name}: ", name) for position, name in enumerate(fields)]
        at = fields.index("tags") if "tags" in fields else len(fields)
        pieces[at : at + 1] = [(TAGS_HERE, "")]
        following = pieces[at + 1 : at + 2]
        pieces[at + 1 : at + 2] = [
            (literal.removeprefix("\n"), name) for literal, name in following
        ]  # the tags bring their own line end
        if following or at == len(fields):
            pieces.append(("\n", ""))
        self.fields = fields
        self.shape = Shape(pieces, frozenset(fields))
        self.texts.learn(file.reader.tags, self._spellings(text, at, len(fields)))

    def _spellings(self, text: str, at: int, width: int) -> Iterator[tuple[str, list[str]]]:
        """Every distinct spelling of tags in ``text``, as (text, tags). They are key number ``at`` of ``width``."""
        if at == width:
            yield "", []
            return
        before = "\n" if at else ""
        for written in dict.fromkeys(_TAGS.findall(text)):
            yield before + written, written[written.index("[") + 1 : -len("]\n")].split(", ")

    def plain(self, written: list[str]) -> list[str]:
        return written

    def names(self, text: str) -> str:
        return text

    def lines(self) -> Sequence[int]:
        return [*accumulate((member.count("\n") for member in self.texts.members), initial=1)]

    def columns(self, matched: list[str]) -> list[list[str]]:
        width, lines = len(self.fields), "".join(matched).split("\n")
        column = {name: lines[at:-1:width] for at, name in enumerate(self.fields)}
        before = "\n" if self.fields[0] != "tags" else ""
        tags = self.texts.tags(column.pop("tags", [""] * len(matched)), before, "\n")
        column = {name: [line[len(f"- {name}: ") :] for line in written] for name, written in column.items()}
        column["tags"] = tags
        return [column.get(name) or [""] * len(matched) for name in Person._fields]

    def take_rest(self) -> None:
        texts = self.texts
        unread = texts.unmatched | texts.garbled
        rest = [(line, member) for line, member in zip(self.lines(), texts.members, strict=False) if member in unread]
        if not rest:
            return
        root = yaml_tree.parse("".join(member for _, member in rest), self.file.reader.file, self.file.reader.found)
        if not isinstance(root, yaml_tree.SequenceNode) or len(root.items) != len(rest):
            raise SlowPath("a text has more than one member")
        take_nodes(root, [line for line, _ in rest], self.file.reader)
