"""A proposal may contain links, pipes, devices or endless files instead of a file. seatsync never waits for them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatsync.domain.origin import Origin
from seatsync.domain.text import guesses
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.sources import opening
from seatsync.sources.files import Folder
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from seatsync.sources.rosters.meaning.totals import word_of_totals
from tests.sources.test_bad_input import FILES, write
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import contents
from tests.support.long_form import times

pytestmark = pytest.mark.slow

LONG_ENOUGH = 120
TEMPLATE = "letters/_part.txt.jinja"
RULES = "letters/invitation.txt.jinja"
LETTER = "Your seat\n\nSeats are here: {{ link }}\n"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "grace"
    write(folder, FILES | {RULES: LETTER})
    done = run("apply", "--yes", folder=folder)
    assert done.code == 0, done
    return folder


@pytest.fixture
def folder(applied: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(applied, tmp_path / "grace"))


def run(*args: str, folder: Path) -> Outcome:
    """Run a command; it is interrupted if it waits for something."""

    def too_long(*_: object) -> None:
        raise AssertionError(f"seatsync {args} waits")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LONG_ENOUGH)
    try:
        return seatsync(*args, folder=folder)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# ── Instead of a file that the ledger knows ─────────────────────────────────────────────────────────────────────────


def socket_at(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # its name may have a hundred characters
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(before)


def link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def huge(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(600 * 1024 * 1024)


def directory_of_many(path: Path) -> None:
    path.mkdir()
    for number in range(times(short=5_000, long=100_000)):
        os.close(os.open(path / f"{number}.csv", os.O_CREAT | os.O_WRONLY))


HOSTILE: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "path-outside", "is outside"),
    "a pipe that nobody writes to": (os.mkfifo, "file-unreadable", "is not an ordinary file"),
    "a link to such a pipe": (link_to_pipe, "file-unreadable", "is not an ordinary file"),
    "a socket": (socket_at, "file-unreadable", "is not an ordinary file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "file-unreadable", "symbolic links"),
    "a link to the memory of a process": (lambda path: path.symlink_to("/proc/self/mem"), "path-outside", "outside"),
    "a link to the standard input": (lambda path: path.symlink_to("/dev/stdin"), "path-outside", "is outside"),
    "a file without an end": (huge, "file-unreadable", "is larger than 512 MiB"),
    "a directory of many files": (directory_of_many, "file-unreadable", "has more than 1,000 files"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_has_come_in_the_place_of_a_roster_is_told_at_once(what: str, folder: Path) -> None:
    make, code, said = HOSTILE[what]
    (folder / "rosters/students.csv").unlink()
    make(folder / "rosters/students.csv")
    outcome = run("plan", folder=folder)
    assert outcome.code == 3, outcome
    assert f"error {code}" in outcome.err
    assert said in outcome.err


@pytest.mark.parametrize("name", [*FILES, RULES])
def test_whatever_file_of_the_folder_it_is(name: str, folder: Path) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    outcome = run("validate", folder=folder)
    assert outcome.code == 3, outcome
    assert f"{name} is not an ordinary file" in outcome.out


def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    (folder / "rosters/students.csv").rename(folder / "moved.csv")
    (folder / "rosters/students.csv").symlink_to("../moved.csv")
    assert run("plan", "--detailed-exitcode", folder=folder).code == 0


def test_a_roster_never_is_what_git_keeps_for_itself(folder: Path) -> None:
    """`seatsync.yaml` next to a checkout's `.git`, which may contain a token."""
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("email,given_name,family_name\nthe-token,,\n", encoding="utf-8")
    config = FILES["seatsync.yaml"].replace("rosters/students.csv", ".git/config")
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    outcome = run("validate", folder=folder)
    assert outcome.code == 3
    assert "path-outside" in outcome.out
    assert "the-token" not in outcome.out + outcome.err


def test_who_looks_for_a_name_that_is_near_does_not_look_at_everything(folder: Path) -> None:
    """An endless tree: a hundred thousand names, and a link back to the top."""
    (folder / "rosters/students.csv").rename(folder / "rosters/pupils.csv")
    (folder / "rosters/back").symlink_to("..")
    directory_of_many(folder / "archive")
    looked_at = len([*Folder(folder).some_files()])
    assert looked_at <= 2_000
    outcome = run("plan", folder=folder)
    assert outcome.code == 3
    assert "file-not-found" in outcome.err


def test_names_that_are_near_are_not_looked_for_without_end(folder: Path) -> None:
    """Long, similar names: each comparison takes time proportional to the square of their length."""
    for number in range(1_990):
        (folder / f"{'a' * 180}{number}.csv").touch()
    grants = "".join(
        f"  - {{library: books, kind: temporary, to: {{file: {'a' * 170}{number}x.csv}}}}\n" for number in range(20)
    )
    with open(folder / "seatsync.yaml", "a", encoding="utf-8") as config:
        config.write(grants)
    outcome = run("validate", folder=folder)
    assert outcome.code == 3
    assert outcome.out.count("error file-not-found") == 20


