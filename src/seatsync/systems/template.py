"""The template of a roster: a CSV with these columns, as a portal or seatsync itself gives it out."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """A column and the member's field that it holds.

    ``other_names`` are read as well. A column that ``must_say`` one word in every row holds no field of a member; its
    ``field`` is what messages call it.
    """

    name: str
    field: str
    other_names: tuple[str, ...] = ()
    must_say: str = ""


class Template(NamedTuple):
    """``name`` stands in messages: "For NAME it lacks …"."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns as the template writes them."""
        return tuple(column.name for column in self.columns)
