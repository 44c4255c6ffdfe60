"""What seatsync has to say about the desired state or a plan: a value, collected, never an exception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from seatsync.domain.origin import Origin


class Severity(StrEnum):
    """How much a diagnostic weighs.

    An ``error`` makes the desired state invalid, a ``refusal`` stops a plan, a ``warning`` stops only under
    ``--strict``, a ``notice`` never stops anything.
    """

    ERROR = "error"
    REFUSAL = "refusal"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what is so and why it matters (``message``), how to mend it (``help``), and where.

    ``code`` is stable and has a page in ``seatsync explain``. ``members`` are e-mails.
    """

    code: str
    message: str
    help: str
    origin: Origin | None = None
    severity: Severity = Severity.ERROR
    library: str | None = None
    members: Sequence[str] = ()


def named(members: Sequence[str], most: int = 5) -> str:
    """The first ``most`` members by name, and how many more there are."""
    shown = ", ".join(members[:most])
    more = len(members) - most
    return f"{shown} and {more:,} more" if more > 0 else shown


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 seat``, ``2 seats``, ``1,200 seats``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
