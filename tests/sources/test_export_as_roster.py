"""What ``seatsync export`` writes is a roster without loss: put in the roster's place, it leaves nothing to do."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.command_line import seatsync
from tests.support.databases import removed
from tests.support.long_form import times

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, timezone: UTC, admins: [{given_name: R, family_name: A, email: ruth@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {any_tags: [student, "=b"]}}]
"""
FIELDS = ["email", "given_name", "family_name", "student_id", "role", "tags"]
NAMES = st.sampled_from(
    ["Ann", "-Ann, Jr.", "=Lee", "O'Neil", 'Mary "May"', "+Ode; Ek", "@home", "José-María", "李", "'t Hooft"]
)
people = st.lists(
    st.tuples(
        st.sampled_from([f"{name}@grace.example" for name in ("ann", "ben", "cy", "-di", "+ed", "o'neil")]),
        NAMES,
        NAMES,
        st.sampled_from(["", "0012", "-5", "A-1", "12;3", "7,5", "@9", "x'1", "1E5"]),
        st.sampled_from(["", "Dean", "+Dean;x", "=role", "a, b"]),
        st.lists(st.sampled_from(["student", "=b", "x,y", "-c", "class:NT 501"]), max_size=3).map(";".join),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda person: person[0],
)


def as_csv(rows: list[tuple[str, ...]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([FIELDS, *rows])
    return written.getvalue()


def planned(folder: Path) -> tuple[object, object]:
    plan = json.loads(seatsync("plan", "--format", "json", folder=folder).out)
    return plan["summary"], plan["warnings"]


@settings(
    max_examples=times(short=6, long=500),
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(people)
@pytest.mark.sqlite_only("it is about files")
def test_an_export_in_the_place_of_its_roster_leaves_nothing_to_do(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    seen: set[str] = set()
    rows = [(*row[:3], "" if row[3] in seen or seen.add(row[3]) else row[3], *row[4:]) for row in rows]  # type: ignore[func-returns-value]
    place = tmp_path / "grace"
    if place.exists():
        removed(place)
        shutil.rmtree(place)
    place.mkdir()
    (place / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (place / "members.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
    done = seatsync("apply", "--yes", "--quiet", folder=place)
    assert done.code == 0, done.err
    (place / "members.csv").write_text(seatsync("export", folder=place).out, encoding="utf-8", newline="")
    assert planned(place)[0] == {}
    assert seatsync("validate", folder=place).code == 0


@pytest.mark.sqlite_only("it is about files")
def test_who_is_on_no_roster_any_more_does_not_come_back_by_an_export(tmp_path: Path) -> None:
    owned = CONFIG.replace(
        'kind: temporary, to: {any_tags: [student, "=b"]}', "kind: permanent, to: {emails: [ben@grace.example]}"
    )
    (tmp_path / "seatsync.yaml").write_text(owned, encoding="utf-8")
    ann, ben = (("ann@grace.example", "Ann", "Lee", "1", "", ""), ("ben@grace.example", "Ben", "Ode", "2", "", ""))
    (tmp_path / "members.csv").write_text(as_csv([ann, ben]), encoding="utf-8")
    assert seatsync("apply", "--yes", "--quiet", folder=tmp_path).code == 0
    (tmp_path / "members.csv").write_text(as_csv([ann]), encoding="utf-8")
    assert seatsync("apply", "--yes", "--quiet", folder=tmp_path).code == 0
    both = seatsync("export", folder=tmp_path).out
    assert "ben@grace.example" in both
    (tmp_path / "members.csv").write_text(both, encoding="utf-8")
    assert planned(tmp_path)[0] == {}
    notice = json.loads(seatsync("validate", "--format", "json", folder=tmp_path).out)
    assert "1 row is no member: 1 on no roster any more." in [one["message"] for one in notice]
