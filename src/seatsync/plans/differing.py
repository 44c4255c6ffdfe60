"""Compare roster files with the ledger as text, and read only the members who differ.

The ledger writes each member as the exact text that the file would have: the fields in the file's order, with its
separators and its spelling of the tags. If the file has that text, the member is unchanged, and was checked when it was
applied. Only the remaining members, on either side, are read in the normal way. A file that does not have exactly one text
for each member raises ``SlowPath``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from seatsync.domain.desired import Alike, Counted
from seatsync.domain.person import Person
from seatsync.domain.text.characters import LETTER_LOST
from seatsync.ledger.queries.lookup import NO_LINE, TAGS_HERE, members_as_text
from seatsync.plans.plain_csv import PlainCsv
from seatsync.plans.plain_roster import PlainRoster, SlowPath
from seatsync.plans.plain_yaml import PlainYaml
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.rosters.files import RosterFile

Rows = Sequence[tuple[Any, ...]]
"""Rows of ``members_as_text``."""
_GROUP = itemgetter(slice(2, None))
"""What is ``Alike`` in a row."""
MOST_DIFFERING = 0.25
"""The largest share of differing members for which this is faster, as measured."""
FEW = 1_000
"""This many may differ, whatever their share."""
SAMPLED = 1_000
"""Members compared first, to give up before reading everybody."""
_GOLDEN = 0.6180339887
"""Multiples of it, without their whole part, are spread evenly, and have no period that a roster could have too."""
_READERS: Mapping[str, Callable[[RosterFile, str], PlainRoster]] = {
    ".csv": PlainCsv,
    ".yaml": PlainYaml,
    ".yml": PlainYaml,
}


def read_differing(
    connection: Connection,
    institution: str,
    files: Sequence[RosterFile],
    kept: Collection[int],
    last_number: int,
    asked_for: Collection[str],
) -> tuple[Counted, set[int], list[PlainRoster]]:
    """Read the members who differ between files and ledger, or whose number is in ``kept``, into the files' readers.

    Return the unchanged members, counted, the numbers of the ledger's members who differ, and the files as texts. ``last_number``
    is the highest number of a member, ``asked_for`` what grants ask of members beside tags (``members_as_text``).

    Raises:
        SlowPath: a file is not simple enough, or too much differs.
    """
    if any(suffix_of(file.reader.file) not in _READERS for file in files):
        raise SlowPath("a roster is a workbook or a set of files")
    rosters = [_plain_roster(file) for file in files]
    shape = rosters[0].shape
    if any(roster.shape != shape for roster in rosters):
        raise SlowPath("the rosters are written in different ways")
    total = sum(len(roster.texts.members) for roster in rosters)
    most = max(FEW, int(MOST_DIFFERING * total))
    _must_be_few(len(kept), most)
    counted: Counter[tuple[str, ...]] = Counter()
    differing: set[int] = set()
    lacking = [name for name in Person._fields if name not in shape.fields and name != "tags"]
    texts = partial(members_as_text, connection, institution, shape.pieces, lacking, asked_for)
    if max(total, last_number) > most:
        some = [*chain.from_iterable(texts(_spread(last_number)))]
        _must_be_few(_estimated(some, rosters, last_number), most)
    for rows in texts():
        _remove_equal(rows, rosters, kept, counted, differing)
        _must_be_few(len(differing), most)
    _must_be_few(sum(len(roster.texts.unmatched) for roster in rosters), most)
    for roster in rosters:
        roster.take_rest()
    unchanged = {Alike._make(group): number for group, number in counted.items() if number}
    return unchanged, differing, rosters


def _must_be_few(differing: float, most: int) -> None:
    if differing > most:
        raise SlowPath("so many members differ that reading all is faster")


def _spread(last_number: int) -> set[int]:
    """Some numbers of members, spread evenly; all numbers if they are few."""
    if last_number <= SAMPLED:
        return {*range(1, last_number + 1)}
    return {int(position * _GOLDEN % 1 * last_number) + 1 for position in range(SAMPLED)}


def _estimated(rows: Rows, rosters: Sequence[PlainRoster], last_number: int) -> float:
    """About how many members differ, on the side where they are more: exact if the rows are all members of the ledger."""
    rest = rows
    for roster in rosters:
        for *_, unknown in _compared(rest, roster, ()):
            rest = unknown
    times = last_number / max(1, min(SAMPLED, last_number))
    in_files = sum(len(roster.texts.unmatched) for roster in rosters)
    return max(len(rest) * times, in_files - (len(rows) - len(rest)) * times)


def _plain_roster(file: RosterFile) -> PlainRoster:
    text = file.text()
    if text is None or TAGS_HERE in text or NO_LINE in text:
        raise SlowPath("a roster can't be read as plain text")
    roster = _READERS[suffix_of(file.reader.file)](file, text)
    if LETTER_LOST in text or not text.isascii():
        roster.texts.set_garbled_aside(roster.names)
    return roster


def _remove_equal(
    rows: Rows,
    rosters: Sequence[PlainRoster],
    kept: Collection[int],
    counted: Counter[tuple[str, ...]],
    differing: set[int],
) -> None:
    """Remove the texts of these ledger members from ``unmatched``, and note the members without such a text."""
    counted.update(map(_GROUP, rows))
    for roster in rosters:
        for texts, unknown, rest in _compared(rows, roster, kept):
            roster.texts.unmatched -= texts
            roster.file.reader.counted += len(texts) - len(unknown)
            rows = rest
    counted.subtract(map(_GROUP, rows))
    differing.update(row[0] for row in rows)


def _compared(rows: Rows, roster: PlainRoster, kept: Collection[int]) -> Iterator[tuple[set[str], set[str], Rows]]:
    """Compare these ledger members with the unmatched texts of a file, once for each spelling of tags.

    Yield the texts that the file would have, those of them that it does not have, and the members with these.
    """
    for spelled in roster.texts.spelled:
        if not rows:
            return
        written = _written(rows, roster, spelled, kept)
        texts = set(written)
        unknown = texts - roster.texts.unmatched
        rows = [row for row, text in zip(rows, written, strict=True) if text in unknown] if unknown else []
        yield texts, unknown, rows


def _written(rows: Rows, roster: PlainRoster, spelled: Mapping[str, str], kept: Collection[int]) -> list[str]:
    """The text that the file would have for each member, with tags so ``spelled``; with NO_LINE if it can't have one."""
    written = roster.plain([text.replace(TAGS_HERE, spelled.get(tags, NO_LINE)) for _, text, tags, *_ in rows])
    if kept:
        written = [NO_LINE if row[0] in kept else text for row, text in zip(rows, written, strict=True)]
    return written
