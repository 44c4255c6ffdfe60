"""Lists of a library at the vendor: how far each license has come there, in table, CSV and JSON, here and on the pages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.letters import ran
from tests.support.mail_server import Mailroom
from tests.support.pages import pages_of

room = letters.room

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{{given_name: Ruth, family_name: Abel, email: ruth@grace.example}}]
libraries:
  books: {{title: Biblical Studies, system: logos-library, slots: 10{books}}}
  maps: {{title: Maps, system: logos-library, slots: 10}}
rosters: [{{path: members.csv}}]
grants:
  - {{library: books, kind: permanent, to: {{tags: [owner]}}}}
  - {{library: books, kind: temporary, to: {{tags: [student]}}}}
  - {{library: books, kind: temporary, to: {{tags: [late]}}{resend}}}
  - {{library: maps, kind: temporary, to: {{tags: [maps]}}}}
"""
THERE = ", delivered_by: vendor"
HEADER = ["email", "given_name", "family_name", "tags"]
STATES = {
    "ann": ("permanent", "delivered", "to-make-permanent", "still temporary at the vendor, to be made permanent there"),
    "ben": ("none", "revoked", "to-revoke", "revoked here, not yet at the vendor"),
    "cy": ("temporary", "unclaimed", "to-grant", "granted here, not yet done at the vendor"),
    "dee": ("temporary", "unclaimed", "to-resend", "unclaimed, to be invited again at the vendor"),
    "eve": ("temporary", "unclaimed", "done", "done, unclaimed"),
    "fay": ("temporary", "delivered", "done", "claimed"),
}


def _write(folder: Path, books: str, resend: str, **tags: str) -> None:
    (folder / "seatsync.yaml").write_text(CONFIG.format(books=books, resend=resend), encoding="utf-8")
    rows = [[f"{name}@grace.example", name.title(), "Lee", tag] for name, tag in tags.items()]
    write_csv(folder / "members.csv", HEADER, *rows)
    ran(folder, "apply", "--yes")


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    """All seats of books were in the portal when it came under the vendor; then everything that can happen has happened."""
    people = dict.fromkeys(("ann", "ben", "eve", "fay"), "student") | {"dee": "late"}
    _write(tmp_path, "", "", **people)
    for name in ("ann", "fay"):
        ran(tmp_path, "ledger", "claim", "books", f"{name}@grace.example")
    _write(tmp_path, THERE, "", **people)
    _write(tmp_path, THERE, ", resend: again", **people | {"ann": "owner", "ben": "maps", "cy": "student"})
    return tmp_path


def _told(folder: Path, *args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran(folder, *args, "--format", "json").out)
    return found


def test_lists_say_how_far_a_license_has_come_at_the_vendor(folder: Path) -> None:
    for command in (["licenses", "--all", "--library", "books"], ["members", "--library", "books"]):
        rows = {row["email"].split("@")[0]: row for row in _told(folder, *command)}
        assert {name: (row["kind"], row["status"], row["at_vendor"]) for name, row in rows.items()} == {
            name: state[:3] for name, state in STATES.items()
        }
        table = ran(folder, *command).out
        for name, (*_, words) in STATES.items():
            line = next(line for line in table.splitlines() if f"{name}@" in line)
            assert words in line, command
    everything = _told(folder, "licenses", "--all")
    assert [row["at_vendor"] for row in everything if row["library"] == "maps"] == [""]


def test_lists_are_filtered_by_what_is_to_be_done_at_the_vendor(folder: Path) -> None:
    for command in (["licenses"], ["members"], ["members", "--library", "books"]):
        for what, expected in (("open", ["ann", "ben", "cy", "dee"]), ("done", ["eve", "fay"])):
            found = [row["email"].split("@")[0] for row in _told(folder, *command, "--at-vendor", what)]
            assert sorted(found) == expected, (command, what)
            past = [
                row["email"].split("@")[0]
                for row in _told(folder, *command, "--at-vendor", what, "--as-of", letters.DAY)
            ]
            assert sorted(past) == expected, (command, what, "as of")
    assert _told(folder, "licenses", "--at-vendor", "done", "--status", "delivered")[0]["email"] == "fay@grace.example"
    assert _told(folder, "licenses", "--library", "maps", "--at-vendor", "done") == []


