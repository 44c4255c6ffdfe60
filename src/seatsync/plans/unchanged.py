"""The plan where nothing has changed, which needs no look at anything. It imports little: it is what runs most often."""

from __future__ import annotations

from datetime import datetime

from seatsync.domain.action import Unplanned
from seatsync.planning.plan import Plan, planned, slot_changes
from seatsync.plans.since import Since
from seatsync.sources.institution_folder import InstitutionFolder


def unchanged(folder: InstitutionFolder, since: Since, now: datetime) -> Plan | None:
    """The plan where files and ledger are as the last apply left them: empty, and made without reading either.

    None where that is not known. Claims since then do no harm: they only bring what was offered.
    """
    books, settled = since.books, since.books.settled
    if not settled["silent"] or since.due or any(actions != {Unplanned.CLAIM} for actions in since.done.values()):
        return None
    files = folder.files()
    if not all(files.is_still(name, digest) for name, digest in settled["files"].items()):
        return None
    return planned(
        since.institution,
        books,
        now,
        now.date(),
        desired_digest=files.digest(),
        rosters={name: books.rosters[name] for name in settled["files"] if name in books.rosters},
        changes=[],
        groups={},
        slots=slot_changes(books, {}),
        refusals=[],
        warnings=[],
        settled={name: settled[name] for name in settled if name not in ("serial", "events")},
    )
