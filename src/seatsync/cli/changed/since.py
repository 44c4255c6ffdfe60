"""Choose the institutions whose files differ from those at a commit; the others are counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seatsync.cli.changed.task import Task
from seatsync.cli.institutions import check_distinct, keeps_one
from seatsync.cli.options import option
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted

if TYPE_CHECKING:
    from seatsync.cli.changed.ended import Ended
    from seatsync.git.touched import Touched

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_COMPARED = 10
"""The most institutions of a change whose years ahead are compared with those before it: each takes as long as several plans."""


def changed_since_option(command: Command) -> Command:
    """Add the option that chooses the institutions whose files a change touches."""
    return option(
        "--changed-since",
        metavar="REF",
        help="Do only the institutions whose files differ from those at REF, or that lack in it. Compared with the newest "
        "commit that REF and HEAD have in common.",
    )(command)


def proposal_option(command: Command) -> Command:
    """Add the option for files of a fork that lie next to the repository's own."""
    return option(
        "--proposal",
        type=click.Path(file_okay=False, exists=True, path_type=Path),
        metavar="FOLDER",
        help="With --changed-since: the folder with a fork's files, checked out next to the repository's own and without "
        "their .git. They are compared with REF itself.",
    )(command)


@dataclass(frozen=True)
class Chosen:
    """What is to be done. ``base`` is the commit compared with; empty if nothing was compared, so that all folders are done.

    ``ended`` are the institutions of which there is no folder any more, or whose id is another one now.
    ``ids`` are the institutions of all folders, if they were compared.
    """

    tasks: Sequence[Task]
    unchanged: int = 0
    base: str = ""
    ended: Sequence[Ended] = field(default_factory=list)
    ids: Sequence[str] = ()

    @property
    def folders(self) -> list[Path]:
        return [task.folder for task in self.tasks]

    @property
    def items(self) -> list[Task | Ended]:
        """Everything to do, in the order of the output."""
        return [*self.ended, *self.tasks]

    def in_words(self, done: str) -> str:
        """``498 institutions unchanged since 1a2b3c4: not planned.``; empty if all are done."""
        if not self.base or not self.unchanged:
            return ""
        return f"{counted(self.unchanged, 'institution')} unchanged since {self.base[:7]}: not {done}."

    def others(self, done: str) -> list[str]:
        """The same as a list of sentences, for reports."""
        return [words] if (words := self.in_words(done)) else []

    def say(self, run: Run, done: str) -> None:
        """Print on standard error how many are unchanged."""
        if words := self.in_words(done):
            run.say(words)


def chosen_of(
    folders: Sequence[Path], ref: str | None, run: Run, jobs: int | None, proposal: Path | None = None
) -> Chosen:
    """Return which of these folders to do (``chosen``), after the check that no two have the same institution.

    Raises:
        UsageError, UnknownChanges, ForeignLedger: as ``chosen`` and ``check_distinct``.
    """
    found = chosen(folders, ref, proposal)
    if not found.base or any(task.before is not None for task in found.tasks) or keeps_one(run.ledger):
        return replace(found, ids=check_distinct(folders, run, jobs))
    return found


def chosen(folders: Sequence[Path], ref: str | None, proposal: Path | None = None) -> Chosen:
    """Return which of these folders to do: all without ``ref``, else those whose files differ.

    Raises:
        UsageError: ``ref`` is empty, or missing for a ``proposal``.
        UnknownChanges: what has changed can't be known.
    """
    if ref is None and proposal is not None:
        raise click.UsageError("--proposal says where files are to be compared: give --changed-since too.")
    if ref is None:
        return Chosen([Task(folder) for folder in folders])
    if not ref.strip():
        raise click.UsageError("--changed-since is empty: name a branch, a tag or a commit.")
    if not folders:
        return Chosen([])
    from seatsync.cli.changed.ended import before_of, take_ended
    from seatsync.git.touched import touched_since

    with touched_since(ref, folders, proposal) as touched:
        differing = [folder for folder in folders if touched.touches(folder) or not folder.exists()]
        top = click.get_current_context().with_resource(before_of(touched))
        base = touched.base if proposal is None and len(differing) <= MOST_COMPARED else ""
        ended, tasks = take_ended(folders, [_task(folder, touched, top, base) for folder in differing], touched, top)
    return Chosen(tasks, len(folders) - len(differing), touched.base, ended)


def _task(folder: Path, touched: Touched, top: Path, base: str) -> Task:
    from seatsync.sources.files import NAME

    files = frozenset(touched.below(folder))
    return Task(folder, top / touched.history.path(folder) if NAME in files else None, files, base)
