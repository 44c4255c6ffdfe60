"""The work list on the administrators' pages: what is to be done at the vendor, its files, and the click that marks it as done."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal
from sqlalchemy.engine import make_url

from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.databases import ledgers, location
from tests.support.letters import DAY, plain, ran
from tests.support.mail_server import Mailroom
from tests.support.pages import Browser, Pages, pages_of

pytestmark = pytest.mark.slow

room = letters.room

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  delivered_by: vendor
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 500}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: permanent, to: {tags: [owner]}}
  - {library: books, kind: temporary, to: {tags: [student]}}
"""
HEADER = ["email", "given_name", "family_name", "tags"]
IMPORT, GRANT, PERMANENT = "3-import", "5-grant-temporary-books", "7-grant-permanent-books"


def _apply(folder: Path, **tags: str) -> None:
    rows = [[f"{name}@grace.example", name.title(), "Lee", tag] for name, tag in tags.items()]
    write_csv(folder / "members.csv", HEADER, *rows)
    ran(folder, "apply", "--yes")


@pytest.fixture
def pages(tmp_path: Path, database: str, room: Mailroom) -> Iterator[Pages]:
    """Ann, Ben and Cy get a temporary seat at the vendor, Dee a permanent one; nothing is done there yet."""
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    _apply(tmp_path, ann="student", ben="student", cy="student", dee="owner")
    with pages_of(tmp_path, room, room.port) as found:
        yield found


@pytest.fixture
def ruth(pages: Pages) -> Browser:
    return pages.account("ruth@grace.example")


