"""In CI no content of files, names or folders becomes a workflow command: only our own annotations are commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts.test_comment import event, host
from tests.support.code_hosts import CodeHost
from tests.support.command_line import seatsync

pytestmark = pytest.mark.slow

__all__ = ["host"]

COMMANDS = {
    "notice",
    "warning",
    "error",
    "debug",
    "group",
    "endgroup",
    "add-mask",
    "stop-commands",
    "echo",
    "set-output",
}
ATTACKS = [
    "::notice title=x::fine",
    "::stop-commands::zz",
    "##[error]x",
    "x ##[group]y",
    "##vso[task.setvariable variable=a]b",
    "##teamcity[buildStatus text='x']",
    "\u00a0::error::x",
]
CONTROLS = ["\n::error::x", "\r::error::x", "section_start:1:a\r\x1b[0Kx", "\x1b[8mhidden", "\ufeff::error::x"]
CIS = [
    {"CI": "true", "GITHUB_ACTIONS": "true"},
    {"GITLAB_CI": "true"},
    {"TF_BUILD": "True"},
    {"TEAMCITY_VERSION": "1"},
    {"CI": "1"},
]
FORMATS = ("text", "json", "markdown", "html", "github", "gitlab", "sarif")


def obeyed(printed: str) -> list[str]:
    """Return the commands in the output, by the rules of the runners of GitHub (ActionCommand.TryParseV2, then TryParse),
    Azure, TeamCity and GitLab."""
    found = []
    for line in re.split(r"\r\n|\r|\n", printed):  # as .NET reads lines
        second = re.match(r"::([^ :]*)(?: .*?)?::", line.strip().lstrip("\ufeff"))
        first = re.search(r"##\[([^\] ;]*)[^\]]*\]", line)
        is_one = any(command and command[1] in COMMANDS for command in (second, first))
        if is_one or re.search(r"##vso\[|##teamcity\[", line):
            found.append(line)
    return found + re.findall(r"section_(?:start|end):\d+:[^\r]*\r\x1b\[0K", printed)


def ours(line: str) -> bool:
    """Return whether this is one of our annotations, on a place in the files or a verdict, with every property escaped."""
    return re.match(r"::(error|warning|notice) (file=[^:,]*,line=\d+,col=\d+,)?title=[^:,]*::", line) is not None


def written(folder: Path, attack: str) -> Path:
    """An institution in which every text is an attack."""
    said = json.dumps(attack)
    (folder / "seatsync.yaml").write_text(
        f"""\
