"""``init --from``: a folder that says what the vendor's portals say, and a ledger that agrees with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click

from seatsync.cli.commands.init.adopted import exports_of, rules, texts
from seatsync.cli.commands.init.answers import answered, titles_of
from seatsync.cli.commands.init.reading import Adopted, open_exports, read_exports
from seatsync.cli.commands.init.values import Given
from seatsync.cli.environment import actor, commit
from seatsync.cli.institution import check_owner, ledger_of
from seatsync.cli.output.findings import print_findings
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.failure import ExitCode
from seatsync.domain.license import Status
from seatsync.domain.portal.export import Export
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import Loaded, load


class Start(NamedTuple):
    """What ``init --from`` writes: the files' ``texts`` by path, and what they say. Nothing is written yet."""

    exports: Sequence[Export]
    texts: Mapping[str, str]
    loaded: Loaded

    def fill_ledger(self, run: Run, folder: Path) -> None:
        """Record what the exports say in the ledger, plan, and say whether files and ledger agree."""
        from seatsync.apply.importing import import_exports
        from seatsync.cli.commands.portal.import_ import say_what_a_plan_says

        desired = self.loaded.desired
        assert desired is not None
        timezone = desired.institution.timezone
        ledger = ledger_of(run, folder, desired.institution.id)
        today, at = run.today(timezone), run.at(timezone)
        try:
            import_exports(ledger, desired, self.exports, at, today, at, actor(), commit(folder))
        except BaseException:
            files = [Path(export.file) for export in self.exports]
            run.say(f"The files are written, but the ledger is not filled. To finish: Run {imports(folder, files)}.")
            raise
        plan = say_what_a_plan_says(folder, run)
        if not plan.changes and not plan.refusals:
            run.say(f"Now compare the seats with the portal: seatsync status {quote(str(folder))}")


def imports(folder: Path, files: Sequence[Path]) -> str:
    """The commands that bring the ledger of a folder up to these exports."""
    where = f" -C {quote(str(folder))}" if folder != Path() else ""
    return " and ".join(f"`seatsync import {quote(str(file))}{where}`" for file in files)


def start_from(
    run: Run, folder: Path, files: Sequence[Path], given: Given, values: Mapping[str, str], in_pipeline: bool
) -> Start:
    """Read the exports, and ask what they do not say.

    In a pipeline the exports are among the files: the first plan there reads them, and its apply fills the pipeline's ledger.

    Raises:
        UsageError: something is missing and cannot be asked, or cannot be true.
        Exit: the exports have mistakes, which were printed.
    """
    found: list[Diagnostic] = []
    sources = open_exports(files, given.encoding, found)
    told = titles_of(sources, given)
    adopted = read_exports(sources, told, found)
    if found:
        print_findings(Path(), found, run)
    if adopted is None:
        raise click.exceptions.Exit(ExitCode.INVALID)
    _say_what_they_say(run, adopted)
    libraries, asked = answered(adopted, given)
    chosen = rules(adopted)
    copies, entries = exports_of(sources, told, adopted, run.today("").isoformat()) if in_pipeline else ({}, {})
    made = copies | texts(adopted, libraries, chosen, {**values, **asked}, entries)
    loaded = _checked(run, folder, made)
    if not in_pipeline:
        _check_ledger(run, folder, values["id"])
    for id, rule in chosen.items():
        run.say(f"{libraries[id].title}: {rule.who} has a temporary seat, so one rule in seatsync.yaml says it.")
    return Start(adopted.exports, made, loaded)


def _say_what_they_say(run: Run, adopted: Adopted) -> None:
    run.say(f"{counted(len(adopted.members), 'person', 'people')} in {counted(len(adopted.exports), 'export')}.")
    for id, library in adopted.libraries.items():
        held = adopted.held(id)
        parts = [f"{counted(len(held), 'seat')} in use"]
        for status, word in ((Status.OPTED_OUT, "declined"), (Status.REVOKED, "revoked")):
            if number := sum(one is status for _, one in adopted.holdings[id].values()):
                parts.append(f"{number:,} {word}")
        run.say(f"{library.title}: {', '.join(parts)}.")


def _checked(run: Run, folder: Path, made: Mapping[str, str]) -> Loaded:
    """Return what the files will say. They are checked before the first one is written, and none may be in the way.

    Raises:
        UsageError: another file is in the place of one.
        Exit: the files would have mistakes, which were printed.
    """
    for name, text in made.items():
        there = folder / name
        if there.exists() and there.read_bytes() != text.encode():
            raise click.UsageError(
                f"{there} already exists and says something else. To fix: Move it away, or start in another folder."
            )
    with TemporaryDirectory() as place:
        for name, text in made.items():
            (Path(place) / name).parent.mkdir(exist_ok=True)
            (Path(place) / name).write_text(text, encoding="utf-8")
        loaded = load(InstitutionFolder.open(Path(place)), run.now)
    if loaded.desired is None:
        print_findings(folder, loaded.found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    return loaded


def _check_ledger(run: Run, folder: Path, institution: str) -> None:
    """Check that the ledger can be read and does not have the institution.

    Raises:
        UsageError: it has.
    """
    if (run.ledger is not None or folder.exists()) and check_owner(folder, institution, run):
        raise click.UsageError(
            f"The ledger already has {institution}. To fix: Bring back its files, or choose another --id or --ledger."
        )