@pytest.mark.parametrize("likeness", [0.65, 0.9])
def test_any_number_of_mistakes_among_any_number_of_names_takes_seconds(likeness: float) -> None:
    guesses.reset_guesses()
    known = [f"{'tag' * 5}{number}" for number in range(10_000)]
    began = time.process_time()
    assert guesses.nearest("tagtagtagtatag77", known, likeness) == "tagtagtagtagtag77"
    for number in range(10_000):
        guesses.nearest(f"{'tag' * 5}{number}x", known, likeness)
    assert time.process_time() - began < 30
    guesses.reset_guesses()
    assert guesses.did_you_mean("temporery", ["temporary", "permanent"]) == 'Did you mean "temporary"?'


@pytest.mark.parametrize(
    "odd", ["Total" + "." * 20_000 + "x", "Sum 1" + "." * 20_000 + "x", "Sum" + " 1" * 20_000 + "x"]
)
def test_a_long_value_that_begins_as_a_row_of_totals_is_judged_at_once(odd: str) -> None:
    began = time.process_time()
    assert not word_of_totals("", odd, "", [])
    assert time.process_time() - began < 1


def test_each_folder_has_its_guesses(folder: Path) -> None:
    (folder / "rosters/students.csv").rename(folder / "rosters/student.csv")
    guesses._Guesses.left = 0
    assert [
        'Did you mean "rosters/student.csv"?' in report.message
        for report in load(InstitutionFolder.open(folder), datetime(2026, 9, 1, tzinfo=UTC)).found
    ] == [True]


def test_another_name_of_a_roster_or_of_a_grants_file_is_the_same_file(folder: Path) -> None:
    (folder / "rosters/too.csv").symlink_to("students.csv")
    (folder / "rosters/again").symlink_to(".")
    (folder / "grants/too.csv").symlink_to("extra.csv")
    config = (folder / "seatsync.yaml").read_text(encoding="utf-8")
    config = config.replace(
        "grants:\n", "  - {path: rosters/too.csv}\n  - {path: rosters/again/students.csv}\ngrants:\n"
    )
    (folder / "seatsync.yaml").write_text(f"{config}  - {{path: grants/too.csv}}\n", encoding="utf-8")
    outcome = run("validate", folder=folder)
    assert outcome.code == 3
    assert outcome.out.count("error duplicate-roster") == 2
    assert "rosters/too.csv is another name for rosters/students.csv" in outcome.out
    assert "error duplicate-grants-file" in outcome.out


# ── How files are read ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_grows_while_it_is_read_ends_at_the_limit(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"12345678")
    coming = opening.pieces(tmp_path / "log.csv", tmp_path, most=10, size=4)
    assert next(coming) == b"1234"
    (tmp_path / "log.csv").write_bytes(b"1" * 1_000)
    with pytest.raises(opening.Unfit, match="is larger than"):
        b"".join(coming)


