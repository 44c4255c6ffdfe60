"""Statuses of a commit: one for each institution that a change touches, and one for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from seatsync.hosts.http import Lost

NAME = "seatsync"
MOST = 60
"""The most statuses of one run. GitHub allows 80 new contents a minute, and the job writes a comment as well."""

SUCCESS, FAILURE, ERROR = "success", "failure", "error"


class Status(NamedTuple):
    """A status: ``state`` is success, failure (the files are not good), or error (it is not known)."""

    state: str
    description: str
    url: str = ""


class Commit(Protocol):
    """A commit on a code host."""

    def shown(self, status: Status) -> Status:
        """Return the status as the host keeps it: with a description that is not too long, and a state that it knows."""

    def statuses(self) -> Mapping[str, Status]:
        """Return the newest status of each name."""

    def set(self, name: str, status: Status) -> None:
        """Set the status called ``name``.

        Raises:
            Lost: it may or may not have been set.
        """


def put(commit: Commit, of_all: Status, each: Mapping[str, Status]) -> tuple[int, int]:
    """Set the status for all, then those of ``each`` institution: failing ones first. Return how many were set, and left out.

    A status that the commit has already is not set again. Where an institution is no longer among them, its failure is
    corrected.

    Raises:
        HostError: the host rejects a request or cannot be reached in time.
    """
    current = commit.statuses()
    wanted = {NAME: of_all, **_in_order(each), **_corrected(current, each)}
    new = [(name, shown) for name, status in wanted.items() if (shown := commit.shown(status)) != current.get(name)]
    for name, status in new[:MOST]:
        try:
            commit.set(name, status)
        except Lost:  # to set it again does no harm
            commit.set(name, status)
    return len(new[:MOST]), len(new[MOST:])


def _in_order(each: Mapping[str, Status]) -> dict[str, Status]:
    """The statuses by their names on the host, those that are no success first."""
    order: Sequence[str] = sorted(each, key=lambda one: each[one].state == SUCCESS)
    return {f"{NAME}/{id}": each[id] for id in order}


def _corrected(current: Mapping[str, Status], each: Mapping[str, Status]) -> dict[str, Status]:
    """A success for each institution whose status is none, and which the change no longer touches."""
    ours = {name: status for name, status in current.items() if name.startswith(f"{NAME}/")}
    return {
        name: Status(SUCCESS, "This change no longer touches it.", status.url)
        for name, status in ours.items()
        if status.state != SUCCESS and name.removeprefix(f"{NAME}/") not in each
    }


def cut(status: Status, longest: int) -> Status:
    """Return the status with a description of at most ``longest`` characters."""
    text = status.description
    return status if len(text) <= longest else status._replace(description=f"{text[: longest - 1]}…")
