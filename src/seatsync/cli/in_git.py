"""Where the institutions' files are in Git, for the comparison with the files of the last apply."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.institution import ledger_of
from seatsync.cli.output.ci import in_ci
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.apply.outdated import FilesInGit
    from seatsync.git.folders import FolderInGit
    from seatsync.git.published import Published
    from seatsync.planning.plan import Plan


def places_in_git(folders: Sequence[Path]) -> list[FolderInGit]:
    """Each folder's place in Git; all at once, because Git then runs only a few times."""
    from seatsync.git.folders import folders_in_git

    return folders_in_git(folders, os.environ)


def published_files(folders: Sequence[Path]) -> list[Published]:
    """Where a code host shows the files of each folder, in the same way."""
    from seatsync.git.published import published

    return published(folders, os.environ)


def files_in_git(plan: Plan, place: FolderInGit, commit: str, allows_outdated: bool = False) -> FilesInGit:
    """The files of a plan that was made of the folder. ``commit`` is the journal's."""
    return files_of(plan.institution, place, plan.baseline.get("files", ()), commit, allows_outdated)


def files_of(
    institution: str, place: FolderInGit, names: Collection[str], commit: str, allows_outdated: bool = False
) -> FilesInGit:
    """The files ``names`` of an institution's folder. ``commit`` is the journal's.

    Files that differ from their commit are compared in a CI job only: it may have changed them on top of an old commit.
    """
    from seatsync.apply.outdated import FilesInGit
    from seatsync.git.folders import FolderInGit

    if commit.endswith("-dirty") and not in_ci():
        place = FolderInGit(place.folder)
    return FilesInGit(institution, place, names, os.environ, in_ci(), allows_outdated)


def saved_files_in_git(plan: Plan, place: FolderInGit, commit: str, allows_outdated: bool = False) -> FilesInGit:
    """The files of a saved plan. If it does not say their commit, they must be those of the folder to be compared.

    Raises:
        HistoryUnknown: they are others, and this is a CI job.
    """
    from seatsync.apply.outdated import HistoryUnknown
    from seatsync.git.folders import FolderInGit

    names = plan.baseline.get("files", {})
    if plan.files_commit and place.top:
        place, commit = place.at(plan.files_commit, names), plan.files_commit
    elif place.top and not _has_files(place.folder, names):
        if in_ci() and not allows_outdated:
            why = "the plan file does not say which commit its files are of, and the folder has other files"
            raise HistoryUnknown(plan.institution, why, "Make a new plan where all commits are checked out.")
        place = FolderInGit(place.folder)
    return files_in_git(plan, place, commit, allows_outdated)


def is_noted(place: FolderInGit, names: Collection[str], commit: str) -> bool:
    """Whether this commit, which the journal notes for the folder's files ``names``, is the last one that touched them. Only where
    that is known already; Git is not asked."""
    touch = place.touch
    if not place.top:
        return True
    return touch is not None and touch.commit == commit and not set(touch.paths).isdisjoint(place.paths(names))


def _has_files(folder: Path, digests: Mapping[str, str]) -> bool:
    from seatsync.sources.files import Folder

    files = Folder(folder)
    return bool(digests) and all(files.is_still(name, digest) for name, digest in digests.items())


def commit_of_files(plan: Plan, place: FolderInGit) -> str:
    """The last commit that touched the files of a plan, as the checkout knows it; empty if it does not, or if they differ."""
    from seatsync.apply.outdated import FilesInGit
    from seatsync.cli.environment import commit
    from seatsync.ledger.queries.lookup import AppliedFiles

    if not place.top or commit(place.folder).endswith("-dirty"):
        return ""
    files = FilesInGit(plan.institution, place, plan.baseline.get("files", ()), {}, must_know=False)
    return files.compared(AppliedFiles(), "").commit


def must_be_current(files: FilesInGit, plan: Plan, folder: Path, run: Run) -> None:
    """Check the files before anything is said about their plan.

    Raises:
        Outdated: newer files were applied before.
        HistoryUnknown: nobody can tell.
    """
    from seatsync.ledger.queries.lookup import AppliedFiles, last_files

    with ledger_of(run, folder, plan.institution).reading() as connection:
        last = last_files(connection, plan.was or plan.institution) if connection is not None else AppliedFiles()
    files.compared(last, plan.desired_digest)
