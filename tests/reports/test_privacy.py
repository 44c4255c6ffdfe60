"""With --redact nobody is named in any printed or saved byte, in any format."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seatsync.cli.output.explanations import explanations
from seatsync.reports.redaction import _NAMES_BY_EMAIL_ALONE
from tests.support.command_line import Outcome, seatsync

CANARY = re.compile("canar|kanarien|piep", re.IGNORECASE)
"""A part of every planted e-mail, name and id."""

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace
  opt_out: true
  contacts: [{name: Contact Canary, email: contact.canary@vendor.example, role: Sales}]
  admins: [{given_name: Admin, family_name: Canary, email: admin.canary@grace.example}]
libraries:
  books: {title: Books, system: logos-library, slots: 9}
  chimes: {title: Chimes, system: jamworks, slots: 9}
rosters: [{path: members.csv}, {path: staff.yaml}]
grants:
  - {library: books, kind: temporary, to: {tags: [a]}}
  - {library: chimes, to: {emails: [one.canary@grace.example]}}
"""
HEADER = "email,given_name,family_name,student_id,role,tags\n"
MEMBERS = [
    "one.canary@grace.example,Canarya,Piepmatz,CANARY1,Canary Keeper,a",
    "two.canary@grace.example,Canaryo,Piepmatz,CANARY2,,a;b",
    "three.kanarien@grace.example,Kanaria,Vogel-Canary,CANARY3,,b",
]
STAFF = "- {email: staff.canary@grace.example, given_name: Staff, family_name: Canary, tags: [a]}\n"
FORMATS = ("text", "json", "markdown", "html", "github", "gitlab", "sarif")


