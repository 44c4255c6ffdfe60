"""Mistakes of people, disk errors and interruptions, and seatsync's answers.

The answer is always one clear line and what to do, the exit code of the contract's table, and no traceback; nothing is lost or
half written. Events below Python (signals, full disks, closed pipes) are tested with real processes; strace chooses the exact
moment.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from seatsync.domain.failure import ExitCode
from tests.support.command_line import Outcome, seatsync

pytestmark = pytest.mark.slow

BROKEN, INVALID, REFUSED, LEDGER, USAGE, INTERRUPTED = 1, 3, 4, 6, 64, 130

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
  opt_out: true
libraries:
  books: {title: Books, system: logos-library, slots: 20}
rosters:
  - {path: rosters/students.csv, tags: [student]}
  - {path: rosters/faculty.yaml}
grants:
  - {library: books, kind: temporary, to: {tags: [student]}}
  - {library: books, kind: permanent, to: {file: graduates.csv}}
  - {path: grants/extra.csv}
"""
FILES = {
    "seatsync.yaml": CONFIG,
    "rosters/students.csv": "email,given_name,family_name\nann@grace.example,Ann,Lee\nben@grace.example,Ben,Ode\n",
    "rosters/faculty.yaml": "- {email: cy@grace.example, given_name: Cy, family_name: Roe}\n",
    "graduates.csv": "email\nann@grace.example\n",
    "grants/extra.csv": "library,email,kind,until\nbooks,cy@grace.example,temporary,\n",
}
NOT_TEXT = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\x06\0\0\0"

