"""Read what a run wrote about itself (``--outcome``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.environment import run_address
from seatsync.cli.outcome import FORMAT
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.formats.outcome import OutcomeFile


def read_outcome(path: Path) -> OutcomeFile:
    """The outcome in the file; if it can't be read, an outcome that says so."""
    from pydantic import ValidationError

    from seatsync.formats.outcome import OutcomeFile
    from seatsync.sources import opening

    try:
        return OutcomeFile.model_validate_json(opening.read(path, most=_MOST_BYTES))
    except (opening.Unfit, OSError):
        why = "The run wrote no outcome: it ended before it applied anything, or the file was lost."
    except ValidationError:
        why = "The run's outcome can't be read."
    say(f"seatsync: {path}: {why}")
    end = {"code": ExitCode.BROKEN, "message": why, "help": "Look at the log of the run.", "institutions": []}
    return OutcomeFile.model_validate({"format": FORMAT, "command": "apply", "commit": "", "run": run_address(), **end})


_MOST_BYTES = 100_000_000
