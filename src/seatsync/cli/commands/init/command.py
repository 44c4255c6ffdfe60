"""``seatsync init``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from shlex import quote
from string import Template
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from seatsync.cli.commands.init.code_owners import code_owners
from seatsync.cli.commands.init.institutions import covers, institutions_below, words_for
from seatsync.cli.commands.init.pipeline import (
    Choice,
    Written,
    in_pipelines,
    is_in_git,
    pipeline,
    written_pipelines,
)
from seatsync.cli.commands.init.reading_options import Reading, reading_options
from seatsync.cli.commands.init.setup import Setup, shown
from seatsync.cli.commands.init.values import Given, values_of
from seatsync.cli.commands.init.writing import write, write_pipeline
from seatsync.cli.options import EncodingName, common, one_folder, option
from seatsync.cli.run import Run
from seatsync.git.branches import root_of
from seatsync.reports.sentences import say
from seatsync.sources.files import NAME

if TYPE_CHECKING:
    from seatsync.cli.commands.init.from_exports import Start
    from seatsync.cli.commands.init.from_rosters import Rosters

_MADE_UP = "Ada Admin <admin@members.example>"
_MEMBERS = "rosters/members.csv"
_FILES = {
    "seatsync.yaml": "seatsync.yaml",
    _MEMBERS: _MEMBERS,
    "gitignore": ".gitignore",
}
_SAMPLES = {
    "libraries": "  logos-subscription: {title: Logos Subscription, system: logos-subscription, slots: 50}\n"
    "  biblical-studies:   {title: Biblical Studies,   system: logos-library,      slots: 10}",
    "rosters": f"  - {{path: {_MEMBERS}, tags: [member]}}",
    "grants": "  - {library: logos-subscription, to: {tags: [member]}}\n"
    "  - {library: biblical-studies, kind: permanent, to: {tags: [faculty]}}",
}
"""What a new seatsync.yaml says where nothing is given."""


@click.command("init")
@one_folder
@option("--id", metavar="SLUG", help="The institution's id. Default: from the folder's name.")
@option("--name", help="The institution's name. Default: from the id.")
@option("--admin", metavar='"NAME <EMAIL>"', help="The first administrator. Default: made up.")
@option("--timezone", of="INIT", metavar="ZONE", help="The institution's time zone: Europe/Berlin. Default: UTC.")
@option(
    "--from",
    "exports",
    multiple=True,
    of="INIT",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Start from an export of a vendor's portal, or from several.",
)
@option(
    "--roster",
    "rosters",
    multiple=True,
    of="INIT",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Start from a list of members, or a set of files (folder or zip); or from several.",
)
@reading_options("INIT", "With --roster: ")
@option(
    "--slots",
    multiple=True,
    of="INIT",
    metavar="[LIBRARY=]NUMBER",
    help="With --from or --library: how many seats of a library were bought.",
)
@option(
    "--system",
    multiple=True,
    of="INIT",
    metavar="[LIBRARY=]SYSTEM",
    help="With --from or --library: the system of a library, where the exports do not show it.",
)
@option(
    "--library",
    multiple=True,
    of="INIT",
    metavar="TITLE",
    help="With --from: the title of the library that an export is about and does not name. With --roster: one that you bought.",
)
@option(
    "--encoding",
    type=EncodingName(),
    help="With --from or --roster: the files' encoding, if it is not recognized.",
)
@option("--ci", type=click.Choice(["github", "gitlab"]), help="Also write the pipeline, to the repository's root.")
@option(
    "--forks", is_flag=True, help="On GitHub, also plan pull requests from forks, after somebody has reviewed them."
)
@common()
def command(
    run: Run,
    folder: Path,
    id: str | None,
    name: str | None,
    admin: str | None,
    timezone: str | None,
    exports: Sequence[Path],
    rosters: Sequence[Path],
    reading: Reading,
    ci: str | None,
    forks: bool,
    **given: Any,
) -> None:
    """Create a folder to start from.

    \b
    seatsync init my-school
    seatsync init my-school --name "My School" --admin "Ruth Abel <ruth@my-school.example>"
    seatsync init my-school --from users.csv           with the members and licenses of a vendor's portal
    seatsync init my-school --roster sis.zip           with the members of a student information system's export
    seatsync init my-school --ci github --ledger git   with a pipeline, and the ledger on a branch of the repository
    seatsync init --ci github                          only the pipeline, for all institutions below
    seatsync init institutions/another                 one more institution

    Writes seatsync.yaml, a roster with three made-up members, the schemas for your editor, and a .gitignore. With --ci also
    the pipeline of the repository and a sample of CODEOWNERS, and says what is left to do. Existing files are not changed,
    except for a pipeline that nobody has edited since init wrote it: --ci brings it up to date.

    With --from, the files say what the exports of Logos ("Export user data") or Jamworks (the list of members) say, and the
    ledger records it too: nobody gets a letter, and the first plan is empty. What an export does not say, such as how many
    seats were bought, is asked. docs/portal.md begins with such a start.

    With --roster, the files are copied into rosters/ as they are, and seatsync.yaml names them, if they can be read: docs/rosters.md
    says which. --library, --slots and --system say what you bought; who gets it, `seatsync edit grant` says.
    """
    _check_options(exports, rosters, reading, given, forks and ci != "github")
    _check_folder(folder, exports, rosters, ci)
    values = values_of(folder, id, name, admin or _MADE_UP, timezone)
    known = Given(admin, timezone, **given)
    start = _from_exports(run, folder, exports, known, values, ci) if exports else None
    listed = _from_rosters(run, folder, rosters, reading, known, values) if rosters else None
    is_new = ci is None or start or listed or not institutions_below(folder)
    texts = _texts_of(values, start, listed) if is_new else {}
    setup = _set_up(run, folder, ci, forks, new=folder if texts else None) if ci is not None else None
    if setup is not None and (start or listed):
        setup = setup._replace(new=None)  # nothing in it is made up
    _write(run, folder, listed, texts)
    if setup is not None:
        write_pipeline(run, setup)
    elif start is not None:
        start.fill_ledger(run, folder)
    elif not _say_whether_covered(run, folder):
        _say_next_steps(run, folder, given["library"] if rosters else None)


def _from_exports(
    run: Run, folder: Path, exports: Sequence[Path], given: Given, values: dict[str, str], ci: str | None
) -> Start:
    from seatsync.cli.commands.init.from_exports import start_from

    return start_from(run, folder, exports, given, values, in_pipeline=ci is not None)


def _from_rosters(
    run: Run, folder: Path, rosters: Sequence[Path], reading: Reading, given: Given, values: dict[str, str]
) -> Rosters:
    from seatsync.cli.commands.init.from_rosters import check, rosters_of

    listed = rosters_of(folder, rosters, reading, given)
    check(run, folder, listed, _texts({**values, **listed.values}, without=_MEMBERS))
    return listed


def _write(run: Run, folder: Path, listed: Rosters | None, texts: dict[str, str]) -> None:
    """Write the files of a new folder."""
    if listed is not None:
        listed.copy_to(folder)
    for file in sorted(texts, key=lambda file: file == NAME):  # it comes last, so that the files it names are there
        write(run, folder / file, texts[file])


def _check_options(
    exports: Sequence[Path], rosters: Sequence[Path], reading: Reading, given: dict[str, Any], forks_alone: bool
) -> None:
    """Check that the options go together.

    Raises:
        UsageError: they don't.
    """
    if forks_alone:
        raise click.UsageError("--forks works only with --ci github.")
    if exports and rosters:
        raise click.UsageError("--roster and --from don't work together: the exports say who the members are.")
    if not exports and not rosters and any(given.values()):
        raise click.UsageError("--slots, --system, --library and --encoding work only with --from or --roster.")
    if not rosters and any(reading):
        raise click.UsageError("--map, --take, --tags-from, --sheet and --format work only with --roster.")


def _check_folder(folder: Path, exports: Sequence[Path], rosters: Sequence[Path], ci: str | None) -> None:
    """Check that ``init`` can start in this folder, or only writes the pipeline.

    Raises:
        UsageError: it can't.
    """
    if folder.is_file():
        raise click.UsageError(f"{folder} is a file: name a folder.")
    if (folder / NAME).exists() and (ci is None or exports or rosters):
        raise click.UsageError(_already_there(folder, exports, rosters))


def _already_there(folder: Path, exports: Sequence[Path], rosters: Sequence[Path]) -> str:
    """Why ``init`` does not start in this folder, and how to go on."""
    fact = f"{folder / NAME} already exists; init only starts new folders."
    if rosters:
        where = quote(str(folder))
        return f"{fact} To add a roster to it: Run `seatsync edit roster add {quote(str(rosters[0]))} -C {where}`."
    if not exports:
        return fact
    from seatsync.cli.commands.init.from_exports import imports

    return f"{fact} To bring its ledger up to the export: Run {imports(folder, exports)}."


def _set_up(run: Run, folder: Path, ci: str, forks: bool, new: Path | None) -> Setup:
    """What is to be set up in the repository of ``folder``; nothing is written."""
    top = root_of(folder) or folder.resolve()
    here = Path.cwd()
    found = {*institutions_below(here if here.is_relative_to(top) else folder), *institutions_below(folder)}
    written = written_pipelines(top).get(ci)
    known = written.folders if written is not None else ""
    found |= {one for one in institutions_below(top) if covers(known, top, one)}
    words = words_for(top, {*found, *([new.resolve()] if new is not None else [])})
    choice = Choice(ci, _ledger(run, written), forks or (written is not None and written.plans_forks))
    texts = pipeline(top, choice, words)
    return Setup(top, choice, words, texts, sorted(found), new, code_owners(top, ci, words))


def _ledger(run: Run, written: Written | None) -> str:
    """Where the pipeline's ledger is: as given, as in the pipeline that exists, as answered, or in a database."""
    source = click.get_current_context().get_parameter_source("ledger")
    if run.ledger is not None and (in_pipelines(run.ledger) or source is ParameterSource.COMMANDLINE):
        return run.ledger if is_in_git(run.ledger) or not in_pipelines(run.ledger) else "postgresql"
    if written is not None:
        return written.ledger
    if not sys.stdin.isatty():
        return "postgresql"
    say(
        "Where is the ledger of the pipeline to be?\n"
        "  git         on a branch of the repository, encrypted: needs no server; for a few thousand members\n"
        "  postgresql  in a PostgreSQL database"
    )
    answer: str = click.prompt("Ledger", type=click.Choice(["git", "postgresql"]), default="git", err=True)
    return answer


