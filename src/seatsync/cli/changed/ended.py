"""Institutions that a change forgets: their folder is gone, or has another institution's id. Their seats would stay for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from seatsync.cli.changed.task import Task
from seatsync.cli.institution import ledger_of
from seatsync.cli.output.plans import FolderResult
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.sources.files import NAME
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.yaml_tree import place, plain

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.domain.snapshot import Snapshot
    from seatsync.git.touched import Touched
    from seatsync.ledger.queries.lookup import Held
    from seatsync.planning.plan import Plan


class Ended(NamedTuple):
    """An institution that no folder has any more, by its id (empty if that can't be read) in ``folder`` at the commit ``base``.

    ``task`` does the folder if it has another institution now, ``now``. ``elsewhere`` is another folder that has the id now,
    but is not to be done. ``line`` is where the id is, or was.
    """

    institution: str
    folder: Path
    base: str
    line: int
    now: str = ""
    task: Task | None = None
    elsewhere: str = ""

    @property
    def name(self) -> str:
        """The institution's id, or its folder's name."""
        return self.institution or self.folder.name


def before_of(touched: Touched) -> AbstractContextManager[Path]:
    """Return a temporary folder with the seatsync.yaml of before of all folders in which it differs."""
    paths = [path for path, kind in touched.files.items() if _is_config(path) and kind not in "A?"]
    return touched.history.files_at(touched.base, paths or [NAME])


def take_ended(
    folders: Sequence[Path], tasks: Sequence[Task], touched: Touched, top: Path
) -> tuple[list[Ended], list[Task]]:
    """Return the institutions that no task keeps, and the other tasks. ``top`` has the files of ``before_of``."""
    now = {task.folder: _Identity.of(task.folder) for task in tasks if task.before is not None}
    kept = {id for one in now.values() for id in (one.id, *one.was)}
    ended = [*_renamed(tasks, now, kept, touched), *_gone(folders, kept, touched, top)]
    taken = {one.folder for one in ended}
    patterns = [
        task.folder for task in tasks if not task.folder.exists() and any(sign in str(task.folder) for sign in "*?[")
    ]
    return ended, [
        _moved(task, now, touched, top)
        for task in tasks
        if task.folder not in taken and not (ended and task.folder in patterns)
    ]


class _Identity(NamedTuple):
    """The id in a seatsync.yaml (empty without one), its line, and the ids that the institution had before."""

    id: str
    line: int
    was: Sequence[str] = ()

    @classmethod
    def of(cls, folder: Path) -> _Identity:
        opened = InstitutionFolder.open(folder)
        line = place(opened.tree, ("institution", "id"), NAME).line
        values = plain(opened.tree)
        entry = values.get("institution") if isinstance(values, dict) else None
        was = entry.get("was") if isinstance(entry, dict) else None
        return cls(opened.institution_id or "", line, [id for id in _listed(was) if isinstance(id, str)])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _renamed(tasks: Sequence[Task], now: dict[Path, _Identity], kept: set[str], touched: Touched) -> Iterator[Ended]:
    for task in tasks:
        if task.before is None or not (task.before / NAME).is_file() or not now[task.folder].id:
            continue
        before = _Identity.of(task.before)
        if before.id and before.id not in kept:
            current = now[task.folder]
            yield Ended(before.id, task.folder, touched.base, current.line, current.id, task)


def _gone(folders: Sequence[Path], kept: set[str], touched: Touched, top: Path) -> Iterator[Ended]:
    checkout = touched.history.checkout.top
    given = {place: folder for folder in folders for place in touched.places(folder)}
    for path, kind in touched.files.items():
        folder = str(PurePosixPath(path).parent)
        if kind != "D" or not _is_config(path) or not _is_meant(folder, given):
            continue
        before = _Identity.of(top / folder)
        if before.id in kept:
            continue
        where = given.get(folder) or Path(os.path.relpath(checkout / folder))
        elsewhere = before.id and _elsewhere(before.id, touched)
        yield Ended(before.id, where, touched.base, before.line, elsewhere=elsewhere)


def _is_meant(folder: str, given: dict[str, Path]) -> bool:
    """Whether the folder is one of the given, below or next to one of them, or matches a pattern that nothing matches now."""
    if "." in given or folder in given or any(folder.startswith(f"{place}/") for place in given):
        return True
    beside = {str(PurePosixPath(place).parent) for place, name in given.items() if name != Path()}
    return str(PurePosixPath(folder).parent) in beside or any(fnmatchcase(folder, place) for place in given)


def _elsewhere(id: str, touched: Touched) -> str:
    """A folder that came with this id; empty if there is none."""
    checkout = touched.history.checkout.top
    added = (
        str(PurePosixPath(path).parent) for path, kind in touched.files.items() if _is_config(path) and kind in "A?"
    )
    return next((folder for folder in added if _Identity.of(checkout / folder).id == id), "")


def _moved(task: Task, now: dict[Path, _Identity], touched: Touched, top: Path) -> Task:
    """The task, with the seatsync.yaml of the folder in which its institution was before."""
    if task.before is None or (task.before / NAME).is_file() or not now[task.folder].id:
        return task
    gone = (
        top / PurePosixPath(path).parent for path, kind in touched.files.items() if _is_config(path) and kind == "D"
    )
    found = next((folder for folder in gone if _Identity.of(folder).id == now[task.folder].id), None)
    return task if found is None else task._replace(before=found)


def _is_config(path: str) -> bool:
    return PurePosixPath(path).name == NAME


def ended_plan(ended: Ended, run: Run) -> Plan:
    """The plan of an institution that ended: no changes, and a broken rule, or a notice if nothing is left of it."""
    from seatsync.cli.planning import use_secret
    from seatsync.domain.institution import Institution
    from seatsync.ledger.queries.lookup import held
    from seatsync.ledger.read import read_snapshot
    from seatsync.planning.plan import build_plan
    from seatsync.planning.seats import slot_changes

    with _ledger(ended, run) as connection:
        use_secret(connection, ended.name, run)
        snapshot = read_snapshot(connection, ended.institution, ())
        left = held(connection, ended.institution)
    known = snapshot.institution
    today = run.today(snapshot.timezone)
    finding = _judged(ended, snapshot, left, known is not None and known.id == ended.institution, today.isoformat())
    is_refused = finding.severity is Severity.REFUSAL
    return build_plan(
        known if known is not None and known.id == ended.institution else Institution(ended.name, ended.name),
        snapshot,
        run.now,
        today,
        desired_digest="0" * 64,
        rosters={},
        changes=[],
        groups={},
        slots=slot_changes(snapshot, {}),
        refusals=[finding] if is_refused else [],
        warnings=[] if is_refused else [finding],
        letters={},
    )


def _ledger(ended: Ended, run: Run) -> AbstractContextManager[Connection | None]:
    if run.ledger is None and not ended.folder.is_dir():  # its file is gone with it
        return nullcontext()
    return ledger_of(run, _place_for_ledger(ended, run), ended.name).reading()


def is_of_ended(plan: Plan) -> bool:
    """Whether a plan is one of ``ended_plan``, for example in a plan file."""
    return any(one.code in ("institution-deleted", "institution-renamed") for one in (*plan.refusals, *plan.warnings))


def ended_result(ended: Ended, plan: Plan, run: Run) -> FolderResult:
    """What to print of such a plan: with pseudonyms if names must be left out."""
    return FolderResult(plan if run.redactor is None else run.redactor.plan(plan), [], ended.folder)


def _place_for_ledger(ended: Ended, run: Run) -> Path:
    """The folder that names the ledger: its own, or for a ledger in Git one that is still there."""
    if run.ledger is None or ended.folder.is_dir():
        return ended.folder
    return next((parent for parent in ended.folder.resolve().parents if parent.is_dir()), Path())


def _judged(ended: Ended, snapshot: Snapshot, left: Held, is_known: bool, today: str) -> Diagnostic:
    fact = _fact(ended)
    if not ended.institution:
        help = "Restore the folder, or correct its seatsync.yaml before you delete it."
        return _finding(ended, fact, help, Severity.REFUSAL)
    if not is_known:
        return _finding(ended, f"{fact} The ledger does not know it.", "Nothing to do.", Severity.NOTICE)
    last = snapshot.institution.retire if snapshot.institution is not None else ""
    if "" < last < today and not left.temporary:
        stay = f"; {_seats(left.permanent, 'permanent')} stay with their members" if left.permanent else ""
        message = f"{fact} Its last day was {last}, and it has no temporary seats{stay}."
        return _finding(ended, message, "Nothing to do.", Severity.NOTICE)
    held = f"{counted(left.members, 'member')}, {_seats(left.temporary, 'temporary')} and {_seats(left.permanent, 'permanent')}"
    when = f" Its last day is {last}." if last else ""
    message = f"{fact} The ledger still has {held} of it, at which nobody would look again.{when}"
    return _finding(ended, message, _help(ended), Severity.REFUSAL)


def _finding(ended: Ended, message: str, help: str, severity: Severity) -> Diagnostic:
    origin = Origin(NAME, ended.line)
    if ended.now:
        return Diagnostic("institution-renamed", message, help, origin, severity)
    return Diagnostic("institution-deleted", message, help, origin, severity)


def _seats(number: int, kind: str) -> str:
    return counted(number, f"{kind} seat")


def finding_without_ledger(ended: Ended) -> Diagnostic:
    """What ``validate`` says of it: whether the ledger has something left is known only when it is planned."""
    message = f"{_fact(ended)} The plan is blocked if the ledger still has seats of it."
    return _finding(ended, message, _help(ended), Severity.WARNING)


def _fact(ended: Ended) -> str:
    base = ended.base[:7]
    if ended.now:
        return f'The id was "{printable(ended.institution, 80)}" at {base}, and is "{printable(ended.now, 80)}" now: another institution.'
    if not ended.institution:
        return f"The folder had an institution at {base} and is gone. Its id can't be read there, so what it leaves is not known."
    where = (
        f" It is now in {printable(ended.elsewhere, 200)}, which is not one of the folders to do."
        if ended.elsewhere
        else ""
    )
    return f'The folder of "{printable(ended.institution, 80)}" was here at {base} and is gone.{where}'


def _help(ended: Ended) -> str:
    id = printable(ended.institution, 80)
    if ended.now:
        return (
            f"If it is the same institution, write `was: {id}` next to its `id`. If it is another one, give it a folder of its "
            f'own, and end "{id}" with `institution: {{retire: DATE}}`.'
        )
    if ended.elsewhere:
        return f"Name the folder {printable(ended.elsewhere, 200)} too, or move it back."
    return (
        "Restore the folder, and write `institution: {retire: DATE}` in its seatsync.yaml. It may go when that day has passed and "
        f"no temporary seats are left. If the institution has another id now, write `was: {id}` there."
    )
