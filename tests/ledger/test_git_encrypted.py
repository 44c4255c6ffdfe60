"""A ledger on a branch of a repository that others can read: it is encrypted, refused, or warned of."""

from __future__ import annotations

import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pyrage
import pytest

from tests.ledger.test_git_ledger import (
    BRANCH,
    GIT,
    assert_linear,
    cloned,
    ended,
    failed,
    file_on,
    git,
    here,
    hook,
    hosted_runner,
    instead_of_git,
    institution,
    meet_at,
    ran,
    roster,
    started,
    there,
)
from tests.support.command_line import seatsync
from tests.support.long_form import LONG

pytestmark = pytest.mark.slow

__all__ = ["here", "hosted_runner", "there"]

ONE, OTHER = (str(pyrage.x25519.Identity.generate()) for _ in range(2))
KEY = "SEATSYNC_LEDGER_KEY"
NAMES = ("canaryann", "canaryben")
SOMEBODY = re.compile(rb'canary|@grace\.|ruth[ @"<]', re.IGNORECASE)
"""Matches everybody in the ledger of Grace Seminary. Four letters alone stand by chance in many bytes of ciphertext."""
ENCRYPT = f"{sys.executable} -m seatsync ledger encrypt -C grace"
CLAIM = f"{sys.executable} -m seatsync ledger claim books canaryben@grace.example -C grace"


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """The repository grace/seats of a code host, before the first push."""
    place = tmp_path / "host" / "grace"
    place.mkdir(parents=True)
    git("init", "--quiet", "--bare", "--initial-branch=main", "seats.git", at=place)
    return place / "seats.git"


@pytest.fixture(autouse=True)
def members(here: Path, there: Path) -> None:
    for clone in (here, there):
        institution(clone, "grace", *NAMES)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(KEY, ONE)
    return ONE


# ── Encrypted ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_life_of_an_encrypted_ledger_names_nobody_to_who_clones_the_repository(
    remote: Path, here: Path, there: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint = json.loads(ran(here, "plan", "grace", "--format", "json").out)["fingerprint"]
    ran(here, "apply", "--yes", "grace", "--commit", "0123abcd")
    ran(there, "ledger", "claim", "books", "canaryben@grace.example", "-C", "grace")
    ran(here, "plan", "--detailed-exitcode", "grace")
    roster(here, "grace", "canaryben")
    ran(here, "apply", "--yes", "grace", "--actor", "Canary Ann")
    ran(there, "ledger", "erase", "canaryann@grace.example", "--yes", "-C", "grace")
    ran(there, "ledger", "prune", "--letters-before", "2099-01-01", "--yes", "-C", "grace")
    ran(there, "ledger", "rebuild", "-C", "grace")
    ran(there, "ledger", "migrate", "-C", "grace")
    ran(there, "verify", "-C", "grace")
    assert "claim" in ran(here, "log", "-C", "grace").out
    assert_linear(remote, 7)
    assert git("ls-tree", "-r", "--name-only", BRANCH, at=remote).split() == ["README.md", "grace/seatsync.db"]
    for back in range(7):
        assert file_on(remote, f"HEAD~{back}").startswith(b"age-encryption.org/v1\n")

    opened = pyrage.decrypt(file_on(remote), [pyrage.x25519.Identity.from_str(key)])
    assert gzip.decompress(opened).startswith(b"SQLite format 3")  # as docs/ledger.md shows it by hand

    held = all_that_is_in(remote)
    assert SOMEBODY.search(held) is None
    assert fingerprint.encode() not in held  # it could confirm a guess
    assert b"Seatsync-Commit: 0123abcd" in held
    monkeypatch.delenv(KEY)
    ran(here, "apply", "--yes", "grace", "--ledger", "git:in-clear")
    assert SOMEBODY.search(all_that_is_in(remote)) is not None  # so the search finds names where there are some


