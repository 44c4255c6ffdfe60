"""Judge whether an export is whole: a filtered list, or one about another library, must not turn into many changes.

Nothing in a file says that it is whole. What the ledger knows of the portal does: of those who have a seat there, no more may be
missing than a plan may revoke without an approval.
"""

from __future__ import annotations

from seatsync.domain.desired import Limits
from seatsync.planning.portal.found import Unbelieved


def unbelieved(library: str, lacking: int, expected: int) -> Unbelieved | None:
    """Why nothing is concluded from what an export lacks: it lacks more than 10 % of what is expected, and more than 5."""
    return Unbelieved(library, lacking, expected) if lacking > Limits().revokes(expected) else None


def unbelieved_list(rows: int, lacking: int, expected: int) -> Unbelieved | None:
    """The same for people missing in the list. A list that has nobody, or nobody who is expected, says nothing either."""
    if not rows or (expected and lacking == expected):
        return Unbelieved("", lacking, expected)
    return unbelieved("", lacking, expected)
