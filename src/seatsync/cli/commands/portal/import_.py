"""``seatsync import``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.portal.reading import (
    encoding_option,
    library_option,
    read_file,
    seems_old,
    taken_at,
    taken_option,
)
from seatsync.cli.commands.portal.told import list_differences, taken_in_words
from seatsync.cli.environment import actor, commit
from seatsync.cli.institution import ledger_of
from seatsync.cli.options import check_can_ask, common, folder, is_confirmed, option
from seatsync.cli.output.findings import print_findings
from seatsync.cli.planning import plan_of, use_secret
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.apply.importing import Import
    from seatsync.domain.desired import Desired
    from seatsync.domain.portal.export import Export
    from seatsync.planning.plan import Plan
    from seatsync.reports.drift.view import DriftView


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@folder
@library_option
@option("--tag", "tags", multiple=True, help="A tag for all new members. Repeat it for several tags.")
@taken_option
@encoding_option
@option(
    "--dry-run", is_flag=True, help="Show the differences and what would be taken; write nothing. Exits as `drift`."
)
@option(
    "--files-only",
    is_flag=True,
    help="Write only the files, for a pull request, with a copy of the export: the next apply takes it.",
)
@option("--yes", "-y", is_flag=True, help="Do not ask.")
@common("text", "json")
def command(
    run: Run,
    file: Path,
    folder: Path,
    library: str | None,
    tags: tuple[str, ...],
    taken: datetime | None,
    encoding: str | None,
    dry_run: bool,
    files_only: bool,
    yes: bool,
) -> int:
    """Import members and licenses from a portal's CSV file.

    \b
    seatsync import users.csv --dry-run                      show the differences, and what would be taken
    seatsync import users.csv                                members, and licenses if the columns name their libraries
    seatsync import users.csv --library biblical-studies     columns License Kind and License Status without a library
    seatsync import participants.csv --library jamworks      Jamworks: everybody in the file has a seat

    Members who are on no roster go into a new roster, licenses that no rule gives into a new grants file, and both files are
    added to seatsync.yaml. Then the ledger records the portal's licenses, without letters, so that the next plan is empty.
    Importing the same file again changes nothing.

    Only what moves forward is taken: new members and licenses, claims, opt-outs, revoked licenses, licenses made permanent.
    An older file never turns a claimed or declined license back. All other differences are listed with what to do, and nothing
    is changed.

    With --files-only the ledger is not written: the files, with a copy of the export under `exports`, go through a pull request,
    and its plan shows what an apply takes.
    """
    check_can_ask(yes or dry_run)
    _check_tags(tags)
    importing = _Importing(run, file, folder, library, tags, taken, encoding, files_only, dry_run)
    if dry_run:
        return importing.dry_run()
    return importing.run_it(yes)


def _check_tags(tags: Sequence[str]) -> None:
    from seatsync.domain.text.tags import tag_fault

    for tag in tags:
        if (fault := tag_fault(tag)) is not None:
            raise click.UsageError(f'"{tag}" can\'t be a tag: {fault}.')


@dataclass
class _Importing:
    """One run of the command: what it reads and what it would write."""

    run: Run
    file: Path
    folder: Path
    library: str | None
    tags: Sequence[str]
    taken: datetime | None
    encoding: str | None
    files_only: bool
    is_dry: bool
    seems_old: str = ""
    """A notice if the file looks older than it is said to be."""

    def dry_run(self) -> int:
        """Show what `drift` shows, then what an import would write."""
        from seatsync.apply.importing import OfOthers
        from seatsync.reports import text
        from seatsync.reports.drift.text import drift

        refused = None
        try:
            self._read_ledger()
        except OfOthers as failure:
            refused = failure
        view = self.drift
        if self.run.format == "json":
            self._print_document(view, None, is_refused=refused is not None)
        elif self.run.quiet:
            click.echo(view.verdict)
        else:
            drift(text.stdout(self.run.no_color), view, self.run.verbose)
        if refused is not None:
            self.run.say(f"An import refuses this file. {refused} To fix: {refused.help}")
            return ExitCode.CHANGES
        self._say_what_is_new()
        self.run.say("Nothing was written.")
        return ExitCode.CHANGES if view.rows or self.texts else ExitCode.DONE

    def run_it(self, yes: bool) -> int:
        """Say what is imported, ask, and import it."""
        view = self.view
        taken = Counter(row.code for row in view.rows if row.is_taken)
        holders = sum(kind != "none" for held in self.export.holdings.values() for kind, _ in held.values())
        self.run.say(f"{self.file}: {counted(len(self.export.members), 'member')}, {counted(holders, 'license')}.")
        self._say_what_is_new()
        if taken and not self.files_only:
            self.run.say(f"Taken into the ledger: {taken_in_words(taken)}.")
        list_differences(view)
        self._check_nobody_else_is_stopped()
        if not is_confirmed(yes, "Import this?"):
            return ExitCode.DONE
        self._write_files()
        events = self._say_what_is_next() if self.files_only else self._fill_ledger()
        if self.run.format == "json":
            self._print_document(view, events)
        return ExitCode.DONE

    @cached_property
    def desired(self) -> Desired:
        return _desired(self.folder, self.run)

    @cached_property
    def timezone(self) -> str:
        return self.desired.institution.timezone

    @cached_property
    def export(self) -> Export:
        return read_file(self.file, self.desired.libraries, "seatsync.yaml", self.library, self.encoding, self.run)

    @cached_property
    def at(self) -> str:
        """When the export was taken."""
        return taken_at(self.taken, self.timezone, self.run)

    @cached_property
    def done(self) -> Import:
        """What the import does."""
        self._read_ledger()
        return self.done

    @cached_property
    def drift(self) -> DriftView:
        """What `drift` shows."""
        self._read_ledger()
        return self.drift

    @cached_property
    def view(self) -> DriftView:
        """What is taken and what is not, once the new members are known."""
        from seatsync.reports.drift.view import drift_view

        view = drift_view(self.done.found, self.done.before, self.desired.institution.id, self.at, self.seems_old)
        return view.redacted(self.run.redactor)

    def _read_ledger(self) -> None:
        from seatsync.apply.apply import must_belong_to
        from seatsync.apply.importing import prepare
        from seatsync.ledger.queries.lookup import changed_since
        from seatsync.ledger.read import known_as, read_snapshot
        from seatsync.planning.portal.comparison import compare
        from seatsync.planning.portal.found import NOTHING_CHANGED
        from seatsync.reports.drift.view import drift_view

        id, export, today = self.desired.institution.id, self.export, self.run.today(self.timezone)
        changed = NOTHING_CHANGED
        with (
            self.run.step("Comparing the export and the ledger"),
            ledger_of(self.run, self.folder, id).reading() as connection,
        ):
            use_secret(connection, id, self.run)
            known = known_as(connection, id, self.desired.was)
            books = read_snapshot(connection, known)
            must_belong_to(books, id)
            if connection is not None:
                changed = changed_since(connection, known, self.at)
            if self.is_dry:
                self.drift = drift_view(compare(export, books, changed), books, id, self.at).redacted(self.run.redactor)
            self.done = prepare(self.desired, books, export, changed, today, self.tags, self.files_only)
            if connection is not None and self.taken is None:
                self.seems_old = seems_old(self.done.found, self.at, partial(changed_since, connection, known))

    @cached_property
    def texts(self) -> dict[str, str]:
        """The files to write, in order."""
        from seatsync.apply.additions import Additions
        from seatsync.sources.files import Folder
        from seatsync.sources.portal.columns import as_csv

        added = Additions(self.folder, self.file.name)
        added.add(self.done)
        if self.files_only and self.done.found.moves:
            content = Folder(self.file.parent).read_table(self.file.name, encoding=self.encoding)
            added.add_export(as_csv(content or "", self.file.name), self.library, self.at)
        return added.texts()

    def _say_what_is_new(self) -> None:
        new, grants = counted(len(self.done.new), "member"), counted(len(self.done.grants), "grant")
        self.run.say(f"New in the files: {new}, {grants}.")
        for name in self.texts:
            self.run.say(f"  {'changes' if (self.folder / name).exists() else 'writes'} {self.folder / name}")

    def _check_nobody_else_is_stopped(self) -> None:
        """Check that no file is missing in others' checkouts that the ledger then counts on.

        Raises:
            UsageError: the ledger is shared, and so are the files.
        """
        from seatsync.git.branches import has_remote
        from seatsync.ledger.stores.addresses import in_git, on_a_server

        address = self.run.ledger or ""
        is_shared = in_git(address) or on_a_server(address)
        if self.files_only or not self.texts or not is_shared or not has_remote(self.folder):
            return
        raise click.UsageError(
            "The ledger is shared, and others take these files from Git: until the new files are merged, their plans would be "
            "blocked (empty-roster). To fix: Import with --files-only, commit the files, and open a pull request. Its apply "
            "fills the ledger."
        )

    def _write_files(self) -> None:
        from seatsync.cli.output.files import write_atomically

        for name, text in self.texts.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.folder / name, [text])

    def _print_document(self, view: DriftView, events: int | None, is_refused: bool = False) -> None:
        """Print what `drift` prints as JSON, and what is new in the files. ``events`` is None in a dry run."""
        new = {"members": len(self.done.new), "grants": len(self.done.grants)} if not is_refused else {}
        files = [*self.texts] if not is_refused else []
        document = {**view.document(), "new": new, "files": files, "written": events is not None, "events": events or 0}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))

    def _say_what_is_next(self) -> int:
        """Say how to go on; return the number of events in the ledger."""
        if self.texts:
            plan = _plan(self.folder, self.run)
            blocked = " It is blocked." if plan.refusals else ""
            self.run.say(f"The ledger is as before. The plan of these files: {_summary(plan)}.{blocked}")
            self.run.say("Commit the files, and open a pull request. Its apply fills the ledger.")
        else:
            self.run.say("Nothing is to be written: files and ledger have all that this file says.")
        return 0

    def _fill_ledger(self) -> int:
        """Record what the export shows; return the number of events."""
        from seatsync.apply.apply import carry_out
        from seatsync.apply.importing import import_exports
        from seatsync.ledger.record import Stale
        from seatsync.planning.plan import accept

        desired = _desired(self.folder, self.run) if self.texts else self.desired
        ledger = ledger_of(self.run, self.folder, desired.institution.id)
        today, at = self.run.today(self.timezone), self.run.at(self.timezone)
        events = import_exports(ledger, desired, [self.export], self.at, today, at, actor(), commit(self.folder))
        self.run.say(
            f"The ledger recorded {counted(events, 'event')}." if events else "The ledger already had everything."
        )
        plan = say_what_a_plan_says(self.folder, self.run)
        if events and (accepted := accept(plan)) is not None and not plan.changes:
            # As an apply does, so that the next plan reads only what has changed. Other files than the last ones are left to it.
            with suppress(Stale):  # others write too
                carry_out(ledger, accepted, today, at, actor(), commit(self.folder), same_files=True)
        return events


def _desired(folder: Path, run: Run) -> Desired:
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    loaded = load(InstitutionFolder.open(folder), run.now)
    if loaded.desired is None:
        print_findings(folder, loaded.found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    return loaded.desired


def _plan(folder: Path, run: Run) -> Plan:
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    return plan_of(load(InstitutionFolder.open(folder), run.now), folder, run)


def _summary(plan: Plan) -> str:
    from seatsync.reports.view.plan import PlanView

    return PlanView(plan).counts or "nothing to do"


def say_what_a_plan_says(folder: Path, run: Run) -> Plan:
    """Plan again, and say whether files and ledger now agree, or exactly why not; return the plan."""
    plan = _plan(folder, run)
    if not plan.changes and not plan.refusals:
        run.say("The plan is empty: files and ledger agree.")
        return plan
    run.say(f"Files and ledger still differ: {_summary(plan)}. See `seatsync plan`.")
    print_findings(folder, plan.refusals, run)
    return plan
