"""Make the plan if nothing has changed, without reading members or files. It runs most often, so it imports little."""

from __future__ import annotations

from datetime import datetime

from seatsync.domain.action import Unplanned
from seatsync.planning.plan import Plan, build_plan
from seatsync.planning.seats import slot_changes
from seatsync.plans.since import SinceApply
from seatsync.sources.institution_folder import InstitutionFolder


def unchanged_plan(folder: InstitutionFolder, since: SinceApply, now: datetime) -> Plan | None:
    """Return the empty plan if files and ledger are as the last apply left them, else None.

    Claims since then don't matter: members only take what was offered.
    """
    books, baseline = since.books, since.books.baseline
    if (
        not baseline["silent"]
        or since.calling
        or any(actions != {Unplanned.CLAIM} for actions in since.actions.values())
    ):
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
