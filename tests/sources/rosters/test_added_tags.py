"""Lists with `adds: tags`: what is told of one alone, and that it says the same as tags in the members' own rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.person import RosterMember
from seatsync.domain.text.tags import join_ends, join_tags, split_ends, split_tags
from seatsync.sources.files import NAME
from seatsync.sources.rosters.adding.tag_list import TagsReader
from seatsync.sources.rosters.adding.with_tags import with_tags
from seatsync.sources.rosters.how import HowToRead
from seatsync.sources.rosters.read import read_rows
from tests.support.command_line import seatsync

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries: {books: {title: Books, system: logos-subscription, slots: 3}}
rosters: [{path: r.csv}, {path: tags.csv, adds: tags}]
grants: [{library: books, to: {tags: [choir]}}]
"""


def folder_with(path: Path, tags: str) -> Path:
    (path / NAME).write_text(CONFIG)
    (path / "r.csv").write_text("email,given_name,family_name\nann@g.example,Ann,Lee\n")
    (path / "tags.csv").write_text(tags)
    return path


def test_a_list_alone_is_told_as_what_it_is(tmp_path: Path) -> None:
    folder_with(tmp_path, "Email,First Name,Tags\nann@g.example,Ann,choir\nbo@g.example,Bo,\n")
    done = seatsync("validate", "tags.csv", folder=tmp_path)
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert (done.code, lines[:4]) == (
        0,
        [
            "tags.csv: 1 row with tags, read as a list of tags for members of other rosters",
            "Email e-mail",
            "First Name not read",
            "Tags tags",
        ],
    )


def test_validate_verbose_tells_how_a_list_is_read(tmp_path: Path) -> None:
    done = seatsync("validate", "--verbose", folder=folder_with(tmp_path, "email,tags\nann@g.example,choir\n"))
    assert "tags.csv: 1 row with tags, read as a list of tags for members of other rosters" in done.out
    assert "r.csv: 1 member, read as" in done.out


def test_a_list_that_nobody_names_is_no_forgotten_roster(tmp_path: Path) -> None:
    folder_with(tmp_path, "email,tags\nann@g.example,choir\n")
    (tmp_path / NAME).write_text(CONFIG.replace(", {path: tags.csv, adds: tags}", ""))
    assert "unnamed-roster" not in seatsync("validate", folder=tmp_path).out


def test_of_very_many_rows_that_name_nobody_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    rows = "".join(f"gone{number}@elsewhere.example,choir\n" for number in range(100))
    done = seatsync("validate", folder=folder_with(tmp_path, f"email,tags\n{rows}"))
    assert done.out.count("is not on any roster") == 20
    assert "tags.csv:22" in done.out
    assert "80 more rows name nobody who is on a roster, from this line on." in done.out


PEOPLE = [
    RosterMember(f"m{at}@g.example", f"A{at}", f"B{at}", id, "", tags, f"m{at}@g.example", "r.csv", at + 2, ends)
    for at, (id, tags, ends) in enumerate(
        [
            ("S0", "", ""),
            ("S1", "a", join_ends({"a": "2026-12-18"})),
            ("", "a;b", join_ends({"b": "2026-12-18"})),
            ("", "c", ""),
        ]
    )
]
_ROWS = st.lists(
    st.tuples(
        st.integers(0, len(PEOPLE) - 1), st.sampled_from(["id", "e-mail", "both"]), st.sets(st.sampled_from("abcd"))
    ),
    max_size=8,
)


@given(rows=_ROWS)
def test_each_member_has_the_tags_of_all_their_rows(rows: list[tuple[int, str, set[str]]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["student_id", "email", "tags"])
    for at, by, tags in rows:
        id = PEOPLE[at].student_id if by != "e-mail" else ""
        writer.writerow([id, PEOPLE[at].email if by != "id" or not id else "", ";".join(tags)])
    reader = TagsReader("t.csv", [], [], HowToRead(adds_tags=True))
    read_rows(text.getvalue(), reader)
    assert reader.found == []
    tagged = with_tags(PEOPLE, [reader], reader.found)
    for at, (before, after) in enumerate(zip(PEOPLE, tagged, strict=True)):
        added = {tag for whose, _, tags in rows for tag in tags if whose == at}
        assert after._replace(tags="", ends="") == before._replace(tags="", ends="")
        assert after.tags == join_tags({*split_tags(before.tags), *added})
        assert split_ends(after.ends) == {t: day for t, day in split_ends(before.ends).items() if t not in added}
    assert reader.found == []