def _open(folder: Path) -> dict[str, list[str]]:
    """Who is on the work list, by step."""
    found: dict[str, list[str]] = {}
    for row in json.loads(ran(folder, "worklist", "list", "--format", "json").out):
        found.setdefault(row["step"], []).append(row["email"].split("@")[0])
    return found


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Make the database one that takes no changes, as a standby is."""
    url = make_url(location(folder)).set(drivername="postgresql")
    change = SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
    for value in ("on", "off"):
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as server:
            server.execute(SQL("SET default_transaction_read_only = off"))
            server.execute(change.format(Identifier(url.database or ""), Literal(value)))
        if value == "on":
            yield


def _step(ruth: Browser, step: str) -> Any:
    return ruth.open(f"/admin/grace/worklist/step?step={step}")


def test_the_work_list_says_what_is_to_be_done_in_order_and_for_how_many(pages: Pages, ruth: Browser) -> None:
    page = ruth.open("/admin/grace/")
    assert ruth.open(page.links["Work list"]).code == 200
    steps = [*_open(pages.folder)]
    assert len(steps) == 4
    places = [ruth.page.text.index(step) for step in steps]
    assert places == sorted(places)
    assert "People: 3" in ruth.page.text
    assert "This cannot be undone at the vendor." in ruth.page.text
    grant = _step(ruth, GRANT).text
    assert "Libraries → Biblical Studies" in grant
    assert [f"Lee, {name}" in grant for name in ("Ann", "Ben", "Cy", "Dee")] == [True, True, True, False]


def test_files_are_those_of_the_bundle(pages: Pages, ruth: Browser, tmp_path: Path) -> None:
    ran(pages.folder, "worklist", "bundle", str(tmp_path / "to-do"))
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "to-do").iterdir()}
    response = ruth.client.get("/admin/grace/worklist.zip", base_url=letters.PORTAL)
    assert response.headers["Content-Disposition"] == f'attachment; filename="grace-worklist-{DAY}.zip"'
    with ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        zipped = {Path(name).name: archive.read(name).decode() for name in archive.namelist()}
    assert {name: text.replace("\r\n", "\n") for name, text in zipped.items()} == written
    alone = ruth.client.get(f"/admin/grace/worklist/file?step={GRANT}", base_url=letters.PORTAL)
    assert alone.data.decode() == zipped[f"{GRANT}.csv"]
    assert alone.headers["Content-Disposition"] == f'attachment; filename="{GRANT}.csv"'
    printed = ruth.open("/admin/grace/worklist/check-list")
    assert printed.body == plain(zipped["CHECKLIST.html"])


def test_a_step_is_marked_as_done_by_the_administrator(pages: Pages, ruth: Browser) -> None:
    _step(ruth, GRANT)
    assert (
        "Marked as done: Grant temporary licenses: Biblical Studies. People: 3."
        in ruth.press("Mark all as done: 3", who="all").text
    )
    assert "Next: Add people, with the tag owner. People: 1." in ruth.page.text
    assert GRANT not in _open(pages.folder)
    (entry, *_) = json.loads(ran(pages.folder, "log", "--format", "json").out)
    assert (entry["actor"], entry["what"]) == ("ruth@grace.example", "observe")
    ran(pages.folder, "verify")
    assert "done, unclaimed" in ruth.open("/admin/grace/licenses").text


def test_some_people_of_a_step_are_marked_as_done(pages: Pages, ruth: Browser) -> None:
    page = _step(ruth, GRANT)
    form = page.form("Mark those selected as done")
    number = page.links["Lee, Ben"].rpartition("/")[2]
    ruth.send(form.action, **form.fields, who="selected", member=[number])
    assert "Marked as done: Grant temporary licenses: Biblical Studies. People: 1." in ruth.page.text
    assert _open(pages.folder)[GRANT] == ["ann", "cy"]
    ruth.send(form.action, **form.fields, who="selected")
    assert "Nobody was selected" in ruth.page.text
    ruth.send(form.action, **form.fields, who="selected", member=["4", "77", number])
    assert _open(pages.folder)[GRANT] == ["ann", "cy"], "only people of the step"


def test_what_was_added_since_the_page_was_opened_is_not_marked(pages: Pages, ruth: Browser) -> None:
    _step(ruth, GRANT)
    _apply(pages.folder, ann="student", cy="student", dee="owner", eve="student")
    _apply(pages.folder, ann="student", ben="student", cy="student", dee="owner", eve="student")
    page = ruth.press("Mark all as done: 3", who="all")
    assert "Marked as done: Grant temporary licenses: Biblical Studies. People: 2." in page.text
    assert "Not marked: 2, because they were changed after you opened the page" in page.text
    assert _open(pages.folder)[GRANT] == ["ben", "eve"]


def test_a_step_that_was_done_before_does_no_harm(pages: Pages, ruth: Browser) -> None:
    _step(ruth, GRANT)
    form = ruth.page.form("Mark all as done: 3")
    other = pages.signed_in("ruth@grace.example")
    _step(other, GRANT)
    other.press("Mark all as done: 3", who="all")
    assert "This step is no longer open" in ruth.send(form.action, **form.fields, who="all").text
    ruth.open("/admin/grace/worklist")
    imports = [step for step in _open(pages.folder) if step.startswith(IMPORT)]
    for step in imports:
        ruth.open("/admin/grace/worklist")
        form = next(form for form in ruth.page.forms if form.fields.get("step", "").startswith(step))
        assert "Marked as done" in ruth.send(form.action, **form.fields, who="all").text
    assert [*_open(pages.folder)] == [PERMANENT]


def test_two_steps_of_the_same_people_can_be_marked_from_the_same_page(pages: Pages, ruth: Browser) -> None:
    forms = [form for form in ruth.open("/admin/grace/worklist").forms if form.fields.get("step", "") != ""]
    for form in forms[:3]:
        assert "Not marked" not in ruth.send(form.action, **form.fields, who="all").text
    assert [*_open(pages.folder)] == [PERMANENT]


def test_a_step_is_found_on_an_open_page_when_its_name_loses_or_gets_its_tags(pages: Pages, ruth: Browser) -> None:
    opened = _step(ruth, f"{IMPORT}-owner").form("Mark all as done: 1")
    _step(ruth, f"{IMPORT}-student")
    ruth.press("Mark all as done: 3", who="all")
    assert IMPORT in _open(pages.folder), "only one set of tags is left"
    assert "Next: Add people, with the tag owner. People: 1." in ruth.page.text
    found = _step(ruth, f"{IMPORT}-owner")
    assert "Lee, Dee" in found.text
    _apply(pages.folder, ann="student", ben="student", cy="student", dee="owner", eve="student")
    assert f"{IMPORT}-owner" in _open(pages.folder)
    ruth.page = found
    assert "with the tag owner. People: 1." in ruth.send(opened.action, **opened.fields, who="all").text
    assert _open(pages.folder)[IMPORT] == ["eve"]


def test_what_cannot_be_undone_is_asked_about(pages: Pages, ruth: Browser) -> None:
    _step(ruth, PERMANENT)
    asked = ruth.press("Mark all as done: 1", who="all")
    assert "Is this done at the vendor?" in asked.text
    assert "This field is required" not in asked.text, "nobody has been asked yet"
    assert PERMANENT in _open(pages.folder)
    assert "This field is required" in ruth.press("Mark as done").text
    assert PERMANENT in _open(pages.folder)
    assert (
        "Marked as done: Grant permanent licenses: Biblical Studies. People: 1."
        in ruth.press("Mark as done", sure="y").text
    )
    assert PERMANENT not in _open(pages.folder)


def test_a_click_needs_the_token_of_the_page_and_an_administrator(pages: Pages, ruth: Browser) -> None:
    fields = dict(_step(ruth, GRANT).form("Mark all as done: 3").fields) | {"who": "all"}
    action = "/admin/grace/worklist/step"
    without = {name: value for name, value in fields.items() if name != "csrf_token"}
    assert ruth.send(action, **without).code == 400
    assert ruth.send(action, headers={"Origin": "https://evil.example"}, **fields).code == 403
    assert ruth.send(action, **fields | {"serial": "-1"}).code == 400
    ann = pages.account("ann@grace.example")
    token = ann.page.forms[0].fields["csrf_token"]
    assert ann.send(action, **fields | {"csrf_token": token}).code == 404
    stranger = pages.browser()
    token = stranger.open("/sign-in").forms[0].fields["csrf_token"]
    assert stranger.send(action, **fields | {"csrf_token": token}).path == "/sign-in"
    assert len(_open(pages.folder)[GRANT]) == 3


def test_a_ledger_that_takes_no_changes_says_so(pages: Pages, ruth: Browser) -> None:
    if ledgers.kind != "postgres":
        pytest.skip("root may write to every file")
    _step(ruth, GRANT)
    with _read_only(pages.folder):
        pages.site.ledger.close()
        page = ruth.press("Mark all as done: 3", who="all")
    assert (page.code, page.title) == (503, "Nothing was marked as done")
    assert "Nothing was changed" in page.text
    assert len(_open(pages.folder)[GRANT]) == 3


def test_an_institution_without_a_library_at_the_vendor_has_no_work_list(pages: Pages, ruth: Browser) -> None:
    (pages.folder / "seatsync.yaml").write_text(CONFIG.replace("delivered_by: vendor", "delivered_by: seatsync"))
    ran(pages.folder, "apply", "--yes")
    assert "Work list" not in ruth.open("/admin/grace/").links
    assert "Nothing is to be done at a vendor." in ruth.open("/admin/grace/worklist").text


def test_a_long_step_has_pages(pages: Pages, ruth: Browser) -> None:
    _apply(pages.folder, **{f"m{number:03}": "student" for number in range(120)})
    first = _step(ruth, GRANT)
    assert "Mark all as done: 120" in first.text
    assert sum("Lee, M" in link for link in first.links) == 50
    second = ruth.open(first.links["Next page"])
    third = ruth.open(second.links["Next page"])
    assert sum("Lee, M" in link for link in third.links) == 20
    assert "Next page" not in third.links
    assert ruth.open(f"/admin/grace/worklist/step?step={GRANT}&begin=99999").text == third.text
    assert ruth.open(f"/admin/grace/worklist/step?step={GRANT}&begin=x").code == 400
