"""``seatsync init``."""

from __future__ import annotations

import json
import re
import sys
from importlib.resources import files
from pathlib import Path
from shlex import quote
from string import Template

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
from seatsync.cli.commands.init.setup import Setup, shown
from seatsync.cli.commands.init.writing import write, write_pipeline
from seatsync.cli.options import common, option
from seatsync.cli.run import Run
from seatsync.git.branches import root_of
from seatsync.sources.files import NAME

_FILES = {
    "seatsync.yaml": "seatsync.yaml",
    "rosters/members.csv": "rosters/members.csv",
    "gitignore": ".gitignore",
}


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@option("--id", metavar="SLUG", help="The institution's id. Default: from the folder's name.")
@option("--name", help="The institution's name. Default: from the id.")
@option(
    "--admin", metavar='"NAME <EMAIL>"', default="Ada Admin <admin@members.example>", help="The first administrator."
)
@option("--ci", type=click.Choice(["github", "gitlab"]), help="Also write the pipeline, to the repository's root.")
@option(
    "--forks", is_flag=True, help="On GitHub, also plan pull requests from forks, after somebody has reviewed them."
)
@common()
def command(run: Run, folder: Path, id: str | None, name: str | None, admin: str, ci: str | None, forks: bool) -> None:
    """Create a folder to start from.

    \b
    seatsync init my-school
    seatsync init my-school --name "My School" --admin "Ruth Abel <ruth@my-school.example>"
    seatsync init my-school --ci github --ledger git   with a pipeline, and the ledger on a branch of the repository
    seatsync init --ci github                          only the pipeline, for all institutions below
    seatsync init institutions/another                 one more institution

    Writes seatsync.yaml, a roster with three made-up members, the schemas for your editor, and a .gitignore. With --ci also
    the pipeline of the repository and a sample of CODEOWNERS, and says what is left to do. Existing files are not changed,
    except for a pipeline that nobody has edited since init wrote it: --ci brings it up to date.
    """
    if forks and ci != "github":
        raise click.UsageError("--forks works only with --ci github.")
    values = _values(folder, id, name, admin)
    there = institutions_below(folder) if ci is not None else [folder] * (folder / NAME).exists()
    if there and ci is None:
        raise click.UsageError(f"{folder / NAME} already exists; init only starts new folders.")
    texts = {} if there else _texts(values)
    setup = _set_up(run, folder, ci, forks, new=None if there else folder) if ci is not None else None
    for file, text in texts.items():
        write(run, folder / file, text)
    if setup is not None:
        write_pipeline(run, setup)
    elif not _say_whether_covered(run, folder):
        _say_next_steps(run, folder)


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
    click.echo(
        "Where is the ledger of the pipeline to be?\n"
        "  git         on a branch of the repository, encrypted: needs no server; for a few thousand members\n"
        "  postgresql  in a PostgreSQL database",
        err=True,
    )
    answer: str = click.prompt("Ledger", type=click.Choice(["git", "postgresql"]), default="git", err=True)
    return answer


def _values(folder: Path, id: str | None, name: str | None, admin: str) -> dict[str, str]:
    """The values for the placeholders in seatsync.yaml.

    Raises:
        BadParameter: the id, the name or the administrator can't be used.
    """
    from seatsync.domain.text.characters import clean, is_slug, text_fault

    slug = id or _slug(folder.resolve().name)
    if not is_slug(slug):
        raise click.BadParameter(
            "use lower-case letters, digits and single hyphens, at most 63 characters", param_hint="--id"
        )
    if name is not None and (not clean(name) or text_fault(clean(name))):
        raise click.BadParameter("use a name with visible characters only", param_hint="--name")
    title = name or slug.replace("-", " ").title()
    return {"id": slug, "name": json.dumps(title, ensure_ascii=False), **_person(admin)}


def _texts(values: dict[str, str]) -> dict[str, str]:
    """The files of a new folder: path → text."""
    from seatsync.formats.schemas import SCHEMAS, schema_text

    texts = {target: _text(source, values) for source, target in _FILES.items()}
    return texts | {
        f"schemas/{schema}.schema.json": schema_text(schema) for schema in SCHEMAS if schema not in ("plan", "outcome")
    }


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


def _say_next_steps(run: Run, folder: Path) -> None:
    from seatsync.domain.text.ledger_addresses import may_hold_a_password

    if is_in_git(run.ledger):
        run.say("Make a key with `seatsync ledger key` and set it as SEATSYNC_LEDGER_KEY.")
        run.say("It encrypts the ledger on the branch. Keep a copy: without the key nobody can read the ledger.")
    is_printable = run.ledger and not may_hold_a_password(run.ledger) and "://" not in run.ledger
    ledger = f"SEATSYNC_LEDGER={quote(run.ledger) if is_printable else '…'} " if run.ledger else ""
    run.say(f"Now: {ledger}seatsync plan {quote(str(folder))}")


def _text(source: str, values: dict[str, str]) -> str:
    text = (files("seatsync.cli.commands.init") / "starter" / source).read_text(encoding="utf-8")
    return Template(text).safe_substitute(values) if source == "seatsync.yaml" else text


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].strip("-") or "my-institution"


def _person(text: str) -> dict[str, str]:
    from email.utils import parseaddr

    from seatsync.domain.text.characters import clean, text_fault
    from seatsync.domain.text.emails import email_fault

    name, email = parseaddr(text)
    given, _, family = name.strip().rpartition(" ")
    if not email or email_fault(email) or not clean(given) or text_fault(clean(name)):
        raise click.BadParameter('write it as "Ruth Abel <ruth@my-school.example>"', param_hint="--admin")
    quoted = {"given": given, "family": family, "email": email}
    return {key: json.dumps(value, ensure_ascii=False) for key, value in quoted.items()}
