"""One sender for all institutions of a database: in turns, each with its own sender and templates, whatever holds one up."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from seatsync.cli.commands.outbox import every
from seatsync.ledger.database import Ledger
from seatsync.outbox.confined import Confined
from tests.support.databases import location, plain, psql, rows
from tests.support.letters import CONFIG, PORTAL, applied, crowd, ran, sent, started
from tests.support.mail_server import Mailroom, mail_server
from tests.support.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres_only("a file has one institution")]

OTHER = CONFIG.replace("id: grace", "id: hope").replace("name: Grace Seminary", "name: Hope College")


class Choosy(Mailroom):
    """Refuses one sender's letters."""

    refused = ""

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if address == self.refused:
            return "553 5.7.1 not yours"
        return await super().handle_MAIL(server, session, envelope, address, options)


@pytest.fixture
def schools(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the folders of two schools in one database; Hope has its own sender and its own words."""
    for name, config in (("grace", CONFIG), ("hope-college", OTHER)):
        (tmp_path / name).mkdir()
        address = f"library@{name}.example"
        (tmp_path / name / "seatsync.yaml").write_text(f"{config}mail: {{address: {address}}}\n")
    (tmp_path / "hope-college" / "letters").mkdir()
    (tmp_path / "hope-college" / "letters" / "invitation.txt.jinja").write_text("Welcome to Hope\n\n{{ link }}")
    monkeypatch.setenv("SEATSYNC_PORTAL_URL", PORTAL)
    return tmp_path


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Any:
    found = Choosy()
    with mail_server(found) as port:
        monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{port}")
        yield found


def _domains(room: Mailroom) -> list[str]:
    return [letter["From"].addresses[0].domain.partition(".")[0] for letter in room.letters]


def test_many_letters_of_one_institution_hold_up_no_other_and_each_speaks_for_itself(
    schools: Path, room: Choosy
) -> None:
    applied(schools / "grace", *crowd(59))
    applied(schools / "hope-college", *crowd(2))
    assert sent(schools, "--all") == {"sent": 63}
    assert _domains(room)[:53] == ["grace"] * 50 + ["hope-college"] * 3
    assert {letter["Subject"] for letter in room.letters[51:53]} == {"Welcome to Hope"}
    assert str(room.letters[52]["From"]) == "Hope College <library@hope-college.example>"
    ran(schools / "grace", "verify")
    ran(schools / "hope-college", "verify")


def test_a_limit_is_shared_so_that_no_institution_starves_another(schools: Path, room: Choosy) -> None:
    applied(schools / "grace", *crowd(59))
    applied(schools / "hope-college", *crowd(4))
    assert sent(schools, "--all", "--limit", "6")["sent"] == 6
    assert Counter(_domains(room)) == {"grace": 3, "hope-college": 3}
    assert sent(schools, "--all", "--limit", "20")["sent"] == 20
    assert Counter(_domains(room)) == {"grace": 21, "hope-college": 5}


def test_an_institution_without_a_folder_or_with_mistakes_waits_and_the_others_go_on(
    schools: Path, room: Choosy
) -> None:
    for name in ("grace", "hope-college"):
        applied(schools / name, *crowd(1))
    shutil.move(schools / "grace", schools.parent / f"{schools.name}-away")
    outcome = ran(schools, "outbox", "send", "--all", code=1)
    assert "grace has letters, but no folder in ." in outcome.err
    assert "2 sent, 0 deferred, 0 bounced, 0 cancelled, 2 waiting" in outcome.err
    shutil.move(schools.parent / f"{schools.name}-away", schools / "grace")
    config = (schools / "grace" / "seatsync.yaml").read_text()
    (schools / "grace" / "seatsync.yaml").write_text(config.replace("slots: 1000", "slots: many"))
    applied(schools / "hope-college", *crowd(2))
    outcome = ran(schools, "outbox", "send", "--all", code=3)
    assert "The letters of grace wait for the files in grace." in outcome.err
    assert "1 sent" in outcome.err
    shutil.copytree(schools / "hope-college", schools / "copy")
    applied(schools / "hope-college", *crowd(3))
    (schools / "grace" / "seatsync.yaml").write_text(config)
    outcome = ran(schools, "outbox", "send", "--all", code=3)
    assert "2 folders have the id hope." in outcome.err
    assert Counter(_domains(room)) == {"hope-college": 3, "grace": 2}


def test_a_sender_that_the_server_refuses_holds_up_no_other(schools: Path, room: Choosy) -> None:
    room.refused = "library@grace.example"
    for name in ("grace", "hope-college"):
        applied(schools / name, *crowd(1))
    outcome = ran(schools, "outbox", "send", "--all", code=1)
    assert "accepts no letters from library@grace.example" in outcome.err
    assert Counter(_domains(room)) == {"hope-college": 2}


def test_while_an_apply_writes_to_one_institution_the_others_letters_go_out(schools: Path, room: Choosy) -> None:
    for name in ("grace", "hope-college"):
        applied(schools / name, *crowd(1))

    def send(connection: object) -> None:
        outcome = ran(schools, "outbox", "send", "--all", code=6)
        assert "is locked by" in outcome.err

    Ledger(location(schools)).write("grace", "an apply", "", send)
    assert _domains(room) == ["hope-college"] * 2


def test_a_watching_sender_takes_corrected_files_and_new_letters(schools: Path, room: Choosy) -> None:
    config = (schools / "grace" / "seatsync.yaml").read_text()
    applied(schools / "grace", *crowd(1))
    (schools / "grace" / "seatsync.yaml").write_text(config.replace("slots: 1000", "slots: many"))
    sender = started(schools, "--watch", "--all", "--verbose")
    applied(schools / "hope-college", *crowd(1))
    _until(lambda: len(room.to) == 2)
    (schools / "grace" / "seatsync.yaml").write_text(config)
    _until(lambda: len(room.to) == 4)
    sender.send_signal(signal.SIGTERM)
    _, err = sender.communicate(timeout=60)
    assert sender.returncode == 0, err
    assert err.count("The letters of grace wait for the files in grace.") == 1
    assert "grace: letter" in err


def test_a_watching_sender_finds_a_folder_that_was_renamed_or_given_another_id(schools: Path, room: Choosy) -> None:
    for name in ("grace", "hope-college"):
        applied(schools / name, *crowd(1))
    sender = started(schools, "--watch", "--all")
    _until(lambda: len(room.to) == 4)
    (schools / "grace").rename(schools / "grace-2026")
    applied(schools / "grace-2026", *crowd(2))
    _until(lambda: len(room.to) == 5)
    (schools / "hope-college").rename(schools / "grace")
    applied(schools / "grace", *crowd(2))
    _until(lambda: len(room.to) == 6)
    sender.send_signal(signal.SIGTERM)
    _, err = sender.communicate(timeout=60)
    assert "wait" not in err.replace("waiting", ""), err
    assert _domains(room)[4:] == ["grace", "hope-college"]


def test_a_corrected_sender_counts_at_once(schools: Path, room: Choosy) -> None:
    room.refused = "library@grace.example"
    applied(schools / "grace", *crowd(1))
    with (schools / "errors").open("w") as errors:
        sender = started(schools, "--watch", "--all", err=errors)
        _until(lambda: "accepts no letters" in (schools / "errors").read_text())
        config = (schools / "grace" / "seatsync.yaml").read_text()
        (schools / "grace" / "seatsync.yaml").write_text(config.replace(room.refused, "letters@grace.example"))
        _until(lambda: len(room.to) == 2)
        sender.send_signal(signal.SIGTERM)
        sender.communicate(timeout=60)


def test_a_sender_for_all_that_the_server_refuses_is_told_once(
    schools: Path, room: Choosy, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.refused = "all@vendor.example"
    monkeypatch.setenv("SEATSYNC_MAIL_FROM", room.refused)
    for name in ("grace", "hope-college"):
        applied(schools / name, *crowd(1))
    assert ran(schools, "outbox", "send", "--all", code=1).err.count("accepts no letters") == 1


def test_only_a_few_institutions_have_a_process_for_their_templates(
    schools: Path, room: Choosy, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(schools / "hope-college" / "letters", schools / "grace" / "letters")
    for name in ("grace", "hope-college"):
        applied(schools / name, *crowd(60))
    processes: list[Any] = []
    start = Confined._start

    def noted(self: Confined) -> Any:
        processes.append(start(self))
        return processes[-1]

    running: set[int] = set()

    def look(to: str) -> str:
        running.add(sum(process.poll() is None for process in processes))
        return ""

    room.at_data = look
    monkeypatch.setattr(Confined, "_start", noted)
    monkeypatch.setattr(every, "_AWAKE", 1)
    assert sent(schools, "--all") == {"sent": 122}
    assert (running, len(processes)) == ({1}, 4), "each has two turns with letters"


def test_several_senders_for_all_send_no_letter_twice(schools: Path, room: Choosy) -> None:
    applied(schools / "grace", *crowd(30))
    applied(schools / "hope-college", *crowd(30))
    senders = [started(schools, "--all") for _ in range(2)]
    codes = [sender.wait(timeout=120) for sender in senders]
    for sender in senders:
        sender.communicate()
    assert set(codes) <= {0, 6}, "6: the other one was writing to an institution at every try"
    sent(schools, "--all")
    assert (len(room.ids()), len(set(room.ids()))) == (62, 62)


def test_a_bound_role_sends_the_letters_of_its_institution_only(schools: Path, room: Choosy) -> None:
    for name in ("grace", "hope-college"):
        applied(schools / name, *crowd(1))
    ledger, role = location(schools), f"sender_{os.getpid()}"
    try:
        psql(ledger, ROOT / "docs" / "roles.sql", institution="hope", role=role, access="write")
        as_role = make_url(ledger).set(username=role).render_as_string(hide_password=False)
        assert sent(schools, "--all", "--ledger", as_role) == {"sent": 2}
        assert _domains(room) == ["hope-college"] * 2
    finally:
        with psycopg.connect(plain(ledger), autocommit=True) as own:
            own.execute(SQL("DROP OWNED BY {}").format(Identifier(role)))
            own.execute(SQL("DROP ROLE {}").format(Identifier(role)))


def test_with_a_rate_a_turn_lasts_ten_seconds(schools: Path, room: Choosy) -> None:
    applied(schools / "grace", *crowd(30))
    applied(schools / "hope-college", *crowd(1))
    taken: list[int] = []

    def look(to: str) -> str:
        taken.append(sum(row["held_until"] != "" for row in rows(schools, "outbox")))
        sender.terminate()
        return ""

    room.at_data = look
    sender = started(schools, "--watch", "--all", "--rate", "120")
    _, err = sender.communicate(timeout=60)
    assert (sender.returncode, taken) == (0, [20]), err


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def test_each_institution_has_its_own_briefing(schools: Path, room: Choosy) -> None:
    for name, how_often in (("grace", "monday"), ("hope-college", "daily")):
        with (schools / name / "seatsync.yaml").open("a") as config:
            config.write(f"briefing: {{to: admins, every: {how_often}}}\n")
        applied(schools / name, *crowd(1))
    assert sent(schools, "--all") == {"sent": 6}
    room.letters.clear()
    assert sent(schools, "--all", now="2026-09-02") == {"sent": 1}
    assert [letter["Subject"] for letter in room.letters] == ["Hope College, 2 September 2026: 1 to look at"]
    assert sent(schools, "--all", now="2026-09-02") == {}
    assert sent(schools, "--all", now="2026-09-07") == {"sent": 2}
    ran(schools / "grace", "verify")
