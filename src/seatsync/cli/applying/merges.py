"""Find what is to be applied after merges: the commits since the last apply, and what was reviewed for each of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seatsync.cli.extras import needs
from seatsync.cli.institution import ledger_of
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure

if TYPE_CHECKING:
    from seatsync.hosts.review import Merge, Reviewed, Reviews

_SECONDS = 180.0
"""How long the host may take for all answers."""


class Step(NamedTuple):
    """A state of an institution's files to apply: its ``commit``, and the plans reviewed for it, by pull request.

    A pull request whose comment had no room for some plans is in ``crowded``.
    """

    commit: str
    reviewed: Mapping[int, Sequence[Reviewed]]
    crowded: frozenset[int] = frozenset()

    @property
    def plans(self) -> list[Reviewed]:
        """Every plan that was reviewed for it."""
        return [plan for plans in self.reviewed.values() for plan in plans]


class Merged(NamedTuple):
    """An institution's ``folder`` with the states to apply, oldest first: the last one is what is checked out.

    ``head`` is what was reviewed for the checked-out commit as a whole. ``trouble`` is why the host could not be asked, and what to
    do about it.
    """

    folder: Path
    steps: Sequence[Step] = ()
    head: Sequence[Reviewed] = ()
    trouble: tuple[str, str] | None = None


class Seen(NamedTuple):
    """What is known of a folder before it is planned: its institution, whether its files are those of the last apply, the last
    commit that touched those, and their names."""

    institution: str = ""
    is_applied: bool = False
    commit: str = ""
    names: Collection[str] = ()


def look(run: Run, folder: Path) -> tuple[int, Seen]:
    """Compare the bytes of a folder's files with those of its last apply. Nothing is known if it can't be read; the plan says why."""
    from seatsync.ledger.queries.lookup import last_files
    from seatsync.ledger.read import known_as, read_snapshot
    from seatsync.sources.institution_folder import InstitutionFolder

    try:
        opened = InstitutionFolder.open(folder)
        if opened.institution_id is None:
            return ExitCode.DONE, Seen()
        with ledger_of(run, folder, opened.institution_id).reading() as connection:
            if connection is None:
                return ExitCode.DONE, Seen(opened.institution_id)
            id = known_as(connection, opened.institution_id, opened.was)
            last, baseline = last_files(connection, id), read_snapshot(connection, id, ()).baseline
    except (Failure, OSError):
        return ExitCode.DONE, Seen()
    files, known = opened.files(), baseline.get("files", {})
    is_same = bool(known) and all(files.is_still(name, digest) for name, digest in known.items())
    is_applied = is_same and files.digest() == last.desired
    return ExitCode.DONE, Seen(opened.institution_id, is_applied, last.commit, [*known])


def merged(seen: Mapping[Path, Seen]) -> list[Merged]:
    """Return what is to be applied to each folder. Git and the host are asked for all at once.

    Raises:
        UsageError: the package for the host's API is missing.
        NoPullRequest: the environment names no host, repository, commit or token.
    """
    if not seen:
        return []
    with needs("ci"):
        from seatsync.hosts.http import HostError
    from seatsync.git.to_apply import commits_to_apply
    from seatsync.hosts.environment import merges
    from seatsync.hosts.review import Reviews

    try:
        job = merges(os.environ, _SECONDS)
        head, commits = commits_to_apply({folder: one.commit for folder, one in seen.items()}, job.commit)
        reviews = Reviews(job)
        return [_merged(folder, one.institution, head, commits[folder], reviews) for folder, one in seen.items()]
    except HostError as error:
        trouble = f"the reviewed plan can't be read: {error}", error.help
        return [Merged(folder, trouble=trouble) for folder in seen]


def _merged(folder: Path, institution: str, head: str, commits: Sequence[str], reviews: Reviews) -> Merged:
    found = [reviews.of(commit) for commit in commits]
    # The commits of a pull request that was rebased onto the branch follow each other. Its comment shows them together.
    last = [[*group][-1] for _, group in groupby(found, key=lambda merge: sorted(merge.records) or merge.commit)]
    steps = [_step(merge, institution) for merge in last]
    return Merged(folder, steps, _step(reviews.of(head), institution).plans)


def _step(merge: Merge, institution: str) -> Step:
    plans = {
        number: [record.plans[institution] for record in records if institution in record.plans]
        for number, records in merge.records.items()
    }
    crowded = {number for number, records in merge.records.items() if any(record.left_out for record in records)}
    return Step(merge.commit, plans, frozenset(crowded))
