"""The portals' lists: ``status``, ``members``, ``licenses``, ``export``, ``outbox list``, ``log``; and ``resend``."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seatsync.domain.text.formulas import restored
from seatsync.domain.text.names import without_accents
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import copied, environment, is_untouched

FIRST, SECOND = "2026-09-01", "2026-09-02"
CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
  opt_out: true
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 10}
  jamworks: {title: Jamworks, system: jamworks, slots: 5}
  logos: {title: Logos Subscription, system: logos-subscription, slots: 20}
rosters:
  - {path: members.csv}
grants:
  - {library: logos, to: {tags: [student]}}
  - {library: books, kind: permanent, to: {any_tags: [mdiv, owner, faculty]}}
  - {library: jamworks, to: {tags: [faculty]}}
"""
HEADER = ["email", "given_name", "family_name", "student_id", "role", "tags"]
ANN = ["ann@grace.example", "Ann", "Lee", "001", "Student", "student;mdiv"]
BEN = ["ben@grace.example", "Ben", "Okafor", "002", "Student", "student"]
CAGLA = ["cagla@grace.example", "Çağla", "Şahin", "003", "Professor", "faculty"]
DMITRI = ["dmitri@grace.example", "Дмитрий", "Орлов", "004", "Student", "student"]
FAY = ["fay@grace.example", "fay", "holt", "005", "Student", "student"]
LEA = ["lea@grace.example", "Lea", "Leaver", "006", "Student", "student;owner"]
EVE = ["+eve@grace.example", '=HYPERLINK("http://evil.example")', "-Evil", "-5", "＠role", "=x;@y"]
WANG = ["wang@grace.example", "欣怡", 'von "W", ز', "", "", ""]
NOW_LISTED = ["ann", "ben", "cagla", "dmitri", "fay", "+eve", "wang"]
FORMULA = tuple("=+-@＝＋－＠")


def write_csv(path: Path, *rows: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def run(folder: Path, *args: str, code: int = 0, now: str = SECOND) -> Outcome:
    outcome = seatsync(*args, "--now", now, folder=folder)
    assert outcome.code == code, f"seatsync {' '.join(args)} exited with {outcome.code}\n{outcome.out}\n{outcome.err}"
    assert "This is a bug" not in outcome.err
    return outcome


def told(folder: Path, *args: str) -> Any:
    return json.loads(run(folder, *args, "--format", "json").out)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def tmp_path(tmp_path: Path, database: str) -> Path:
    """Run every test that makes a folder on both databases."""
    return tmp_path


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, database: str) -> Path:
    """A school after two days of changes. Tests do not write to it: see ``copy``."""
    folder = tmp_path_factory.mktemp("school")
    (folder / "seatsync.yaml").write_text(CONFIG)
    write_csv(folder / "members.csv", HEADER, ANN, BEN, CAGLA, DMITRI, FAY, LEA)
    run(folder, "apply", "--yes", "--actor", "ruth", "--commit", "c0ffee" * 6 + "c0ff", now=FIRST)
    for library, who in (("logos", "ben"), ("books", "ann"), ("books", "lea")):
        run(folder, "ledger", "claim", library, f"{who}@grace.example", now=FIRST)
    run(folder, "ledger", "opt-out", "logos", "dmitri@grace.example", now=FIRST)
    write_csv(folder / "members.csv", HEADER, ANN, BEN, CAGLA, DMITRI, [*FAY[:5], ""], EVE, WANG)
    run(folder, "apply", "--yes", "--actor", "ruth", "--commit", "")
    return folder


