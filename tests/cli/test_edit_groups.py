"""``seatsync edit grant`` and ``edit revoke`` for everybody with a tag, or everybody: a rule, not names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import Outcome, seatsync

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 30}
  jam: {title: Jamworks, system: jamworks, slots: 30}
rosters:
  - {path: members.csv}
grants:
  []   # nobody yet

invites: {remind_after: [7d]}
"""
MEMBERS = """\
email,given_name,family_name,tags
ann@grace.example,Ann,Lee,student
ben@grace.example,Ben,Okafor,student;choir
cleo@grace.example,Cleo,Martin,faculty
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    return tmp_path


def edit(folder: Path, *args: str, code: int = 0) -> Outcome:
    done = seatsync("edit", *args, folder=folder)
    assert done.code == code, f"{done.code}\n{done.out}\n{done.err}"
    return done


def grants(folder: Path) -> list[str]:
    """The lines of the grants as they are written."""
    text = (folder / "seatsync.yaml").read_text(encoding="utf-8")
    return [line.strip() for line in text.partition("grants:\n")[2].partition("\n\n")[0].splitlines()]


def having(folder: Path, *rules: str) -> None:
    """Let these be the grants."""
    lines = "".join(f"  - {rule}\n" for rule in rules)
    (folder / "seatsync.yaml").write_text(CONFIG.replace("  []   # nobody yet\n", lines), encoding="utf-8")


def told(done: Outcome) -> str:
    return " ".join(done.err.split())


# ── grant ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("args", "rule", "seats"),
    [
        (("jam", "--tag", "student"), "{library: jam, to: {tags: [student]}}", 2),
        (("jam", "--tag", "student", "--tag", "choir"), "{library: jam, to: {tags: [student, choir]}}", 1),
        (("jam", "--everyone", "--until", "2099-06-30"), "{library: jam, to: {everyone: true}, until: 2099-06-30}", 3),
        (
            ("books", "--tag", "faculty", "--kind", "permanent"),
            "{library: books, kind: permanent, to: {tags: [faculty]}}",
            1,
        ),
    ],
)
def test_a_group_gets_a_rule_and_revoke_leaves_the_same_bytes(
    folder: Path, args: tuple[str, ...], rule: str, seats: int
) -> None:
    done = edit(folder, "grant", *args)
    assert grants(folder) == [f"- {rule}   # nobody yet"]
    assert f": {seats} member{'s' * (seats > 1)} now." in told(done)
    assert "\nFingerprint " in done.out, "the plan"
    assert "Nothing to do." in edit(folder, "grant", *args).err
    group = args[1 : args.index("--until")] if "--until" in args else [arg for arg in args[1:] if arg != "permanent"]
    edit(folder, "revoke", args[0], *(arg for arg in group if arg != "--kind"))
    assert (folder / "seatsync.yaml").read_text() == CONFIG
    assert "No grant is for just this group." in edit(folder, "revoke", args[0], "--tag", "student").err


@pytest.mark.parametrize(
    ("before", "args", "after", "says"),
    [
        (
            "{library: jam, to: {tags: [student]}, until: 2099-01-31}",
            ("--until", "2099-06-30"),
            "{library: jam, to: {tags: [student]}, until: 2099-06-30}",
            "The grant at seatsync.yaml:12 now gives jam until 2099-06-30.",
        ),
        (
            "{library: jam, until: 2099-01-31, to: {tags: [student], not_emails: [ann@grace.example]}}",
            (),
            "{library: jam, to: {tags: [student], not_emails: [ann@grace.example]}}",
            "now gives jam without an end.",
        ),
        (
            "{library: books, kind: temporary, to: {tags: [student]}, until: 2099-01-31}",
            ("--kind", "permanent"),
            "{library: books, kind: permanent, to: {tags: [student]}}",
            "now gives books permanently.",
        ),
        (
            "{library: jam, to: {everyone: true, not_tags: [student, faculty]}}",
            (),
            "{library: jam, to: {everyone: true, not_tags: [faculty]}}",
            "no longer leaves out everybody with the tag student.",
        ),
    ],
)
def test_the_rule_of_the_group_is_changed_where_it_gives_less(
    folder: Path, before: str, args: tuple[str, ...], after: str, says: str
) -> None:
    having(folder, before)
    library = "books" if "books" in before else "jam"
    done = edit(folder, "grant", library, "--tag", "student", *args)
    assert grants(folder) == [f"- {after}"]
    assert says in told(done)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("{library: jam, to: {tags: [student]}}", "to everybody with the tag student already."),
        ("{library: jam, to: {everyone: true}}", "to everybody with the tag student already."),
        ("{library: jam, to: {any_tags: [choir, student]}}", "already."),
        ("{library: jam, to: {tags: [student], not_tags: [choir]}}", "It leaves out 1 of them"),
    ],
)
def test_what_a_rule_gives_already_is_nothing_to_do(folder: Path, rule: str, says: str) -> None:
    having(folder, rule)
    done = edit(folder, "grant", "jam", "--tag", "student", "--until", "2099-01-01")
    assert (done.out, "Nothing to do." in done.err, says in told(done)) == ("", True, True), done
    assert "To end it earlier, take it away first" in told(done)


def test_a_rule_that_says_more_than_the_group_is_left_alone(folder: Path) -> None:
    rules = [
        "{library: jam, to: {tags: [student, choir]}}",
        "{library: jam, to: {tags: [student]}, until: 2099-01-31, regrant: true}",
    ]
    having(folder, *rules)
    edit(folder, "grant", "jam", "--tag", "student")
    assert grants(folder) == [*(f"- {rule}" for rule in rules), "- {library: jam, to: {tags: [student]}}"]


# ── revoke ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_gets_the_library_by_another_grant_keeps_it_and_is_counted(folder: Path) -> None:
    having(
        folder,
        "{library: jam, to: {tags: [student]}}",
        "{library: jam, to: {any_tags: [student, faculty]}}",
        "{library: jam, to: {tags: [choir]}}",
        "{library: books, kind: temporary, to: {tags: [student]}}",
    )
    done = edit(folder, "revoke", "jam", "--tag", "student")
    assert grants(folder) == [
        "- {library: jam, to: {any_tags: [faculty]}}",
        "- {library: jam, to: {tags: [choir]}}",
        "- {library: books, kind: temporary, to: {tags: [student]}}",
    ]
    assert "1 of them still gets jam by the grant at seatsync.yaml:14." in told(done)


def test_a_rule_for_everybody_leaves_the_tag_out_and_grant_takes_it_back(folder: Path) -> None:
    having(folder, "{library: jam, to: {everyone: true}}")
    before = (folder / "seatsync.yaml").read_text()
    edit(folder, "revoke", "jam", "--tag", "student")
    assert grants(folder) == ["- {library: jam, to: {everyone: true, not_tags: [student]}}"]
    assert "Nothing to do." in edit(folder, "revoke", "jam", "--tag", "student").err
    edit(folder, "grant", "jam", "--tag", "student")
    assert (folder / "seatsync.yaml").read_text() == before


def test_permanent_licenses_of_a_group_are_not_taken_back(folder: Path) -> None:
    edit(folder, "grant", "books", "--tag", "student", "--kind", "permanent")
    assert seatsync("apply", "--yes", folder=folder).code == 0
    before = (folder / "seatsync.yaml").read_text()
    assert "owns books permanently" in edit(folder, "revoke", "books", "--tag", "student", code=64).err
    assert (folder / "seatsync.yaml").read_text() == before


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("grant", "jam", "--tag", "studnet"), 'Nobody has the tag studnet. Did you mean "student"?'),
        (("revoke", "jam", "--tag", "studnet"), 'Did you mean "student"?'),
        (("grant", "books", "--tag", "student"), "--kind temporary or --kind permanent"),
        (("grant", "jam", "--tag", "student", "ann@grace.example"), "in one way"),
        (("grant", "jam", "--tag", "student", "--everyone"), "in one way"),
        (("grant", "bookz", "--everyone"), 'Did you mean "books"?'),
        (("grant", "jam"), "--tag or --everyone"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(folder: Path, args: tuple[str, ...], says: str) -> None:
    assert says in told(edit(folder, *args, code=64))
    assert (folder / "seatsync.yaml").read_text() == CONFIG


# ── First days and terms ────────────────────────────────────────────────────────────────────────────────────────────

TERMS = "terms: {fall-2099: {from: 2099-08-24, until: 2099-12-18}}\nrosters:"


@pytest.fixture
def with_terms(folder: Path) -> Path:
    (folder / "seatsync.yaml").write_text(
        CONFIG.replace("rosters:", TERMS).replace("   # nobody yet", ""), encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (
            ("jam", "--tag", "student", "--from", "2099-08-24"),
            "{library: jam, to: {tags: [student]}, from: 2099-08-24}",
        ),
        (("jam", "--everyone", "--term", "fall-2099"), "{library: jam, to: {everyone: true}, term: fall-2099}"),
        (
            ("jam", "ann@grace.example", "--from", "2099-08-24", "--until", "2099-12-18"),
            "{library: jam, to: {emails: [ann@grace.example]}, from: 2099-08-24, until: 2099-12-18}",
        ),
    ],
)
def test_a_grant_gets_a_first_day_or_a_term(with_terms: Path, args: tuple[str, ...], line: str) -> None:
    edit(with_terms, "grant", *args)
    assert f"- {line}" in grants(with_terms)
    again = edit(with_terms, "grant", *args)
    assert "already" in again.err
    assert again.out == ""


def test_a_grant_that_begins_later_is_not_enough_for_who_is_to_have_it_now(with_terms: Path) -> None:
    edit(with_terms, "grant", "jam", "--tag", "student", "--term", "fall-2099")
    edit(with_terms, "grant", "jam", "--tag", "student")
    assert "- {library: jam, to: {tags: [student]}}" in grants(with_terms)
    assert "already" in edit(with_terms, "grant", "jam", "--tag", "student", "--from", "2099-09-01").err


def test_members_are_added_to_the_grant_of_the_same_term(with_terms: Path) -> None:
    for who in ("ann", "ben"):
        edit(with_terms, "grant", "jam", f"{who}@grace.example", "--term", "fall-2099")
    assert grants(with_terms) == [
        "- {library: jam, to: {emails: [ann@grace.example, ben@grace.example]}, term: fall-2099}"
    ]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--term", "fal-2099"), 'Did you mean "fall-2099"?'),
        (("--term", "fall-2099", "--until", "2099-01-01"), "--term has a first and a last day"),
        (("--from", "2099-02-01", "--until", "2099-01-01"), "begins on 2099-02-01, after its last day, 2099-01-01"),
        (("--from", "2099-02-01T10:00:00Z"), "--from is a day"),
    ],
)
def test_what_is_wrong_with_the_days_of_a_grant_is_said(with_terms: Path, args: tuple[str, ...], says: str) -> None:
    assert says in told(edit(with_terms, "grant", "jam", "--tag", "student", *args, code=64))
    assert grants(with_terms) == ["[]"]
