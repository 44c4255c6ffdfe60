"""The portals' words for a license: "Temporary" and "Unclaimed", "Temporary, Revoked", "Permanent-Reserved"."""

from __future__ import annotations

import re

from seatsync.domain.library import Library
from seatsync.domain.license import Kind, Status
from seatsync.domain.portal.export import NOTHING, Holding
from seatsync.domain.text.characters import printable
from seatsync.sources.tables.table import squeezed

_STATUSES = {
    "unclaimed": Status.UNCLAIMED,
    "reserved": Status.UNCLAIMED,  # as in the portals' counts of seats: Temporary-Reserved
    "delivered": Status.DELIVERED,
    "claimed": Status.DELIVERED,
    "optedout": Status.OPTED_OUT,
    "revoked": Status.REVOKED,
}
_CELL = re.compile(f"(temporary|permanent)?({'|'.join(_STATUSES)})?|none|nonenone")

HELP = "Write one of the kinds None, Temporary, Permanent, and one of the statuses None, Unclaimed, Delivered, Opted Out, Revoked."


def read_license(kind: str | None, status: str, library: Library) -> Holding | str:
    """Return the license that the cells of both columns say, or what is wrong with them, as a sentence.

    ``kind`` is None if there is only a column of statuses: then the status has both words, or the library has one kind.
    """
    cells = [_CELL.fullmatch(squeezed(cell)) for cell in (kind or "", status)]
    if None in cells:
        if kind is None:
            return f'"{printable(status)}" is not a status of a license.'
        return f'"{printable(kind)}" and "{printable(status)}" are not a kind and status of a license.'
    said_kinds = {cell[1] for cell in cells if cell and cell[1]}
    said_statuses = {_STATUSES[cell[2]] for cell in cells if cell and cell[2]}
    if len(said_kinds) > 1 or len(said_statuses) > 1:
        return f"A license can't be {' and '.join(sorted(said_kinds if len(said_kinds) > 1 else map(_spoken, said_statuses)))} at once."
    found = Kind(next(iter(said_kinds), "none")), next(iter(said_statuses), Status.NONE)
    if kind is None and found[0] is Kind.NONE and found[1] in _HELD:
        if len(library.kinds) > 1:
            return f'"{printable(status)}" does not say whether the license of {library.id} is {" or ".join(library.kinds)}.'
        found = library.kinds[0], found[1]
    return _checked(found, library)


_HELD = (Status.UNCLAIMED, Status.DELIVERED)


def _checked(found: Holding, library: Library) -> Holding | str:
    """Return the license if there can be such a one. The kind beside Revoked and Opted Out is the one that it had."""
    kind, status = found
    if kind is not Kind.NONE and kind not in library.kinds:
        return f"A license of {library.id} can't be {kind}; it can only be {' or '.join(library.kinds)}."
    had = status is Status.OPTED_OUT or (status is Status.REVOKED and kind is not Kind.PERMANENT)
    if had:
        return Kind.NONE, status
    if (kind is Kind.NONE) == (status in _HELD) or status is Status.REVOKED:
        return f"A license can't be {kind} and {_spoken(status)} at once."
    return found if kind is not Kind.NONE else NOTHING


def _spoken(status: Status) -> str:
    return status.replace("_", " ")