version: 1
institution: {{id: grace, name: {said}, admins: [{{given_name: R, family_name: A, email: r@grace.example}}]}}
libraries: {{books: {{title: {said}, system: logos-library, slots: 1}}}}
rosters: [{{path: members.csv, tags: [{said}]}}, {{path: {said}}}]
grants: [{{library: books, kind: temporary, to: {{tags: [{said}]}}}}]
approvals: [{{refusal: empty-roster, roster: {said}, until: 2030-01-01, reason: {said}}}]
{said}: 1
""",
        encoding="utf-8",
    )
    row = f'{attack},"{attack}",ann@grace.example,"{attack}"\n'
    (folder / "members.csv").write_text("given_name,family_name,email,tags\n" + row, encoding="utf-8", newline="")
    return folder


def sound(folder: Path, attack: str) -> Path:
    """The same institution, without the errors in its files."""
    written(folder, attack)
    config = (folder / "seatsync.yaml").read_text(encoding="utf-8")
    config = re.sub(
        r", \{path: .*?\}\]\n|^approvals.*\n|^\".*: 1\n",
        lambda f: "]\n" if f[0][0] == "," else "",
        config,
        flags=re.MULTILINE,
    )
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    return folder


@pytest.mark.parametrize("attack", [*ATTACKS, *CONTROLS])
@pytest.mark.parametrize("ci", CIS[:2], ids=str)
def test_no_mistake_of_the_files_is_a_command(
    tmp_path: Path, attack: str, ci: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _job(monkeypatch, ci)
    written(tmp_path, attack)
    for private in ("--redact", "--no-redact"):
        for format in FORMATS:
            for command in ("plan", "validate") if format != "html" else ("plan",):
                told = seatsync(command, private, "--format", format, folder=tmp_path)
                assert told.code != 1
                assert [line for line in obeyed(told.out) if not (format == "github" and ours(line))] == []
                assert obeyed(told.err) == []
        assert obeyed("".join(seatsync("apply", private, "--yes", folder=tmp_path)[1:])) == []


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("ci", CIS, ids=str)
def test_no_name_tag_or_title_is_a_command_in_any_list(
    tmp_path: Path, attack: str, ci: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound(tmp_path, attack)
    for format in FORMATS:
        before = seatsync("plan", "--format", format, folder=tmp_path).out
        with pytest.MonkeyPatch.context() as patch:
            _job(patch, ci)
            told = seatsync("plan", "--no-redact", "--verbose", "--format", format, folder=tmp_path)
        assert [line for line in obeyed(told.out) if not (format == "github" and ours(line))] == []
        assert told.code == 0, told
        if format == "json":  # and means the same
            same, there = json.loads(told.out), json.loads(before)
            assert {**same, "created_at": "", "seal": ""} == {**there, "created_at": "", "seal": ""}
    assert (
        seatsync("apply", "--yes", "--ledger", "l.db", "--actor", attack, "--commit", attack, folder=tmp_path).code == 0
    )
    _job(monkeypatch, ci)
    for command in (
        *((list, "--format", format) for list in ("members", "licenses", "log") for format in ("text", "csv", "json")),
        *(("why", "ann@grace.example", "--format", format) for format in ("text", "json")),
        *(("outbox", "preview", "--format", format) for format in ("text", "html", "eml")),
        *(("export",), ("status",), ("outbox", "list"), ("ledger", "info"), ("verify",), ("ledger", "dump")),
    ):
        told = seatsync(*command, "--no-redact", "--ledger", "l.db", folder=tmp_path)
        assert told.code == 0, (command, told)
        assert told.out, command
        assert obeyed(told.out + told.err) == [], command


WORDS = [
    ("{}",),
    ("plan", "{}"),
    ("plan", "--{}"),
    ("explain", "{}"),
    ("show", "{}"),
    ("status", "-C", "{}"),
    ("members", "--sort", "{}"),
    ("apply", "--expect", "{}"),
    ("why", "{}"),
    ("log", "--member", "{}"),
    ("plan", "--now", "{}"),
    ("plan", "--ledger", "sqlite:///{}/x"),
]


@pytest.mark.parametrize("attack", [*ATTACKS, *CONTROLS])
def test_no_folder_s_name_and_no_word_of_a_call_is_a_command(
    tmp_path: Path, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _job(monkeypatch, CIS[0])
    sound(tmp_path, "x")
    folder = tmp_path / attack.replace("/", "_")
    folder.mkdir()
    written(folder, attack)
    for words in WORDS:
        told = seatsync(*(word.format(attack) for word in words), "--no-redact", folder=tmp_path)
        assert obeyed(told.out) == obeyed(told.err) == [], words
    for format in FORMATS:
        told = seatsync("plan", "--no-redact", "--format", format, folder.name, ".", folder=tmp_path)
        assert [line for line in obeyed(told.out) if not (format == "github" and ours(line))] == []
        assert obeyed(told.err) == []


def test_the_comment_s_command_prints_none(tmp_path: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    sound(tmp_path, ATTACKS[0])
    event(tmp_path, monkeypatch, {"pull_request": {"number": host.number}})
    _job(monkeypatch, CIS[0])
    assert seatsync("plan", "--no-redact", "--out", "plan.json", folder=tmp_path).code == 0
    for attack in ATTACKS:
        (tmp_path / f"{attack}.md").write_text(f"\n{attack}\n", encoding="utf-8")
        for words in (("plan.json",), ("--body", f"{attack}.md"), (f"{attack}.json",)):
            told = seatsync("comment", *words, folder=tmp_path)
            assert obeyed(told.out + told.err) == []


def test_as_a_program_of_its_own_nothing_is_lost_and_nothing_is_obeyed(tmp_path: Path) -> None:
    """A process whose output goes to a pipe, and whose reader may go away."""
    sound(tmp_path, ATTACKS[0])
    environment = {**os.environ, "CI": "true", "GITHUB_ACTIONS": "true", "SEATSYNC_REDACT": "false"}
    told = subprocess.run(
        [sys.executable, "-m", "seatsync", "plan"], cwd=tmp_path, env=environment, capture_output=True, check=True
    ).stdout.decode()
    assert obeyed(told) == []
    assert told.endswith("\n")
    assert "\\u003a:notice title=x::fine" in told
    gone = f"{sys.executable} -m seatsync plan | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", gone], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stderr


def test_outside_of_a_ci_all_is_as_it_was(tmp_path: Path) -> None:
    sound(tmp_path, ATTACKS[0])
    assert "\n::notice title=x::fine (grace)\n" in "\n" + seatsync("plan", folder=tmp_path).out


def _job(patch: pytest.MonkeyPatch, ci: dict[str, str]) -> None:
    for name, value in ci.items():
        patch.setenv(name, value)
    patch.setenv("SEATSYNC_LEDGER", "l.db")
