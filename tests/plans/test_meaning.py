"""The digest of what files say: places and spelling make no difference, every value and the order do."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatsync.plans.meaning import columns_of, meaning_of
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from tests.support.paths import ROOT

EXAMPLES = sorted(path.parent for path in (ROOT / "examples" / "rosters").glob("*/seatsync.yaml"))
WHOLE = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  timezone: America/Chicago
  contacts:
    - {name: Dana Fox, email: dana@vendor.example, role: Sales}
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
  opt_out: true
libraries:
  books: {title: Books, system: logos-library, slots: 9}
  notes: {title: Notes, kinds: [temporary], delivery: account, slots: 8}
rosters:
  - {path: r.csv, tags: [student]}
grants:
  - {library: books, kind: temporary, to: {tags: [student], any_tags: [a], not_tags: [b]}, until: 2027-06-30, resend: one}
  - {library: notes, to: {file: chosen.csv}, regrant: true}
  - {library: books, kind: permanent, to: {emails: [ann@grace.example]}}
  - {library: books, kind: permanent, to: {everyone: true}, after: {days: 540}}
  - {path: g.csv}
invites: {remind_after: [3d]}
limits: {max_revokes: 7, permanent: retain}
approvals:
  - {refusal: too-many-revokes, library: books, count: 6, until: 2026-12-31, reason: end of term}
  - {refusal: empty-roster, roster: r.csv, until: 2026-12-31, reason: closed}
"""
ANN, BEN = "ann@grace.example,Ann,Lee,1,,a\n", "ben@grace.example,Ben,Ode,2,,\n"
FILES = {
    "seatsync.yaml": WHOLE,
    "r.csv": f"email,given_name,family_name,student_id,role,tags\n{ANN}{BEN}",
    "chosen.csv": "email\nann@grace.example\n",
    "g.csv": "library,email,kind,until\nnotes,ben@grace.example,temporary,2027-01-31\n",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def meaning(folder: Path) -> str:
    loaded = load(InstitutionFolder.open(folder), datetime(2026, 9, 1, tzinfo=UTC))
    assert loaded.desired is not None, loaded.found
    return meaning_of(loaded.desired, columns_of(loaded.desired.members))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_comments_and_blank_lines_anywhere_make_no_difference(example: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(example, tmp_path / "copy", ignore=shutil.ignore_patterns("*.db*")))
    before = meaning(copy)
    for file in copy.rglob("*.y*ml"):
        file.write_text("# note\n\n" + file.read_text(encoding="utf-8").replace("\n", "\n\n"), encoding="utf-8")
    for file in copy.rglob("*.csv"):
        file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n\r\n"))
    assert meaning(copy) == before


def test_lines_make_no_difference_to_anything_that_can_be_said(place: Path) -> None:
    before = meaning(place)
    (place / "seatsync.yaml").write_text("# note\n" + WHOLE.replace("\n", "\n\n"))
    for name in ("r.csv", "chosen.csv", "g.csv"):
        (place / name).write_text(FILES[name].replace("\n", "\n\n"))
    assert meaning(place) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("seatsync.yaml", old, new)
        for old, new in (
            ("name: Grace Seminary", "name: Grace"),
            ("America/Chicago", "UTC"),
            ("role: Sales", "role: Support"),
            ("family_name: Abel", "family_name: Ames"),
            ("opt_out: true", "opt_out: false"),
            ("opt_out: true", "opt_out: 14d"),
            ("opt_out: true", "opt_out: {until: 2026-09-07}"),
            ("title: Books", "title: Book"),
            ("slots: 9", "slots: 10"),
            ("slots: 9", "slots: [{count: 9}]"),
            ("slots: 9", "slots: 9, price: 42.50 USD/year"),
            ("slots: 9", "slots: 9, contract: {until: 2027-07-31}"),
            ("delivery: account", "delivery: claim"),
            ("tags: [student]}\n", "tags: [student, new]}\n"),
            ("any_tags: [a]", "any_tags: [b]"),
            ("not_tags: [b]", "not_tags: [c]"),
            ("until: 2027-06-30", "until: 2027-06-29"),
            ("resend: one", "resend: two"),
            (", regrant: true", ""),
            ("after: {days: 540}", "after: {days: 541}"),
            ("emails: [ann@", "emails: [ben@"),
            ("remind_after: [3d]", "remind_after: [4d]"),
            ("max_revokes: 7", "max_revokes: 7%"),
            ("permanent: retain", "permanent: refuse"),
            ("count: 6", "count: 7"),
            ("empty-roster, roster: r.csv, until: 2026-12-31", "empty-roster, roster: r.csv, until: 2026-12-30"),
            (", permanent: retain", ""),
        )
    ]
    + [
        ("r.csv", "Lee", "Leo"),
        ("r.csv", ",1,,a", ",3,,a"),
        ("r.csv", ",1,,a", ",1,Dean,a"),
        ("r.csv", ",1,,a", ",1,,b"),
        ("r.csv", f"{ANN}{BEN}", f"{BEN}{ANN}"),
        ("r.csv", BEN, ""),
        ("chosen.csv", "ann@", "ben@"),
        ("g.csv", "2027-01-31", "2027-02-28"),
    ],
)
def test_every_value_and_the_order_make_a_difference(place: Path, name: str, old: str, new: str) -> None:
    before = meaning(place)
    assert old in FILES[name]
    (place / name).write_text(FILES[name].replace(old, new))
    assert meaning(place) != before


def test_no_value_can_be_moved_into_the_next_field_or_row(place: Path) -> None:
    (place / "r.csv").write_text("email,given_name,family_name\na@g.example,Ann Lee,Ode\nb@g.example,B,C\n")
    one = meaning(place)
    (place / "r.csv").write_text("email,given_name,family_name\na@g.example,Ann,Lee Ode\nb@g.example,B,C\n")
    assert meaning(place) != one
