"""A difference that nobody has judged yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from seatsync.domain.desired import Desired, Grant
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change, Groups
from seatsync.planning.matching import Matching
from seatsync.planning.wishes import Wishes


class KeptLicense(NamedTuple):
    """A license that is left as it is although the files ask otherwise; ``rule`` is what asks, where something does,
    ``record`` the member's number."""

    library: str
    member: str
    rule: Grant | None
    record: int = 0


@dataclass(slots=True)
class Draft:
    """Everything the refusals and the report need to know of a difference. ``groups`` are the ``changes`` once more.

    ``accounts`` are the e-mail keys, of those who could be delivered a seat at once, that somebody signs in with.
    ``revokes`` counts, by library, the revokes that a limit counts (not those whose ``until`` has passed).
    ``downgrades`` are permanent licenses asked for as temporary; ``kept`` those of leavers, which they own;
    ``retained`` those kept by ``limits.permanent``; ``declined`` grants to who has opted out.
    """

    desired: Desired
    snapshot: Snapshot
    today: date
    matching: Matching
    wishes: Wishes
    accounts: Collection[str] = frozenset()
    changes: list[Change] = field(default_factory=list)
    groups: Groups = field(default_factory=dict)
    revokes: Counter[str] = field(default_factory=Counter)
    downgrades: list[KeptLicense] = field(default_factory=list)
    kept: list[KeptLicense] = field(default_factory=list)
    retained: list[KeptLicense] = field(default_factory=list)
    declined: list[KeptLicense] = field(default_factory=list)