COMMANDS: dict[str, tuple[str, ...]] = {
    "plan": ("plan",),
    "apply": ("apply", "--yes"),
    "status": ("status",),
    "members": ("members",),
    "licenses": ("licenses",),
    "export": ("export",),
    "log": ("log",),
    "verify": ("verify",),
    "ledger info": ("ledger", "info"),
    "ledger rebuild": ("ledger", "rebuild"),
    "ledger claim": ("ledger", "claim", "books", "ben@grace.example"),
    "ledger opt-out": ("ledger", "opt-out", "books", "ben@grace.example"),
    "outbox list": ("outbox", "list"),
    "resend": ("resend", "--yes"),
    "import": ("import", "portal.csv", "--yes", "--quiet"),
}
"""Every command that needs an institution and its ledger."""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose files are applied, for copying."""
    folder = tmp_path_factory.mktemp("applied") / "grace"
    write(folder, FILES | {"portal.csv": "email,given_name,family_name\nann@grace.example,Ann,Lee\n"})
    assert seatsync("apply", "--yes", folder=folder).code == 0
    return folder


@pytest.fixture
def folder(applied: Path, tmp_path: Path) -> Path:
    """Grace Seminary: correct files, and a ledger that agrees with them."""
    return Path(shutil.copytree(applied, tmp_path / "grace"))


# ── The folder and its files ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", ["validate", *COMMANDS])
def test_a_folder_without_seatsync_yaml_is_told_as_such(command: str, folder: Path) -> None:
    (folder / "seatsync.yaml").unlink()
    before = contents(folder)
    outcome = seatsync(*COMMANDS.get(command, (command,)), folder=folder)
    one_diagnostic(outcome, "file-not-found", "seatsync.yaml", counted=command != "import")
    assert contents(folder) == before


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("status",)])
def test_a_folder_that_is_not_there_is_told_as_such(command: tuple[str, ...], tmp_path: Path) -> None:
    one_diagnostic(seatsync(*command, "nowhere", folder=tmp_path), "file-not-found", "nowhere/seatsync.yaml")
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    ("mistyped", "guess"), [("gradautes.csv", ' Did you mean "graduates.csv"?'), ("nowhere", ""), ("nowhere/x.csv", "")]
)
def test_validate_of_a_mistyped_path_says_that_it_is_not_there(mistyped: str, guess: str, folder: Path) -> None:
    outcome = seatsync("validate", mistyped, folder=folder)
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert f"There is no file or folder {mistyped}.{guess}" in " ".join(outcome.err.split())
    assert "seatsync.yaml" not in outcome.err


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_the_address_of_a_ledger_in_place_of_a_folder_is_told_as_such(command: str, folder: Path) -> None:
    outcome = seatsync(command, "sqlite:///ledger.db", folder=folder)
    assert outcome.code == ExitCode.USAGE
    assert "This is an address, not a folder. To name a ledger, use --ledger." in outcome.err


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("status",)])
def test_a_file_in_place_of_the_folder_is_told_as_such(command: tuple[str, ...], folder: Path) -> None:
    one_diagnostic(seatsync(*command, "graduates.csv", folder=folder), "file-unreadable", "graduates.csv/")


def test_validate_of_a_file_that_is_no_roster_says_what_it_is(folder: Path) -> None:
    outcome = seatsync("validate", "graduates.csv", folder=folder)
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert "graduates.csv is a selection of members, not a roster." in outcome.err


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_told_where_it_is_named(name: str, folder: Path) -> None:
    (folder / name).unlink()
    found = only_fault(folder)
    assert found["code"] == "file-not-found"
    assert name in found["message"]
    nothing_is_applied(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_directory_in_place_of_a_file_is_told_as_such(name: str, folder: Path) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    found = only_fault(folder)
    if name.startswith("rosters/"):  # a roster may be a folder: of a set of files
        assert found["code"] == "set-unknown"
        assert found["message"].startswith(f"{name} has no CSV files")
    else:
        assert found["code"] == "file-unreadable"
        assert found["message"] == f"{name} is a folder, not a file."
    nothing_is_applied(folder)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(NOT_TEXT, id="a picture"),
        pytest.param(b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0", id="a workbook"),
        pytest.param(b"\0" * 64, id="zero bytes"),
        pytest.param("Zoë".encode("utf-16-le"), id="UTF-16 without a byte order mark"),
        pytest.param("Zoë\n".encode("windows-1252"), id="Windows-1252 that nobody named"),
        pytest.param("a: b # Zoë".encode()[:-1], id="UTF-8 cut within a letter"),
        pytest.param("email\n".encode("utf-16")[:-1], id="UTF-16 cut within a letter"),
    ],
)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_text_is_told_once_and_by_name(name: str, content: bytes, folder: Path) -> None:
    (folder / name).write_bytes(content)
    found = only_fault(folder)
    assert found["code"] == "file-encoding"
    assert found["source"]["file"] == name
    assert "UTF-8" in found["help"]
    nothing_is_applied(folder)


@pytest.mark.parametrize(
    ("name", "half", "code", "line"),
    [
        pytest.param("rosters/students.csv", 'email,given_name,family_name\nann@grace.example,"An', "csv-quotes", 2,
                     id="a roster that ends within a quote"),
        pytest.param("rosters/students.csv", 'email,given_name,family_name\na@b.example,"A\nB\nC,D\n', "csv-quotes", 2,
                     id="a quote that is open for the rest of the file"),
        pytest.param("rosters/students.csv", "email,given_name,family_name\nann@grace.example,An", "missing-value", 2,
                     id="a roster that ends within a row"),
        pytest.param("rosters/students.csv", "email,given_na", "csv-header", 1,
                     id="a roster that ends within the header"),
        pytest.param("rosters/students.csv", "", "csv-header", 1, id="an empty roster"),
        pytest.param("graduates.csv", 'email\n"ann@gr', "csv-quotes", 2, id="a selection that ends within a quote"),
        pytest.param("graduates.csv", "", "csv-header", 1, id="an empty selection"),
        pytest.param("grants/extra.csv", 'library,email,kind,until\nbooks,"cy', "csv-quotes", 2,
                     id="grants that end within a quote"),
        pytest.param("rosters/faculty.yaml", "- {email: cy@grace.example, given_n", None, None,
                     id="a YAML roster that ends within braces"),
        pytest.param("rosters/faculty.yaml", '- email: "cy@grace.ex', None, 1,
                     id="a YAML roster that ends within a quote"),
        pytest.param("seatsync.yaml", CONFIG[:260], None, None, id="a seatsync.yaml that ends within braces"),
        pytest.param("seatsync.yaml", CONFIG[:13], None, None, id="a seatsync.yaml that ends in line 2"),
    ],
)  # fmt: skip
def test_half_a_file_is_told_where_it_breaks(
    name: str, half: str, code: str | None, line: int | None, folder: Path
) -> None:
    (folder / name).write_text(half, encoding="utf-8")
    found = faults(folder)
    assert {fault["source"]["file"] for fault in found} == {name}
    assert code in (None, found[0]["code"])
    assert line in (None, found[0]["source"]["line"])
    assert all(fault["help"] for fault in found)
    nothing_is_applied(folder)


@pytest.mark.parametrize("name", ["seatsync.yaml", "rosters/faculty.yaml"])
def test_a_file_that_ends_too_early_is_told_on_a_line_that_it_has(name: str, folder: Path) -> None:
    (folder / name).write_text(FILES[name].partition("}")[0], encoding="utf-8")
    assert only_fault(folder)["source"]["line"] <= len((folder / name).read_text(encoding="utf-8").splitlines())


def test_an_empty_seatsync_yaml_is_invalid(folder: Path) -> None:
    (folder / "seatsync.yaml").write_bytes(b"")
    assert "mapping" in only_fault(folder)["message"]
    nothing_is_applied(folder)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("/etc/passwd.csv", "outside", id="an absolute path"),
        pytest.param("../other/members.csv", "outside", id="a path that leaves the folder"),
        pytest.param("link-out.csv", "outside", id="a link that leaves the folder"),
        pytest.param("loop.csv", "loop.csv", id="a link to itself"),
        pytest.param("x" * 300 + ".csv", "name too long", id="a name too long for the disk"),
        pytest.param('"a\\0b.csv"', "a", id="a name with a zero byte"),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_is_one_fault_of_seatsync_yaml(path: str, said: str, folder: Path) -> None:
    (folder / "link-out.csv").symlink_to("/etc/hostname")
    (folder / "loop.csv").symlink_to("loop.csv")
    (folder / "seatsync.yaml").write_text(CONFIG.replace("rosters/students.csv", path), encoding="utf-8")
    found = only_fault(folder)
    assert found["source"]["file"] == "seatsync.yaml"
    assert said in found["message"].lower()


@pytest.mark.parametrize("command", [("members", "--select"), ("export", "--select"), ("import", "--yes")])
@pytest.mark.parametrize(
    ("file", "code"),
    [
        pytest.param("nowhere.csv", "file-not-found", id="missing"),
        pytest.param("rosters", "file-unreadable", id="a directory"),
        pytest.param("picture.csv", "file-encoding", id="a picture"),
        pytest.param("half.csv", "csv-quotes", id="half a file"),
        pytest.param("other.csv", "csv-header", id="another table"),
    ],
)
def test_a_bad_file_named_on_the_command_line_is_told_as_one_in_the_folder(
    command: tuple[str, ...], file: str, code: str, folder: Path
) -> None:
    (folder / "picture.csv").write_bytes(NOT_TEXT)
    (folder / "half.csv").write_text('email,given_name,family_name\nann@grace.example,"Ann', encoding="utf-8")
    (folder / "other.csv").write_text("colour,shape\nred,round\n", encoding="utf-8")
    before = contents(folder)
    one_diagnostic(seatsync(*command, file, folder=folder), code, file)
    assert contents(folder) == before


@pytest.mark.parametrize("command", [("show",), ("apply",)])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda path: None, "plan.json: No such file", id="missing"),
        pytest.param(Path.mkdir, "plan.json is a folder, not a file", id="a directory"),
        pytest.param(os.mkfifo, "plan.json is not an ordinary file", id="a pipe"),
    ],
)
def test_a_plan_file_that_cannot_be_read_is_told_by_name(
    command: tuple[str, ...], make: Callable[[Path], None], said: str, folder: Path
) -> None:
    make(folder / "plan.json")
    one_line(seatsync(*command, "plan.json", folder=folder), BROKEN, said)


def test_a_plan_that_cannot_be_saved_is_told_by_name(folder: Path) -> None:
    before = contents(folder)
    one_line(seatsync("plan", "--out", "nowhere/plan.json", folder=folder), BROKEN, "nowhere/plan.json: No such file")
    assert contents(folder) == before


def test_init_does_not_touch_what_is_there(folder: Path) -> None:
    before = contents(folder)
    wrong_usage(seatsync("init", ".", folder=folder), "already exists")
    wrong_usage(seatsync("init", "graduates.csv", folder=folder), "is a file")
    assert contents(folder) == before


# ── The ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _cut(path: Path, keep: Callable[[int], int]) -> None:
    with open(path, "r+b") as file:
        file.truncate(keep(path.stat().st_size))


def _sql(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    return change


def _other_program(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.unlink()
        _sql("CREATE TABLE songs (title TEXT)", *statements)(path)

    return change


def _instead(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


def _scribbled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)


BAD_LEDGERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a text file": (lambda path: path.write_text(CONFIG, encoding="utf-8"), "is not a database"),
    "a picture": (lambda path: path.write_bytes(NOT_TEXT * 200), "is not a database"),
    "a database cut to a hundred bytes": (lambda path: _cut(path, lambda size: 100), ""),
    "a database cut to one page": (lambda path: _cut(path, lambda size: 4096), "is damaged"),
    "a database cut in half": (lambda path: _cut(path, lambda size: size // 2), "is damaged"),
    "a database without its last page": (lambda path: _cut(path, lambda size: size - 4096), "is damaged"),
    "a database scribbled over": (_scribbled, "is damaged"),
    "another program's database": (_other_program(), "not a seatsync ledger"),
    "another program's database under Alembic": (
        _other_program("CREATE TABLE alembic_version (version_num)", "INSERT INTO alembic_version VALUES ('0000f0a1')"),
        "seatsync.db",
    ),
    "another program's database of the same version": (
        _other_program("CREATE TABLE alembic_version (version_num)", "INSERT INTO alembic_version VALUES ('0001')"),
        "seatsync.db",
    ),
    "a ledger of a newer version": (_sql("UPDATE alembic_version SET version_num = '9999'"), "newer seatsync"),
    "a ledger that lacks a table": (_sql("DROP TABLE member"), "seatsync.db"),
    "a directory": (_instead(Path.mkdir), "folder"),
    "an empty file": (lambda path: path.write_bytes(b""), "is empty (0 bytes)"),
    "a pipe": (_instead(os.mkfifo), "is not an ordinary file"),
    "a link to a device": (_instead(lambda path: path.symlink_to("/dev/zero")), "is a link"),
}


@pytest.mark.parametrize("command", ["plan", "apply", "verify", "ledger claim"])
@pytest.mark.parametrize("ledger", BAD_LEDGERS)
def test_a_file_that_is_no_usable_ledger_is_told_in_one_line_and_left_alone(
    ledger: str, command: str, folder: Path
) -> None:
    spoil, said = BAD_LEDGERS[ledger]
    spoil(folder / "seatsync.db")
    before = contents(folder)
    one_line(seatsync(*COMMANDS[command], folder=folder), LEDGER, said)
    assert contents(folder) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_a_bad_ledger_the_same_way(command: str, folder: Path) -> None:
    (folder / "seatsync.db").write_text("not a database at all " * 100, encoding="utf-8")
    before = contents(folder)
    one_line(seatsync(*COMMANDS[command], folder=folder), LEDGER, "is not a database")
    assert contents(folder) == before


def test_an_import_whose_ledger_is_bad_does_not_touch_the_files_either(folder: Path) -> None:
    (folder / "portal.csv").write_text("email,given_name,family_name\ndan@grace.example,Dan,Poe\n", encoding="utf-8")
    (folder / "seatsync.db").write_text("not a database at all " * 100, encoding="utf-8")
    before = contents(folder)
    one_line(seatsync(*COMMANDS["import"], folder=folder), LEDGER, "is not a database")
    assert contents(folder) == before


@pytest.mark.parametrize(
    "ledger", ["nowhere/seatsync.db", "sqlite:///nowhere/seatsync.db", "graduates.csv/seatsync.db"]
)
def test_a_ledger_in_a_folder_that_is_not_there_cannot_be_written(ledger: str, folder: Path) -> None:
    before = contents(folder)
    one_line(seatsync("apply", "--yes", "--ledger", ledger, folder=folder), LEDGER, "is missing")
    assert contents(folder) == before


@pytest.mark.parametrize("file", ["/dev/null", "/dev/full"])
def test_a_ledger_that_keeps_nothing_is_not_written_to(file: str, folder: Path) -> None:
    one_line(seatsync("apply", "--yes", "--ledger", file, folder=folder), LEDGER, file)


def test_a_ledger_that_somebody_else_writes_to_can_be_read_but_not_written(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "seatsync.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert seatsync("status", folder=folder).code == 0
        claim = ("ledger", "claim", "books", "ben@grace.example", "--lock-timeout", "0.2")
        outcome = seatsync(*claim, folder=folder)
        other.execute("ROLLBACK")
    one_line(outcome, LEDGER, "is locked by another seatsync")
    assert seatsync("ledger", "claim", "books", "ben@grace.example", folder=folder).code == 0


@pytest.mark.parametrize(
    "url",
    [
        "nonsense://ann:hunter2@localhost/seats",
        "http://ann:hunter2@localhost/seats",
        "postgres://ann:hunter2@localhost/seats",
        "postgresql+nonsense://ann:hunter2@localhost/seats",
        "postgresql+psycopg://ann:hunter2@127.0.0.1:1/seats",
        "postgresql+psycopg://ann:hunter2@localhost:port/seats",
        "mssql+nonsense://ann:hunter2@localhost/seats",
        "://",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
    ],
)
def test_a_bad_ledger_url_is_told_in_one_line_without_its_password(url: str, folder: Path) -> None:
    before = contents(folder)
    for command in (("plan",), ("apply", "--yes")):
        outcome = seatsync(*command, "--ledger", url, folder=folder)
        one_line(outcome, LEDGER, "")
        assert "hunter2" not in outcome.err
    assert contents(folder) == before


def test_a_bad_ledger_in_the_environment_is_told_like_one_on_the_command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATSYNC_LEDGER", "nonsense://localhost/seats")
    one_line(seatsync("status", folder=folder), LEDGER, "A ledger can't be kept in nonsense")


# ── The disk ────────────────────────────────────────────────────────────────────────────────────────────────────────

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None
    or subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode != 0,
    reason="strace is not on this machine, or may not trace here: faults of the disk cannot be made",
)


@needs_strace
@pytest.mark.parametrize(
    ("file", "fault", "said"),
    [
        pytest.param("seatsync.db", "openat:error=EROFS:when=1+2", "read-only", id="a read-only disk"),
        pytest.param("seatsync.db-wal", "openat:error=EACCES", "read-only", id="a read-only folder"),
        pytest.param("seatsync.db-wal", "pwrite64:error=ENOSPC", "the disk is full", id="a full disk"),
        pytest.param("seatsync.db-wal", "pwrite64:error=ENOSPC:when=2+", "the disk is full", id="a disk that fills up"),
        pytest.param("seatsync.db-wal", "pwrite64:error=EIO:when=2+", "the disk reports an error", id="a failing disk"),
        pytest.param(
            "seatsync.db-wal", "fdatasync:error=EIO", "the disk reports an error", id="a disk that keeps nothing"
        ),
    ],
)
def test_a_disk_that_cannot_be_written_to_leaves_the_ledger_as_it_was(
    file: str, fault: str, said: str, folder: Path
) -> None:
    before = contents(folder)
    outcome = traced(file, fault, "ledger", "claim", "books", "ben@grace.example", folder=folder)
    one_line(outcome, LEDGER, said)
    assert seatsync("verify", folder=folder).code == 0
    assert contents(folder) == before
    assert seatsync("ledger", "claim", "books", "ben@grace.example", folder=folder).code == 0


@needs_strace
@pytest.mark.parametrize("fault", ["pwrite64:error=ENOSPC", "pwrite64:error=EIO:when=2+", "fdatasync:error=EIO"])
def test_a_disk_that_fails_after_the_commit_loses_nothing(fault: str, folder: Path) -> None:
    """Data in the write-ahead log stays there until it can be moved into the file."""
    before = serial(folder)
    assert traced("seatsync.db", fault, "ledger", "claim", "books", "ben@grace.example", folder=folder).code == 0
    assert serial(folder) == before + 2
    converges(folder)


@needs_strace
@pytest.mark.parametrize(
    ("call", "error", "said"),
    [("write", "ENOSPC", "No space left"), ("fsync", "EIO", "error"), ("rename", "EROFS", "Read-only")],
)
def test_a_plan_that_cannot_be_saved_leaves_the_older_one_whole(call: str, error: str, said: str, folder: Path) -> None:
    (folder / "plan.json").write_text('{"format": "seatsync-plan/1", "this is": "the older one"}', encoding="utf-8")
    before = contents(folder)
    script = (
        "import os, sys; from seatsync.cli.main import main; "
        "os.getpid = lambda: 1; sys.argv[1:] = ['plan', '--out', 'plan.json']; main()"
    )
    command = [
        "--seccomp-bpf",
        "-P",
        str(folder / "plan.json"),
        "-P",
        str(folder / ".plan.json.1"),
        "-P",
        ".plan.json.1",
    ]
    outcome = strace([*command, "-e", f"inject={call}:error={error}"], ["-c", script], folder)
    one_line(outcome, BROKEN, said)
    assert "plan.json: " in outcome.err
    assert contents(folder) == before


# ── Ctrl-C, kill -9 ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose first apply is large: it takes long enough to be stopped in the middle."""
    folder = tmp_path_factory.mktemp("many")
    people = "".join(f"m{i}@grace.example,Given{i},Family{i}\n" for i in range(6000))
    write(
        folder,
        FILES
        | {
            "seatsync.yaml": CONFIG.replace("slots: 20", "slots: 9000"),
            "rosters/students.csv": FILES["rosters/students.csv"] + people,
        },
    )
    return folder