def _texts_of(values: dict[str, str], start: Start | None, listed: Rosters | None) -> dict[str, str]:
    """The files of a new folder that starts from exports, from rosters, or from what is made up."""
    if start is not None:
        return {**_texts(values), **start.texts}
    return _texts({**values, **listed.values}, without=_MEMBERS) if listed is not None else _texts(values)


def _texts(values: dict[str, str], without: str = "") -> dict[str, str]:
    """The files of a new folder: path → text. What ``values`` do not have is made up."""
    from seatsync.formats.schemas import schema_text

    texts = {target: _text(source, {**_SAMPLES, **values}) for source, target in _FILES.items() if target != without}
    return texts | {f"schemas/{schema}.schema.json": schema_text(schema) for schema in ("seatsync", "roster")}


def _say_whether_covered(run: Run, folder: Path) -> bool:
    """Say whether the repository's pipelines plan and apply the new institution. False if there is no pipeline."""
    top = root_of(folder)
    written = written_pipelines(top) if top is not None else {}
    for host, one in written.items():
        file = shown(one.path)
        if top is not None and covers(one.folders, top, folder):
            run.say(f"{file} covers it: {one.folders}. No other pipeline is needed.")
        else:
            run.say(
                f"{file} does not cover it: its folders are {one.folders or 'not known'}. "
                f"To fix: Run `seatsync init --ci {host}`, or add the folder there yourself."
            )
        if not one.is_of_this_version:
            run.say(f"{file} runs another version of seatsync. To update it: Run `seatsync init --ci {host}`.")
    return bool(written)


