"""The command line as a whole: help, environment, schemas, explanations, ``init``, and the examples."""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

import seatsync as package
from seatsync.cli import commands, exits
from seatsync.cli.main import COMMANDS, GROUPS, cli
from seatsync.cli.output.explanations import explanations
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.person import REQUIRED, Person
from seatsync.formats.schemas import SCHEMAS
from seatsync.refusals.judge import RULES
from seatsync.sources import opening
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from tests.support.command_line import Outcome, seatsync
from tests.support.paths import ROOT

SOURCE = ROOT / "src" / "seatsync"
EXAMPLES = sorted(path.parent for path in (ROOT / "examples" / "rosters").glob("*/seatsync.yaml"))
DAY = "2026-09-01"
HEAVY = {"sqlalchemy", "pydantic", "yaml", "jinja2", "rich", "jsonschema", "alembic"}
HEAD = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
"""


def _walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, name
            yield from _walk(below, (*path, name))


EVERY_COMMAND = [pytest.param(path, command, id=" ".join(path) or "seatsync") for path, command in _walk(cli)]


def run(folder: Path, *args: str, code: int = 0) -> Outcome:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == code, f"seatsync {' '.join(args)} exited with {outcome.code}\n{outcome.out}\n{outcome.err}"
    assert "Traceback" not in outcome.err
    assert "This is a bug" not in outcome.err
    return outcome


def program(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program in its own process."""
    surroundings = {**os.environ, **environment}
    command = [sys.executable, "-m", "seatsync", *args]
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, timeout=60, check=False)


both = pytest.mark.usefixtures("database")
"""Marks the tests that use a database; most tests here are about texts and files."""


@pytest.fixture
def school(tmp_path: Path) -> Path:
    """A folder that ``init`` created."""
    run(tmp_path, "init", "school", "--quiet")
    return tmp_path / "school"


# Help


@pytest.mark.parametrize(("path", "command"), EVERY_COMMAND)
def test_help_opens_with_an_example(path: tuple[str, ...], command: click.Command, tmp_path: Path) -> None:
    lines = run(tmp_path, *path, "--help").out.splitlines()
    assert lines[0].startswith("Usage: " + " ".join(("seatsync", *path)))
    before_options = [line.strip() for line in lines[: lines.index("Options:" if path else "Files:")]]
    assert any(line.startswith(" ".join(("seatsync", *path))) for line in before_options)


def _examples(command: click.Command) -> list[list[str]]:
    lines = [line.strip() for line in (command.help or "").splitlines()]
    cut = [re.split(r"\s{2,}|\s[|>]\s", line)[0] for line in lines if line.startswith("seatsync ")]
    return [shlex.split(line)[1:] for line in cut]