@pytest.mark.parametrize("delay", [0, 0.04])
def test_ctrl_c_in_the_middle_of_a_large_apply_leaves_nothing_of_it(delay: float, many: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(many, tmp_path / "many"))
    process = started("apply", "--yes", "--quiet", folder=folder)
    while_it_writes(process, folder, delay)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (INTERRUPTED, "")
    assert err.strip() == "seatsync: interrupted. Unfinished changes were not written."
    assert serial(folder) == 0
    converges(folder)


@pytest.mark.parametrize(("how", "delay"), [(signal.SIGKILL, 0), (signal.SIGKILL, 0.04), (signal.SIGTERM, 0.02)])
def test_a_large_apply_that_is_killed_leaves_nothing_of_it(how: int, delay: float, many: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(many, tmp_path / "many"))
    process = started("apply", "--yes", "--quiet", folder=folder)
    while_it_writes(process, folder, delay)
    process.send_signal(how)
    process.communicate(timeout=30)
    assert process.returncode == -how
    assert serial(folder) == 0
    converges(folder)


KILLED_BEFORE = """
import os, signal, sqlite3, sys
from seatsync.cli.main import main

moment, connect, writing = sys.argv.pop(1), sqlite3.connect, False

def watch(sql):
    global writing
    writing = writing or sql == "BEGIN IMMEDIATE"
    if writing and sql.startswith(moment):
        os.kill(os.getpid(), signal.SIGKILL)

def connected(*args, **settings):
    connection = connect(*args, **settings)
    connection.execute("PRAGMA cache_size = 2")  # so that pages are on the disk before the commit
    connection.set_trace_callback(watch)
    return connection

sqlite3.connect = connected
main()
"""
"""Runs seatsync, and kills it before the first written statement with the given beginning."""


