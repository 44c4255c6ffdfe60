"""Places as links to the line at the commit that was planned: the real command line in a real checkout."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support.command_line import seatsync
from tests.support.git_author import commit_as_ruth

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries: {books: {title: Books, system: logos-library, slots: 2}}
rosters: [{path: "mem|b)ers #1.csv"}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
ROSTER = "mem|b)ers #1.csv"
QUOTED = "mem%7Cb%29ers%20%231.csv"
DAY = ("--now", "2026-09-01")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an institution in a checkout of GitHub, with one more member than seats."""
    commit_as_ruth(monkeypatch)
    folder = tmp_path / "grace"
    folder.mkdir()
    (folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    write(folder, "ann", "ben", "chloe")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", "https://ruth:s3cret@github.com/school/seats.git")
    pushed(folder)
    return folder


def write(folder: Path, *names: str) -> None:
    rows = "".join(f"{name}@grace.example,{name.title()},Lee\n" for name in names)
    (folder / ROSTER).write_text("email,given_name,family_name\n" + rows, encoding="utf-8")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def pushed(folder: Path) -> str:
    """Commit all files, as if they were pushed, and return the address of the folder's files."""
    git(folder, "add", "seatsync.yaml", ROSTER)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "files")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    return f"https://github.com/school/seats/blob/{git(folder, 'rev-parse', 'HEAD')}/"


def report(folder: Path, format: str, *more: str) -> str:
    return seatsync("plan", *DAY, "--format", format, *more, folder=folder).out


def links(said: str, format: str) -> list[tuple[str, str]]:
    """The links of a report to other pages, with their words, as a reader gets them."""
    found = re.findall(r'<a href="(http[^"]*)">(.*?)</a>', page(said, format))
    return [(address, re.sub("<[^>]*>", "", words)) for address, words in found]


def page(said: str, format: str) -> str:
    return said if format == "html" else MarkdownIt("commonmark").enable("table").render(said)


@pytest.mark.parametrize("format", ["html", "markdown"])
def test_changes_and_broken_rules_link_to_their_line_at_the_commit(format: str, folder: Path) -> None:
    at = pushed(folder)
    found = links(report(folder, format), format)
    assert (f"{at}{QUOTED}?plain=1#L2", f"{ROSTER}:2") in found
    assert (f"{at}seatsync.yaml?plain=1#L8", "seatsync.yaml:8") in found
    assert {address.partition("?")[0] for address, _ in found} == {f"{at}{QUOTED}", f"{at}seatsync.yaml"}
    assert "s3cret" not in report(folder, format)


def test_a_saved_plan_has_the_same_links_wherever_it_is_shown(folder: Path, tmp_path: Path) -> None:
    direct = links(report(folder, "html"), "html")
    seatsync("plan", *DAY, "--out", str(tmp_path / "plan.json"), folder=folder)
    shown = seatsync("show", str(tmp_path / "plan.json"), "--format", "html", folder=tmp_path).out
    assert direct == links(shown, "html") != []
    comment = seatsync("comment", str(tmp_path / "plan.json"), "--outcome", "none.json", "--print", folder=tmp_path).out
    assert not links(comment, "markdown") or {*links(comment, "markdown")} <= {*direct}


@pytest.mark.parametrize("format", ["html", "markdown"])
def test_who_leaves_stood_in_that_line_before_so_it_is_no_link(format: str, folder: Path) -> None:
    write(folder, "ann", "ben")
    pushed(folder)
    assert seatsync("apply", "--yes", *DAY, folder=folder).code == 0
    write(folder, "ben")
    pushed(folder)
    said = report(folder, format)
    assert f"was {ROSTER}:2" in re.sub("<[^>]*>", "", page(said, format)).replace("\xa0", " ")
    assert [words for _, words in links(said, format) if words.startswith("was")] == []


@pytest.mark.parametrize("format", ["html", "markdown"])
def test_files_that_differ_from_the_commit_are_no_links(format: str, folder: Path) -> None:
    write(folder, "ann", "ben")
    said = report(folder, format)
    assert f"{ROSTER}:2" in re.sub("<[^>]*>", "", page(said, format))
    assert links(said, format) == []


def test_links_give_way_to_names_where_a_comment_has_no_room_for_both(folder: Path) -> None:
    write(folder, *(f"member{number}" for number in range(400)))
    config = (folder / "seatsync.yaml").read_text(encoding="utf-8").replace("slots: 2", "slots: 500")
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    pushed(folder)
    said = report(folder, "markdown")
    assert links(said, "markdown") == []
    assert "member399" in said
    assert len(links(report(folder, "html"), "html")) > 800


def test_a_redacted_plan_links_to_no_file_whose_name_has_an_email(folder: Path) -> None:
    at = pushed(folder)
    assert {address.partition("?")[0] for address, _ in links(report(folder, "html", "--redact"), "html")} == {
        f"{at}{QUOTED}",
        f"{at}seatsync.yaml",
    }
    personal = "of-ann@grace.example.csv"
    (folder / ROSTER).rename(folder / personal)
    config = (folder / "seatsync.yaml").read_text(encoding="utf-8").replace(ROSTER, personal)
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--quiet", "--message", "files")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert len(links(report(folder, "html"), "html")) > 0
    said = report(folder, "html", "--redact")
    assert links(said, "html") == []
    assert "ann@grace" not in said


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)//", "http://github.com/a/b/", 'https://x.example/"onclick="a/', "https://a@x.example/b/", ""],
)
def test_a_plan_file_with_another_address_is_refused(address: str, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    seatsync("plan", *DAY, "--out", str(file), folder=folder)
    at = json.loads(file.read_text(encoding="utf-8"))["files_at"]
    file.write_text(file.read_text(encoding="utf-8").replace(json.dumps(at), json.dumps(address)), encoding="utf-8")
    shown = seatsync("show", str(file), "--format", "html", folder=tmp_path)
    assert shown.code == 5
    assert "files_at" in shown.err
