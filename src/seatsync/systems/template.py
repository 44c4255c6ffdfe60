"""A roster template: the columns of a CSV file, as a portal or seatsync writes it."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """A column, and the member's field in it.

    ``other_names`` are accepted too. A column with ``must_say`` has that word in every row and no field of a member; its
    ``field`` is then only its name in messages.
    """

    name: str
    field: str
    other_names: tuple[str, ...] = ()
    must_say: str = ""


class Template(NamedTuple):
    """The columns of one template. Messages use the ``name``: "For NAME it lacks …"."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, as the template writes them."""
        return tuple(column.name for column in self.columns)