@pytest.mark.parametrize(
    ("which", "moment"),
    [
        ("first", "INSERT INTO event"),
        ("first", "COMMIT"),
        ("second", "INSERT INTO event"),
        ("second", "INSERT INTO outbox"),
        ("second", "INSERT INTO member"),
        ("second", "INSERT INTO license"),
        ("second", "COMMIT"),
    ],
)
def test_an_apply_that_is_killed_before_its_commit_leaves_nothing_of_it(which: str, moment: str, folder: Path) -> None:
    before = next_apply(which, folder)
    process = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE, moment, "apply", "--yes"], cwd=folder, capture_output=True, check=False
    )
    assert process.returncode == -signal.SIGKILL
    assert (folder / "seatsync.db-wal").exists()
    assert serial(folder) == before
    converges(folder)


@needs_strace
@pytest.mark.parametrize(
    ("file", "moment"),
    [
        pytest.param("seatsync.db-wal", "pwrite64:signal=SIGKILL:when=6", id="among its pages"),
        pytest.param("seatsync.db-wal", "fdatasync:signal=SIGKILL", id="when they are made to last"),
        pytest.param("seatsync.db", "pwrite64:signal=SIGKILL:when=2", id="when they are moved into the file"),
        pytest.param("seatsync.db", "fdatasync:signal=SIGKILL", id="when they are made to last there"),
        pytest.param("seatsync.db-wal", "unlink:signal=SIGKILL", id="at its last call"),
    ],
)
def test_an_apply_that_is_killed_during_its_commit_happened_whole_or_not_at_all(
    file: str, moment: str, folder: Path
) -> None:
    before = next_apply("second", folder)
    changes = len(json.loads(seatsync("plan", "--format", "json", folder=folder).out)["changes"])
    outcome = traced(file, moment, "apply", "--yes", folder=folder)
    assert outcome.code in (-signal.SIGKILL, 128 + signal.SIGKILL), outcome.err
    assert serial(folder) in (before, before + 1 + changes)
    converges(folder)


