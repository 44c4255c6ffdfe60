"""What has changed between two plans of a pull request, in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seatsync.reports.view.counting import actions_in_words

_LINE = re.compile(r"^Compared with `[0-9a-f]{7,64}`: [a-z0-9,; →-]+\.$", re.MULTILINE)


def since(commit: str, before: Mapping[str, int], now: Mapping[str, int], is_same: bool) -> str:
    """Return what has changed since ``commit``, whose plans had ``before`` changes of each action.

    ``is_same`` says whether the files ask for the same as then.
    """
    actions = {**before, **now}
    pairs = [(action, before.get(action, 0), now.get(action, 0)) for action in actions]
    told = ", ".join(f"{was:,} → {actions_in_words({action: is_})}" for action, was, is_ in pairs if was != is_)
    if is_same:
        told = f"the files ask for the same; by the calendar {told}" if told else "the same"
    return f"Compared with `{commit[:7]}`: {told or 'other changes, as many of each kind'}."


def line_of(body: str) -> str:
    """Return the line that ``since`` wrote into a comment; empty if there is none, or it has any other words."""
    found = _LINE.search(body.replace("\r\n", "\n"))
    return found[0] if found else ""
