"""The pipeline files that ``init --ci`` writes: filled in, and known again later."""

from __future__ import annotations

import json
import re
from difflib import unified_diff
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from shlex import quote
from string import Template
from typing import NamedTuple

import click
import yaml

from seatsync.git.branches import default_branch

ACTION = "seatsync/seatsync@a3139e5b7e746afe4de36ce5678b10591df826a5"
"""The pinned action: a commit with the action that this version needs."""

_FILES = {
    "github": {"github.yml": ".github/workflows/seatsync.yml"},
    "gitlab": {"gitlab.yml": ".gitlab-ci.yml"},
}
_FOR_FORKS = {"github-forks.yml": ".github/workflows/seatsync-forks.yml"}
BESIDE_OTHER_JOBS = ".gitlab/seatsync.yml"
PIPELINE_PLACES = {"github": (".github/",), "gitlab": (".gitlab-ci.yml", ".gitlab/")}
"""Where each host's pipelines and their rules are."""
_BEGIN = "# Written by `seatsync init"
_LAST_LINE = re.compile(
    r"# `(?P<command>seatsync init [^`\n]*)` updates this file, unless it was edited: (?P<digest>[0-9a-f]{64})\n?\Z"
)
_LEDGER = re.compile(r"^[^#\n]*\bSEATSYNC_LEDGER: *[\"']?(?P<value>git\b[^\"'\s}]*)", re.MULTILINE)
_FOLDERS = re.compile(r"^ *(?:folders|SEATSYNC_INSTITUTIONS): *(?P<value>.+?)(?: #.*)?$", re.MULTILINE)


class Choice(NamedTuple):
    """What a pipeline is written for: the host, the ledger (``git…`` or ``postgresql``), and whether forks are planned."""

    host: str
    ledger: str
    forks: bool = False

    @property
    def command(self) -> str:
        """The command that writes it, without the name of a folder."""
        return f"seatsync init --ci {self.host} --ledger {quote(self.ledger)}{' --forks' if self.forks else ''}"


class Written(NamedTuple):
    """A pipeline file that exists. ``text`` is empty if seatsync did not write it."""

    path: Path
    text: str

    @classmethod
    def at(cls, path: Path) -> Written | None:
        """Read the file; None if it does not exist."""
        from seatsync.sources import opening

        if not path.is_file():
            return None
        text = opening.read(path).decode("utf-8", "replace").replace("\r\n", "\n")
        return cls(path, text if text.startswith(_BEGIN) else "")

    @property
    def folders(self) -> str:
        """The words that name its institutions' folders; empty if it does not say so as ours do."""
        found = _FOLDERS.search(self.text)
        return found["value"].strip("\"'") if found else ""

    @property
    def is_as_written(self) -> bool:
        """Whether nobody has edited it since ``init`` wrote it."""
        last = _LAST_LINE.search(self.text)
        return last is not None and last["digest"] == _digest(self.text[: last.start()])

    @property
    def is_of_this_version(self) -> bool:
        """Whether it runs the action that this version pins."""
        return ACTION in self.text

    @property
    def ledger(self) -> str:
        """Where its ledger is: an address in Git, or ``postgresql``."""
        found = _LEDGER.search(self.text)
        return found["value"] if found else "postgresql"

    @property
    def plans_forks(self) -> bool:
        """Whether the second pipeline, for forks, was written with it."""
        last = _LAST_LINE.search(self.text)
        return last is not None and last["command"].endswith(" --forks")

    def difference(self, text: str) -> str:
        """The difference from the file to another text, as ``diff -u`` shows it, without what a terminal would obey."""
        from seatsync.domain.text.characters import printable

        lines = unified_diff(
            self.text.splitlines(),
            text.splitlines(),
            self.path.name,
            f"{self.path.name}, as init writes it",
            lineterm="",
        )
        return "".join(f"{printable(line, len(line))}\n" for line in lines)


def written_pipelines(top: Path) -> dict[str, Written]:
    """Return the pipelines of a repository that seatsync wrote, by host."""
    places = [(host, top / name) for host, names in _FILES.items() for name in names.values()]
    found = {host: written for host, path in places if (written := Written.at(path)) is not None and written.text}
    beside = Written.at(top / BESIDE_OTHER_JOBS)
    return found | ({"gitlab": beside} if beside is not None and beside.text else {})


def pipeline(top: Path, choice: Choice, words: str) -> dict[Path, str]:
    """Return the pipeline files for the folders that ``words`` name: path → text.

    Raises:
        UsageError: the ledger can't be used in a pipeline, or its address would show a password.
    """
    _check_ledger(choice.ledger)
    names = _FILES[choice.host] | (_FOR_FORKS if choice.forks else {})
    if choice.host == "gitlab" and _has_other_jobs(top / ".gitlab-ci.yml"):
        names = {"gitlab.yml": BESIDE_OTHER_JOBS}
    values = _values(choice.ledger, words, default_branch(top))
    return {top / target: _signed(_text(name, values), choice) for name, target in names.items()}


def is_in_git(ledger: str | None) -> bool:
    """Whether the ledger is on a branch in Git."""
    return (ledger or "").split(":")[0] == "git"


def in_pipelines(ledger: str) -> bool:
    """Whether a ledger can be used in a pipeline: a file would be lost with the runner."""
    return is_in_git(ledger) or ledger.startswith("postgres")


def _check_ledger(ledger: str) -> None:
    if is_in_git(ledger) and re.search(r"\bhttps?://[^/]*@", ledger):
        raise click.UsageError(
            "The ledger's address has a token or user in it, which would be readable in the pipeline. Put it into Git's settings."
        )
    if not in_pipelines(ledger):
        raise click.UsageError(
            "A ledger in a file would be lost with the runner. Give --ledger git, or --ledger postgresql for a database "
            "whose address is in a secret of the pipeline."
        )


def _values(ledger: str, words: str, branch: str) -> dict[str, str]:
    """The values for the placeholders in the templates."""
    in_git = is_in_git(ledger)
    return {
        "branch": json.dumps(branch),
        "branch_in_expression": "'" + branch.replace("'", "''") + "'",
        "folders": _scalar(words),
        "proposal": _scalar(" ".join(f"proposal/{word}" for word in words.split())),
        "action": ACTION,
        "ledger": _scalar(ledger) if in_git else "${{ secrets.SEATSYNC_LEDGER }}",
        "variables": f'{{SEATSYNC_LEDGER: "{ledger}"}} # allow jobs to push to the repository' if in_git else "{}",
        "contents": "write" if in_git else "read",
        "persist": "true # the ledger's branch is fetched and pushed" if in_git else "false",
    }


def _scalar(words: str) -> str:
    """The words as a text in YAML, in quotes where they would be read as something else (``2026``)."""
    try:
        return words if yaml.safe_load(words) == words else json.dumps(words, ensure_ascii=False)
    except yaml.YAMLError:
        return json.dumps(words, ensure_ascii=False)


def _text(name: str, values: dict[str, str]) -> str:
    template = files("seatsync.cli.commands.init") / "starter" / "ci" / name
    return Template(template.read_text(encoding="utf-8")).substitute(values)


def _signed(text: str, choice: Choice) -> str:
    """The text with a last line that says how to write it again, and has a digest of all above it."""
    return f"{text}# `{choice.command}` updates this file, unless it was edited: {_digest(text)}\n"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _has_other_jobs(file: Path) -> bool:
    """Whether this pipeline file exists and does not come from seatsync."""
    written = Written.at(file)
    return written is not None and not written.text