def test_files_that_are_noted_are_as_secret_as_the_rest(remote: Path, here: Path, there: Path, key: str) -> None:
    ran(here, "apply", "--yes", "grace")
    with (here / "grace" / "seatsync.yaml").open("a") as file:
        file.write("# note\n")
    ran(here, "apply", "--yes", "grace")
    ran(there, "apply", "--same-files", "grace")  # the comment makes no difference: these files are noted again
    ran(there, "verify", "-C", "grace")
    assert_linear(remote, 3)
    assert SOMEBODY.search(all_that_is_in(remote)) is None


def test_from_clear_to_encrypted_and_back_by_a_dump(here: Path, there: Path, key: str) -> None:
    ran(here, "apply", "--yes", "grace")
    dumped = ran(here, "ledger", "dump", "-C", "grace").out
    (here / "grace.jsonl").write_text(dumped, encoding="utf-8")
    ran(here, "ledger", "load", "grace.jsonl", "-C", "grace", "--ledger", "git:other")
    assert ran(there, "ledger", "dump", "-C", "grace", "--ledger", "git:other").out == dumped


def test_who_looks_writes_nothing(remote: Path, here: Path, key: str) -> None:
    """Encrypting again would give different bytes."""
    ran(here, "apply", "--yes", "grace")
    for words in (("apply", "--yes", "grace"), ("ledger", "migrate", "-C", "grace"), ("status", "grace")):
        ran(here, *words)
    assert_linear(remote, 1)


@pytest.mark.parametrize(
    ("given", "said", "help"),
    [
        ("", f"is encrypted, and {KEY} is not set", f"Set {KEY}"),
        (
            OTHER,
            "is encrypted with age, but not for a key in the environment",
            "Use a key that the file was encrypted for",
        ),
        ("nonsense", "the key in the environment is not valid", "AGE-SECRET-KEY-1"),
        ("# made today", f"{KEY} is not a valid key", "seatsync ledger key"),
    ],
    ids=["none", "another", "nonsense", "a remark"],
)
def test_without_the_right_key_it_is_told_and_nothing_is_read_or_written(
    remote: Path, here: Path, monkeypatch: pytest.MonkeyPatch, given: str, said: str, help: str
) -> None:
    monkeypatch.setenv(KEY, ONE)
    ran(here, "apply", "--yes", "grace")
    monkeypatch.setenv(KEY, given)
    for words in (["plan", "grace"], ["apply", "--yes", "-q", "grace"], ["verify", "-C", "grace"], ["status", "grace"]):
        error = failed(here, *words)
        assert said in error
        assert help in error
        assert ONE not in error + (given if given.startswith("AGE") else "")
    assert_linear(remote, 1)


