"""A YAML roster that is nothing but members, each as `- email: …` and the other keys below, all values on their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from seatsync.domain.person import Person
from seatsync.ledger.queries.lookup import TAGS_HERE
from seatsync.plans.plain_roster import LongWay, Shape, Texts
from seatsync.sources import yaml_tree
from seatsync.sources.load import RosterFile
from seatsync.sources.rosters.read import take_nodes

# Values that mean just what they say, in whatever place: words of letters, digits and a few signs, and not null.
_WORD = r"[\w.@+'-]+"
_VALUE = rf"(?!null\b)\w[\w.@+'-]*(?: {_WORD})*"
_LINE = rf"[a-z_]+: (?:{_VALUE}|\[(?:{_VALUE}(?:, {_VALUE})*)?\])\n"
_MEMBER = re.compile(rf"- {_LINE}(?:  {_LINE})*")
_KEY = re.compile(r"(- |  )([a-z_]+): ")
_TAGS = re.compile(r"^(?:- |  )tags: \[.*\]\n", re.MULTILINE)


class YamlSide:
    """The members, of which the first is the example of how they are written."""

    def __init__(self, file: RosterFile, text: str) -> None:
        self.file = file
        members = _MEMBER.findall(text)
        if not members or sum(map(len, members)) != len(text):
            raise LongWay("a roster is not written plainly")
        self.texts = Texts(members, set(members))
        if len(self.texts.wanted) != len(members):
            raise LongWay("a member stands in a roster twice")
        fields = [name for _, name in _KEY.findall(members[0])]
        if (
            not {*fields} <= {*Person._fields}
            or len({*fields}) < len(fields)
            or ("tags" in fields) != bool(_TAGS.search(members[0]))
        ):
            raise LongWay("a roster has other keys than a member")
        pieces = [(("- " if position == 0 else "\n  ") + f"{name}: ", name) for position, name in enumerate(fields)]
        at = fields.index("tags") if "tags" in fields else len(fields)
        pieces[at : at + 1] = [(TAGS_HERE, "")]
        following = pieces[at + 1 : at + 2]
        pieces[at + 1 : at + 2] = [
            (literal.removeprefix("\n"), name) for literal, name in following
        ]  # the tags end with theirs
        if following or at == len(fields):
            pieces.append(("\n", ""))
        self.shape = Shape(pieces, frozenset(fields))
        self.texts.learn(file.reader.tags, self._spellings(text, at, len(fields)))

    def _spellings(self, text: str, at: int, width: int) -> Iterator[tuple[str, list[str]]]:
        """Every way in which tags are written in the ``text``; they stand at ``at`` of ``width`` keys."""
        if at == width:
            yield "", []
            return
        before = "\n" if at else ""
        for written in dict.fromkeys(_TAGS.findall(text)):
            yield before + written, written[written.index("[") + 1 : -len("]\n")].split(", ")

    def plain(self, written: list[str]) -> list[str]:
        return written

    def take_rest(self) -> None:
        texts = self.texts
        loose = texts.wanted | texts.odd
        starts = accumulate((member.count("\n") for member in texts.members), initial=1)
        rest = [(line, member) for line, member in zip(starts, texts.members, strict=False) if member in loose]
        if not rest:
            return
        root = yaml_tree.parse("".join(member for _, member in rest), self.file.reader.file, self.file.reader.found)
        if not isinstance(root, yaml_tree.Sequence) or len(root.items) != len(rest):
            raise LongWay("a member is more than one")
        take_nodes(root, [line for line, _ in rest], self.file.reader)
