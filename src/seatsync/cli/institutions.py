"""Many institutions in one command: run in parallel, each independent of the others, printed in order."""

from __future__ import annotations

import gc
import io
import os
import re
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from seatsync.cli import exits
from seatsync.cli.from_here import about
from seatsync.cli.options import option, with_options
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted
from seatsync.domain.failure import ExitCode, Failure
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Command = TypeVar("Command", bound=Callable[..., Any])
Item = TypeVar("Item")

FEW = 4
"""Up to this many institutions run one after the other in this process: starting others would take longer."""
_POOL_PAYS = 2.0
"""Seconds of work from which a pool is faster: its processes need about one to begin."""
_EACH, _BYTES_A_SECOND = 0.02, 10_000_000
"""What an institution takes at least, in seconds, and how much of its files is read in one."""
_ID = 0.002
"""Seconds for the id in one seatsync.yaml."""


class Done(NamedTuple):
    """One institution's exit code and result, and its output on standard output and standard error.

    ``failure`` is the message of an unexpected end, and what to do about it.
    """

    code: int
    result: Any
    out: str = ""
    err: str = ""
    failure: tuple[str, str] = ("", "")


Step = Callable[[Any], tuple[int, Any]]
"""One institution's part of a command: returns exit code and result. All three can be pickled for another process."""


def many(command: Command) -> Command:
    """Add the options of commands that take many institutions."""
    options = [
        option("--shard", type=Shard(), help="Do only part K of N. A folder is always in the same part."),
        option(
            "--jobs",
            type=click.IntRange(1),
            default=None,
            help="How many to do in parallel. Default: one per processor.",
        ),
    ]
    return with_options(command, options)


class Shard(click.ParamType[tuple[int, int]]):
    """One part of many: ``2/8`` is the second of eight, as (2, 8)."""

    name = "K/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", value)
        if match is None or int(match[1]) > int(match[2]):
            self.fail(f'"{value}" is not a part: write 2/8 for the second of eight.', param, ctx)
        return int(match[1]), int(match[2])


def part_of(folders: Sequence[Path], shard: tuple[int, int] | None) -> list[Path]:
    """The folders of a part. The part depends on the folder's own name alone, so adding a folder moves no other."""
    if shard is None:
        return list(folders)
    k, n = shard
    return [folder for folder in folders if _place(folder) % n == k - 1]


def _place(folder: Path) -> int:
    return int.from_bytes(sha256(folder.resolve().name.encode("utf-8", "surrogateescape")).digest()[:8])


def each(
    step: Step,
    items: Sequence[Item],
    run: Run,
    jobs: int | None,
    doing: str,
    opens_ledger: bool = True,
    seconds: float = _POOL_PAYS,
) -> Iterator[Done]:
    """Run ``step`` for each item and return the results in order. A failure in one does not stop the others.

    ``seconds`` is how long all items may take one after the other: for little work no other processes are started, unless a person
    names a number of ``jobs``.

    Raises:
        LedgerError: there are many items, and the server of their ledger can't be reached.
    """
    jobs = min(jobs or (_processors() if seconds >= _POOL_PAYS else 1), len(items))
    if opens_ledger and len(items) > FEW:
        jobs = _with_connections(jobs, run)
    if len(items) <= FEW or jobs == 1:
        for item in items:
            yield attempt(step, item)
        return
    with _progress(run, doing, len(items)) as advance:
        for number, done in enumerate(_in_parallel(step, items, jobs), 1):
            if done.err:
                say(done.err.removesuffix("\n"))
            click.echo(done.out, nl=False)
            yield done
            advance(number)


def estimated(folders: Iterable[Path]) -> float:
    """About how many seconds it takes to plan these folders one after the other, by the size of their files."""
    seconds = 0.0
    for folder in folders:
        seconds += _EACH + _size(folder) / _BYTES_A_SECOND
        if seconds >= _POOL_PAYS:
            break
    return seconds


