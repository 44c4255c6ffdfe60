"""Guess which value of a row that is too long has the delimiter in it, and lacks quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatsync.domain.text.emails import with_a_dot_for_a_comma


class Unquoted(NamedTuple):
    """The column (position) of a value that was split, and the whole value."""

    column: int
    value: str


def unquoted(columns: Sequence[str], row: Sequence[str], raw: str, delimiter: str) -> Unquoted | None:
    """The value of the row that was split, if the row shows it. ``columns`` are squeezed, ``raw`` is the row as it is written."""
    more = len(row) - len(columns)
    spaced = _after_spaces(raw, len(row), delimiter)
    if len(spaced) == more and spaced[-1] - spaced[0] == more - 1:
        return Unquoted(spaced[0] - 1, f"{delimiter} ".join(row[spaced[0] - 1 : spaced[0] + more]))
    column = _around_the_email(columns, row, more, delimiter)
    return None if column is None else Unquoted(column, delimiter.join(row[column : column + more + 1]))


def _after_spaces(raw: str, width: int, delimiter: str) -> list[int]:
    """The positions of the values before which a space is written, as in "Smith, Jr."; none if quotes make it unsure."""
    pieces = raw.rstrip("\r\n").split(delimiter)
    return [at for at, piece in enumerate(pieces) if at and piece[:1] == " "] if len(pieces) == width else []


def _around_the_email(columns: Sequence[str], row: Sequence[str], more: int, delimiter: str) -> int | None:
    """The column that was split, judged by where the only e-mail of a row should be, and where it is."""
    mails = [at for at, name in enumerate(columns) if "mail" in name]
    if len(mails) != 1:
        return None
    email, parts = mails[0], row[mails[0] : mails[0] + more + 1]
    found = [at for at, cell in enumerate(row) if "@" in cell]
    if len(parts) > more and all("@" in part for part in parts):
        return email
    if found == [email] and with_a_dot_for_a_comma(delimiter.join(parts)) and all(map(_may_begin_an_email, parts[1:])):
        return email
    if found == [email + more] and all(map(_may_begin_an_email, parts[:-1])) and not any(map(str.islower, row[:email])):
        return email
    return email + 1 if found == [email] and email == len(columns) - 2 else None


def _may_begin_an_email(part: str) -> bool:
    return part.islower() and part[-1].isalnum() and " " not in part
