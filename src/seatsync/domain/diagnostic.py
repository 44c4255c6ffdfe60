"""Findings about the files or a plan: values that are collected, not exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from seatsync.domain.origin import Origin


class Severity(StrEnum):
    """How serious a diagnostic is.

    An ``error`` makes the files invalid, a ``refusal`` blocks a plan, a ``warning`` blocks it only with ``--strict``, a
    ``notice`` never does.
    """

    ERROR = "error"
    REFUSAL = "refusal"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what is wrong and why it matters (``message``), how to fix it (``help``), and where.

    ``code`` never changes and has a page in ``seatsync explain``. ``members`` are e-mails.
    """

    code: str
    message: str
    help: str
    origin: Origin | None = None
    severity: Severity = Severity.ERROR
    library: str | None = None
    members: Sequence[str] = ()


MORE_MAY_COME = "More may be found once this is mended."
"""The end of a message about a fault because of which the rest of a file was not read."""


def named(members: Sequence[str], most: int = 5) -> str:
    """List the first ``most`` members, and say how many more there are."""
    shown = ", ".join(members[:most])
    more = len(members) - most
    return f"{shown} and {more:,} more" if more > 0 else shown


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: ``1 seat``, ``2 seats``, ``1,200 seats``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
