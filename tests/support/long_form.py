"""How long a run is to be: short, as in ``make test``, or long, as in ``make torture`` and every night.

``SEATSYNC_TORTURE=1`` is the one switch for the long form. ``SEATSYNC_TORTURE_SEED`` repeats what a failure names,
``SEATSYNC_TORTURE_FIGURES`` names a file that gets one line of JSON for each test that counts what it tried.
"""

from __future__ import annotations

import os

LONG = os.environ.get("SEATSYNC_TORTURE", "0") not in ("", "0")
SEED = os.environ.get("SEATSYNC_TORTURE_SEED", "")
FIGURES = os.environ.get("SEATSYNC_TORTURE_FIGURES", "")


def times(short: int, long: int) -> int:
    """How often something is tried in the form that was asked for."""
    return long if LONG else short
