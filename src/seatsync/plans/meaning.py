"""The digest of what files say: equal for files that differ only in bytes, such as comments, line ends or columns.

It covers the parsed values in the order of the files, without their places. Members are taken column by column, so that many
at once cost little, and so that ``plain_roster`` need not parse them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import Any

from seatsync.domain.desired import Desired, Selection
from seatsync.domain.person import Person, RosterMember

Columns = Sequence[Sequence[str]]
"""The values of some members, one sequence for each field of ``Person``."""

AT_ONCE = 5_000
"""Members taken at a time."""
_END = "\x1f"
"""Ends each value. No value contains it."""
_NOT_SAID = frozenset(
    {"origin", "places", "digest", "files", "members", "counted", "rows", "ends_with", "rule", "scenarios"}
)
"""Fields of the desired state that are places or bytes, the members, who are taken from columns, the rows of exports, for
which their keys stand, the fields of grants that follow from members, and what no plan depends on."""


def meaning_of(desired: Desired, members: Iterable[Columns]) -> str:
    """The digest (SHA-256, hex) of the desired state with these members, in the order of the files."""
    digests = [sha256(name.encode()) for name in Person._fields]
    for columns in members:
        for digest, column in zip(digests, columns, strict=True):
            digest.update(_END.join([*column, ""]).encode("utf-8", "surrogatepass"))
    said = json.dumps(desired, default=_said, ensure_ascii=False)
    whole = sha256(said.encode("utf-8", "surrogatepass"))
    for digest in digests:
        whole.update(digest.digest())
    for member in desired.members:
        if member.ends:
            whole.update(f"{member.key}{_END}{member.ends}{_END}".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


def columns_of(members: Sequence[RosterMember]) -> Iterator[Columns]:
    """The members column by column, some thousand at a time."""
    for start in range(0, len(members), AT_ONCE):
        columns: list[Any] = [*zip(*members[start : start + AT_ONCE], strict=True)]
        yield columns[: len(Person._fields)]


def _said(value: Any) -> Any:
    """What JSON can't write by itself, as something that it can write."""
    if isinstance(value, Selection):
        return [value.file, [row[:2] for row in value.rows]]
    if is_dataclass(value):
        return _values(value.__class__)(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return [*value.items()] if hasattr(value, "items") else sorted(value)


@cache
def _values(kind: type) -> Callable[[Any], Any]:
    return attrgetter(*(field.name for field in fields(kind) if field.name not in _NOT_SAID))
