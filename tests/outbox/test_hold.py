"""After a restore to an earlier state: letters that may have been sent are held until an administrator releases them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from seatsync.ledger.database import Ledger
from tests.cli.test_lists import write_csv
from tests.ledger.test_backup import back_up_and_restore
from tests.support import letters
from tests.support.databases import location, opened, rows, stored_at
from tests.support.letters import ANN, BEN, CONFIG, CY, DAY, HEADER, applied, crowd, listed, ran, sent
from tests.support.mail_server import Mailroom

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room
DEE = ["dee@grace.example", "Dee", "Fox", "student"]
NINE, TEN, NOON = "2026-09-01T09:00:00Z", "2026-09-01T10:00:00Z", "2026-09-01T12:00:00Z"


def test_a_restored_ledger_sends_nothing_twice_without_asking(school: Path, room: Mailroom) -> None:
    """The runbook of docs/operations.md: verify, hold, plan, apply, look, cancel, release."""
    applied(school, ANN, now=NINE)
    sent(school, now=NINE)
    applied(school, ANN, BEN, now=NINE)
    backup = back_up_and_restore(school)  # Ben's invitation waits in it
    sent(school, now=TEN)
    write_csv(school / "members.csv", HEADER, ANN, BEN, CY)
    head = re.search(r"note its head: (\d+:\w+)\.", ran(school, "apply", "--yes", now=TEN).err)
    sent(school, now=TEN)
    assert head is not None
    assert room.to[1:] == [ANN[0], BEN[0], CY[0]]
    room.to.clear()

    here = ("--ledger", backup)

    def seatsync(*args: str, code: int = 0) -> str:
        outcome = ran(school, *args, *here, code=code, now=NOON)
        return outcome.out + outcome.err

    last, noted = int(seatsync("verify").rpartition("head ")[2].partition(":")[0]), int(head[1].partition(":")[0])
    lost = noted - last
    assert f"{last + 1} to {noted}, {lost} entries, are missing: it was restored" in seatsync(
        "verify", "--head", head[1], code=1
    )
    assert "Held: 1 letter, and all that applies write" in seatsync("outbox", "hold", "--since", NINE)
    assert f"letters      held, because the ledger was restored to {NINE}\n" in seatsync("ledger", "info")
    assert sent(school, *here, now=NOON) == {"held": 1}
    assert "(held: `seatsync outbox release` lets them go)" in seatsync("apply", "--yes")
    seatsync("ledger", "claim", "books", ANN[0])
    assert sent(school, *here, now=NOON) == {"sent": 1, "held": 2}, "who claims now is told of it now"
    assert room.to == [ANN[0]]

    held = json.loads(seatsync("outbox", "list", "--state", "held", "--format", "json"))
    assert [letter["to"] for letter in held] == [BEN[0], CY[0]]
    seatsync("outbox", "cancel", str(held[0]["serial"]), "--yes")
    assert "Released: 1 letter." in seatsync("outbox", "release", "--member", CY[0], "--yes")
    assert sent(school, *here, now=NOON) == {"sent": 1}
    assert room.to == [ANN[0], CY[0]]
    write_csv(school / "members.csv", HEADER, ANN, BEN, CY, DEE)
    seatsync("apply", "--yes")
    assert sent(school, *here, now=NOON) == {"held": 1}, "releasing some does not end the hold"
    assert "Released: 1 letter; applies hold no more letters." in seatsync("outbox", "release", "--yes")
    assert "letters " not in seatsync("ledger", "info")
    write_csv(school / "members.csv", HEADER, ANN, BEN, CY, DEE, *crowd(1))
    assert "(`seatsync outbox send` sends them)" in seatsync("apply", "--yes")
    assert sent(school, *here, now=NOON) == {"sent": 2}
    seatsync("verify")
    kinds = [row["kind"] for row in stored_at(backup, "entry")["entry"] if row["kind"] not in ("apply", "claim")]
    assert kinds == ["hold", "cancel", "release", "release"]


def test_a_hold_outlives_a_rebuild_and_a_dump_and_keeps_a_saved_plan_good(school: Path, tmp_path: Path) -> None:
    applied(school, ANN)
    write_csv(school / "members.csv", HEADER, ANN, BEN)
    ran(school, "plan", "--out", "plan.json")
    ran(school, "outbox", "hold", "--since", NINE, now=NOON)
    ran(school, "apply", "plan.json", now=NOON)
    with opened(school) as ledger:
        ledger.exec_driver_sql("UPDATE institution SET held_since = ''")
    assert "since when letters are held" in ran(school, "verify", code=1).err
    ran(school, "ledger", "rebuild")
    ran(school, "verify")
    ran(school, "ledger", "dump", "--out", "grace.jsonl")
    ran(school, "ledger", "load", "grace.jsonl", "--ledger", str(tmp_path / "other.db"))
    for place in (location(school), str(tmp_path / "other.db")):
        assert [row["held_since"] for row in stored_at(place, "institution")["institution"]] == [NINE]
        assert [row["state"] for row in stored_at(place, "outbox")["outbox"]] == ["held"] * 3
        ran(school, "verify", "--ledger", place)


def test_what_is_held_is_judged_again_when_the_seat_changes(school: Path, room: Mailroom) -> None:
    """A held letter that is no longer true is cancelled; one that becomes true again is held again; prune leaves it."""
    applied(school, ANN, BEN)
    ran(school, "outbox", "hold", "--since", DAY, now=NOON)
    applied(school, ANN, now=NOON)
    assert [(letter["state"], letter["reply"]) for letter in listed(school)][2:] == [("cancelled", "superseded")]
    applied(school, ANN, BEN, now=NOON)
    assert [letter["state"] for letter in listed(school)] == ["held", "held", "cancelled", "held"]
    ran(school, "ledger", "claim", "books", ANN[0], now=NOON)
    assert [letter["state"] for letter in listed(school)] == ["held", "cancelled", "cancelled", "held", "pending"]
    ran(school, "ledger", "prune", "--letters-before", "2026-12-01", "--yes")
    assert [letter["state"] for letter in listed(school)] == ["held", "held", "pending"]
    ran(school, "outbox", "release", "--letter", "invitation", "--yes", now=NOON)
    assert sent(school, now=NOON) == {"sent": 2, "held": 1}
    ran(school, "verify")


def test_what_is_due_later_was_not_sent_before_and_is_not_held(school: Path, room: Mailroom) -> None:
    room.at_rcpt = lambda to: "451 later" if to == BEN[0] else ""
    applied(school, ANN, BEN)
    sent(school, code=1)
    ran(school, "outbox", "hold", "--since", DAY)
    assert [letter["state"] for letter in listed(school)] == ["sent", "sent", "pending"]


def test_what_was_sent_while_it_was_held_counts_as_sent(school: Path, room: Mailroom) -> None:
    """Somebody forgot to stop a sender: it has the letter in hand."""
    applied(school, ANN)

    def hold(to: str) -> str:
        ran(school, "outbox", "hold", "--since", DAY)
        return ""

    room.at_data = hold
    sent(school)
    assert [letter["state"] for letter in listed(school)] == ["sent", "sent"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("hold", "--since", "2999-01-01"), "--since is in the future"),
        (("hold", "--since", DAY, "--all"), "--all is for a ledger in PostgreSQL"),
        (("release", "--all", "507", "--yes"), "Give --all, or say which letters"),
        (("release",), "give --yes"),
        (("send", "--watch", "--limit", "2"), "--limit is for a run that ends"),
        (("release", "--letter", "invite", "--yes"), "There is no letter invite"),
    ],
)
@pytest.mark.sqlite_only("it is about the command line")
def test_wrong_usage_changes_nothing(args: tuple[str, ...], said: str, school: Path) -> None:
    applied(school, ANN)
    before = rows(school, "outbox"), rows(school, "entry")
    assert said in ran(school, "outbox", *args, code=64).err
    assert (rows(school, "outbox"), rows(school, "entry")) == before


@pytest.mark.postgres_only("a file has one institution")
def test_all_institutions_of_a_database_are_held_and_released_at_once(school: Path, tmp_path: Path) -> None:
    applied(school, ANN)
    hope = tmp_path / "hope"
    hope.mkdir()
    (hope / "seatsync.yaml").write_text(CONFIG.replace("id: grace", "id: hope"))
    applied(hope, BEN)
    assert "Held: 4 letters of 2 institutions" in ran(tmp_path, "outbox", "hold", "--since", DAY, "--all").err
    assert {row["state"] for row in rows(school, "outbox")} == {"held"}
    assert "Released: 4 letters" in ran(tmp_path, "outbox", "release", "--all", "--yes").err
    assert {row["state"] for row in rows(school, "outbox")} == {"pending"}
    ran(hope, "verify")


@pytest.mark.postgres_only("a file has one institution")
def test_an_institution_that_somebody_writes_to_is_named_and_the_others_are_held_and_released(
    school: Path, tmp_path: Path
) -> None:
    applied(school, ANN)
    hope = tmp_path / "hope"
    hope.mkdir()
    (hope / "seatsync.yaml").write_text(CONFIG.replace("id: grace", "id: hope"))
    applied(hope, BEN)

    def meanwhile(*args: str) -> str:
        def step(connection: object) -> str:
            return ran(tmp_path, "outbox", *args, "--all", "--lock-timeout", "0.2", code=6).err

        return Ledger(location(school)).write("grace", "an apply", "", step)

    err = meanwhile("hold", "--since", DAY)
    assert "Held: 2 letters of 1 institution," in err
    assert "1 institution locked: grace. Nothing of theirs is held." in err
    ran(tmp_path, "outbox", "hold", "--since", DAY, "--all")
    err = meanwhile("release", "--yes")
    assert "Released: 2 letters" in err
    assert "1 institution locked: grace. Nothing of theirs is released." in err