@pytest.mark.parametrize(("path", "command"), EVERY_COMMAND)
def test_every_example_in_a_help_can_be_typed(
    path: tuple[str, ...], command: click.Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grace.jsonl").touch()  # an example loads it
    for words in _examples(command):
        called: click.Command = cli
        rest = list(words)
        while isinstance(called, click.Group):
            below = called.get_command(click.Context(called), rest.pop(0))
            assert below is not None, words
            called = below
        called.make_context("x", rest).close()


@pytest.mark.parametrize(("path", "command"), EVERY_COMMAND)
def test_every_option_has_help_and_an_environment_variable(path: tuple[str, ...], command: click.Command) -> None:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    lacking = [
        option.opts[0]
        for option in options
        if option.name not in ("help", "version")
        and not (option.help and str(option.envvar).startswith("SEATSYNC_") and option.show_envvar)
    ]
    assert lacking == []


@pytest.mark.parametrize(("path", "command"), EVERY_COMMAND)
def test_help_says_the_rule_of_the_variables_once_and_names_only_the_exceptions(
    path: tuple[str, ...], command: click.Command, tmp_path: Path
) -> None:
    told = " ".join(run(tmp_path, *path, "--help").out.split())
    options = [one for one in command.params if isinstance(one, click.Option) and one.envvar]
    if options:
        assert told.count("Every option can be set in the environment: SEATSYNC_ and its name") == 1
    for one in options:
        long = next(name for name in one.opts if name.startswith("--"))
        is_exception = one.envvar != "SEATSYNC_" + long.strip("-").upper().replace("-", "_")
        assert (f"env var: {one.envvar}" in told) == is_exception, long
    assert "x>=" not in told


def test_global_options_are_explained_once(tmp_path: Path) -> None:
    whole = run(tmp_path, "--help").out
    below = run(tmp_path, "members", "--help").out
    assert "Global options:" in whole
    for name in ("--ledger", "--now", "-C, --folder", "--lock-timeout", "--redact", "--no-pager"):
        assert f"  {name}" in whole
        assert f"  {name} " not in below


def test_help_lists_the_commands_in_groups(tmp_path: Path) -> None:
    lines = run(tmp_path, "--help").out.splitlines()
    for title, group in GROUPS.items():
        start = lines.index(f"{title}:") + 1
        assert [line.split()[0] for line in lines[start : start + len(group)]] == [*group]


# Completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str, tmp_path: Path) -> None:
    script = run(tmp_path, "completion", shell).out
    assert f"_SEATSYNC_COMPLETE={shell}_complete" in script


@pytest.mark.parametrize(
    ("words", "offered"),
    [("seatsync lic", "licenses"), ("seatsync outbox pre", "preview"), ("seatsync members --kind perm", "permanent")],
)
def test_a_shell_is_told_how_words_go_on(words: str, offered: str, tmp_path: Path) -> None:
    asked = {"_SEATSYNC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    told = program(tmp_path, **asked)
    assert told.stdout.decode().splitlines() == [f"plain,{offered}"]
    assert told.stderr == b""


# Global options and the folder stand where people write them


@both
@pytest.mark.parametrize(
    "words",
    [
        ["-C", "school", "members"],
        ["members", "-C", "school"],
        ["members", "school"],
        ["members", "school/seatsync.yaml"],
        ["-C", "school", "status"],
        ["status", "-C", "school"],
        ["status", "school"],
        ["-C", "school", "plan"],
        ["plan", "--folder", "school"],
        ["validate", "-C", "school"],
        ["-C", "school", "validate"],
        ["ledger", "info", "school"],
        ["outbox", "list", "school"],
        ["-C", "school", "outbox", "list"],
        ["verify", "school"],
        ["log", "school"],
    ],
    ids=" ".join,
)
def test_every_command_takes_its_folder_in_the_same_ways(words: list[str], school: Path) -> None:
    run(school.parent, *words)


@pytest.mark.parametrize(
    "words",
    [
        ["members", "school", "-C", "school"],
        ["-C", "school", "plan", "school"],
        ["-C", "school", "validate", "school"],
        ["-C", "school", "explain"],
    ],
    ids=" ".join,
)
def test_a_folder_is_not_named_twice_nor_where_there_is_none(words: list[str], school: Path) -> None:
    assert "folder" in run(school.parent, *words, code=64).err


@both
def test_global_options_may_stand_before_the_command(school: Path) -> None:
    run(school, "--quiet", "--now", "2026-09-01", "apply", "--yes")
    assert run(school, "--now", "2026-09-02", "log", "--format", "json").out.count("2026-09-01T") > 1
    assert "person-" in run(school, "--redact", "members").out
    assert "@" in run(school, "--redact", "members", "--no-redact").out


@pytest.mark.parametrize(("path", "command"), EVERY_COMMAND)
def test_no_two_options_of_a_command_share_an_environment_variable(
    path: tuple[str, ...], command: click.Command
) -> None:
    variables = [str(p.envvar) for p in command.params if isinstance(p, click.Option) and p.envvar]
    assert len(variables) == len(set(variables))


def test_every_command_has_a_short_help_and_is_listed(tmp_path: Path) -> None:
    listed = run(tmp_path, "--help").out
    for name, short in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(short)}$", listed, re.MULTILINE), name
        assert short.endswith(".")
    there = {info.name.rstrip("_") for info in pkgutil.iter_modules(commands.__path__)}
    rooms = ("review", "portal")
    there |= {
        file.stem.rstrip("_")
        for room in rooms
        for file in (Path(commands.__path__[0]) / room).glob("*.py")
        if "@click.command" in file.read_text(encoding="utf-8")
    }
    assert there - {*rooms} == set(COMMANDS)


def test_help_and_the_check_of_files_import_no_more_than_they_need() -> None:
    script = (
        "import sys\nfrom seatsync.cli.main import run\n"
        "assert run(sys.argv[1:]) == 0\nprint(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    needed = {"pydantic", "yaml", "rich"}
    for words, allowed in ((["--help"], set()), (["--version"], set()), (["validate", str(EXAMPLES[0])], needed)):
        ran = subprocess.run(
            [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=60, check=True
        )
        assert HEAVY.intersection(ran.stderr.split()) == allowed, words


def test_the_version_is_told(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").out == f"seatsync {package.__version__}\n"


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    outcome = seatsync(folder=tmp_path)
    assert outcome.err.startswith("Usage: seatsync ")
    assert "Changes:" in outcome.err
    assert "Error" not in outcome.err


# Wrong usage


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plam"], 'Did you mean "plan"?'),
        (["licences"], 'Did you mean "licenses"?'),
        (["xyz"], 'no command "xyz"'),
        (["ledger", "inof"], "info"),
        (["plan", "--fromat", "json"], "--format"),
        (["plan", "--format", "jsn"], "json"),
        (["plan", "--now", "yesterday"], "2027-06-30"),
        (["explain", "slots-exceded"], 'Did you mean "slots-exceeded"?'),
        (["schema", "rooster"], "roster"),
        (["log", "--limit", "many"], "many"),
        (["apply", "a.json", "b.json"], "Give only one of these: a plan file"),
        (["show"], "PLAN"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_exits_with_64_and_says_what_was_meant(words: list[str], said: str, tmp_path: Path) -> None:
    outcome = run(tmp_path, *words, code=64)
    assert said in outcome.err
    assert not outcome.out


def test_what_breaks_is_one_line_and_debug_shows_where(school: Path) -> None:
    broken = run(school, "plan", "--out", "not/there/plan.json", code=1)
    assert broken.err.startswith("seatsync: not/there/plan.json: ")
    assert "Traceback" in seatsync("plan", "--out", "not/there/plan.json", "--debug", folder=school).err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize(
    "words",
    [
        ["plan"],
        ["plan", "--format", "markdown"],
        ["plan", "--format", "html"],
        ["plan", "--format", "json"],
        ["validate"],
    ],
    ids=" ".join,
)
def test_an_output_that_can_not_spell_everything_breaks_nothing(words: list[str], encoding: str, school: Path) -> None:
    ran = program(school, *words, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")


# Environment


def test_a_failure_has_its_own_message_help_and_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exits, "debugging", False)

    class OutOfChairs(Failure):
        exit_code = ExitCode.REFUSED

    assert exits.failed(OutOfChairs("There are no chairs.", "Bring one.")) == ExitCode.REFUSED
    assert capsys.readouterr().err == "seatsync: There are no chairs.\n  To fix: Bring one.\n"


def test_a_path_that_is_not_a_file_is_reported_as_such_and_not_as_a_broken_disk(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exits, "debugging", False)
    with pytest.raises(OSError, match="is a folder") as raised:
        opening.read(ROOT)
    assert exits.failed(raised.value) == ExitCode.BROKEN
    assert capsys.readouterr().err == f"seatsync: {ROOT} is a folder, not a file.\n  To fix: Name a file.\n"


def test_now_comes_from_the_environment(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_NOW", "2031-02-03")
    assert json.loads(run(school, "plan", "--format", "json").out)["now"] == "2031-02-03"
    assert json.loads(run(school, "plan", "--format", "json", "--now", "2032-01-01").out)["now"] == "2032-01-01"


def test_the_ledger_comes_from_the_environment(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = school.parent / "elsewhere.db"
    monkeypatch.setenv("SEATSYNC_LEDGER", str(elsewhere))
    run(school, "apply", "--yes")
    assert elsewhere.exists()
    assert not (school / "seatsync.db").exists()


@both
def test_the_format_comes_from_the_environment(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_FORMAT", "json")
    for words in (["plan"], ["status"], ["validate"], ["members"], ["licenses"], ["outbox", "list"], ["log"]):
        json.loads(run(school, *words).out)


def test_strict_comes_from_the_environment(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = school / "rosters" / "members.csv"
    roster.write_text("My Table\n" + roster.read_text(encoding="utf-8"), encoding="utf-8")
    run(school, "plan")
    monkeypatch.setenv("SEATSYNC_STRICT", "1")
    run(school, "plan", code=3)
    run(school, "validate", code=3)


@both
def test_yes_folder_and_quiet_come_from_the_environment(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_YES", "true")
    monkeypatch.setenv("SEATSYNC_QUIET", "1")
    quiet = run(school, "apply")
    assert quiet.out + quiet.err == ""
    monkeypatch.setenv("SEATSYNC_FOLDER", str(school))
    assert "ann.lee@members.example" in run(school.parent, "members").out


@both
@pytest.mark.parametrize(
    ("variable", "words", "expected"),
    [
        ("SEATSYNC_WITHOUT_LICENSE", ["members"], []),
        ("SEATSYNC_WITH_LICENSE", ["members"], ["ann", "ben", "chloe"]),
        ("SEATSYNC_WITHOUT_LICENSE", ["members", "--library", "biblical-studies"], ["ann", "ben"]),
        ("SEATSYNC_WITHOUT_LICENSE", ["members", "--all"], ["ann", "ben", "chloe"]),
        ("SEATSYNC_ALL", ["members", "--library", "biblical-studies", "--with-license"], ["chloe"]),
        ("SEATSYNC_TAG", ["members"], []),
        ("SEATSYNC_SEARCH", ["members"], ["ann"]),
        ("SEATSYNC_LIMIT", ["members"], ["ann", "ben", "chloe"]),
    ],
)
def test_filters_come_from_the_environment_and_what_is_typed_goes_first(
    variable: str, words: list[str], expected: list[str], school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(school, "apply", "--yes", "--quiet")
    monkeypatch.setenv(variable, "1")
    listed = json.loads(run(school, *words, "--format", "json").out)
    assert [row["email"].partition(".")[0] for row in listed] == expected


# validate


def test_validate_as_json_is_exactly_what_the_contract_says(tmp_path: Path) -> None:
    (tmp_path / "seatsync.yaml").write_text(HEAD + "libraries: {}\nrosterz: []\n")
    [wrong] = json.loads(run(tmp_path, "validate", "--format", "json", code=3).out)
    assert list(wrong) == ["code", "severity", "message", "help", "source"]
    assert (wrong["code"], wrong["severity"]) == ("unknown-key", "error")
    assert wrong["source"] == {"file": "seatsync.yaml", "line": 7, "column": 1}
    assert 'Did you mean "rosters"?' in wrong["message"]
    assert wrong["help"]


def test_validate_as_json_lists_errors_and_warnings_of_every_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "seatsync.yaml").write_text(HEAD + "libraries: {}\nrosters:\n  - {path: all.csv}\n")
        (tmp_path / name / "all.csv").write_text("Table 1\nemail,given_name,family_name\na@b.example,,B\nno,A,B\n")
    found = json.loads(run(tmp_path, "validate", "one", "two", "--format", "json", code=3).out)
    assert [(f["code"], f["severity"], f["source"]["file"], f["source"]["line"]) for f in found] == [
        (code, severity, f"{name}/all.csv", line)
        for name in ("one", "two")
        for code, severity, line in (
            ("csv-title-row", "warning", 1),
            ("missing-value", "error", 3),
            ("invalid-email", "error", 4),
        )
    ]


def test_validate_of_what_is_right_is_an_empty_array(school: Path) -> None:
    assert json.loads(run(school, "validate", "--format", "json").out) == []


def test_validate_needs_no_ledger_and_writes_nothing(school: Path) -> None:
    before = sorted(school.rglob("*"))
    run(school, "validate", "--ledger", "postgresql+psycopg://nobody@nowhere.invalid/x")
    assert sorted(school.rglob("*")) == before


# explain


def _codes_in_source() -> tuple[set[str], list[re.Pattern[str]]]:
    """The codes of all diagnostics in the source, and patterns for codes that are put together from pieces."""
    codes: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    callers = {"Diagnostic", "_report", "_wrong", "wrong", "_refuse", "_Refused"}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if name not in callers:
                continue
            if isinstance(first, ast.Constant) and re.fullmatch(r"[a-z]+(-[a-z]+)*", str(first.value)):
                codes.add(str(first.value))
            elif isinstance(first, ast.JoinedStr) and re.fullmatch(
                r"[a-z]+-", str(getattr(first.values[0], "value", ""))
            ):
                parts = (str(p.value) if isinstance(p, ast.Constant) else "[a-z-]+" for p in first.values)
                patterns.append(re.compile("".join(parts)))
    return codes | {rule.CODE for rule in RULES}, patterns


def test_every_code_has_an_explanation_and_every_explanation_a_code() -> None:
    codes, patterns = _codes_in_source()
    pages = explanations()
    assert len(codes) > 20
    assert sorted(codes - pages.keys()) == []
    leftover = [code for code in pages if code not in codes and not any(p.fullmatch(code) for p in patterns)]
    assert leftover == []


def test_every_code_that_a_case_expects_has_an_explanation() -> None:
    met = {
        code
        for path in (ROOT / "tests" / "cases").glob("*.yaml")
        for code in re.findall(r"\bcode: ([a-z]+(?:-[a-z]+)+)", path.read_text(encoding="utf-8"))
    }
    assert sorted(met - explanations().keys()) == []


@pytest.mark.parametrize("code", explanations())
def test_explain_says_what_a_code_means_and_how_to_fix_the_problem(code: str, tmp_path: Path) -> None:
    shown = run(tmp_path, "explain", code).out
    lines = shown.splitlines()
    assert lines[0] == code
    assert lines[2].split(".")[0] in ("Rule broken", "Error", "Error or warning", "Warning", "Notice")
    assert lines[2].startswith("Notice") or shown.count("\n\n") >= 2


def test_explain_without_a_code_lists_all(tmp_path: Path) -> None:
    lines = run(tmp_path, "explain").out.splitlines()
    assert [line.split()[0] for line in lines] == list(explanations())
    assert all(len(line.split()) > 4 for line in lines)


# Schemas


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_prints_what_is_checked_in(name: str, tmp_path: Path) -> None:
    checked_in = (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert run(tmp_path, "schema", name).out == checked_in


def test_schema_without_a_name_is_that_of_seatsync_yaml(tmp_path: Path) -> None:
    assert run(tmp_path, "schema").out == run(tmp_path, "schema", "seatsync").out


def test_exactly_the_schemas_there_are_are_checked_in() -> None:
    assert {path.name for path in (ROOT / "schemas").iterdir()} == {f"{name}.schema.json" for name in SCHEMAS}


def _schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_json_schema_2020_12(name: str) -> None:
    schema = _schema(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_property_of_a_schema_is_described(name: str) -> None:
    schema = _schema(name)
    kinds: dict[str, dict[str, Any]] = {"": schema, **schema.get("$defs", {})}
    bare = [
        f"{kind}.{key}"
        for kind, content in kinds.items()
        for key, value in content.get("properties", {}).items()
        if not value.get("description") and not kinds[value.get("$ref", "").rpartition("/")[2]].get("description")
    ]
    assert bare == []


class _AsEditorsDo(yaml.SafeLoader):
    """YAML 1.2: dates are text."""


_AsEditorsDo.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _fits(path: Path, name: str) -> None:
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=_AsEditorsDo)
    jsonschema.Draft202012Validator(_schema(name), format_checker=jsonschema.FormatChecker()).validate(document)


@both
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_yaml_files_of_an_example_are_valid_under_the_schemas(example: Path) -> None:
    _fits(example / "seatsync.yaml", "seatsync")
    for path in [*example.glob("rosters/*.yaml"), *example.glob("rosters/*.yml")]:
        _fits(path, "roster")


def _named_schema(path: Path) -> Path:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    return (path.parent / first.partition("$schema=")[2]).resolve()


def test_the_schema_that_an_example_names_for_editors_is_there(school: Path) -> None:
    for folder in (*EXAMPLES, school):
        assert _named_schema(folder / "seatsync.yaml").is_file(), folder


@pytest.mark.parametrize(
    "wrong",
    [
        {"rosterz": []},
        {"libraries": {"b": {"title": "B", "slots": 1}}},
        {"grants": [{"library": "b", "to": {}}]},
        {"limits": {"max_revokes": "many"}},
        {"version": 2},
    ],
    ids=str,
)
def test_what_validate_refuses_the_schema_refuses_too(wrong: dict[str, Any], tmp_path: Path) -> None:
    right = yaml.safe_load(HEAD) | {"libraries": {"b": {"title": "B", "system": "jamworks", "slots": 1}}}
    validator = jsonschema.Draft202012Validator(_schema("seatsync"))
    validator.validate(right)
    assert not validator.is_valid(right | wrong)
    (tmp_path / "seatsync.yaml").write_text(yaml.safe_dump(right | wrong))
    run(tmp_path, "validate", code=3)


def test_the_reader_of_yaml_rosters_knows_the_fields_of_the_model() -> None:
    entry = _schema("roster")["$defs"]["RosterMemberEntry"]
    assert (tuple(entry["properties"]), tuple(entry["required"])) == (Person._fields, REQUIRED)


CONTRACT = """\
# yaml-language-server: $schema=../schemas/seatsync.schema.json
version: 1
institution:
  id: grace-seminary            # lower-case slug; the ledger's key, never reused
  name: Grace Seminary
  contacts:
    - {name: Dana Fox, email: dana@vendor.example, role: Customer Success}
  admins:                       # who may sign in to the admin pages; at least one; all equal
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
  opt_out: true                 # members may decline (default false)

libraries:
  logos-subscription: {title: Logos Subscription, system: logos-subscription, slots: 250}
  biblical-studies:   {title: Biblical Studies,   system: logos-library,      slots: 40}
  jamworks:           {title: Jamworks,           system: jamworks,           slots: 100}

rosters:
  - {path: rosters/students.csv, tags: [student]}     # tags for every member of the file
  - {path: rosters/faculty.yaml}

grants:
  - {library: logos-subscription, kind: temporary, to: {tags: [student]}, until: 2027-06-30}
  - {library: biblical-studies,   kind: permanent, to: {file: rosters/graduates-2026.csv}}
  - {library: jamworks,           kind: temporary, to: {emails: [ann@grace.example]}}
  - {path: grants/extra.csv}                          # columns: library, email, kind, until

invites:
  remind_after: [3d, 7d, 14d]   # reminders of an unclaimed invitation
limits:
  max_revokes: 10%              # of a library's active licenses, or a number. Default 10%, but never under 5
approvals:                      # lets one limit pass, reviewed in the same pull request, until its date
  - {refusal: too-many-revokes, library: jamworks, count: 60, until: 2026-12-31, reason: end of term}
  - {refusal: empty-roster, roster: rosters/students.csv, until: 2026-12-31, reason: programme closed}
"""


@both
def test_the_example_of_the_contract_is_valid_and_can_be_applied(tmp_path: Path) -> None:
    for name, text in {
        "seatsync.yaml": CONTRACT,
        "rosters/students.csv": "email,First name,Last name,type\nann@grace.example,Ann,Lee,participant\n",
        "rosters/faculty.yaml": "- {email: ben@grace.example, given_name: Ben, family_name: Ode, student_id: 007}\n",
        "rosters/graduates-2026.csv": "Institution Student ID\n007\n",
        "grants/extra.csv": "library,email,kind,until\njamworks,ben@grace.example,,2027-01-01\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    _fits(tmp_path / "seatsync.yaml", "seatsync")
    run(tmp_path, "validate", "--strict")
    run(tmp_path, "apply", "--yes", "--strict", "--now", DAY)
    held = json.loads(run(tmp_path, "licenses", "--format", "json").out)
    assert [(row["library"], row["email"], row["kind"]) for row in held] == [
        ("biblical-studies", "ben@grace.example", "permanent"),
        ("jamworks", "ann@grace.example", "temporary"),
        ("jamworks", "ben@grace.example", "temporary"),
        ("logos-subscription", "ann@grace.example", "temporary"),
    ]


# init


def works_at_once(folder: Path) -> None:
    """The folder can be validated, planned, applied and verified, and the second plan is empty."""
    run(folder, "validate", "--strict")
    run(folder, "plan", "--detailed-exitcode", "--strict", code=2)
    run(folder, "apply", "--yes")
    run(folder, "plan", "--detailed-exitcode")
    run(folder, "verify")


@both
def test_init_writes_a_folder_that_works_at_once(tmp_path: Path) -> None:
    said = run(tmp_path, "init", "my-school", "--name", "My School", "--admin", "Ruth Abel <ruth@my-school.example>")
    assert "seatsync plan my-school" in said.err
    works_at_once(tmp_path / "my-school")
    _fits(tmp_path / "my-school" / "seatsync.yaml", "seatsync")
    ignored = (tmp_path / "my-school" / ".gitignore").read_text()
    assert "seatsync.db" in ignored


@both
def test_init_without_a_folder_writes_into_this_one(tmp_path: Path) -> None:
    here = tmp_path / "our-school"
    here.mkdir()
    run(here, "init")
    works_at_once(here)
    desired = load(InstitutionFolder.open(here), datetime.now(UTC)).desired
    assert desired is not None
    assert desired.institution.id == "our-school"


def test_init_overwrites_nothing(school: Path) -> None:
    (school / "seatsync.yaml").write_text("mine")
    before = {path: path.read_bytes() for path in school.rglob("*") if path.is_file()}
    outcome = run(school.parent, "init", "school", code=64)
    assert "seatsync.yaml" in outcome.err
    assert {path: path.read_bytes() for path in school.rglob("*") if path.is_file()} == before


def test_init_leaves_a_roster_that_is_there_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "rosters").mkdir()
    mine = "email,given_name,family_name\nmine@grace.example,My,Own\n"
    (tmp_path / "rosters" / "members.csv").write_text(mine)
    run(tmp_path, "init", "--id", "mine")
    assert (tmp_path / "rosters" / "members.csv").read_text() == mine
    run(tmp_path, "validate")


@pytest.mark.parametrize(
    "name",
    [
        "Ünïversity & Söhne",
        'it\'s "quoted"',
        "学校",
        "123",
        "--weird--",
        "# x: y",
        "$HOME ${id}",
        "{name}",
        "no",
        "CON",
        " . ",
        "a" * 200,
        "a-" * 40,
        "tab\tand\nline",
    ],
    ids=ascii,
)
def test_init_in_a_folder_of_any_name_works(name: str, tmp_path: Path) -> None:
    run(tmp_path, "init", f"./{name}")
    run(tmp_path, "validate", "--strict", f"./{name}")
    run(tmp_path, "plan", "--detailed-exitcode", f"./{name}", code=2)


@pytest.mark.parametrize(
    "name",
    ['St. Mary\'s: "A" #1', "$id $name ${email}", "{{ x }} {% y %}", "yes", "0123", "- a", "Ünïversität 学校", "a\\nb"],
)
def test_init_takes_any_name_as_it_is(name: str, tmp_path: Path) -> None:
    run(tmp_path, "init", "school", "--name", name)
    desired = load(InstitutionFolder.open(tmp_path / "school"), datetime.now(UTC)).desired
    assert desired is not None
    assert desired.institution.name == name


def test_init_takes_an_administrator_as_a_mail_program_writes_one(tmp_path: Path) -> None:
    for n, (written, expected) in enumerate(
        [
            ("Ruth Abel <ruth@grace.example>", ("Ruth", "Abel")),
            ('"Ruth van der Abel" <ruth@grace.example>', ("Ruth van der", "Abel")),
            ("Rüth O'Abel <ruth@grace.example>", ("Rüth", "O'Abel")),
        ]
    ):
        run(tmp_path, "init", f"school-{n}", "--admin", written)
        desired = load(InstitutionFolder.open(tmp_path / f"school-{n}"), datetime.now(UTC)).desired
        assert desired is not None
        [admin] = desired.admins
        assert (admin.given_name, admin.family_name) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["--id", "My School"],
        ["--id", "a: b"],
        ["--id", "a--b"],
        ["--id", "Ä"],
        ["--id", "a" * 64],
        ["--name", "   "],
        ["--name", "bell \x07"],
        ["--admin", "Ruth"],
        ["--admin", "Ruth Abel <ruth@nowhere>"],
        ["--admin", "<ruth@grace.example>"],
        ["--admin", "Ru\x07th Abel <ruth@grace.example>"],
    ],
    ids=lambda words: ascii(" ".join(words))[:40],
)
def test_init_refuses_what_would_not_validate_and_writes_nothing(words: list[str], tmp_path: Path) -> None:
    run(tmp_path, "init", "school", *words, code=64)
    assert not (tmp_path / "school").exists()


# Examples


def test_there_are_three_examples() -> None:
    assert [path.name for path in EXAMPLES] == ["grace-seminary", "harbor-church", "northfield-university"]


@both
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_plans_applies_and_plans_nothing_more(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATSYNC_NOW", "2026-12-01")
    works_at_once(Path(shutil.copytree(example, tmp_path / example.name)))


def test_every_rule_of_the_refusals_is_judged_by() -> None:
    from seatsync import refusals
    from seatsync.refusals.judge import RULES

    found = [
        importlib.import_module(f"seatsync.refusals.{module.name}")
        for module in pkgutil.iter_modules(refusals.__path__)
    ]
    assert {module for module in found if hasattr(module, "CODE")} == set(RULES)


@pytest.mark.parametrize("is_job", [False, True])
def test_progress_is_shown_at_a_terminal_but_not_in_a_job(monkeypatch: pytest.MonkeyPatch, is_job: bool) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert Run(None, datetime(2026, 9, 1, tzinfo=UTC), is_job=is_job).shows_progress is not is_job
