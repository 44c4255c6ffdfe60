"""What an export from a vendor's portal says, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seatsync.domain.license import Kind, Status
from seatsync.domain.person import RosterMember

Holding = tuple[Kind, Status]
"""A license as an export shows it. Only what takes a seat has a kind: a revoked or declined one is (none, revoked)."""

ON_ROSTER, UNTIL, IN_PORTAL = "On Roster", "License End Date", "License In Portal"
"""Columns of `seatsync export` that a portal's does not have: of a person, of each library, of each library at the vendor."""

NOTHING: Holding = (Kind.NONE, Status.NONE)


@dataclass(frozen=True, slots=True)
class Export:
    """The people in an export, each with file and line, and their licenses by library and e-mail key.

    ``fields`` are the fields of ``Person`` for which the export has a column; about others it says nothing. ``holdings`` has
    each library that the export speaks of, and in it the license of everybody in the export. Of a library that is not in it,
    it says nothing.

    ``lists_holders`` says that only holders of a license of these libraries are listed (Jamworks' members). Otherwise all users
    of the portal are. ``portal`` is the portal's name in ``systems``, empty if the header fits several.

    ``is_ours`` says that `seatsync export` wrote it: then it is what the ledger wanted, and not what a portal has. Only such a
    file has ``ends``, the end dates (ISO), and ``there``, what the portal still had otherwise (``License.there``), by library
    and e-mail key, and ``left``, the e-mail keys of people who own a permanent license and are on no roster.
    """

    file: str
    members: Sequence[RosterMember]
    holdings: Mapping[str, Mapping[str, Holding]]
    fields: frozenset[str]
    lists_holders: bool = False
    portal: str = ""
    is_ours: bool = False
    ends: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    there: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
