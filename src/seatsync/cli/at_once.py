"""``seatsync plan`` where nothing has changed since the last apply: its answer, before the command line is parsed.

Most runs have nothing to do. This imports a tenth of what they would import otherwise, and prints the same. What it does not know goes
the usual way: other options, settings in the environment, a CI, a terminal, a ledger elsewhere, and everything that has to be told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from seatsync.cli.output.ci import in_ci

QUIET = frozenset(["--quiet", "-q"])
CHANGING_NOTHING = frozenset(["--detailed-exitcode", "--strict", "--no-color", "--no-pager"])
"""Options of which a plan without changes and warnings takes no notice."""


def is_answered(args: Sequence[str]) -> bool:
    """Whether this command is a plan with nothing to do. It is printed, and the exit code is 0."""
    said = answer(args, datetime.now(UTC)) if _is_plain() else None
    if said is None:
        return False
    try:
        os.write(sys.stdout.fileno(), said.replace("\n", os.linesep).encode())
    except OSError:  # the usual way finds that out, too, and says it
        return False
    return True


def answer(args: Sequence[str], now: datetime) -> str | None:
    """What the command prints if it is a plan with nothing to do; None if it may be anything else."""
    folder = _folder(args)
    if folder is None:
        return None
    from seatsync.ledger.glance.sqlite import settled
    from seatsync.plans.rules_digest import rules_digest
    from seatsync.reports.view.heading import AS_THE_FILES, NOTHING_TO_DO, context, title, verdict
    from seatsync.sources.digests import are_as_they_were

    found = settled(folder / "seatsync.db", now, rules_digest())
    if found is None or not are_as_they_were(folder, found.files):
        return None
    if QUIET & {*args}:
        return ""
    lines = [title(found.name, found.institution), context(found.today.isoformat(), found.serial), ""]
    return "\n".join([*lines, verdict(NOTHING_TO_DO, AS_THE_FILES), ""])


def _is_plain() -> bool:
    """Whether the output is for a program or file, not for a CI, and nothing is set in the environment."""
    if in_ci() or any(name.startswith("SEATSYNC_") for name in os.environ):
        return False
    return bool(sys.stdout) and not (sys.stdout.isatty() or os.environ.get("COLUMNS") or os.environ.get("FORCE_COLOR"))


def _folder(args: Sequence[str]) -> Path | None:
    """The folder that is planned; None where the command is another, or has options that ask for more."""
    if args[:1] != ["plan"]:
        return None
    names = [word for word in args[1:] if word not in QUIET | CHANGING_NOTHING]
    if len(names) > 1 or any(not name or name.startswith("-") or "://" in name for name in names):
        return None
    path = Path(*names)
    return path.parent if path.name == "seatsync.yaml" else path
