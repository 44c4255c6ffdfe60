"""Compare a portal's export with the ledger: the one comparison of `drift`, `import` and `exports:`."""

from __future__ import annotations

from collections.abc import Collection

from seatsync.domain.portal.export import Export
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.portal.found import Comparison

Changed = Collection[tuple[str, int]]
"""What changed after the export was taken: (library, member's number); without a library for the person's record."""


def compare(export: Export, books: Snapshot, changed: Changed = frozenset()) -> Comparison:
    """Compare an export with the ledger, or with what a plan will leave. Neither is changed.

    The snapshot must have all members. Somebody on the rosters whom the ledger does not know yet is found only if their
    `member-add` has been posted to ``books``.
    """
    raise NotImplementedError