@pytest.fixture
def copy(school: Path, tmp_path: Path) -> Path:
    """A copy of the school, for tests that write."""
    return copied(school, tmp_path / "school")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A school whose files have not been applied yet."""
    (tmp_path / "seatsync.yaml").write_text(CONFIG)
    write_csv(tmp_path / "members.csv", HEADER, ANN)
    return tmp_path


def who(email: str) -> str:
    return email.partition("@")[0]


# status


def test_status_as_json_is_exactly_what_the_contract_says(school: Path) -> None:
    assert (
        run(school, "status", "--format", "json").out
        == json.dumps(
            {
                "institution": "grace",
                "libraries": {
                    "books": {
                        "total": 10,
                        "used": 3,
                        "available": 7,
                        "reserved": 1,
                        "temporary": 0,
                        "permanent": 2,
                        "temporary_reserved": 0,
                        "permanent_reserved": 1,
                    },
                    "jamworks": {
                        "total": 5,
                        "used": 1,
                        "available": 4,
                        "reserved": 1,
                        "temporary": 0,
                        "permanent": 0,
                        "temporary_reserved": 1,
                        "permanent_reserved": 0,
                    },
                    "logos": {
                        "total": 20,
                        "used": 2,
                        "available": 18,
                        "reserved": 1,
                        "temporary": 1,
                        "permanent": 0,
                        "temporary_reserved": 1,
                        "permanent_reserved": 0,
                    },
                },
            },
            indent=2,
        )
        + "\n"
    )


def test_status_as_a_table_has_a_row_for_each_library_and_no_number_for_a_kind_without_seats(school: Path) -> None:
    table = run(school, "status").out
    lines = [line.split() for line in table.splitlines()]
    kinds = ["temporary", "claimed", "temporary", "unclaimed", "permanent", "claimed", "permanent", "unclaimed"]
    assert lines == [
        ["grace", "total", "used", "available", *kinds],
        ["Biblical", "Studies", "(books)", "10", "3", "7", "2", "1"],
        ["Jamworks", "(jamworks)", "5", "1", "4", "1"],
        ["Logos", "Subscription", "(logos)", "20", "2", "18", "1", "1"],
    ]
    header, books = table.splitlines()[:2]
    assert books.index("2", books.index("7")) > header.index("permanent claimed")


def test_status_of_several_folders_is_an_array(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "seatsync.yaml").write_text(CONFIG.replace("id: grace", "id: hope"))
    both = told(tmp_path, "status", copy.name, "new")
    assert [one["institution"] for one in both] == ["grace", "hope"]
    assert [len(one["libraries"]) for one in both] == [3, 0]


# members

MEMBERS = [
    ([], NOW_LISTED),
    (["--all"], NOW_LISTED),
    (["--tag", "student"], ["ann", "ben", "dmitri"]),
    (["--tag", "student", "--tag", "mdiv"], ["ann"]),
    (["--tag", "nobody"], []),
    (["--tag", "imported:2026-09-01"], ["ann", "ben", "cagla", "dmitri", "fay"]),
    (["--tag", "imported:2026-09-02"], ["+eve", "wang"]),
    (["--tag", "imported:2026-09-01", "--tag", "faculty"], ["cagla"]),
    (["--search", "OKAFOR"], ["ben"]),
    (["--search", "ann lee"], ["ann"]),
    (["--search", "ДМИТРИЙ"], ["dmitri"]),
    (["--search", "Çağla"], ["cagla"]),
    (["--search", "欣怡"], ["wang"]),
    (["--search", "@grace."], NOW_LISTED),
    (["--search", "004"], ["dmitri"]),
    (["--with-license"], ["ann", "ben", "cagla"]),
    (["--without-license"], ["dmitri", "fay", "+eve", "wang"]),
    (["--library", "logos"], NOW_LISTED),
    (["--library", "logos", "--all"], NOW_LISTED),
    (["--library", "logos", "--with-license"], ["ann", "ben"]),
    (["--library", "logos", "--without-license"], ["cagla", "dmitri", "fay", "+eve", "wang"]),
    (["--library", "logos", "--kind", "none"], ["cagla", "dmitri", "fay", "+eve", "wang"]),
    (["--library", "logos", "--status", "none"], ["cagla", "+eve", "wang"]),
    (["--library", "logos", "--status", "unclaimed"], ["ann"]),
    (["--library", "logos", "--kind", "temporary", "--status", "delivered"], ["ben"]),
    (["--kind", "permanent"], ["ann", "cagla"]),
    (["--kind", "temporary"], ["ann", "ben", "cagla"]),
    (["--kind", "permanent", "--status", "unclaimed"], ["cagla"]),
    (["--status", "opted_out"], ["dmitri"]),
    (["--status", "revoked"], ["fay"]),
    (["--without-license", "--status", "revoked"], ["fay"]),
    (["--with-license", "--status", "revoked"], []),
    (["--library", "logos", "--without-license", "--tag", "student"], ["dmitri"]),
    (["--library", "logos", "--without-license", "--tag", "student", "--search", "zzz"], []),
]


@pytest.mark.parametrize(("filters", "expected"), MEMBERS, ids=lambda value: " ".join(value) or "nothing")
def test_members_are_filtered_as_in_the_portals(filters: list[str], expected: list[str], school: Path) -> None:
    assert [who(row["email"]) for row in told(school, "members", *filters)] == expected


def test_a_search_finds_a_name_however_its_accents_are_typed(school: Path) -> None:
    assert [who(row["email"]) for row in told(school, "members", "--search", "S\u0327ahin")] == ["cagla"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Institution Email Address\nBEN@grace.example\nwang@grace.example\n", ["ben", "wang"]),
        ("Institution Student ID\n001\n-5\n", ["ann", "+eve"]),
        ("email;name;student id\nben@grace.example;Ben;\n;;004\nnobody@grace.example;;\n", ["ben", "dmitri"]),
        ("email\n", []),
    ],
)
def test_members_are_selected_by_csv(text: str, expected: list[str], school: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text)
    chosen = told(school, "members", "--select", str(tmp_path / "list.csv"))
    assert [who(row["email"]) for row in chosen] == expected


def test_a_selection_and_other_filters_must_all_hold(school: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email\nann@grace.example\nben@grace.example\ncagla@grace.example\n")
    chosen = ("--select", str(tmp_path / "list.csv"), "--tag", "student", "--library", "logos")
    assert [who(row["email"]) for row in told(school, "members", *chosen, "--status", "delivered")] == ["ben"]


@pytest.mark.parametrize(
    "text", ["name\nAnn\n", "email\nann at grace\n", 'email\n"ann@grace.example\n', "email,x\n,1\n"]
)
def test_a_selection_that_can_not_be_read_is_invalid(text: str, school: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text)
    outcome = run(school, "members", "--select", str(tmp_path / "list.csv"), code=3)
    assert "list.csv:" in outcome.err
    assert not outcome.out


def test_a_member_in_json_has_tags_as_a_list_with_the_automatic_one(school: Path) -> None:
    assert told(school, "members", "--search", "ann@")[0] == {
        "email": "ann@grace.example",
        "given_name": "Ann",
        "family_name": "Lee",
        "student_id": "001",
        "role": "Student",
        "tags": ["mdiv", "student", "imported:2026-09-01"],
        "left_on": "",
        "seats_end": "",
    }


def test_with_a_library_kind_and_status_are_listed_too(school: Path) -> None:
    listed = {who(row["email"]): (row["kind"], row["status"]) for row in told(school, "members", "--library", "logos")}
    assert listed == {
        "ann": ("temporary", "unclaimed"),
        "ben": ("temporary", "delivered"),
        "cagla": ("none", "none"),
        "dmitri": ("none", "opted_out"),
        "fay": ("none", "revoked"),
        "+eve": ("none", "none"),
        "wang": ("none", "none"),
    }


@pytest.mark.parametrize("by", ["email", "given_name", "family_name", "student_id", "role"])
def test_members_are_sorted_up_and_down_without_regard_to_case_and_accents(by: str, school: Path) -> None:
    up = [without_accents(row[by]) for row in told(school, "members", "--sort", by)]
    down = [without_accents(row[by]) for row in told(school, "members", "--sort", f"-{by}")]
    assert up == sorted(up)
    assert down == up[::-1]


@pytest.mark.parametrize(
    ("header", "field"), [("name", "given_name"), ("e-mail", "email"), ("student id", "student_id")]
)
def test_a_list_is_sorted_by_what_stands_above_a_column(header: str, field: str, school: Path) -> None:
    assert header in run(school, "members").out.splitlines()[0]
    assert told(school, "members", "--sort", f"-{header}") == told(school, "members", "--sort", f"-{field}")


def test_members_are_sorted_by_a_column_of_the_library(school: Path) -> None:
    listed = told(school, "members", "--library", "logos", "--sort", "status", "--tag", "student")
    assert [row["status"] for row in listed] == ["delivered", "opted_out", "unclaimed"]


@pytest.mark.parametrize("command", ["members", "licenses"])
def test_an_unknown_column_to_sort_by_is_wrong_usage(command: str, school: Path, empty: Path) -> None:
    for folder in (school, empty):
        outcome = run(folder, command, "--sort", "surname", code=64)
        assert "family_name" in outcome.err


# licenses

LICENSES = [
    ([], ["books ann", "books cagla", "books lea", "jamworks cagla", "logos ann", "logos ben"]),
    (
        ["--all"],
        [
            *("books ann", "books cagla", "books lea", "jamworks cagla", "logos ann", "logos ben"),
            *("logos dmitri", "logos fay", "logos lea"),
        ],
    ),
    (["--with-license"], ["books ann", "books cagla", "books lea", "jamworks cagla", "logos ann", "logos ben"]),
    (["--without-license"], ["logos dmitri", "logos fay", "logos lea"]),
    (["--library", "books"], ["books ann", "books cagla", "books lea"]),
    (["--kind", "permanent"], ["books ann", "books cagla", "books lea"]),
    (["--kind", "permanent", "--status", "delivered"], ["books ann", "books lea"]),
    (["--kind", "temporary", "--library", "jamworks"], ["jamworks cagla"]),
    (["--status", "unclaimed"], ["books cagla", "jamworks cagla", "logos ann"]),
    (["--status", "revoked"], ["logos fay", "logos lea"]),
    (["--status", "opted_out"], ["logos dmitri"]),
    (["--with-license", "--status", "revoked"], []),
    (["--kind", "none"], ["logos dmitri", "logos fay", "logos lea"]),
    (["--tag", "faculty"], ["books cagla", "jamworks cagla"]),
    (["--tag", "imported:2026-09-01", "--search", "ann"], ["books ann", "logos ann"]),
    (["--tag", "imported:2026-09-02"], []),
    (["--library", "logos", "--tag", "student", "--status", "delivered"], ["logos ben"]),
    (["--search", "lea@", "--all"], ["books lea", "logos lea"]),
]


@pytest.mark.parametrize(("filters", "expected"), LICENSES, ids=lambda value: " ".join(value)[:60] or "nothing")
def test_licenses_are_filtered_as_in_the_portals(filters: list[str], expected: list[str], school: Path) -> None:
    assert [f"{row['library']} {who(row['email'])}" for row in told(school, "licenses", *filters)] == expected


def test_licenses_are_selected_by_csv(school: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Institution (LIS) ID\n003\n006\n")
    listed = told(school, "licenses", "--select", str(tmp_path / "list.csv"))
    assert [f"{row['library']} {who(row['email'])}" for row in listed] == ["books cagla", "books lea", "jamworks cagla"]


def test_a_license_in_json_has_its_member_kind_status_and_day(school: Path) -> None:
    assert told(school, "licenses", "--library", "jamworks") == [
        {
            "library": "jamworks",
            "email": "cagla@grace.example",
            "given_name": "Çağla",
            "family_name": "Şahin",
            "kind": "temporary",
            "status": "unclaimed",
            "until": "",
            "invited_on": "2026-09-01",
            "mail": "",
        }
    ]


@pytest.mark.parametrize("by", ["library", "email", "kind", "status", "invited_on"])
def test_licenses_are_sorted_up_and_down(by: str, school: Path) -> None:
    up = [row[by] for row in told(school, "licenses", "--all", "--sort", by)]
    down = [row[by] for row in told(school, "licenses", "--all", "--sort", f"-{by}")]
    assert up == sorted(up)
    assert down == up[::-1]


# One list in three formats


@pytest.mark.parametrize(
    "command",
    [
        ["members"],
        ["members", "--library", "logos"],
        ["licenses", "--all"],
        ["outbox", "list"],
    ],
    ids=" ".join,
)
def test_table_csv_and_json_show_the_same(command: list[str], school: Path) -> None:
    listed = told(school, *command)
    written = rows(run(school, *command, "--format", "csv").out)
    cells = [{k: ";".join(v) if isinstance(v, list) else str(v) for k, v in row.items()} for row in listed]
    assert [{k: restored(v) for k, v in row.items()} for row in written] == cells
    table = run(school, *command).out.splitlines()
    words = {"email": "e-mail", "given_name": "name"}
    fields = [name for name in listed[0] if name not in ("family_name", "at_vendor")]
    headers = [words.get(name, name.replace("_", " ")) for name in fields if any(str(row[name]) for row in listed)]
    assert re.split("  +", table[0].strip()) == headers
    assert len(table) == 1 + len(listed)
    for line, row in zip(table[1:], listed, strict=True):
        assert all(str(row[name]) in line for name in ("email", "to", "until") if name in row)
        has_kind = row.get("kind") != "none" or row["status"] == "none"
        assert row.get("kind", "") in line if has_kind else "none" not in line
        assert f"{row.get('given_name', '')} {row.get('family_name', '')}".strip() in line
        assert {"delivered": "claimed", "opted_out": "opted out"}.get(
            row.get("status", ""), row.get("status", "")
        ) in line
        assert "imported:" not in line


def test_the_log_tells_each_journal_entry_once_with_what_it_did_below_it(school: Path) -> None:
    listed = told(school, "log", "--limit", "1000")
    written = rows(run(school, "log", "--limit", "1000", "--format", "csv").out)
    assert [{k: restored(v) for k, v in row.items()} for row in written] == [
        {k: str(v) for k, v in row.items()} for row in listed
    ]
    entries = {(row["at"], row["actor"], row["commit"], row["plan"]) for row in listed}
    lines = run(school, "log", "--limit", "1000").out.splitlines()
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert len(heads) == len(entries)
    first = next(row for row in reversed(listed) if row["what"] == "member-add")
    assert heads[-1].endswith(f"  2026-09-01 00:00  by ruth, commit c0ffeec0ff, plan {first['plan'][:10]}")
    below = [line for line in lines if line.startswith("    ")]
    assert len(below) == len(listed)
    for line, row in zip(below, listed, strict=True):
        assert all(row[name] in line for name in ("what", "library", "member"))


@pytest.mark.parametrize("given", [["--as-of", SECOND], []], ids=["past", "present"])
def test_several_kinds_and_statuses_are_one_of_each(given: list[str], school: Path) -> None:
    def found(*args: str) -> set[tuple[str, str]]:
        return {(row["library"], row["email"]) for row in told(school, "licenses", *given, *args)}

    unclaimed, claimed = found("--status", "unclaimed"), found("--status", "delivered")
    assert unclaimed
    assert claimed
    assert found("--status", "unclaimed", "--status", "delivered") == unclaimed | claimed
    both_kinds = found("--kind", "temporary", "--kind", "permanent")
    assert both_kinds == found("--kind", "temporary") | found("--kind", "permanent")
    assert found("--kind", "permanent", "--status", "unclaimed", "--status", "delivered") == {
        one for one in found("--kind", "permanent") if one in unclaimed | claimed
    }


@pytest.mark.parametrize("command", ["members", "licenses", "export"])
def test_claimed_is_the_status_that_json_calls_delivered(command: str, school: Path) -> None:
    def found(word: str) -> str:
        return run(school, command, "--library", "logos", "--status", word, *as_json).out

    as_json = [] if command == "export" else ["--format", "json"]
    assert found("claimed") == found("delivered") != found("unclaimed")
    assert "unclaimed, claimed, opted_out" in run(school, command, "--help").out
    assert (
        "'taken' is not one of 'none', 'unclaimed', 'claimed'" in run(school, command, "--status", "taken", code=64).err
    )


def test_the_help_of_licenses_says_at_both_places_that_all_adds_revoked_ones(school: Path) -> None:
    help = " ".join(run(school, "licenses", "--help").out.split())
    assert "with --all also revoked and opted-out ones" in help
    assert "--all Members with or without a license; where licenses are listed, also revoked" in help


def test_members_with_one_of_several_statuses_of_a_library(school: Path) -> None:
    def found(*args: str) -> set[str]:
        return {row["email"] for row in told(school, "members", "--library", "logos", *args)}

    never = found("--status", "none")
    assert found("--status", "none", "--status", "delivered") == never | found("--status", "delivered")
    assert found("--kind", "none", "--kind", "temporary") == found()


@pytest.mark.parametrize("given", [["--as-of", SECOND], []], ids=["past", "present"])
@pytest.mark.parametrize("command", ["members", "licenses"])
def test_a_tag_or_role_that_nobody_has_is_named_with_the_one_that_was_meant(
    command: str, given: list[str], school: Path
) -> None:
    said = run(school, command, *given, "--tag", "facutly", "--role", "Profesor").err
    assert said == (
        f'No {command} match. No member has the tag "facutly". Did you mean "faculty"? '
        'No member has the role "Profesor". Did you mean "Professor"?\n'
    )
    assert run(school, command, *given, "--tag", "owner", "--search", "zzz").err.startswith(f"No {command} match.")


def test_tags_and_roles_that_somebody_has_are_not_called_unknown(school: Path) -> None:
    some = ("--tag", "mdiv", "--tag", "faculty", "--tag", "imported:2026-09-01", "--role", "Student")
    assert run(school, "members", *some).err == "No members match.\n"


def test_members_of_a_role(school: Path) -> None:
    assert [who(row["email"]) for row in told(school, "members", "--role", "Professor")] == ["cagla"]


@pytest.mark.parametrize(
    "command",
    [["members"], ["licenses"], ["export"], ["resend", "--yes"], ["members", "--as-of", SECOND]],
    ids=" ".join,
)
def test_a_selection_names_whom_it_did_not_find(command: list[str], copy: Path) -> None:
    listed = [["email", "student_id"], ["ann@grace.example", ""], ["an@grace.example", ""], ["", "777"], ["", "002"]]
    write_csv(copy / "chosen.csv", *listed)
    err = run(copy, *command, "--select", "chosen.csv").err
    assert "chosen.csv: 2 rows name nobody in the ledger: an@grace.example (line 3), 777 (line 4).\n" in err
    write_csv(copy / "chosen.csv", *listed[:2])
    assert "nobody in the ledger" not in run(copy, *command, "--select", "chosen.csv").err


def test_whom_a_selection_did_not_find_is_not_named_where_names_are_left_out(copy: Path) -> None:
    write_csv(copy / "chosen.csv", ["email", "student_id"], ["an@grace.example", "777"])
    err = run(copy, "members", "--select", "chosen.csv", "--redact").err
    assert "1 row names nobody in the ledger: line 2." in err
    assert "777" not in err


@pytest.mark.parametrize(
    "command",
    [["members"], ["licenses", "--all"], ["outbox", "list"], ["log"], ["export"], ["export", "--library", "books"]],
    ids=" ".join,
)
def test_no_cell_of_a_csv_is_a_formula(command: list[str], school: Path) -> None:
    format = [] if command[0] == "export" else ["--format", "csv"]
    for delimiter in ",;\t":
        for line in csv.reader(io.StringIO(run(school, *command, *format).out), delimiter=delimiter):
            assert not [cell for cell in line if cell.strip().startswith(FORMULA)]


def test_a_formula_is_escaped_by_an_apostrophe_in_csv_and_left_alone_in_json(school: Path) -> None:
    out = run(school, "members", "--search", "eve", "--format", "csv").out
    assert "\"'=x;'@y;imported:2026-09-02\"" in out  # quoted, for programs that also split at semicolons
    [written] = rows(out)
    assert written == {
        "email": "'+eve@grace.example",
        "given_name": "'" + EVE[1],
        "family_name": "'-Evil",
        "student_id": "'-5",
        "role": "'＠role",
        "tags": "'=x;'@y;imported:2026-09-02",
        "left_on": "",
        "seats_end": "",
    }
    [member] = told(school, "members", "--search", "eve")
    assert member["given_name"] == EVE[1]
    assert member["tags"] == ["=x", "@y", "imported:2026-09-02"]


@pytest.mark.parametrize("format", ["text", "csv", "json"])
def test_names_in_any_script_are_intact(format: str, school: Path) -> None:
    out = run(school, "members", "--format", format).out
    assert all(name in out for name in ("Çağla", "Şahin", "Дмитрий", "Орлов", "欣怡", "ز"))


def test_a_long_table_is_cut_and_says_how_much_is_missing(tmp_path: Path) -> None:
    (tmp_path / "seatsync.yaml").write_text(CONFIG)
    write_csv(
        tmp_path / "members.csv", HEADER, *([f"m{n}@grace.example", "M", f"N{n}", "", "", ""] for n in range(503))
    )
    run(tmp_path, "apply", "--yes", "--quiet")
    cut = run(tmp_path, "members")
    assert len(cut.out.splitlines()) == 501
    assert "3 more" in cut.err
    assert len(run(tmp_path, "members", "--verbose").out.splitlines()) == 504
    assert len(run(tmp_path, "members", "--format", "csv").out.splitlines()) == 504


# export


def test_an_export_has_the_data_and_licenses_of_all_on_the_roster_and_of_owners_who_left(school: Path) -> None:
    exported = rows(run(school, "export").out)
    left = {who(row["Institution Email Address"]) for row in exported if row["On Roster"] == "no"}
    assert left == {"lea"}
    assert [
        name for row in exported if (name := who(row["Institution Email Address"].lstrip("'"))) != "lea"
    ] == NOW_LISTED
    assert exported[0] == {
        "Role": "Student",
        "Institution Student ID": "001",
        "Given Name": "Ann",
        "Family Name": "Lee",
        "Institution Email Address": "ann@grace.example",
        "Tags": "mdiv;student;imported:2026-09-01",
        "On Roster": "yes",
        "books License Kind": "permanent",
        "books License Status": "delivered",
        "books License End Date": "",
        "jamworks License Kind": "none",
        "jamworks License Status": "none",
        "jamworks License End Date": "",
        "logos License Kind": "temporary",
        "logos License Status": "unclaimed",
        "logos License End Date": "",
    }


def test_an_export_of_one_library_has_the_columns_of_that_one(school: Path) -> None:
    header = run(school, "export", "--library", "books").out.splitlines()[0]
    assert header.endswith("Tags,On Roster,books License Kind,books License Status,books License End Date")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--tag", "faculty"], ["cagla"]),
        (["--search", "орлов"], ["dmitri"]),
        (["--library", "logos", "--with-license"], ["ann", "ben"]),
        (["--without-license"], ["dmitri", "fay", "+eve", "wang"]),
        (["--library", "logos", "--status", "unclaimed"], ["ann"]),
        (["--kind", "permanent"], ["ann", "cagla", "lea"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_an_export_is_filtered_as_a_list_is(filters: list[str], expected: list[str], school: Path) -> None:
    exported = rows(run(school, "export", *filters).out)
    assert [who(row["Institution Email Address"].lstrip("'")) for row in exported] == expected


# outbox list, log

LETTERS = [
    ("admin-welcome", "ruth@grace.example", ""),
    ("invitation", "ann@grace.example", "books"),
    ("invitation", "cagla@grace.example", "books"),
    ("invitation", "lea@grace.example", "books"),
    ("set-password", "cagla@grace.example", "jamworks"),
    *(("invitation", f"{name}@grace.example", "logos") for name in ("ann", "ben", "dmitri", "fay", "lea")),
    ("access", "ben@grace.example", "logos"),
    ("permanent", "ann@grace.example", "books"),
    ("permanent", "lea@grace.example", "books"),
]


def test_the_outbox_lists_every_letter_oldest_first(school: Path) -> None:
    letters = told(school, "outbox", "list")
    assert [(letter["letter"], letter["to"], letter["library"]) for letter in letters] == LETTERS
    assert [letter["serial"] for letter in letters] == sorted(letter["serial"] for letter in letters)


def test_the_outbox_lists_letters_of_one_state(school: Path) -> None:
    by_state = {state: told(school, "outbox", "list", "--state", state) for state in ("pending", "cancelled")}
    assert sum(map(len, by_state.values())) == len(LETTERS)
    assert {letter["state"] for letter in by_state["pending"]} == {"pending"}


def test_the_outbox_lists_letters_about_one_library_and_knows_the_libraries(school: Path) -> None:
    for library in ("books", "jamworks", "logos"):
        letters = told(school, "outbox", "list", "--library", library)
        assert [(one["letter"], one["to"]) for one in letters] == [one[:2] for one in LETTERS if one[2] == library]
    unknown = seatsync("outbox", "list", "--library", "book", folder=school)
    assert unknown.code == 64
    assert 'The ledger has no library "book". Did you mean "books"?' in unknown.err


def test_an_invitation_is_cancelled_for_who_has_claimed_declined_or_lost_the_license(school: Path) -> None:
    unclaimed = {(row["library"], row["email"]) for row in told(school, "licenses", "--status", "unclaimed")}
    for letter in told(school, "outbox", "list"):
        if letter["letter"] in ("invitation", "reminder", "set-password"):
            waits = (letter["library"], letter["to"]) in unclaimed
            assert letter["state"] == ("pending" if waits else "cancelled"), letter


def test_the_log_shows_the_newest_first_with_who_and_because_of_which_commit(school: Path) -> None:
    journal = told(school, "log", "--limit", "1000")
    serials = [line["serial"] for line in journal]
    assert serials == sorted(serials, reverse=True)
    oldest = journal[-1]
    assert (oldest["what"], oldest["actor"], oldest["commit"]) == ("institution-add", "ruth", "c0ffee" * 6 + "c0ff")
    assert oldest["at"] == "2026-09-01T00:00:00Z"
    assert {line["what"] for line in journal} >= {"member-add", "grant", "claim", "opt-out", "revoke", "member-remove"}
    opted_out = next(line for line in journal if line["what"] == "opt-out")
    assert (opted_out["member"], opted_out["library"]) == ("dmitri@grace.example", "logos")


def test_who_the_next_apply_is_noted_for_is_no_filter_of_the_log(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = told(school, "log")
    monkeypatch.setenv("SEATSYNC_ACTOR", "pipeline")
    assert told(school, "log") == everything
    monkeypatch.setenv("SEATSYNC_LOG_ACTOR", "pipeline")
    assert told(school, "log") == []


def test_the_log_is_as_long_as_asked_for(school: Path) -> None:
    assert told(school, "log", "--limit", "3") == told(school, "log", "--limit", "1000")[:3]
    run(school, "log", "--limit", "0", code=64)


# resend


def sent(folder: Path) -> list[tuple[str, str, str]]:
    """The letters added since the fixture was made: (letter, member, library)."""
    letters = told(folder, "outbox", "list")[len(LETTERS) :]
    return [(letter["letter"], who(letter["to"]), letter["library"]) for letter in letters]


ANNS = ("invitation", "ann", "logos")
CAGLAS_BOOKS = ("invitation", "cagla", "books")
CAGLAS_JAMWORKS = ("set-password", "cagla", "jamworks")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ([], [CAGLAS_BOOKS, CAGLAS_JAMWORKS, ANNS]),
        (["--library", "logos"], [ANNS]),
        (["--library", "jamworks"], [CAGLAS_JAMWORKS]),
        (["--tag", "student"], [ANNS]),
        (["--tag", "faculty", "--library", "books"], [CAGLAS_BOOKS]),
        (["--kind", "permanent"], [CAGLAS_BOOKS]),
        (["--kind", "temporary", "--status", "unclaimed"], [CAGLAS_JAMWORKS, ANNS]),
        (["--search", "çağla", "--with-license"], [CAGLAS_BOOKS, CAGLAS_JAMWORKS]),
        (["--status", "delivered"], []),
        (["--without-license"], []),
        (["--tag", "nobody"], []),
        (["--library", "logos", "ann@grace.example"], [ANNS]),
        (["ANN@Grace.example", "cagla@grace.example"], [ANNS, CAGLAS_BOOKS, CAGLAS_JAMWORKS]),
        (["ann@grace.example", "Ann@grace.example"], [ANNS]),
        (["--library", "books", "cagla@grace.example"], [CAGLAS_BOOKS]),
        (["--kind", "permanent", "cagla@grace.example"], [CAGLAS_BOOKS]),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
def test_a_resend_goes_to_the_unclaimed_of_a_selection_once(
    selection: list[str], expected: list[tuple[str, str, str]], copy: Path
) -> None:
    run(copy, "resend", "--yes", *selection)
    assert sorted(sent(copy)) == sorted(expected)


def test_a_resend_goes_to_a_selection_by_csv(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email\nann@grace.example\nben@grace.example\nwang@grace.example\n")
    outcome = run(copy, "resend", "--yes", "--select", str(tmp_path / "list.csv"))
    assert sent(copy) == [ANNS]
    assert "1 letter" in outcome.err


def test_a_resend_leaves_the_licenses_as_they_are(copy: Path) -> None:
    before = told(copy, "licenses", "--all"), told(copy, "status")
    run(copy, "resend", "--yes")
    assert (told(copy, "licenses", "--all"), told(copy, "status")) == before
    assert told(copy, "plan")["changes"] == []
    run(copy, "verify")


@pytest.mark.parametrize(
    ("named", "why"),
    [
        (["ben@grace.example"], "ben@grace.example"),
        (["ann@grace.example", "--library", "books"], "books"),
        (["dmitri@grace.example"], "dmitri@grace.example"),
        (["wang@grace.example"], "wang@grace.example"),
        (["nobody@grace.example"], "not known"),
        (["ann@grace.example", "ben@grace.example"], "ben@grace.example"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_resend_to_who_has_nothing_to_claim_is_refused_and_nothing_is_sent(
    named: list[str], why: str, copy: Path
) -> None:
    outcome = run(copy, "resend", "--yes", *named, code=4)
    assert why in outcome.err
    assert sent(copy) == []


def test_without_a_terminal_a_resend_wants_yes(copy: Path) -> None:
    outcome = run(copy, "resend", "--library", "logos", code=64)
    assert "--yes" in outcome.err
    assert sent(copy) == []


def test_on_a_terminal_a_resend_asks(copy: Path) -> None:
    for answer, code, letters in ((b"n\n", 0, []), (b"y\n", 0, [ANNS])):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "seatsync", "resend", "--library", "logos", "--now", SECOND]
        with subprocess.Popen(
            command, cwd=copy, env=environment(copy), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as asked:
            os.write(ours, answer)
            asked.communicate(timeout=30)
        os.close(theirs)
        os.close(ours)
        assert (asked.returncode, sent(copy)) == (code, letters)


def test_a_resend_to_nobody_says_so(copy: Path) -> None:
    assert "Nobody" in run(copy, "resend", "--yes", "--tag", "nobody").err


# What is not there


@pytest.mark.parametrize("command", [["members"], ["licenses"], ["export"], ["resend", "--yes"], ["log"]], ids=" ".join)
def test_an_unknown_library_is_wrong_usage_with_the_one_that_was_meant(command: list[str], school: Path) -> None:
    outcome = run(school, *command, "--library", "bocks", code=64)
    assert 'Did you mean "books"?' in outcome.err
    assert not outcome.out


@pytest.mark.parametrize(
    "command",
    [["members"], ["licenses"], ["licenses", "--all"], ["outbox", "list"], ["log"]],
    ids=" ".join,
)
def test_a_list_of_an_empty_ledger_says_so_and_is_an_empty_array(command: list[str], empty: Path) -> None:
    outcome = run(empty, *command)
    assert not outcome.out
    assert outcome.err.strip()
    assert told(empty, *command) == []
    assert len(run(empty, *command, "--format", "csv").out.splitlines()) == 1
    assert is_untouched(empty)


def test_status_of_an_empty_ledger_says_that_nothing_was_applied(empty: Path) -> None:
    assert "nothing has been applied yet" in run(empty, "status").err
    assert told(empty, "status") == {"institution": "grace", "libraries": {}}


def test_export_and_resend_of_an_empty_ledger_are_friendly(empty: Path) -> None:
    assert len(run(empty, "export").out.splitlines()) == 1
    assert run(empty, "resend", "--yes").err.strip()
    assert is_untouched(empty)


def test_a_folder_without_seatsync_yaml_is_told_as_such(tmp_path: Path) -> None:
    for command in (["status"], ["members"], ["licenses"], ["export"], ["log"], ["outbox", "list"]):
        outcome = run(tmp_path, *command, code=3)
        assert "seatsync.yaml" in outcome.err


def test_who_is_in_a_grace_period_is_marked_and_is_erased_when_it_is_over(tmp_path: Path, database: str) -> None:
    (tmp_path / "seatsync.yaml").write_text(CONFIG + "leavers: {grace: 30d}\n", encoding="utf-8")
    write_csv(tmp_path / "members.csv", HEADER, ANN, BEN)
    run(tmp_path, "apply", "--yes", now=FIRST)
    assert "left on" not in run(tmp_path, "members").out
    write_csv(tmp_path / "members.csv", HEADER, ANN)
    run(tmp_path, "apply", "--yes")
    ann, ben = told(tmp_path, "members")
    assert (ann["left_on"], ann["seats_end"], ben["left_on"], ben["seats_end"]) == ("", "", SECOND, "2026-10-02")
    assert "left on" in (said := run(tmp_path, "members").out)
    assert f"{SECOND}  2026-10-02" in said
    assert rows(run(tmp_path, "members", "--library", "books", "--format", "csv").out)[1]["seats_end"] == "2026-10-02"
    assert told(tmp_path, "members", "--sort", "-left_on")[0] == ben
    assert [one["seats_end"] for one in told(tmp_path, "members", "--as-of", SECOND)] == ["", "2026-10-02"]
    refused = run(tmp_path, "ledger", "erase", ben["email"], "--yes", code=4).err
    assert f"{ben['email']} left on {SECOND} and keeps temporary seats until 2026-10-02 (`leavers.grace`)." in refused
    assert "To fix: Erase them when an apply after that day has removed them." in refused
    assert told(tmp_path, "members")[1] == ben
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    run(tmp_path, "apply", "--yes")
    assert "Erased: 1 record" in run(tmp_path, "ledger", "erase", ben["email"], "--yes").err
    assert "Nothing to do" in run(tmp_path, "plan").out