@pytest.fixture
def place(tmp_path: Path, database: str) -> Path:
    folder = tmp_path / "grace"
    folder.mkdir()
    (folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    members(folder, *MEMBERS)
    (folder / "staff.yaml").write_text(STAFF, encoding="utf-8")
    return folder


def members(folder: Path, *rows: str) -> None:
    (folder / "members.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def names_nobody(told: Outcome) -> Outcome:
    assert not CANARY.search(told.out), told.out
    assert not CANARY.search(told.err), told.err
    return told


@pytest.mark.parametrize("format", FORMATS)
def test_a_plan_names_nobody_new_changed_gone_or_refused(place: Path, format: str) -> None:
    names_nobody(seatsync("plan", "--redact", "--format", format, "--verbose", folder=place))
    assert seatsync("apply", "--yes", folder=place).code == 0
    changed = [
        MEMBERS[0].replace("Canarya", "Canaryx").replace("CANARY1", "CANARY9"),
        MEMBERS[1].replace("two", "zwei"),
    ]
    members(place, *changed)
    told = names_nobody(seatsync("plan", "--redact", "--format", format, "--verbose", folder=place))
    assert re.search(r"person\\?-", told.out)
    config = (place / "seatsync.yaml").read_text(encoding="utf-8").replace("slots: 9", "slots: 1")
    (place / "seatsync.yaml").write_text(config + "limits: {max_revokes: 0}\n", encoding="utf-8")
    told = names_nobody(seatsync("plan", "--redact", "--format", format, "--verbose", folder=place))
    assert told.code == 4


WRONG = [
    "Canary Nobody,Canary,Lee,,,",
    "no canary@@grace.example,C,L,,,",
    "four.canary@grace.example,Canary,,,,",
    "one.canary@grace.example,Other,Canary,,,",
    "five.canary@grace.example,Can\u202eary,Lee,,,",
    "six.canary@grace.example,ChloÃ© Canary,Lee,,,canary,tag",
    "seven.canary@grace.example,Canary,Lee,CANARY2,,imported:canary",
    "eight.canary@grace.example,#REF!,Canary,1.2E+11,,",
    '"nine.canary@grace.example,Canary,Lee,,,',
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("row", [*WRONG, "\n".join(WRONG)])
def test_no_mistake_in_the_files_names_anybody(place: Path, row: str, format: str) -> None:
    members(place, *MEMBERS, row)
    command = "plan" if format == "html" else "validate"
    names_nobody(seatsync(command, "--redact", "--format", format, folder=place))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Admin, family_name: Canary", "'Canary\\u202e', family_name: Canary"),
        ("email: admin.canary@grace.example", "email: canary"),
        ("name: Contact Canary", "nome: Contact Canary"),
        ("one.canary@grace.example]", "not canary]"),
        ("one.canary@grace.example]", "stranger.canary@grace.example]"),
        ("tags: [a]", "file: chosen.csv"),
    ],
)
def test_no_mistake_in_the_configuration_names_anybody(place: Path, old: str, new: str) -> None:
    (place / "seatsync.yaml").write_text(CONFIG.replace(old, new, 1), encoding="utf-8")
    (place / "chosen.csv").write_text(
        "student_id,email\nCANARY1,two.canary@grace.example\nCANARY77,\n", encoding="utf-8"
    )
    for format in FORMATS:
        names_nobody(seatsync("plan", "--redact", "--format", format, folder=place))


def test_what_is_applied_listed_and_told_names_nobody(place: Path) -> None:
    assert names_nobody(seatsync("apply", "--yes", "--redact", folder=place)).code == 0
    seatsync("ledger", "opt-out", "books", "two.canary@grace.example", folder=place)
    members(place, *MEMBERS[:2])
    assert names_nobody(seatsync("apply", "--yes", "--redact", "--format", "json", folder=place)).code == 0
    person = seatsync("members", "--redact", "--format", "json", folder=place).out
    for command in (
        *(("members", "--format", format) for format in ("text", "csv", "json")),
        *(("licenses", "--all", "--format", format) for format in ("text", "csv", "json")),
        *(("log", "--format", format, "--limit", "99") for format in ("text", "csv", "json")),
        *(("outbox", "list", "--format", format) for format in ("text", "csv", "json")),
        ("export",),
        ("status",),
        ("verify",),
        ("ledger", "info"),
    ):
        told = names_nobody(seatsync(*command, "--redact", folder=place))
        assert told.code == 0, command
    assert "person-" in person
    told = seatsync("why", "one.canary@grace.example", "--redact", folder=place)
    assert told.code == 0
    names_nobody(told)
    assert seatsync("ledger", "dump", "--redact", folder=place).code == 64


def test_a_saved_plan_without_names_can_be_shown_but_not_applied(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_REDACT_KEY", "k" * 32)
    plain = json.loads(seatsync("plan", "--format", "json", folder=place).out)
    assert seatsync("plan", "--redact", "--out", "plan.json", "--quiet", folder=place).code == 0
    saved = (place / "plan.json").read_text(encoding="utf-8")
    assert not CANARY.search(saved)
    fingerprint = json.loads(saved)["fingerprint"]
    assert len(fingerprint) == 64
    assert fingerprint != plain["fingerprint"]
    for format in FORMATS:
        assert seatsync("show", "plan.json", "--format", format, folder=place).code == 0
    told = seatsync("apply", "plan.json", folder=place)
    assert told.code == 64
    assert f"--expect {fingerprint}" in told.err
    assert seatsync("apply", "--expect", fingerprint, folder=place).code == 0


def test_pseudonyms_are_stable_and_who_holds_the_ledger_can_look_them_up(place: Path) -> None:
    assert seatsync("apply", "--yes", "--quiet", folder=place).code == 0
    first, second = (
        json.loads(seatsync("members", "--redact", "--format", "json", folder=place).out) for _ in range(2)
    )
    assert first == second
    plain = json.loads(seatsync("members", "--format", "json", folder=place).out)
    for hidden, member in zip(first, plain, strict=True):
        found = json.loads(seatsync("members", "--pseudonym", hidden["email"], "--format", "json", folder=place).out)
        assert [row["email"] for row in found] == [member["email"]]
    members(place, *MEMBERS, "new.canary@grace.example,New,Canary,,,")
    added = json.loads(seatsync("plan", "--redact", "--format", "json", folder=place).out)["changes"][0]["member"]
    found = seatsync("members", "--pseudonym", added, "--format", "csv", folder=place).out
    assert "new.canary@grace.example" in found
    assert seatsync("members", "--pseudonym", "person-000000000000", folder=place).out == ""


def test_a_fork_s_plan_does_not_tell_by_which_pseudonym_somebody_is_known(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fork's author may have added an e-mail to the files to find that out."""
    assert seatsync("apply", "--yes", "--redact", "--quiet", folder=place).code == 0
    members(place, MEMBERS[0].replace("Piepmatz", "Guessed"), *MEMBERS[1:])

    def told(*words: str) -> tuple[str, set[str]]:
        plan = json.loads(seatsync("plan", "--redact", "--format", "json", *words, folder=place).out)
        return plan["fingerprint"], {change["member"] for change in plan["changes"]}

    own = told()
    for name, value in {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_REPOSITORY": "grace/seats"}.items():
        monkeypatch.setenv(name, value)
    fork = told()
    assert (fork[0], fork[1] & own[1]) == (own[0], set())


def test_two_ledgers_call_one_person_by_two_names(place: Path, tmp_path: Path) -> None:
    def pseudonym(ledger: str) -> str:
        assert seatsync("apply", "--yes", "--quiet", "--ledger", ledger, folder=place).code == 0
        return str(
            json.loads(seatsync("members", "--redact", "--format", "json", "--ledger", ledger, folder=place).out)[0]
        )

    assert pseudonym(str(tmp_path / "one.db")) != pseudonym(str(tmp_path / "two.db"))


PUBLIC: list[tuple[dict[str, str], object, bool]] = [
    ({"GITHUB_ACTIONS": "true"}, None, True),
    ({"GITHUB_ACTIONS": "true"}, {"repository": {"private": True}}, False),
    ({"GITHUB_ACTIONS": "true"}, {"repository": {"private": False}}, True),
    ({"GITHUB_ACTIONS": "true"}, {"repository": {}}, True),
    ({"GITHUB_ACTIONS": "true"}, ["nonsense"], True),
    ({"GITLAB_CI": "true", "CI_PROJECT_VISIBILITY": "private"}, None, False),
    ({"GITLAB_CI": "true", "CI_PROJECT_VISIBILITY": "internal"}, None, True),
    ({"GITLAB_CI": "true"}, None, True),
    ({"GITHUB_ACTIONS": "true"}, {"repository": {"private": True, "visibility": "internal"}}, True),
    ({"CI": "true"}, None, True),
    ({"JENKINS_URL": "https://ci.example"}, None, True),
    ({"CI": "false"}, None, False),
    ({}, None, False),
]


@pytest.mark.parametrize(("environment", "event", "redacted"), PUBLIC)
def test_names_are_left_out_wherever_anybody_may_read_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], event: object, redacted: bool
) -> None:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "staff.yaml").write_text(STAFF, encoding="utf-8")
    members(tmp_path, *MEMBERS)
    if event is not None:
        (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("canary@" not in seatsync("plan", folder=tmp_path).out) == redacted
    assert "canary@" in seatsync("plan", "--no-redact", folder=tmp_path).out


WITHOUT_A_WORD = [
    ("why", "stranger.canary@grace.example"),
    ("log", "--member", "stranger.canary@grace.example"),
    ("resend", "stranger.canary@grace.example", "--yes"),
    ("ledger", "claim", "books", "stranger.canary@grace.example"),
    ("ledger", "opt-out", "books", "stranger.canary@grace.example"),
    ("ledger", "erase", "stranger.canary@grace.example", "--yes"),
    ("members", "--ledger", "sqlite:///no/such.canary@grace.example/place.db"),
    ("status", "--ledger", "postgresql+psycopg://one.canary@grace.example:canary@127.0.0.1:9/x"),
    ("members", "--sort", "one.canary@grace.example"),
    ("apply", "--expect", "one.canary@grace.example"),
]


@pytest.mark.parametrize("words", WITHOUT_A_WORD)
def test_nothing_that_goes_wrong_shows_an_address(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Run in a separate process, whose streams are files."""
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "staff.yaml").write_text(STAFF, encoding="utf-8")
    members(tmp_path, *MEMBERS)
    seatsync("apply", "--yes", "--quiet", "--ledger", "seatsync.db", folder=tmp_path)
    ledger = () if "--ledger" in words else ("--ledger", "seatsync.db")
    told = subprocess.run(
        [sys.executable, "-m", "seatsync", *words, *ledger, "--redact"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert told.returncode not in (0, 130)
    assert told.stdout
    assert "canary@" not in told.stdout


def test_debugging_shows_nothing_more(place: Path) -> None:
    (place / "members.csv").unlink()
    (place / "members.csv").mkdir()
    names_nobody(seatsync("plan", "--redact", "--debug", "--ledger", "/canary.canary@x.example/no", folder=place))


BY_PAGE_ALONE = {
    *("csv-header", "csv-quotes", "csv-row-too-long", "csv-title-row", "duplicate-email", "duplicate-student-id"),
    *("edit-unfinished", "export-overtaken", "export-without-licenses", "file-encoding", "file-encrypted"),
    *("file-unreadable", "garbled-names", "git-conflict", "hidden-rows", "identity-changed", "invalid-email"),
    *("invalid-tag", "invalid-type", "invalid-value", "invisible-character", "left-out", "letter-template"),
    *("limit-approved", "member-conflict", "member-mismatch", "missing-value", "no-invitation", "no-redact-key"),
    *("no-student-id", "password-in-roster", "planted-repository", "portal-left", "row-skipped", "selection-too-long"),
    *("set-delta", "set-incomplete", "set-unknown", "sheet-not-read", "student-id-zeros", "tag-email"),
    *("tag-separator", "unknown-column", "unknown-key", "unknown-library", "unknown-member", "unknown-status"),
    *("unnamed-roster", "yaml-duplicate-key", "yaml-syntax", "yaml-unsupported"),
}
"""Codes whose messages may quote what somebody wrote or what somebody is called."""


def test_of_every_code_it_is_decided_whether_the_public_reads_its_message() -> None:
    assert explanations().keys() == _NAMES_BY_EMAIL_ALONE | BY_PAGE_ALONE
    assert not _NAMES_BY_EMAIL_ALONE & BY_PAGE_ALONE


YEAR = """\
version: 1
institution:
  id: grace
  name: Grace
  timezone: UTC
  admins: [{given_name: Admin, family_name: Canary, email: admin.canary@grace.example}]
libraries:
  books:
    title: Books
    system: logos-library
    slots:
      - {count: 4, until: 2026-10-31, price: 42 USD/year, contract: {until: 2026-10-31, notice: 60d, order: PO 7 of o.canary@grace.example}}
      - {count: 1}
    warn_below: 9
  maps: {title: Maps, system: logos-library, slots: 1}
rosters: [{path: members.csv}]
invites: {reclaim_after: 30d}
leavers: {grace: 30d}
grants:
  - {library: books, kind: temporary, to: {tags: [a]}}
  - {library: maps, kind: temporary, to: {everyone: true}, from: 2026-10-01}
  - {library: maps, kind: permanent, after: {days: 9}, to: {tags: [b]}}
"""
OF_THE_YEAR = {
    *("begins-later", "seats-short-later", "grace-period", "seats-lapse", "costs", "contract-ends", "seats-low"),
    *("seats-run-short", "seats-change"),
}


def test_what_a_plan_tells_of_the_year_and_the_shortage_names_nobody_and_says_the_same(place: Path) -> None:
    earlier = YEAR.replace("invites: {reclaim_after: 30d}\n", "").replace("tags: [a]", "everyone: true")
    (place / "seatsync.yaml").write_text(earlier, encoding="utf-8")
    day = ("--now", "2026-09-20")
    assert seatsync("apply", "--yes", *day, folder=place).code == 0
    (place / "seatsync.yaml").write_text(YEAR.replace("count: 4", "count: 5"), encoding="utf-8")
    members(place, *MEMBERS[:2])
    plain = json.loads(seatsync("plan", *day, "--format", "json", folder=place).out)["warnings"]
    assert {one["code"] for one in plain} >= OF_THE_YEAR
    told = {one["code"]: one["message"] for one in plain if one["code"] in OF_THE_YEAR}
    assert CANARY.search(told.pop("contract-ends")), "an order may name somebody"
    for format in FORMATS:
        names_nobody(seatsync("plan", *day, "--redact", "--format", format, folder=place))
    seatsync("plan", *day, "--redact", "--out", "plan.json", folder=place)
    saved = (place / "plan.json").read_text(encoding="utf-8")
    assert not CANARY.search(saved), "also what was bought, deep in a change"
    hidden = {one["code"]: one["message"] for one in json.loads(saved)["warnings"]}
    assert {code: hidden[code] for code in told} == told
    assert re.search(r"PO 7 of person-\w+\) ends on 2026-10-31", hidden["contract-ends"])


# ── Fingerprints that nobody can guess ──────────────────────────────────────────────────────────────────────────────

KEY = "0123456789abcdef0123456789abcdef"


def printed(place: Path, *words: str) -> str:
    return str(json.loads(seatsync("plan", "--format", "json", *words, folder=place).out)["fingerprint"])


def test_no_digest_in_a_redacted_output_is_one_that_names_give(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise somebody with a list of names could build the plan or the file for each name, and compare."""
    for applied in (False, True):
        bare = json.loads(seatsync("plan", "--format", "json", folder=place).out)
        guessed = {bare["fingerprint"], bare["desired_digest"], bare["seal"], *bare["settled"]["files"].values()}
        for key in ("", KEY):
            monkeypatch.setenv("SEATSYNC_REDACT_KEY", key)
            for format in FORMATS:
                said = seatsync("plan", "--redact", "--format", format, folder=place).out
                assert not any(digest in said for digest in guessed), format
            seatsync("plan", "--redact", "--out", "plan.json", "--quiet", folder=place)
            assert not any(digest in (place / "plan.json").read_text(encoding="utf-8") for digest in guessed)
            (place / "plan.json").unlink()
        monkeypatch.setenv("SEATSYNC_REDACT_KEY", "")
        if not applied:
            told = seatsync("apply", "--yes", "--redact", "--format", "json", folder=place)
            assert told.code == 0
            assert bare["fingerprint"] not in told.out
            for command in (("log", "--format", "json"), ("why", "one.canary@grace.example", "--format", "json")):
                assert bare["fingerprint"][:10] not in seatsync(*command, "--redact", folder=place).out
            members(place, *MEMBERS, "new.canary@grace.example,New,Canary,,,")


def test_without_a_secret_there_is_no_fingerprint_and_it_is_said_how_to_get_one(place: Path) -> None:
    for format in FORMATS:
        told = seatsync("plan", "--redact", "--format", format, folder=place).out
        assert "no-redact-key" in told, format
        assert "SEATSYNC_REDACT" in told.replace("\\", ""), format
    assert printed(place, "--redact") == ""
    assert "no-redact-key" not in seatsync("plan", folder=place).out
    assert seatsync("plan", "--redact", "--strict", folder=place).code == 0


def test_the_first_apply_is_found_by_the_key_and_later_ones_by_the_ledger_s_secret(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATSYNC_REDACT_KEY", KEY)
    first = printed(place, "--redact")
    assert seatsync("apply", "--redact", "--expect", "0" * 64, folder=place).code == 5
    monkeypatch.setenv("SEATSYNC_REDACT_KEY", KEY[::-1])
    told = seatsync("apply", "--redact", "--expect", first, folder=place)
    assert told.code == 5
    assert printed(place) not in told.err
    assert printed(place, "--redact") in told.err
    monkeypatch.setenv("SEATSYNC_REDACT_KEY", KEY)
    assert seatsync("apply", "--redact", "--expect", first, folder=place).code == 0
    assert {row["what"] for row in json.loads(seatsync("log", "--plan", first, "--format", "json", folder=place).out)}
    monkeypatch.delenv("SEATSYNC_REDACT_KEY")
    members(place, *MEMBERS, "new.canary@grace.example,New,Canary,,,")
    second = printed(place, "--redact")
    bare = printed(place)
    assert second not in ("", bare)
    monkeypatch.setenv("SEATSYNC_REDACT_KEY", KEY)  # has no effect once there is a ledger
    assert printed(place, "--redact") == second
    assert seatsync("apply", "--redact", "--expect", first, folder=place).code == 5
    assert seatsync("apply", "--expect", second, folder=place).code == 0
    for name in (second, second[:12], bare, bare[:12]):
        [row] = json.loads(seatsync("log", "--plan", name, "--format", "json", folder=place).out)
        assert row["plan"] == bare
    [row] = json.loads(seatsync("log", "--redact", "--plan", second, "--format", "json", folder=place).out)
    assert row["plan"] == second
    assert f"plan {second[:10]}\n" in seatsync("log", "--redact", "--plan", second, folder=place).out


def test_a_key_that_can_be_guessed_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_REDACT_KEY", "canary")
    told = names_nobody(seatsync("plan", "--redact", folder=place))
    assert told.code == 64
    assert "SEATSYNC_REDACT_KEY can be guessed" in told.err


def test_one_key_makes_other_fingerprints_for_each_institution_and_no_institution_has_another_s(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also within one command, if one institution has a ledger and the next has none."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "seatsync.yaml").write_text(CONFIG.replace("id: grace", f"id: {name}"), encoding="utf-8")
        (tmp_path / name / "staff.yaml").write_text(STAFF, encoding="utf-8")
        members(tmp_path / name, *MEMBERS)

    def persons(*words: str) -> list[set[str]]:
        plans = json.loads(seatsync("plan", "one", "two", "--redact", "--format", "json", *words, folder=tmp_path).out)
        return [{change["member"] for change in plan["changes"] if "member" in change} for plan in plans]

    monkeypatch.setenv("SEATSYNC_REDACT_KEY", KEY)
    one, two = persons()
    assert one
    assert two
    assert not one & two
    assert persons() == [one, two]