def _size(folder: Path) -> int:
    """The bytes of the folder's files, without hidden ones and those of databases."""
    size, folders = 0, deque([str(folder)])
    for _ in range(_MOST_FOLDERS):
        if not folders:
            break
        with suppress(OSError), os.scandir(folders.popleft()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders += [entry.path] if not entry.name.startswith(".") else []
                elif ".db" not in entry.name:
                    size += entry.stat(follow_symlinks=False).st_size
    return size


_MOST_FOLDERS = 20


def attempt(step: Step, item: Any) -> Done:
    """Run a step; a failure is printed on standard error and becomes an exit code."""
    folder = _folder_of(item)
    with about(folder) if folder is not None else nullcontext():
        return _attempt(step, item)


def _folder_of(item: Any) -> Path | None:
    """The institution's folder that an item of a step is about, or is, or has in it."""
    parts = (item, *item) if isinstance(item, tuple) else (item,)
    found = (part if isinstance(part, Path) else getattr(part, "folder", None) for part in parts)
    return next((one for one in found if isinstance(one, Path)), None)


def _attempt(step: Step, item: Any) -> Done:
    try:
        return Done(*step(item))
    except click.exceptions.Exit as exit:
        return Done(exit.exit_code, None)
    except (BrokenPipeError, click.Abort):  # the reader closed the pipe, or somebody stopped at a question: no failure
        raise
    except Exception as error:
        return Done(exits.failed(error), None, failure=exits.words(error)[1:])


def check_distinct(folders: Sequence[Path], run: Run, jobs: int | None) -> list[str]:
    """Check that no two folders have the same institution in one ledger: they would undo each other's work. Also that a SQLite
    file is not the ledger of two institutions. Return the institutions' ids; none if each folder has its own ledger.

    Raises:
        UsageError: two folders have the same institution.
        OneInstitution: two folders have different institutions, and the ledger can keep one.
    """
    if run.ledger is None:
        return []
    seen: dict[str, Path] = {}
    seconds = len(folders) * _ID
    looks = each(_id_of, folders, run, jobs, "Looking at", opens_ledger=False, seconds=seconds)
    for folder, done in zip(folders, looks, strict=True):
        other = seen.setdefault(done.result or str(folder), folder)
        if other != folder:
            raise click.UsageError(
                f'{other} and {folder} have the same institution id "{done.result}" and the same ledger.'
            )
    ids = [id for id, folder in seen.items() if id != str(folder)]
    if len(ids) > 1 and keeps_one(run.ledger):
        raise OneInstitution(*ids[:2])
    return ids


class OneInstitution(Failure):
    """A ledger that keeps one institution was given for several."""

    exit_code = ExitCode.REFUSED

    def __init__(self, first: str, second: str) -> None:
        fact = f'a ledger in a SQLite file keeps one institution, but the folders have "{first}" and "{second}"'
        help = "Use PostgreSQL, or --ledger git. Without --ledger each folder has its own file. `seatsync explain institution-mismatch`"
        super().__init__(f"institution-mismatch: {fact}.", help)


def keeps_one(ledger: str | None) -> bool:
    """Whether this one ledger can keep one institution only: it is a SQLite file."""
    from seatsync.ledger.stores.addresses import in_git, on_a_server

    return ledger is not None and not in_git(ledger) and not on_a_server(ledger)


def _id_of(folder: Path) -> tuple[int, str | None]:
    from seatsync.cli.institution import institution_id

    return ExitCode.DONE, institution_id(folder)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _with_connections(jobs: int, run: Run) -> int:
    """``jobs``, or as many of them as the server of the ledger has connections for."""
    from seatsync.ledger.stores.addresses import on_a_server

    if run.ledger is None or not on_a_server(run.ledger):
        return jobs
    from seatsync.cli.institution import ledger_of

    ledger = ledger_of(run, Path())
    budget = ledger.budget()
    ledger.close()  # the first job needs this connection
    if budget is None or budget.left >= jobs:
        return jobs
    run.say(f"Working on {counted(budget.left, 'institution')} at a time instead of {jobs}: {budget.why}.")
    return budget.left


def _in_parallel(step: Step, items: Sequence[Item], jobs: int) -> Iterator[Done]:
    """Run the steps in a pool of processes. If a process is killed, the unfinished steps of its pool fail and a new pool continues."""
    from concurrent.futures.process import BrokenProcessPool

    left = deque(items)
    while left:
        waiting: deque[Future[Done]] = deque()
        with _pool(jobs) as pool:
            try:
                while left or waiting:
                    while left and len(waiting) < 4 * jobs:
                        waiting.append(pool.submit(_captured, step, left.popleft(), exits.debugging))
                    yield waiting.popleft().result()
            except BrokenProcessPool:
                died = ("a process was killed, perhaps because memory ran out.", "Try again with a lower --jobs.")
                said = "seatsync: {}\n  To fix: {}\n".format(*died)
                yield from (Done(ExitCode.BROKEN, None, "", said, died) for _ in range(len(waiting) + 1))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _pool(jobs: int) -> ProcessPoolExecutor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["seatsync.apply.apply", "seatsync.refusals.judge", "seatsync.sources.load"])
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=({**os.environ},))


def _begin(environment: Mapping[str, str]) -> None:
    """Begin a process of the pool as ``main`` begins: Ctrl-C is for the process that waits, and a step makes records without cycles.

    The server that starts it has the environment of its own start, which may have been an earlier pool's.
    """
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()


def _captured(step: Step, item: Any, debugging: bool) -> Done:
    """Run one item in a process of the pool, and capture its output."""
    exits.debugging = debugging
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        done = attempt(step, item)
    return done._replace(out=out.getvalue(), err=err.getvalue())


@contextmanager
def _progress(run: Run, doing: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress line at a terminal; call the function with the number of institutions done."""
    if not run.shows_progress:
        yield lambda number: None
        return
    from rich.console import Console

    with Console(stderr=True, no_color=run.no_color or None).status(f"{doing} {total:,} institutions") as status:
        yield lambda number: status.update(f"{doing} {total:,} institutions: {number:,} done")


def summary(run: Run, outcomes: Iterable[tuple[object, int, str]]) -> None:
    """Print how many institutions had which result, and the names of those that failed.

    ``outcomes`` are (name, exit code, result in words).
    """
    counts: dict[str, int] = {}
    failed: dict[int, list[str]] = {}
    for name, code, success in outcomes:
        result = exits.MEANINGS.get(code, success)
        counts[result] = counts.get(result, 0) + 1
        if code in exits.MEANINGS:
            failed.setdefault(code, []).append(str(name))
    run.say(
        f"{counted(sum(counts.values()), 'institution')}: {', '.join(f'{n:,} {result}' for result, n in counts.items())}."
    )
    for code, names in failed.items():
        more = f" and {len(names) - 20:,} more" if len(names) > 20 else ""
        say(f"seatsync: {exits.MEANINGS[code]} ({code}): {', '.join(names[:20])}{more}")
