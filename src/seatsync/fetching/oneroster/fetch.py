"""Fetch a OneRoster set into a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from seatsync.fetching.oneroster.service import PAGE, Access, Service
from seatsync.fetching.oneroster.tables import COLLECTIONS, keeper, tables
from seatsync.fetching.writing import Difference, write


def fetch(
    access: Access,
    folder: Path,
    *,
    roles: Sequence[str] = (),
    page: int = PAGE,
    allow_shrink: bool = False,
    told: Callable[[str], object] = lambda what: None,
) -> tuple[list[Difference], Counter[str]]:
    """Read the whole set, then write it. Return what changed in which file, and how many records were left out, by reason.

    Raises:
        HostError: the service rejects a request, cannot be reached, or gives half an answer.
        Shrunk: so few people or enrollments are left that it may be half an answer.
    """
    service = Service(access, page)
    kept = {
        collection: service.records(collection, keeper(collection, access.version), told) for collection in COLLECTIONS
    }
    system = urlsplit(access.address).hostname or ""
    found, left_out = tables(folder, access.version, system, kept, roles)
    return write(found, allow_shrink), left_out
