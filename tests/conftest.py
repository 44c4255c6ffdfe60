"""For all tests."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine that runs the tests says to programs is not for this one: as in a pipe, nothing is folded."""
    ours = [name for name in os.environ if name.startswith(("SEATSYNC_", "GITHUB_", "CI_"))]
    for name in [*ours, "COLUMNS", "NO_COLOR", "FORCE_COLOR"]:
        monkeypatch.delenv(name, raising=False)