@pytest.mark.parametrize("at", [0.2, 0.9], ids=["in its beginning", "in the middle"])
def test_what_is_damaged_is_told_as_that(remote: Path, here: Path, there: Path, key: str, at: float) -> None:
    ran(here, "apply", "--yes", "grace")
    data = file_on(remote)
    place = int(len(data) * at) if at > 0.5 else 150
    put(there, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    assert "is damaged" in failed(here, "plan", "grace")
    put(there, bytes(pyrage.encrypt(b"no ledger", [pyrage.x25519.Identity.from_str(ONE).to_public()])))
    assert "its decrypted content is not a ledger" in failed(here, "plan", "grace")


def test_who_can_push_without_the_key_puts_nothing_in_the_ledgers_place(
    remote: Path, here: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rejected are an unencrypted ledger, which the next apply would fill with names, and one with another key."""
    ran(there, "apply", "--yes", "grace", "--ledger", "git:clear")
    forged = subprocess.run([GIT, "cat-file", "blob", "clear:grace/seatsync.db"], cwd=remote, stdout=-1, check=True)
    monkeypatch.setenv(KEY, ONE)
    ran(here, "apply", "--yes", "grace")
    put(there, forged.stdout)
    for words in (["plan", "grace"], ["apply", "--yes", "-q", "grace"], ["ledger", "migrate", "-C", "grace"]):
        error = failed(here, *words)
        assert f"is not encrypted, although {KEY} is set" in error
        assert "seatsync ledger encrypt" in error
    recipient = pyrage.x25519.Identity.from_str(OTHER).to_public()
    put(there, bytes(pyrage.encrypt(forged.stdout, [recipient])))
    assert "not for a key in the environment" in failed(here, "apply", "--yes", "-q", "grace")


def test_a_key_is_changed_by_putting_the_new_one_before_the_old_one(
    remote: Path, here: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, ONE)
    ran(here, "apply", "--yes", "grace")
    for separator in ("\n", " ", ":"):
        monkeypatch.setenv(KEY, f"{OTHER}{separator}{ONE}")
        ran(there, "plan", "--detailed-exitcode", "grace")
    assert "is encrypted. Everybody who uses it now needs the key" in ran(here, "ledger", "encrypt", "-C", "grace").err
    assert "already encrypted for this key" in ran(here, "ledger", "encrypt", "-C", "grace").err
    monkeypatch.setenv(KEY, OTHER)
    ran(there, "plan", "--detailed-exitcode", "grace")
    monkeypatch.setenv(KEY, ONE)
    assert "but not for a key in the environment" in failed(there, "plan", "grace")
    assert_linear(remote, 2)


def test_a_key_that_is_made_is_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = seatsync("ledger", "key", folder=here).out
    monkeypatch.setenv(KEY, made)
    ran(here, "apply", "--yes", "grace")
    assert made.startswith("AGE-SECRET-KEY-1")
    assert seatsync("ledger", "key", folder=here).out != made


# ── At the same time ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_two_report_at_once_to_an_encrypted_ledger_is_both_recorded(
    remote: Path, here: Path, there: Path, key: str
) -> None:
    ran(here, "apply", "--yes", "grace")
    meet_at(remote, 0)
    claims = [
        started(runner, "ledger", "claim", "books", f"{name}@grace.example", "-C", "grace")
        for runner, name in zip((here, there), NAMES, strict=True)
    ]
    assert [ended(claim)[0] for claim in claims] == [0, 0]
    assert json.loads(ran(here, "status", "grace", "--format", "json").out)["libraries"]["books"]["temporary"] == 2
    ran(there, "verify", "-C", "grace")
    assert_linear(remote, 3)


@pytest.mark.parametrize("at_the_push", ["kill -9 $PPID; exit 1", '{git} "$@"; kill -9 $PPID; exit 1'])
def test_killed_at_the_push_it_is_whole_or_not_at_all_and_what_is_left_is_for_nobody_else(
    remote: Path, here: Path, key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_the_push: str
) -> None:
    left = tmp_path / "temporary"
    left.mkdir()
    with monkeypatch.context() as patch:
        patch.setenv("TMPDIR", str(left))
        instead_of_git(patch, tmp_path, f'[ "$1" = push ] && {{{{ {at_the_push}; }}}}\nexec {{git}} "$@"')
        assert ended(started(here, "apply", "--yes", "grace"))[0] == -9
    assert [folder.stat().st_mode & 0o077 for folder in left.iterdir()] == [0]
    ran(here, "apply", "--yes", "grace")
    ran(here, "verify", "-C", "grace")
    assert SOMEBODY.search(all_that_is_in(remote)) is None


def test_one_who_still_writes_in_clear_while_it_is_encrypted_writes_nothing(
    remote: Path, here: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(here, "apply", "--yes", "grace")
    script = remote.parent / "meanwhile.sh"
    script.write_text(f"cd {there} && env -u GIT_DIR -u GIT_QUARANTINE_PATH {KEY}={ONE} {ENCRYPT}\n", encoding="utf-8")
    once = f"[ -e {remote}/once ] && exit 0\ntouch {remote}/once\nsh {script} >{remote}/said 2>&1"
    hook(remote, "pre-receive", once)  # the claim's push waits until the other one is done
    error = failed(here, "ledger", "claim", "books", "canaryann@grace.example", "-C", "grace")
    assert f"is encrypted, and {KEY} is not set" in error, (remote / "said").read_text()
    assert file_on(remote).startswith(b"age-encryption.org/v1\n")
    assert_linear(remote, 2)


# ── From unencrypted to encrypted ───────────────────────────────────────────────────────────────────────────────────


def test_what_was_in_clear_is_encrypted_and_its_history_is_forgotten_when_that_is_asked_for(
    remote: Path, here: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    institution(here, "harvest", "canarychloe")
    ran(here, "apply", "--yes", "grace", "harvest")
    outcome = seatsync("ledger", "encrypt", "-C", "grace", folder=here)
    assert (outcome.code, f"set it as {KEY}" in outcome.err) == (64, True)
    monkeypatch.setenv(KEY, ONE)
    outcome = ran(here, "ledger", "encrypt", "-C", "grace")
    assert f"the history of git:origin#{BRANCH} and all copies of it still have the ledger from before" in outcome.err
    ran(there, "plan", "--detailed-exitcode", "grace")
    assert b"canaryann" in file_on(remote, "HEAD~1")
    assert b"canarychloe" not in file_on(remote)

    ran(here, "ledger", "encrypt", "-C", "harvest")
    outcome = seatsync("ledger", "forget-history", "-C", "grace", folder=here)
    assert (outcome.code, "give --yes" in outcome.err) == (64, True)
    assert "may still have the old commits" in ran(here, "ledger", "forget-history", "--yes", "-C", "grace").err
    assert_linear(remote, 1)
    ran(there, "plan", "--detailed-exitcode", "grace")
    ran(here, "plan", "--detailed-exitcode", "harvest")
    ran(there, "verify", "-C", "grace")
    fresh = cloned(remote, remote.parent / "fresh")
    assert SOMEBODY.search(all_that_is_in(fresh / ".git", reachable=True)) is None


def test_an_older_ledger_is_encrypted_first_and_brought_up_to_date_then(
    remote: Path, here: Path, there: Path, key: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(KEY)
        ran(here, "apply", "--yes", "grace")
        (there / "older.db").write_bytes(file_on(remote))
        with sqlite3.connect(there / "older.db") as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.close()
        put(there, (there / "older.db").read_bytes())
        assert "ledger migrate" in failed(here, "plan", "grace")
    assert "ledger encrypt" in failed(here, "ledger", "migrate", "-C", "grace")
    ran(here, "ledger", "encrypt", "-C", "grace")
    assert "ledger migrate" in failed(here, "plan", "grace")


def test_history_is_forgotten_of_nothing_but_ledgers_and_by_who_may(remote: Path, here: Path, there: Path) -> None:
    assert "does not exist" in failed(here, "ledger", "forget-history", "--yes", "-C", "grace")
    ran(here, "apply", "--yes", "grace")
    git("fetch", "--quiet", "origin", BRANCH, at=there)
    git("checkout", "--quiet", "-f", "-B", "main", "FETCH_HEAD", at=there)
    (there / "notes.txt").write_text("mine", encoding="utf-8")
    git("add", "notes.txt", at=there)
    git("commit", "--quiet", "--message=mine", at=there)
    git("push", "--quiet", "origin", "main", at=there)
    error = failed(here, "ledger", "forget-history", "--yes", "-C", "grace", "--ledger", "git:main")
    assert "has files that are not ledgers" in error
    hook(remote, "pre-receive", "echo 'no force on Sundays' >&2; exit 1")
    assert "no force on Sundays" in failed(here, "ledger", "forget-history", "--yes", "-C", "grace")
    elsewhere = seatsync("ledger", "forget-history", "-y", "-C", "grace", "--ledger", "grace/seatsync.db", folder=here)
    assert (elsewhere.code, "--ledger git" in elsewhere.err) == (64, True)


def test_who_wrote_meanwhile_is_not_forgotten(remote: Path, here: Path, there: Path) -> None:
    ran(here, "apply", "--yes", "grace")
    script = remote.parent / "meanwhile.sh"
    script.write_text(f"cd {there} && env -u GIT_DIR -u GIT_QUARANTINE_PATH {CLAIM}\n", encoding="utf-8")
    once = f"[ -e {remote}/once ] && exit 0\ntouch {remote}/once\nsh {script} >{remote}/said 2>&1"
    hook(remote, "pre-receive", once)
    assert "is busy" in failed(here, "ledger", "forget-history", "--yes", "-C", "grace")
    assert json.loads(ran(here, "status", "grace", "--format", "json").out)["libraries"]["books"]["temporary"] == 1
    assert_linear(remote, 2)


# ── In a repository that others read ────────────────────────────────────────────────────────────────────────────────


class Place(NamedTuple):
    """What a CI says: its variables and GitHub's event; and why names must not be unencrypted there (empty where they may)."""

    variables: dict[str, str]
    event: object = None
    why: str = ""


GITHUB = {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_REPOSITORY": "Grace/seats"}
GITLAB = {"GITLAB_CI": "true", "CI": "true", "CI_PROJECT_PATH": "grace/seats"}
UNKNOWN = "this CI does not say who can read the repository"
STATED = {"SEATSYNC_LEDGER_PLAIN": "private"}
PLACES = {
    "a laptop": Place({}),
    "GitHub, public": Place(GITHUB, {"repository": {"private": False}}, "this repository is public"),
    "GitHub, public, whatever is stated": Place(
        GITHUB | STATED, {"repository": {"private": False}}, "this repository is public"
    ),
    "GitHub, of an enterprise": Place(
        GITHUB, {"repository": {"private": True, "visibility": "internal"}}, "this repository is internal"
    ),
    "GitHub, private": Place(GITHUB, {"repository": {"private": True, "visibility": "private"}}),
    "GitHub, a schedule": Place(GITHUB, {"schedule": "17 3 * * *"}, UNKNOWN),
    "GitHub, a schedule, stated": Place(GITHUB | STATED, {"schedule": "17 3 * * *"}),
    "GitHub, no event": Place(GITHUB, None, UNKNOWN),
    "GitHub, nonsense": Place(GITHUB, ["nonsense"], UNKNOWN),
    "GitLab, public": Place(GITLAB | {"CI_PROJECT_VISIBILITY": "public"}, None, "this repository is public"),
    "GitLab, internal": Place(GITLAB | {"CI_PROJECT_VISIBILITY": "internal"}, None, "this repository is internal"),
    "GitLab, private": Place(GITLAB | {"CI_PROJECT_VISIBILITY": "private"}),
    "GitLab, silent": Place(GITLAB, None, UNKNOWN),
    "Jenkins": Place({"JENKINS_URL": "https://ci.example"}, None, UNKNOWN),
    "Jenkins, stated": Place({"JENKINS_URL": "https://ci.example"} | STATED),
    "another CI": Place({"CI": "1"} | {"SEATSYNC_LEDGER_PLAIN": "yes"}, None, UNKNOWN),
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    found = PLACES[request.param]
    inside(found, monkeypatch, tmp_path)
    return found


def inside(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    if place.event is not None:
        (tmp_path / "event.json").write_text(json.dumps(place.event), encoding="utf-8")
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))


def test_no_ledger_is_begun_in_clear_where_others_read_it(remote: Path, here: Path, place: Place) -> None:
    if not place.why:
        assert "ledger-in-clear" not in ran(here, "plan", "grace").out
        ran(here, "apply", "--yes", "grace")
        assert "ledger-in-clear" not in ran(here, "plan", "grace").out
        return
    (here / "grace.jsonl").write_text(dump_of(here), encoding="utf-8")
    for words in (
        ["plan", "grace"],
        ["apply", "--yes", "-q", "grace"],
        ["ledger", "migrate", "-C", "grace"],
        ["ledger", "load", "grace.jsonl", "-C", "grace"],
        ["status", "grace"],
    ):
        error = failed(here, *words)
        assert f"would be created unencrypted, with every name in it, and {place.why}." in error
        assert KEY in error
        assert ("SEATSYNC_LEDGER_PLAIN=private" in error) == (place.why == UNKNOWN)
    assert all_that_is_in(remote) == b""


def test_encrypted_it_is_begun_anywhere(remote: Path, here: Path, place: Place, key: str) -> None:
    assert "ledger-in-clear" not in ran(here, "plan", "grace").out
    ran(here, "apply", "--yes", "grace")
    assert SOMEBODY.search(all_that_is_in(remote)) is None


def test_one_that_is_there_in_clear_goes_on_with_a_warning(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran(here, "apply", "--yes", "grace")
    roster(here, "grace", "canaryben")
    formats = ("text", "markdown", "json", "github", "gitlab", "sarif")
    for turn, place in enumerate(PLACES.values()):
        with monkeypatch.context() as patch:
            inside(place, patch, tmp_path)
            for format in formats if LONG or turn == 0 else [formats[turn % len(formats)]]:
                outcome = ran(here, "plan", "grace", "--format", format)
                assert ("ledger-in-clear" in outcome.out) == bool(place.why), (place, format)
            plan = json.loads(ran(here, "plan", "grace", "--format", "json").out)
            said = [warning["message"] for warning in plan["warnings"]]
            assert said == [
                f"The ledger git:origin#{BRANCH} is not encrypted and shows every name, and {place.why}."
            ] * bool(said)
            assert all("seatsync ledger encrypt" in warning["help"] for warning in plan["warnings"])
            strict = seatsync("plan", "grace", "--strict", folder=here)
            assert strict.code == (3 if place.why else 0)
    with monkeypatch.context() as patch:
        inside(PLACES["GitHub, public"], patch, tmp_path)
        assert "ledger-in-clear" in ran(here, "apply", "--yes", "grace").out
        assert "ledger-in-clear" in ran(here, "plan", "grace").out  # even if there is nothing to do
    assert "Error" not in seatsync("explain", "ledger-in-clear", folder=here).out


@pytest.mark.parametrize("variables", [GITHUB, GITLAB | {"CI_PROJECT_VISIBILITY": "public"}, {"CI": "true"}])
def test_another_repository_is_as_private_as_it_was(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str]
) -> None:
    git("init", "--quiet", "--bare", "ledgers.git", at=tmp_path)
    git("remote", "add", "ledgers", str(tmp_path / "ledgers.git"), at=here)
    inside(Place(variables, {"repository": {"private": False}}), monkeypatch, tmp_path)
    outcome = ran(here, "apply", "--yes", "grace", "--ledger", "git:ledgers#of-grace")
    assert "ledger-in-clear" not in outcome.out
    git("remote", "set-url", "--push", "ledgers", str(tmp_path / "host" / "grace" / "seats.git"), at=here)
    outcome = seatsync("plan", "grace", "--ledger", "git:ledgers#new", folder=here)
    assert outcome.code == (0 if variables == {"CI": "true"} else 6)  # pushes go to the job's own repository


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("https://github.com/grace/seats", True),
        ("https://token@github.com/Grace/Seats.git/", True),
        ("git@github.com:grace/seats.git", True),
        ("ssh://git@ssh.github.com:443/grace/seats.git", True),
        ("https://github.com/%67race/seats", True),
        ("https://github.com/grace/ledger.git", False),
        ("https://github.com/disgrace/seats.git", False),
        ("https://github.com/grace/seats-ledger", False),
    ],
)
def test_a_repository_is_known_by_any_of_its_addresses(address: str, own: bool) -> None:
    from seatsync.ledger.stores.readers import CiJob

    assert CiJob("grace/seats", "public").owns("elsewhere", [address]) == own


def test_nobody_begins_in_clear_beside_encrypted_ones(remote: Path, here: Path, key: str) -> None:
    """The case of a job without the key, or a person who forgot it."""
    ran(here, "apply", "--yes", "grace")
    institution(here, "harvest", "canarychloe")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(KEY)
        for words in (["plan", "harvest"], ["apply", "--yes", "-q", "harvest"]):
            assert "but the other ledgers on that branch are encrypted" in failed(here, *words)
    ran(here, "apply", "--yes", "harvest")
    assert_linear(remote, 2)


# ── Files encrypted, and the ledger not ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["members.csv.age", "members.enc.csv"])
def test_a_ledger_in_clear_undoes_encrypted_files_and_is_warned_of(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    config = here / "grace" / "seatsync.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("members.csv", name), encoding="utf-8")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    encrypt_roster(here / "grace", name)
    monkeypatch.setenv("SOPS_AGE_KEY", OTHER)
    warning = f"is not encrypted and shows every name, and {name} is encrypted to hide them."
    assert warning in folded(ran(here, "plan", "grace").out)
    assert warning in folded(ran(here, "apply", "--yes", "grace").out)
    with monkeypatch.context() as patch:
        patch.delenv("SOPS_AGE_KEY")  # not needed where nothing has changed
        assert warning in folded(ran(here, "plan", "grace").out)
    assert warning in folded(ran(here, "plan", "grace", "--redact").out)
    assert "ledger-in-clear" not in ran(here, "plan", "grace", "--ledger", "grace/seatsync.db").out
    monkeypatch.setenv(KEY, ONE)
    ran(here, "ledger", "encrypt", "-C", "grace")
    assert "ledger-in-clear" not in ran(here, "plan", "grace").out


# ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def all_that_is_in(repository: Path, reachable: bool = False) -> bytes:
    """Every object of a repository, inflated (all, or those its refs lead to), and every file of it."""
    words = ["--batch-all-objects"] if not reachable else []
    names = b"" if not reachable else git("rev-list", "--objects", "--all", "--no-object-names", at=repository).encode()
    result = subprocess.run([GIT, "cat-file", "--batch", *words], cwd=repository, input=names, stdout=-1, check=True)
    refs = git("for-each-ref", at=repository).encode()
    logs = b"".join(path.read_bytes() for path in repository.glob("logs/**/*") if path.is_file())
    return result.stdout + refs + logs


def put(clone: Path, data: bytes) -> None:
    """Push a file in place of the ledger, as anybody with push rights can."""
    git("fetch", "--quiet", "origin", BRANCH, at=clone)
    git("checkout", "--quiet", "-f", "-B", "forged", "FETCH_HEAD", at=clone)
    (clone / "grace" / "seatsync.db").write_bytes(data)
    git("commit", "--quiet", "--all", "--allow-empty", "--message=mine", at=clone)
    git("push", "--quiet", "origin", f"HEAD:{BRANCH}", at=clone)


def dump_of(clone: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT", "CI", "JENKINS"))]:
            patch.delenv(name)
        ran(clone, "apply", "--yes", "-q", "grace", "--ledger", "grace/seatsync.db")
        return ran(clone, "ledger", "dump", "-C", "grace", "--ledger", "grace/seatsync.db").out


def encrypt_roster(folder: Path, name: str) -> None:
    recipient = pyrage.x25519.Identity.from_str(OTHER).to_public()
    if name.endswith(".age"):
        (folder / name).write_bytes(bytes(pyrage.encrypt((folder / "members.csv").read_bytes(), [recipient])))
        return
    command = ["sops", "encrypt", "--age", str(recipient), "--input-type", "binary", "--output-type", "binary"]
    done = subprocess.run([*command, "members.csv"], cwd=folder, stdout=subprocess.PIPE, check=True)
    (folder / name).write_bytes(done.stdout)


def folded(text: str) -> str:
    return " ".join(text.split())
