"""A question about one member, or how many there are, fetches few rows from a ledger with many members."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.command_line import seatsync
from tests.support.databases import copied
from tests.support.fetched import fetched
from tests.support.mail_server import Mailroom
from tests.support.pages import pages_of

room = letters.room

CROWD, FEW = 2_000, 600
CONFIG = """\
version: 1
institution: {id: grace, name: Grace, opt_out: true, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries:
  books: {title: Books, system: logos-library, slots: 9000}
  logos: {title: Logos, system: logos-subscription, slots: 9000}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}, {library: logos, to: {everyone: true}}]
"""
HEADER = ["email", "given_name", "family_name", "student_id"]
GONE = "gone@grace.example"


def member(i: int) -> list[str]:
    return [f"member{i:04}@grace.example", "Ann", f"Lee-{i}", f"S{i:04}"]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory, database: str) -> Path:
    folder, crowd = tmp_path_factory.mktemp("crowd"), [member(i) for i in range(CROWD)]
    (folder / "seatsync.yaml").write_text(CONFIG)
    for rows, day in (([*crowd, [GONE, "Gil", "Gone", "S-1"]], "2026-09-01"), (crowd, "2026-09-02")):
        write_csv(folder / "members.csv", HEADER, *rows)
        outcome = seatsync("apply", "--yes", "--now", day, folder=folder)
        assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture(scope="module")
def crowd(applied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the crowd for all tests, each of which changes other members."""
    return copied(applied, tmp_path_factory.mktemp("copy") / "crowd")


ANN = "member1234@grace.example"


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        pytest.param(f"why {ANN}", 0, "seatsync.yaml:7", id="why"),
        pytest.param("why S1234 books", 0, f"Ann Lee-1234 ({ANN}, S1234)", id="why by id"),
        pytest.param(f"why {ANN} --redact", 0, "person-", id="why, redacted"),
        pytest.param("why nobody@grace.example", 4, "The ledger has no member nobody@grace.example.", id="why nobody"),
        pytest.param(f"log --member {ANN}", 0, "member-add", id="log"),
        pytest.param("log --member S1234 --redact", 0, "person-", id="log, redacted"),
        pytest.param("log --member mebmer0123@grace.example", 4, 'Did you mean "member0123@', id="a typing mistake"),
        pytest.param("ledger info", 0, "2,000 on the rosters, 1 who have left", id="count"),
        pytest.param("status", 0, "2,000", id="seats"),
        pytest.param("outbox preview --letter invitation", 0, "To: member0000@grace.example", id="the next letter"),
        pytest.param(f"outbox preview --member {ANN}", 0, f"To: {ANN}", id="a letter"),
        pytest.param("outbox cancel --member member0001@grace.example --yes", 0, "2 letters", id="cancel"),
        pytest.param("outbox retry --member member0002@grace.example --state pending", 0, "2 letters", id="retry"),
        pytest.param("resend member0003@grace.example --yes", 0, "2 letters", id="resend"),
        pytest.param("resend nobody@grace.example --yes", 4, "is not known to the ledger", id="resend nobody"),
        pytest.param("resend --search Lee-77x --yes", 0, "Nobody in this selection", id="resend to nobody"),
        pytest.param(f"members --search {ANN}", 0, ANN, id="members"),
        pytest.param("members --library books --status delivered", 0, "No members match.", id="members by status"),
        pytest.param(f"licenses --search {ANN}", 0, "logos", id="licenses"),
        pytest.param(f"export --search {ANN}", 0, ANN, id="export"),
        pytest.param("ledger claim books member0004@grace.example", 0, "has claimed books", id="claim"),
        pytest.param("ledger opt-out books member0005@grace.example", 0, "has opted out of books", id="opt-out"),
        pytest.param(f"ledger erase {GONE} --yes", 0, "Erased: 1 record.", id="erase"),
        pytest.param(f"ledger erase {ANN} --yes", 4, "is still on the roster", id="erase a member"),
        pytest.param("ledger prune --letters-before 2026-01-01 --yes", 0, "Deleted: 0 letters.", id="prune"),
    ],
)
def test_a_command_about_one_member_fetches_few_rows(crowd: Path, command: str, code: int, says: str) -> None:
    with fetched() as found:
        outcome = seatsync(*command.split(), "--now", "2026-09-03", folder=crowd)
    assert outcome.code == code, outcome.err
    assert says in outcome.out + outcome.err
    assert 0 < found.rows < FEW


def test_every_row_counts(applied: Path) -> None:
    with fetched() as found:
        assert seatsync("members", "--format", "csv", folder=applied).code == 0
    assert found.rows > CROWD


@pytest.mark.parametrize(
    "path",
    [
        "/readyz",
        "/admin/grace/",
        "/admin/grace/members?search=lee-1234",
        "/admin/grace/members?sort=email",
        "/admin/grace/members/1234",
        "/admin/grace/journal?member=S1234",
        f"/admin/grace/journal?member={ANN}",
    ],
)
def test_a_page_fetches_few_rows(applied: Path, room: Mailroom, path: str) -> None:
    with pages_of(applied, room, room.port) as pages:
        ruth = pages.account("ruth@grace.example") if path != "/readyz" else pages.browser()
        with fetched() as found:
            page = ruth.open(path)
    assert page.code == 200
    assert found.rows < FEW