def test_all_files_of_a_folder_together_end_at_the_limit(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text("1234", encoding="utf-8")
    folder = Folder(tmp_path, left=10)
    assert [folder.read(f"{name}.csv") for name in "abc"] == ["1234", "1234", None]
    (report,) = folder.found
    assert (report.code, report.origin) == ("file-unreadable", Origin("c.csv"))
    assert report.message == "c.csv is too large: the files of a folder can have at most 512 MiB together."


def test_the_limit_of_one_file_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1" * 3_000, encoding="utf-8")
    folder = Folder(tmp_path)
    assert folder.read("a.csv", most=2_048) is None
    assert [report.message for report in folder.found] == ["a.csv is larger than 2 KiB."]


def test_a_file_of_the_system_that_calls_itself_empty_ends_at_the_limit() -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("there is no /proc here")
    assert status.stat().st_size == 0
    assert len(opening.read(status)) > 100
    with pytest.raises(opening.Unfit, match="is larger than"):
        opening.read(status, most=100)


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_no_file_is_opened_but_to_be_closed(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_bytes(b"1" * 100)
    before = open_files()
    assert opening.read(tmp_path / "one.csv") == b"1" * 100
    next(opening.pieces(tmp_path / "one.csv", size=10))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(opening.Unfit):
        opening.read(tmp_path / "pipe")
    assert open_files() == before


# ── Named on the command line, or next to the ledger ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", [("members", "--select"), ("export", "--select"), ("import", "--yes")])
def test_a_list_that_never_comes_is_not_waited_for(command: tuple[str, ...], folder: Path) -> None:
    os.mkfifo(folder / "list.csv")
    outcome = run(*command, "list.csv", folder=folder)
    assert outcome.code == 3
    assert "list.csv is not an ordinary file" in outcome.err


def test_an_import_writes_nothing_through_a_link_that_leads_out(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(folder / "rosters", folder / "kept")
    shutil.rmtree(folder / "rosters")
    (folder / "rosters").symlink_to(elsewhere)
    config = FILES["seatsync.yaml"].replace("rosters/", "kept/")
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    (folder / "users.csv").write_text("email,given_name,family_name\ndan@grace.example,Dan,Poe\n", encoding="utf-8")
    outcome = run("import", "users.csv", "--yes", folder=folder)
    assert outcome.code == 4, outcome
    assert "rosters/users.csv is outside the institution's folder" in outcome.err
    assert [*elsewhere.iterdir()] == []


def test_the_note_of_who_writes_goes_through_no_link(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("all that I have", encoding="utf-8")
    (folder / "seatsync.db-holder").symlink_to(mine)
    more = FILES["rosters/students.csv"] + "dan@grace.example,Dan,Poe\n"
    (folder / "rosters/students.csv").write_text(more, encoding="utf-8")
    assert run("apply", "--yes", folder=folder).code == 0
    assert mine.read_text(encoding="utf-8") == "all that I have"


def test_nor_waits_it_for_who_reads_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "seatsync.db-holder")
    more = FILES["rosters/students.csv"] + "dan@grace.example,Dan,Poe\n"
    (folder / "rosters/students.csv").write_text(more, encoding="utf-8")
    assert run("apply", "--yes", folder=folder).code == 0


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_no_ledger_is_opened_beside_which_links_lie(suffix: str, folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"")
    (folder / f"seatsync.db{suffix}").symlink_to(mine)
    outcome = run("plan", folder=folder)
    assert outcome.code == 6
    assert f"seatsync.db{suffix} is a link" in outcome.err
    assert mine.read_bytes() == b""


# ── A ledger without anything in it ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("status",), ("verify",), ("ledger", "migrate")])
def test_an_empty_file_is_no_new_ledger(command: tuple[str, ...], folder: Path) -> None:
    """Otherwise every member would be invited again."""
    (folder / "seatsync.db").write_bytes(b"")
    outcome = seatsync(*command, folder=folder)
    assert outcome.code == 6
    assert "seatsync.db is empty (0 bytes). A copy may have failed, or the disk was full." in outcome.err
    assert "Restore it from the backup. Delete the file only if you want a new ledger" in outcome.err
    assert (folder / "seatsync.db").read_bytes() == b""
    (folder / "seatsync.db").unlink()
    assert seatsync("apply", "--yes", folder=folder).code == 0


def test_what_lies_beside_it_is_kept(folder: Path) -> None:
    """Otherwise SQLite would delete it."""
    (folder / "seatsync.db").write_bytes(b"")
    (folder / "seatsync.db-wal").write_bytes(b"the latest")
    outcome = seatsync("plan", folder=folder)
    assert outcome.code == 6
    assert "Keep seatsync.db-wal: it may have the latest changes." in outcome.err
    assert (folder / "seatsync.db-wal").read_bytes() == b"the latest"


def test_nor_is_a_dump_loaded_into_it(folder: Path) -> None:
    assert seatsync("ledger", "dump", "--out", "grace.jsonl", folder=folder).code == 0
    (folder / "seatsync.db").write_bytes(b"")
    assert seatsync("ledger", "load", "grace.jsonl", folder=folder).code == 6
    (folder / "seatsync.db").unlink()
    assert seatsync("ledger", "load", "grace.jsonl", folder=folder).code == 0


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("status",), ("verify",), ("ledger", "migrate")])
@pytest.mark.parametrize("leads", ["to a file that is not there", "to a ledger", "to itself"])
def test_a_ledger_is_neither_found_nor_made_through_a_link(command: tuple[str, ...], leads: str, folder: Path) -> None:
    """A proposal may have added it."""
    (folder / "kept").mkdir()
    target = folder / {"to itself": "seatsync.db"}.get(leads, "kept/grace.db")
    (folder / "seatsync.db").rename(folder / "kept/grace.db")
    if leads != "to a ledger":
        (folder / "kept/grace.db").unlink()
    (folder / "seatsync.db").symlink_to(target)
    before = contents(folder)
    outcome = run(*command, folder=folder)
    assert outcome.code == 6
    assert "seatsync.db is a link, which could lead anywhere." in outcome.err
    assert "Name the file that the link leads to with --ledger" in outcome.err
    assert contents(folder) == before


def test_a_server_follows_no_link_that_comes_while_it_runs(folder: Path) -> None:
    ledger = Ledger(str(folder / "seatsync.db"), pool_size=2)
    with ledger.reading():
        pass
    (folder / "seatsync.db").rename(folder / "other.db")
    (folder / "seatsync.db").symlink_to("other.db")
    with pytest.raises(LedgerError, match="is a link"), ledger.reading():
        pass
    ledger.close()


def test_the_folder_of_a_ledger_may_be_behind_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    assert seatsync("apply", "--yes", "--ledger", str(tmp_path / "link/grace.db"), folder=folder).code == 0
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["grace.db"]
