"""How a plan begins in words: whose it is, of which day, and the verdict. It imports little: the plan of an unchanged folder is no more."""

from __future__ import annotations

from seatsync.reports.view.escaping import escape_controls

NOTHING_TO_DO = "Nothing to do"
AS_THE_FILES = "The ledger matches the files."


def title(name: str, institution: str) -> str:
    """Whose plan it is."""
    return escape_controls(f"{name} ({institution})")


def context(day: str, serial: int) -> str:
    """The day of the plan and the state of the ledger that it starts from."""
    state = f"since journal entry {serial:,}" if serial else "on a new ledger"
    return escape_controls(f"Plan for {day}, {state}")


def verdict(word: str, sentence: str) -> str:
    """The verdict in one sentence, which begins with its word."""
    return f"{word}: {sentence[:1].lower()}{sentence[1:]}"
