"""``init --from``: a folder that says what the vendor's portals say, and a ledger that agrees with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click

from seatsync.cli.commands.init.adopted import rules, texts
from seatsync.cli.commands.init.answers import Given, answered, titles_of
from seatsync.cli.commands.init.reading import Adopted, open_exports, read_exports
from seatsync.cli.environment import actor, commit
from seatsync.cli.institution import check_owner, ledger_of
from seatsync.cli.output.findings import print_findings
from seatsync.cli.planning import plan_of
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.failure import ExitCode
from seatsync.domain.library import Library
from seatsync.domain.license import Status
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load


class Start(NamedTuple):
    """What ``init --from`` writes: the files' texts by path. They are checked, and nothing is written yet."""

    adopted: Adopted
    libraries: Mapping[str, Library]
    texts: Mapping[str, str]

    def fill_ledger(self, run: Run, folder: Path) -> None:
        """Record what the exports say in the ledger, plan, and say whether files and ledger agree."""
        from seatsync.apply.importing import import_portal

        desired = load(InstitutionFolder.open(folder)).desired
        assert desired is not None  # as checked before the files were written
        timezone = desired.institution.timezone
        ledger = ledger_of(run, folder, desired.institution.id)
        events = sum(
            import_portal(ledger, desired, export, run.today(timezone), run.at(timezone), actor(), commit(folder))
            for export in self.adopted.exports
        )
        run.say(f"The ledger recorded {counted(events, 'event')}.")
        plan = plan_of(load(InstitutionFolder.open(folder)), folder, run)
        if plan.changes or plan.refusals:
            run.say("Files and ledger still differ. `seatsync plan` shows how.")
        else:
            run.say("The plan is empty: files and ledger agree.")
            run.say(f"Now compare the seats with the portal: seatsync status {quote(str(folder))}")


def start_from(
    run: Run, folder: Path, files: Sequence[Path], given: Given, values: Mapping[str, str], in_pipeline: bool
) -> Start:
    """Read the exports, and ask what they do not say.

    Raises:
        UsageError: something is missing and cannot be asked, or cannot be true.
        Exit: the exports have mistakes, which were printed.
    """
    found: list[Diagnostic] = []
    sources = open_exports(files, given.encoding, found)
    adopted = read_exports(sources, titles_of(sources, given), found)
    if found:
        print_findings(Path(), found, run)
    if adopted is None:
        raise click.exceptions.Exit(ExitCode.INVALID)
    _say_what_they_say(run, adopted)
    libraries, admin = answered(adopted, given)
    chosen = rules(adopted)
    made = texts(adopted, libraries, chosen, {**values, **admin})
    _check(run, folder, made)
    if not in_pipeline:
        _check_ledger(run, folder, values["id"])
    for id, rule in chosen.items():
        run.say(f"{libraries[id].title}: {rule.who} has a temporary seat, so one rule in seatsync.yaml says it.")
    return Start(adopted, libraries, made)


def _say_what_they_say(run: Run, adopted: Adopted) -> None:
    run.say(f"{counted(len(adopted.members), 'person', 'people')} in {counted(len(adopted.exports), 'export')}.")
    for id, library in adopted.libraries.items():
        held = adopted.held(id)
        parts = [f"{counted(len(held), 'seat')} in use"]
        for status, word in ((Status.OPTED_OUT, "declined"), (Status.REVOKED, "revoked")):
            if number := sum(one is status for _, one in adopted.holdings[id].values()):
                parts.append(f"{number:,} {word}")
        run.say(f"{library.title}: {', '.join(parts)}.")


def _check(run: Run, folder: Path, made: Mapping[str, str]) -> None:
    """Check the files as `seatsync validate` would, before the first one is written, and that none is in the way.

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
        loaded = load(InstitutionFolder.open(Path(place)))
    if loaded.desired is None:
        print_findings(folder, loaded.found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)


def _check_ledger(run: Run, folder: Path, institution: str) -> None:
    """Check that the ledger can be read and does not have the institution.

    Raises:
        UsageError: it has.
    """
    if (run.ledger is not None or folder.exists()) and check_owner(folder, institution, run):
        raise click.UsageError(
            f"The ledger already has {institution}. To fix: Bring back its files, or choose another --id or --ledger."
        )