@needs_strace
def test_ctrl_c_during_a_commit_leaves_all_of_it_or_nothing(folder: Path) -> None:
    before = serial(folder)
    claim = ("ledger", "claim", "books", "ben@grace.example")
    outcome = traced("seatsync.db-wal", "fdatasync:signal=SIGINT", *claim, folder=folder)
    assert outcome.code in (INTERRUPTED, -signal.SIGINT), outcome.err
    assert "Traceback" not in outcome.err
    assert serial(folder) in (before, before + 2)


# ── Where the output goes ───────────────────────────────────────────────────────────────────────────────────────────

PRINTING = [("members",), ("plan", "--format", "json"), ("export",)]


@pytest.mark.parametrize("command", PRINTING)
def test_a_reader_that_stops_reading_is_no_reason_to_complain(command: tuple[str, ...], folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = started(*command, folder=folder, stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=30)
    assert err == ""
    assert process.returncode in (0, BROKEN, 128 + signal.SIGPIPE)


def test_members_can_be_piped_into_head(many: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(many, tmp_path / "many"))
    seatsync("apply", "--yes", "--quiet", folder=folder)
    members = f"'{sys.executable}' -m seatsync members --format csv | head -1"
    outcome = subprocess.run(members, shell=True, cwd=folder, capture_output=True, text=True, check=False)
    assert (outcome.stdout, outcome.stderr) == (
        "email,given_name,family_name,student_id,role,tags,left_on,seats_end\n",
        "",
    )


@pytest.mark.parametrize("command", PRINTING)
def test_a_full_disk_behind_the_output_is_told(command: tuple[str, ...], folder: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = started(*command, folder=folder, stdout=full.fileno())
        _, err = process.communicate(timeout=30)
    one_line(Outcome(process.returncode, "", err), BROKEN, "No space left on device")


@pytest.mark.parametrize("command", [("members",), ("plan",), ("status", "--format", "json")])
def test_an_output_that_is_closed_is_told_and_no_bug(command: tuple[str, ...], folder: Path) -> None:
    process = started(*command, folder=folder, preexec=lambda: os.close(1))
    _, err = process.communicate(timeout=30)
    assert process.returncode in (0, BROKEN)
    assert "Traceback" not in err
    assert "This is a bug" not in err


def test_an_apply_whose_report_cannot_be_printed_is_whole_or_not_at_all(folder: Path) -> None:
    (folder / "seatsync.db").unlink()
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = started("apply", "--yes", folder=folder, stdout=full.fileno())
        process.communicate(timeout=30)
    assert seatsync("verify", folder=folder).code == 0
    converges(folder)


# ── Wrong usage ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["rubbish", "2026-13-01", "2026-02-30", "2026-01-01T25:00", "tomorrow", "1e9", ""])
def test_a_now_that_is_no_date_is_wrong_usage(value: str, folder: Path) -> None:
    wrong_usage(seatsync("plan", "--now", value, folder=folder), "neither a date nor a time")


@pytest.mark.parametrize("value", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"])
def test_a_now_beyond_the_calendar_is_wrong_usage(value: str, folder: Path) -> None:
    wrong_usage(seatsync("plan", "--now", value, folder=folder), value)


@pytest.mark.parametrize("value", ["0001-01-01", "1899-12-31", "9900-01-01", "9999-12-30", "9999-12-31T23:59"])
@pytest.mark.parametrize("command", ["plan", "year", "report"])
def test_a_now_near_an_end_of_the_calendar_is_wrong_usage(command: str, value: str, folder: Path) -> None:
    wrong_usage(seatsync(command, "--now", value, folder=folder), "Name a day from 1900-01-01 to 9899-12-31.")


MOST_DAYS = """\
invites: {remind_after: [9998d], reclaim_after: 9999d}
leavers: {grace: 9999d}
limits: {max_revokes: 100%, soon: 9999d}
"""


@pytest.mark.parametrize("value", ["1900-01-01", "9899-12-31"])
def test_from_the_first_and_the_last_day_that_may_be_now_every_setting_counts(value: str, folder: Path) -> None:
    (folder / "seatsync.yaml").write_text(CONFIG + MOST_DAYS, "utf-8")
    for command in (["plan"], ["year"], ["year", "--until", "9999-12-31"], ["apply", "--yes"], ["plan"], ["report"]):
        outcome = seatsync(*command, "--now", value, folder=folder)
        assert outcome.code == 0, (command, outcome)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("plna",), 'Did you mean "plan"?'),
        (("Validate",), 'Did you mean "validate"?'),
        (("frobnicate",), 'There is no command "frobnicate".'),
        (("ledger", "clam"), "Did you mean"),
        (("outbox", "lst"), "Did you mean"),
        (("plan", "--fromat", "json"), "--format"),
        (("plan", "--format", "yaml"), "'yaml' is not one of"),
        (("members", "--format", "html"), "'html' is not one of"),
        (("members", "--kind", "eternal"), "'eternal' is not one of"),
        (("members", "--status", "lost"), "'lost' is not one of"),
        (("members", "--library", "boks"), 'Did you mean "books"?'),
        (("members", "--sort", "shoe-size"), "There is no column shoe-size"),
        (("export", "--library", "boks"), 'Did you mean "books"?'),
        (("import", "portal.csv", "--library", "boks", "--yes"), 'Did you mean "books"?'),
        (("import",), "Missing argument"),
        (("import", "portal.csv"), "can't ask without a terminal"),
        (("resend",), "can't ask without a terminal"),
        (("apply",), "can't ask without a terminal"),
        (("log", "--limit", "0"), "0 is not in the range"),
        (("log", "--limit", "many"), "'many' is not a valid integer"),
        (("explain", "slots-exceded"), 'Did you mean "slots-exceeded"?'),
        (("schema", "plans"), "'plans' is not one of"),
        (("show",), "Missing argument"),
        (("apply", "a.json", "b.json"), "only one of these: a plan file, --expect"),
        (("apply", "--yes", "--expect", ""), "--expect is empty"),
        (("apply", "--expect", " "), "--expect is empty"),
        (("apply", "a.json", "--expect", "0" * 64), "only one of these: a plan file, --expect"),
        (("ledger", "claim", "books"), "Missing argument"),
        (("plan", "--out"), "requires an argument"),
        (("plan", "--out", "rosters"), "is a directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_told_with_what_is_near(command: tuple[str, ...], said: str, folder: Path) -> None:
    before = contents(folder)
    wrong_usage(seatsync(*command, folder=folder), said)
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("command", "heading"), [((), "Files:"), (("ledger",), "Commands:"), (("outbox",), "Commands:")]
)
def test_without_a_command_the_help_is_shown(command: tuple[str, ...], heading: str, folder: Path) -> None:
    outcome = seatsync(*command, folder=folder)
    assert outcome.code == USAGE
    assert heading in outcome.err


@pytest.mark.parametrize(
    ("variable", "value"), [("SEATSYNC_NOW", "rubbish"), ("SEATSYNC_FORMAT", "yaml"), ("SEATSYNC_QUIET", "perhaps")]
)
def test_a_bad_value_in_the_environment_is_wrong_usage_that_names_the_variable(
    variable: str, value: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    wrong_usage(seatsync("plan", folder=folder), variable)


# ── --debug ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("command", "code", "cause"),
    [
        (("status", "--ledger", "graduates.csv"), LEDGER, "sqlite3.DatabaseError"),
        (("apply", "--yes", "--ledger", "nowhere/x.db"), LEDGER, "LedgerError"),
        (("show", "nowhere.json"), BROKEN, "FileNotFoundError"),
        (("show", "seatsync.yaml"), 5, "JSONDecodeError"),
        (("ledger", "claim", "books", "nobody@grace.example"), REFUSED, "Unavailable"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_debug_shows_where_an_error_came_from(command: tuple[str, ...], code: int, cause: str, folder: Path) -> None:
    plain = seatsync(*command, folder=folder)
    one_line(plain, code, "")
    outcome = seatsync(*command, "--debug", folder=folder)
    assert outcome.code == code
    assert outcome.err.startswith(plain.err)
    assert "Traceback (most recent call last)" in outcome.err
    assert cause in outcome.err
    assert "Traceback" not in seatsync(*command, folder=folder).err


# ── What counts as a good report ────────────────────────────────────────────────────────────────────────────────────────


def one_line(outcome: Outcome, code: int, said: str) -> None:
    """Check for one line with the problem, and one with what to do."""
    assert outcome.code == code, outcome
    lines = outcome.err.splitlines()
    assert len(lines) == 2, outcome.err
    assert lines[0].startswith("seatsync: ")
    assert said in lines[0]
    assert lines[1].startswith("  To fix: ")
    assert len(lines[1]) > 8
    assert "This is a bug" not in outcome.err


def one_diagnostic(outcome: Outcome, code: str, place: str, counted: bool = True) -> None:
    """Check for one place with a code, the problem, what to do, and (without --quiet) the count."""
    assert outcome.code == INVALID, outcome
    lines = (outcome.err or outcome.out).splitlines()
    assert len(lines) == 3 + counted, lines
    assert lines[0].startswith(place)
    assert lines[0].endswith(f" error {code}")
    assert lines[2].strip().startswith("To fix: ")
    assert not counted or lines[3].endswith(": 1 error")


def wrong_usage(outcome: Outcome, said: str) -> None:
    """Check for one line with the error, below the usage and the hint at the help."""
    assert (outcome.code, outcome.out) == (USAGE, ""), outcome
    *usage, error = outcome.err.splitlines()
    assert error.startswith("Error: ")
    assert said in error
    assert not usage or (usage[0].startswith("Usage: seatsync") and usage[1].startswith("Try 'seatsync"))


def faults(folder: Path) -> list[dict[str, Any]]:
    """Return what ``validate`` finds in invalid files."""
    outcome = seatsync("validate", "--format", "json", folder=folder)
    assert (outcome.code, outcome.err) == (INVALID, "")
    found: list[dict[str, Any]] = json.loads(outcome.out)
    return found


def only_fault(folder: Path) -> dict[str, Any]:
    found = faults(folder)
    assert len(found) == 1, found
    assert found[0]["severity"] == "error"
    assert found[0]["help"]
    return found[0]


def nothing_is_applied(folder: Path) -> None:
    """Check that ``plan`` and ``apply`` report the same, and change nothing."""
    before = contents(folder)
    for command in (("plan",), ("apply", "--yes")):
        outcome = seatsync(*command, folder=folder)
        assert (outcome.code, outcome.out) == (INVALID, "")
        assert "Traceback" not in outcome.err
        assert "To fix: " in outcome.err
    assert contents(folder) == before


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    """Return the contents of every file below ``folder``."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def serial(folder: Path) -> int:
    """Return the number of the last journal entry; the journal must be intact."""
    checked = seatsync("verify", folder=folder)
    assert checked.code == 0, checked.err
    number: int = json.loads(seatsync("plan", "--format", "json", folder=folder).out)["ledger"]["serial"]
    return number


def converges(folder: Path) -> None:
    """Apply again, and check that everything matches the files and no file is left over."""
    assert seatsync("apply", "--yes", folder=folder).code == 0
    assert seatsync("plan", "--detailed-exitcode", folder=folder).code == 0
    assert seatsync("verify", folder=folder).code == 0
    assert sorted(path.name for path in folder.glob("*.db*")) == ["seatsync.db"]


# ── Real processes ──────────────────────────────────────────────────────────────────────────────────────────────────


def started(
    *args: str, folder: Path, stdout: int = subprocess.PIPE, preexec: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "seatsync", *args],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=preexec,
    )


def next_apply(which: str, folder: Path) -> int:
    """Leave changes to apply, to a new or an existing ledger; return the number of its last journal entry."""
    if which == "first":
        (folder / "seatsync.db").unlink()
        return 0
    more = "".join(f"new{i}@grace.example,New,Person\n" for i in range(10))
    (folder / "rosters/students.csv").write_text(FILES["rosters/students.csv"] + more, encoding="utf-8")
    return serial(folder)


def while_it_writes(process: subprocess.Popen[str], folder: Path, delay: float) -> None:
    """Wait until the apply holds the lock for longer than it takes to create the tables."""
    until = time.monotonic() + 30
    note = folder / "seatsync.db-holder"

    def is_held() -> bool:
        with suppress(FileNotFoundError):  # it is deleted with the lock
            return "migration" not in note.read_text(encoding="utf-8")
        return False

    while not is_held():
        assert process.poll() is None, "it was done before it could be stopped"
        assert time.monotonic() < until
        time.sleep(0.001)
    time.sleep(delay)


def traced(file: str, inject: str, *args: str, folder: Path) -> Outcome:
    """Run a command, and inject something into its system calls on ``file``.

    Injected faults are fast; signals are slow, because strace then has to stop at every system call.
    """
    where = ["-P", str(folder.resolve() / file), "-e", f"inject={inject}"]
    if "signal=" not in inject:
        where.append("--seccomp-bpf")
    return strace(where, ["-m", "seatsync", *args], folder)


def strace(options: Sequence[str], python: Sequence[str], folder: Path) -> Outcome:
    calls = "openat,pwrite64,fdatasync,fsync,unlink,write,rename"
    tracing = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}", *options]
    command = [*tracing, sys.executable, *python]
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
