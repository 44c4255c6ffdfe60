"""``apply --reviewed``: apply what pull requests showed, commit by commit where the checkout as a whole was not shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seatsync.cli import exits
from seatsync.cli.applying.carry_out import Author, accepted_plan, carry_out
from seatsync.cli.applying.facts import NEEDS_KEY, LedgerFacts, command
from seatsync.cli.applying.merges import Merged, Seen, Step, look, merged
from seatsync.cli.applying.outcomes import of_errors, stopped
from seatsync.cli.applying.together import apply_each
from seatsync.cli.environment import branch, commit_before_push
from seatsync.cli.in_git import files_in_git, files_of, is_noted, must_be_current, places_in_git
from seatsync.cli.institution import instant_of, ledger_of
from seatsync.cli.institutions import each, estimated
from seatsync.cli.outcome import Outcome, Record
from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.planning import plan_result, printable_plan, stopped_by_warnings, try_plan
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.git.folders import FolderInGit
    from seatsync.hosts.review import Reviewed
    from seatsync.planning.plan import AcceptedPlan, Plan


def apply_reviewed(
    run: Run,
    folders: Sequence[Path],
    strict: bool,
    author: Author,
    jobs: int | None,
    is_several: bool,
    record: Record,
) -> int:
    """Apply to the institutions whose files are not those of their last apply; the others are left to the nightly run."""
    looks = [
        done.result for done in each(partial(look, run), folders, run, jobs, "Looking at", seconds=estimated(folders))
    ]
    places = dict(zip(folders, places_in_git(folders), strict=True))
    changed = {folder: one for folder, one in zip(folders, looks, strict=True) if not one.is_applied}
    pushed = _of_this_push(list(changed))
    items = [_Item(one, places[one.folder], one.folder in pushed) for one in merged(changed)]
    numbers = [number for number, one in enumerate(looks) if not one.is_applied]
    for number, one in enumerate(looks):
        place = places[folders[number]]
        if one.is_applied and is_noted(place, one.names, one.commit):
            record.note(number, Outcome(one.institution, code=ExitCode.DONE, result="unchanged"))
        elif one.is_applied:
            items.append(_Item(one, place))
            numbers.append(number)
    if same := len(folders) - len(changed):
        run.say(f"{counted(same, 'institution')} with the files of the last apply: left to the nightly run.")
    step = partial(_apply, run, strict, author)
    todo = [folders[number] for number in numbers]
    return apply_each(run, step, items, jobs, todo, is_several, record, todo, numbers)


_LEFT_TO_THE_NIGHT = (ExitCode.INVALID, ExitCode.REFUSED, ExitCode.STALE)
"""What stops an institution until its files are mended. The nightly run fails for it too."""


class _Item(NamedTuple):
    """An institution to apply to, or ``Seen``, to note the commit of its files. ``is_judged``: what stops it fails this run."""

    what: Merged | Seen
    place: FolderInGit
    is_judged: bool = True


def _of_this_push(folders: Sequence[Path]) -> set[Path]:
    """The folders that the commits of this push touch; all of them where that is not known, as after a run by hand."""
    from seatsync.git.touched import UnknownChanges, touched_since

    before = commit_before_push()
    if not (before and folders):
        return {*folders}
    try:
        with touched_since(before, folders) as touched:
            return {folder for folder in folders if touched.touches(folder)}
    except UnknownChanges:
        return {*folders}


def _apply(run: Run, strict: bool, author: Author, one: _Item) -> tuple[int, Outcome]:
    """Apply to one institution, or only note the commit of its files. Exit code, and what became of it.

    The outcome names the pull requests that it is about.
    """
    what, place, is_judged = one
    if isinstance(what, Merged):
        code, told = _apply_files(run, strict, author, what, place)
        told = told._replace(pull_requests=sorted({number for step in what.steps for number in step.reviewed}))
        if code not in _LEFT_TO_THE_NIGHT or is_judged:
            return code, told
        run.say(
            f"{place.folder} was stopped by an earlier merge, and this push does not touch it. The nightly run fails for it."
        )
        return ExitCode.DONE, told._replace(result="left")
    from seatsync.apply.apply import note_commit

    folder, id = place.folder, what.institution
    actor, commit = author.for_journal(folder)
    files = files_of(id, place, what.names, commit, author.allows_outdated)
    applied = note_commit(ledger_of(run, folder, id), id, instant_of(folder, id, run), actor, commit, files)
    if applied.noted:
        run.say(f"Nothing to change in {id}. Journal entry {applied.serial:,} notes the commit of its files.")
    return ExitCode.DONE, Outcome(id, result="unchanged")


def _apply_files(run: Run, strict: bool, author: Author, one: Merged, place: FolderInGit) -> tuple[int, Outcome]:
    """Apply the checked-out files if they are as reviewed, else those of each commit. Exit code, and what became of it."""
    folder = one.folder
    plan, found, id = try_plan(folder, run)
    if plan is None:
        return ExitCode.INVALID, of_errors(found)._replace(institution=id)
    files = files_in_git(plan, place, author.for_journal(folder)[1], author.allows_outdated)
    must_be_current(files, plan, folder, run)
    accepted = accepted_plan(plan)
    if accepted is None or stopped_by_warnings(plan, strict):
        _show(plan, folder, run)
        say("Nothing was applied.")
        return (ExitCode.INVALID if accepted is not None else ExitCode.REFUSED), stopped(plan, folder, run)
    if one.trouble is not None and plan.asked:
        return _say_stop(run, folder, plan, f"Nothing was applied: {one.trouble[0]}", one.trouble[1], ExitCode.BROKEN)
    if newer := _taken_back(run, place, plan):
        fact = f"Nothing was applied: {folder} is newer at {newer[:7]} of this branch, and no longer asks for all of this plan."
        return _say_stop(run, folder, plan, fact, "Start the newest run of the branch again instead.", ExitCode.STALE)
    shown = [*one.head, *(one.steps[-1].plans if one.steps else ())]
    if _is_reviewed(plan, shown, LedgerFacts.of(plan, folder, run)):
        _show(plan, folder, run)
        return carry_out(run, folder, accepted, author, files, plan_was_shown=True)
    return _ByCommit(run, strict, author, one, place, plan).apply()


def _taken_back(run: Run, place: FolderInGit, plan: Plan) -> str:
    """The branch's newest commit, if its files no longer ask for a lasting change of the plan; else empty.

    A run that is started again has the files of then. The journal does not know the newer ones if their runs have failed.
    """
    from seatsync.git.history import history_of

    name = branch()
    if not (name and place.top and plan.lasting):
        return ""
    with history_of(place.folder) as history:
        tip, path = history.resolve(f"refs/remotes/origin/{name}"), history.path(place.folder)
        if (
            tip is None
            or not history.is_ancestor(history.head, tip)
            or not history.differences(history.head, tip, [path])
        ):
            return ""
        with history.files_at(tip, [path]) as top:
            newer = plan_result(place.folder, run, top / path).plan if (top / path).is_dir() else None
    return tip if newer is not None and newer.leaves_out(plan) else ""


class _ByCommit:
    """The states of one institution's files since the last apply, each applied if it is as reviewed.

    One that changes something for which the checked-out files (their plan is ``whole``) do not ask is left out: a later commit
    has taken it back, and what is irreversible would stay.
    """

    def __init__(self, run: Run, strict: bool, author: Author, one: Merged, place: FolderInGit, whole: Plan) -> None:
        self.run = run
        self.strict = strict
        self.author = author
        self.folder = one.folder
        self.place = place
        self.steps = one.steps
        self.whole = whole
        self.applied: list[tuple[Step, Outcome]] = []

    def apply(self) -> tuple[int, Outcome]:
        """Apply as many as possible, oldest first. One that is not as reviewed is applied with the next one whose pull request
        showed both."""
        left = list(self.steps)
        while left:
            for number, step in enumerate(left):
                if (plan := self._as_reviewed(step)) is not None:
                    self._carry_out(step, plan)
                    left = left[number + 1 :]
                    break
            else:
                return self._stop(left[0])
        return ExitCode.DONE, self._outcome()

    def _as_reviewed(self, step: Step) -> AcceptedPlan | None:
        """The plan of this state, if it may be applied."""
        with self._files(step) as files:
            plan = plan_result(self.folder, self.run, files).plan
        accepted = accepted_plan(plan) if plan is not None else None
        if accepted is None or stopped_by_warnings(accepted, self.strict):
            return None
        if step is not self.steps[-1] and not self.whole.covers(accepted):
            return None
        facts = LedgerFacts.of(accepted, self.folder, self.run)
        return accepted if _is_reviewed(accepted, step.plans, facts) else None

    @contextmanager
    def _files(self, step: Step) -> Iterator[Path | None]:
        """The folder as it was at a commit; None if it is checked out."""
        from seatsync.git.history import history_of

        if step is self.steps[-1]:
            yield None
            return
        with history_of(self.folder) as history:
            place = history.path(self.folder)
            with history.files_at(step.commit, [place]) as top:
                yield top / place

    def _carry_out(self, step: Step, plan: AcceptedPlan) -> None:
        self.run.say(f"{self.folder} at {_named(step)}:")
        _show(plan, self.folder, self.run)
        author = Author(self.author.actor, step.commit, self.author.allows_outdated)
        is_here = step is self.steps[-1] or not self.place.top
        place = self.place if is_here else self.place.at(step.commit, plan.baseline.get("files", ()))
        files = files_in_git(plan, place, step.commit, author.allows_outdated)
        self.applied.append((step, carry_out(self.run, self.folder, plan, author, files, plan_was_shown=True)[1]))

    def _stop(self, step: Step) -> tuple[int, Outcome]:
        """Say what is in the way, what was applied, and how to go on: with what is checked out."""
        plan = try_plan(self.folder, self.run).plan
        assert plan is not None  # it was planned before
        facts = LedgerFacts.of(plan, self.folder, self.run)
        with self._files(step) as files:
            here = plan_result(self.folder, self.run, files).plan
        before = ", ".join(_named(done) for done, _ in self.applied)
        head = f"Applied before: {before}. The rest was not applied: " if before else "Nothing was applied: "
        fact = f"{head}the plan of {plan.institution} at {_named(step)} {_difference(here, step, facts, self.whole)}"
        help = _way_on(self.run, self.folder, plan, facts)
        _show(plan, self.folder, self.run)
        code, told = _say_stop(self.run, self.folder, plan, fact, help, ExitCode.STALE)
        return code, told._replace(serial=self._outcome().serial, letters=self._outcome().letters)

    def _outcome(self) -> Outcome:
        """What became of all that was applied."""
        if not self.applied:
            return Outcome()
        outcomes = [outcome for _, outcome in self.applied]
        summary: dict[str, int] = {}
        for outcome in outcomes:
            summary |= {name: summary.get(name, 0) + number for name, number in outcome.summary.items()}
        result = "applied" if any(outcome.result == "applied" for outcome in outcomes) else "unchanged"
        letters = sum(outcome.letters for outcome in outcomes)
        return outcomes[-1]._replace(result=result, summary=summary, letters=letters)


def _is_reviewed(plan: Plan, shown: Sequence[Reviewed], facts: LedgerFacts) -> bool:
    """Whether the files ask for nothing, or for exactly what one of the reviewed plans showed."""
    asked = facts.forms(plan.asked)
    return not plan.asked or any(one.shows(asked) for one in shown)


def _named(step: Step) -> str:
    """``1a2b3c4 (pull request 104)``."""
    requests = " and ".join(map(str, sorted(step.reviewed)))
    some = "pull request" if len(step.reviewed) == 1 else "pull requests"
    return f"{step.commit[:7]} ({some} {requests})" if requests else f"{step.commit[:7]} (without a pull request)"


def _difference(plan: Plan | None, step: Step, facts: LedgerFacts, whole: Plan) -> str:
    """What is not as reviewed, as the end of a sentence about a plan. ``whole`` is the plan of what is checked out."""
    if plan is None:
        return "can't be made: its files have errors."
    if plan.refusals:
        return f"is blocked: {', '.join(dict.fromkeys(one.code for one in plan.refusals))}."
    if not step.reviewed:
        return "was reviewed by nobody: no pull request brought this commit."
    if not step.plans:
        room = ", because it had no room for all plans" if step.crowded else ""
        return f"was reviewed by nobody: no comment on the pull request shows it{room}."
    shown = next((one for one in step.plans if one.is_of(facts.forms(plan.desired_digest))), step.plans[-1])
    if not shown.asked:
        return "was shown without its fingerprint: there was no ledger and no SEATSYNC_REDACT_KEY."
    if _is_reviewed(plan, step.plans, facts) and not whole.covers(plan):
        return "is as reviewed, but a later commit takes changes of it back, and no pull request shows what is left of both."
    moved = [
        *(
            [f"the ledger, from journal entry {shown.serial:,} to {plan.serial:,}"]
            if shown.serial != plan.serial
            else []
        ),
        *([f"the day, from {shown.now} to {plan.now}"] if shown.now != plan.now else []),
        *(["the files"] if not shown.is_of(facts.forms(plan.desired_digest)) else []),
    ]
    return f"differs from the reviewed one. What changed: {', '.join(moved) or 'the version of seatsync'}."


def _way_on(run: Run, folder: Path, plan: Plan, facts: LedgerFacts) -> str:
    fingerprint = facts.printable(plan)
    if not fingerprint:
        return NEEDS_KEY
    return (
        f"Plan again in a pull request: it shows all that is left, and its merge applies it. Or review the plan above, and start "
        f"the pipeline by hand with its fingerprint, or run `{command(run, folder, fingerprint)}`."
    )


def _show(plan: Plan, folder: Path, run: Run) -> None:
    if run.format == "text":
        show([FolderResult(printable_plan(plan, folder, run), [], folder)], False, run)


def _say_stop(run: Run, folder: Path, plan: Plan, fact: str, help: str, code: int) -> tuple[int, Outcome]:
    say(f"seatsync: {fact}")
    exits.say_fix(help)
    return code, stopped(plan, folder, run, fact, help)
