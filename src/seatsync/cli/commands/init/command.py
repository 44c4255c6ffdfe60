"""``seatsync init``."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from shlex import quote
from string import Template

import click

from seatsync.cli.commands.init.pipeline import is_in_git, pipeline
from seatsync.cli.options import common, option
from seatsync.cli.run import Run
from seatsync.git.branches import default_branch

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
    seatsync init --ci github                    in an existing folder: the pipeline only
    seatsync init --ci github --ledger git       with the ledger on a branch of the repository

    Writes seatsync.yaml, a roster with three made-up members, the schemas for your editor, and a .gitignore. Existing files
    are not changed.
    """
    if forks and ci != "github":
        raise click.UsageError("--forks works only with --ci github.")
    values = _values(folder, id, name, admin)
    exists = (folder / "seatsync.yaml").exists()
    if exists and ci is None:
        raise click.UsageError(f"{folder / 'seatsync.yaml'} already exists; init only starts new folders.")
    pipeline_files = pipeline(folder, ci, run.ledger, forks) if ci is not None else {}
    if not exists:
        for file, text in _texts(values).items():
            _write(run, folder / file, text)
    for target, text in pipeline_files.items():
        if not _write(run, target, text):
            run.say(f"{target} already exists and was not changed: make sure that its folders include {folder}.")
        if target.name == "seatsync.yml" and target.parent.name == ".gitlab":
            run.say(
                "Include it in your .gitlab-ci.yml, which has other jobs: `include: [{local: .gitlab/seatsync.yml}]`."
            )
    if ci is not None:
        run.say(f"The pipeline applies what is pushed to {default_branch(folder)}.")
    _say_next_steps(run, folder)


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


def _write(run: Run, target: Path, text: str) -> bool:
    """Write a file unless it exists, and return whether it was written."""
    from seatsync.cli.output.files import write_atomically

    if target.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, [text])
    run.say(f"wrote {target}")
    return True


def _say_next_steps(run: Run, folder: Path) -> None:
    from seatsync.domain.text.ledger_addresses import may_hold_a_password

    if is_in_git(run.ledger):
        run.say(
            "Make a key with `seatsync ledger key` and set it as SEATSYNC_LEDGER_KEY, here and as a secret of the pipeline."
        )
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
