"""Make the plan if nothing has changed, without reading members or files. It runs most often, so it imports little."""

from __future__ import annotations

from datetime import datetime

from seatsync.ledger.baseline import leaves_nothing
from seatsync.planning.plan import Plan, build_plan
from seatsync.planning.seats import slot_changes
from seatsync.plans.since import SinceApply
from seatsync.sources.institution_folder import InstitutionFolder


def unchanged_plan(folder: InstitutionFolder, since: SinceApply, now: datetime) -> Plan | None:
    """Return the empty plan if files and ledger are as the last apply left them, else None."""
    books, baseline = since.books, since.books.baseline
    if not leaves_nothing(baseline, since.actions.values(), since.calling):
        return None
    files = folder.files()
    if not all(files.is_still(name, digest) for name, digest in baseline["files"].items()):
        return None
    return build_plan(
        since.institution,
        books,
        now,
        since.today,
        desired_digest=files.digest(),
        rosters={name: size for name, size in books.rosters.items() if {name, f"{name}/"} & baseline["files"].keys()},
        changes=[],
        groups={},
        slots=slot_changes(books, {}),
        refusals=[],
        warnings=[],
        letters={},
        exports=books.exports,
        baseline={name: baseline[name] for name in baseline if name not in ("serial", "events")},
    )