def test_lists_without_a_library_at_the_vendor_have_no_column_for_it(tmp_path: Path) -> None:
    _write(tmp_path, "", "", ann="student")
    assert "at_vendor" not in _told(tmp_path, "licenses")[0]
    assert "at_vendor" not in ran(tmp_path, "licenses", "--format", "csv").out
    assert "at_vendor" not in _told(tmp_path, "members", "--library", "books")[0]


def test_why_says_how_far_a_license_has_come_at_the_vendor(folder: Path) -> None:
    for name, (kind, _, progress, words) in STATES.items():
        seat = kind if kind != "none" else "no seat"
        assert f"books: {seat}, {words}\n" in ran(folder, "why", f"{name}@grace.example", "books").out
        (person,) = _told(folder, "why", f"{name}@grace.example")
        assert person["libraries"]["books"]["at_vendor"] == progress
        assert "at_vendor" not in person["libraries"]["maps"]


def test_the_administrators_pages_say_the_same(folder: Path, room: Mailroom) -> None:
    with pages_of(folder, room, room.port) as pages:
        ruth = pages.account("ruth@grace.example")
        listed = ruth.open("/admin/grace/licenses?licensed=all").text
        for name, (kind, *_, words) in STATES.items():
            held = "" if kind == "none" else f"{kind} "
            assert f"{name}@grace.example Biblical Studies {held}{words}" in listed
        assert "ben@grace.example Maps temporary unclaimed" in listed
        opened = ruth.open("/admin/grace/licenses?at_vendor=open").text
        assert [f"{name}@" in opened for name in STATES] == [True, True, True, True, False, False]
        assert "at_vendor=open" in ruth.page.body, "the filter stays in the links"
        exported = ruth.open("/admin/grace/licenses.csv?at_vendor=open").body
        assert exported == ran(folder, "licenses", "--at-vendor", "open", "--format", "csv").out
        assert ruth.open("/admin/grace/licenses?at_vendor=x").code == 400
        number = next(n for n in range(1, 7) if "Cy Lee" in ruth.open(f"/admin/grace/members/{n}").text)
        assert "granted here, not yet done at the vendor" in ruth.open(f"/admin/grace/members/{number}").text


def test_status_says_how_many_people_each_step_is_about(folder: Path) -> None:
    expected = {
        "3-import": 1,
        "4-revoke-books": 1,
        "5-grant-temporary-books": 1,
        "6-resend-books": 1,
        "7-grant-permanent-books": 1,
    }
    for args in ((), ("--as-of", letters.DAY)):
        found = json.loads(ran(folder, "status", "--format", "json", *args).out)
        assert found["worklist"] == expected
    then = ran(folder, "status", "--as-of", letters.DAY).out
    assert "\n\nTo be done at the vendor:\n" in then
    assert "seatsync worklist" not in then, "it would list the people of today"
    work = ran(folder, "status").out.partition("\n\nTo be done at the vendor (")[2]
    assert [re.split("  +", line.strip()) for line in work.splitlines()[1:]] == [
        ["step", "people"],
        ["Add people", "1"],
        ["Revoke licenses (Biblical Studies)", "1"],
        ["Grant temporary licenses (Biblical Studies)", "1"],
        ["Send invitations again (Biblical Studies)", "1"],
        ["Grant permanent licenses (Biblical Studies)", "1"],
    ]
    _write(folder, "", "", ann="owner")
    assert "worklist" not in json.loads(ran(folder, "status", "--format", "json").out)
    assert "vendor" not in ran(folder, "status").out
