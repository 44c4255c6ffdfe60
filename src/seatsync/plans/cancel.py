"""Roster files against the ledger, member by member: who is told the same on both sides needs no look.

The ledger writes each member as the very text that a file has for them: the fields in the file's order, with what it puts
between, and its own spelling of the tags. A text of a file that is such a text says what the ledger says, and was found to be
in order when it was applied. What is left, on either side, is looked at as always. A file that is not plainly one text for
each member has no short way: that raises ``LongWay``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from seatsync.domain.desired import Counted
from seatsync.domain.person import Person
from seatsync.ledger.queries.lookup import NO_LINE, TAGS_HERE, members_as_text
from seatsync.plans.plain_csv import CsvSide
from seatsync.plans.plain_roster import LongWay, Side
from seatsync.plans.plain_yaml import YamlSide
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.load import RosterFile

_GROUP = itemgetter(slice(2, None))
"""(tags,) or (tags, day) of a row."""
MOST_DIFFERING = 0.25
"""The share of the members who differ, or are looked at in any case, up to which this is quicker: measured."""
FEW = 1_000
"""So many may differ, whatever their share."""
_SIDES: Mapping[str, Callable[[RosterFile, str], Side]] = {".csv": CsvSide, ".yaml": YamlSide, ".yml": YamlSide}


def cancel(
    connection: Connection, institution: str, files: Sequence[RosterFile], kept: Collection[int], with_day: bool
) -> tuple[Counted, set[int]]:
    """Take into the readers whom the files and the ledger do not tell alike, or whose number is ``kept``.

    Returns how many were left out, by (tags, day of import; empty unless ``with_day``), and the numbers of those in the
    ledger who were not.

    Raises:
        LongWay: a file is not simple enough for this, or much differs.
    """
    sides = [_side(file) for file in files]
    shape = sides[0].shape
    if any(side.shape != shape for side in sides):
        raise LongWay("the rosters are written in different ways")
    most = max(FEW, int(MOST_DIFFERING * sum(len(side.texts.members) for side in sides)))
    _must_be_few(kept, most)
    counted: Counter[tuple[str, ...]] = Counter()
    left: set[int] = set()
    lacking = [name for name in Person._fields if name not in shape.fields and name != "tags"]
    for rows in members_as_text(connection, institution, shape.pieces, lacking, with_day):
        _strike_out(rows, sides, kept, counted, left)
        _must_be_few(left, most)
    for side in sides:
        _must_be_few(side.texts.wanted, most)
    for side in sides:
        side.take_rest()
    return {(group[0], "".join(group[1:])): number for group, number in counted.items() if number}, left


def _must_be_few(differing: Sized, most: int) -> None:
    if len(differing) > most:
        raise LongWay("so many differ that it is quicker to look at all")


def _side(file: RosterFile) -> Side:
    kind, text = _SIDES.get(suffix_of(file.reader.file)), file.text()
    if kind is None or text is None or TAGS_HERE in text or NO_LINE in text:
        raise LongWay("a roster can't be read so")
    side = kind(file, text)
    if not text.isascii():
        side.texts.set_aside()
    return side


def _strike_out(
    rows: Sequence[tuple[Any, ...]],
    sides: Sequence[Side],
    kept: Collection[int],
    counted: Counter[tuple[str, ...]],
    left: set[int],
) -> None:
    """Take out of ``wanted`` the texts that these members of the ledger have."""
    counted.update(map(_GROUP, rows))
    for side in sides:
        written = _written(rows, side, kept)
        texts, wanted = set(written), side.texts.wanted
        unknown = texts - wanted
        wanted -= texts
        side.file.reader.counted += len(texts) - len(unknown)
        rows = [row for row, text in zip(rows, written, strict=True) if text in unknown] if unknown else []
    counted.subtract(map(_GROUP, rows))
    left.update(row[0] for row in rows)


def _written(rows: Sequence[tuple[Any, ...]], side: Side, kept: Collection[int]) -> list[str]:
    """The text that the file would have for each member; one with NO_LINE where it would have none."""
    spelled = side.texts.spelled
    written = side.plain([text.replace(TAGS_HERE, spelled.get(tags, NO_LINE)) for _, text, tags, *_ in rows])
    if kept:
        written = [NO_LINE if row[0] in kept else text for row, text in zip(rows, written, strict=True)]
    return written
