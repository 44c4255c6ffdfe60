"""Apply to several institutions, and tell what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seatsync.cli import exits
from seatsync.cli.institutions import Step, each, estimated, summary
from seatsync.cli.outcome import Outcome, Record
from seatsync.cli.run import Run

_IN_WORDS = {"applied": "changed", "left": "left to the nightly run"}


def apply_each(
    run: Run,
    step: Step,
    items: Sequence[Any],
    jobs: int | None,
    names: Sequence[object],
    is_several: bool,
    record: Record,
    folders: Sequence[Path],
    numbers: Sequence[int] | None = None,
) -> int:
    """Apply each item, print a summary if there are several, and return the exit code.

    ``names`` are the items' names, ``folders`` where their files are, ``numbers`` their places in the record, if it has others too.
    """
    told: list[tuple[object, int, str]] = []
    places = numbers if numbers is not None else range(len(items))
    results = each(step, items, run, jobs, "Applying to", seconds=estimated(folders))
    for name, number, done in zip(names, places, results, strict=True):
        outcome: Outcome = done.result or Outcome(result="stopped", message=done.failure[0], help=done.failure[1])
        record.note(number, outcome._replace(code=done.code))
        told.append((name, done.code, _IN_WORDS.get(outcome.result, "without changes")))
    code = exits.worst(code for _, code, _ in told)
    record.end(code)
    if is_several and told:
        summary(run, told)
    return code