def _say_next_steps(run: Run, folder: Path, libraries: Sequence[str] | None) -> None:
    """Say how to go on. ``libraries`` are those that were given with a roster, None where the members are made up."""
    from seatsync.domain.text.ledger_addresses import may_hold_a_password

    if is_in_git(run.ledger):
        run.say("Make a key with `seatsync ledger key` and set it as SEATSYNC_LEDGER_KEY.")
        run.say("It encrypts the ledger on the branch. Keep a copy: without the key nobody can read the ledger.")
    is_printable = run.ledger and not may_hold_a_password(run.ledger) and "://" not in run.ledger
    ledger = f"SEATSYNC_LEDGER={quote(run.ledger) if is_printable else '…'} " if run.ledger else ""
    if libraries is None:
        run.say(
            "The members are made up. If your seats are in a vendor's portal, start with --from and its export instead."
        )
    else:
        from seatsync.cli.commands.init.from_rosters import say_how_to_grant

        say_how_to_grant(run, folder, libraries)
    run.say(f"Now: {ledger}seatsync plan {quote(str(folder))}")


def _text(source: str, values: dict[str, str]) -> str:
    text = (files("seatsync.cli.commands.init") / "starter" / source).read_text(encoding="utf-8")
    return Template(text).safe_substitute(values) if source == "seatsync.yaml" else text
