"""Of the letters about one seat, only what a member must still be told is sent; reminders count from the invitation that was sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection

from seatsync.domain.action import Action, Event
from seatsync.ledger import tables
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.databases import location, opened, rows
from tests.support.letters import ANN, BEN, CONFIG, CY, HEADER, applied, listed, ran, sent
from tests.support.mail_server import Mailroom

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room


def day(number: int) -> str:
    return f"2026-09-{number:02}"


def states(folder: Path, letter: str) -> list[str]:
    return [one["state"] for one in listed(folder) if one["letter"] == letter]


@pytest.fixture
def reminding(school: Path) -> Path:
    """A school that reminds after 3, 7 and 14 days."""
    (school / "seatsync.yaml").write_text(CONFIG.replace("[3d]", "[3d, 7d, 14d]"))
    return school


def test_no_reminder_is_written_before_the_invitation_was_sent_and_then_each_goes_at_once(
    reminding: Path, room: Mailroom
) -> None:
    for number in (1, 4, 8, 15):
        applied(reminding, BEN, now=day(number))
    assert states(reminding, "reminder") == []
    assert sent(reminding, now=day(20)) == {"sent": 2}
    assert room.to == ["ruth@grace.example", "ben@grace.example"]
    for now, number in ((day(22), 0), (day(23), 1), (day(26), 0), (day(27), 1), ("2026-10-03", 0), ("2026-10-04", 1)):
        applied(reminding, BEN, now=now)
        assert sent(reminding, now=now) == ({"sent": 1} if number else {}), now
    ran(reminding, "verify")


def test_reminders_that_an_earlier_version_planned_by_the_day_of_the_grant_count_from_the_invitation_that_is_sent(
    reminding: Path, room: Mailroom
) -> None:
    applied(reminding, BEN, now=day(1))
    for number, at in enumerate((4, 8, 15), 1):
        _plan_a_reminder(reminding, number, day(at))
    assert states(reminding, "reminder") == ["pending"] * 3
    assert sent(reminding, now=day(20)) == {"sent": 2, "waiting": 3}
    assert [sent(reminding, now=day(number))["sent"] for number in (22, 23, 24, 26, 27)] == [0, 1, 0, 0, 1]
    assert sent(reminding, now="2026-10-03") == {"waiting": 1}
    applied(reminding, BEN, now="2026-10-03")
    assert sent(reminding, now="2026-10-04") == {"sent": 1}
    ran(reminding, "verify")


def test_of_several_reminders_that_are_due_the_newest_goes(reminding: Path, room: Mailroom) -> None:
    applied(reminding, BEN, now=day(1))
    sent(reminding, now=day(1))
    for number in (4, 8, 15):
        applied(reminding, BEN, now=day(number))
    assert sent(reminding, now=day(16)) == {"sent": 1}
    assert states(reminding, "reminder") == ["cancelled", "cancelled", "sent"]


def test_a_reminder_to_set_a_password_counts_too(reminding: Path, room: Mailroom) -> None:
    applied(reminding, CY, now=day(1))
    assert sent(reminding, now=day(8)) == {"sent": 2}
    for number in (10, 11, 15):
        applied(reminding, CY, now=day(number))
    assert states(reminding, "set-password") == ["sent", "cancelled", "pending"]
    assert sent(reminding, now=day(15)) == {"sent": 1}
    assert states(reminding, "set-password") == ["sent", "cancelled", "sent"]


def test_after_an_invitation_has_bounced_nobody_is_reminded_until_it_is_sent(reminding: Path, room: Mailroom) -> None:
    room.at_rcpt = lambda to: "550 nobody here" if to.startswith("ben") else ""
    applied(reminding, BEN, now=day(1))
    sent(reminding, now=day(1), code=1)
    applied(reminding, BEN, now=day(4))
    assert (states(reminding, "invitation"), states(reminding, "reminder")) == (["bounced"], [])
    assert '"mail": "bounced"' in ran(reminding, "licenses", "--library", "logos", "--format", "json").out
    room.at_rcpt = lambda to: ""
    ran(reminding, "outbox", "retry")
    applied(reminding, BEN, now=day(8))
    assert sent(reminding, now=day(8)) == {"sent": 1}
    applied(reminding, BEN, now=day(11))
    assert sent(reminding, now=day(11)) == {"sent": 1}
    assert states(reminding, "reminder") == ["sent"]


def test_after_a_person_has_cancelled_an_invitation_nobody_is_reminded_until_another_goes_out(
    reminding: Path, room: Mailroom
) -> None:
    applied(reminding, BEN, now=day(1))
    applied(reminding, BEN, now=day(4))
    ran(reminding, "outbox", "cancel", "--letter", "invitation", "--yes", now=day(5))
    assert sent(reminding, now=day(6)) == {"sent": 1}, "only the administrator's"
    applied(reminding, BEN, now=day(8))
    assert sent(reminding, now=day(8)) == {}
    assert states(reminding, "reminder") == []
    ran(reminding, "resend", "--library", "logos", "--yes", now=day(9))
    assert sent(reminding, now=day(9)) == {"sent": 1}
    assert room.to == ["ruth@grace.example", "ben@grace.example"]


def test_no_reminder_is_written_while_the_invitation_is_in_hand(reminding: Path, room: Mailroom) -> None:
    applied(reminding, BEN, now=day(1))
    _take(reminding, "2026-09-04T00:10:00Z")
    applied(reminding, BEN, now=day(4))
    assert states(reminding, "invitation") == ["pending"]
    assert sent(reminding, now=day(4)) == {"sent": 1, "waiting": 1}  # the welcome: nobody else's letter is taken
    assert sent(reminding, now="2026-09-04T00:20:00Z") == {"sent": 1}
    applied(reminding, BEN, now=day(7))
    assert sent(reminding, now=day(7)) == {"sent": 1}


def test_a_letter_in_hand_is_not_cancelled_and_what_comes_after_it_is_said(school: Path, room: Mailroom) -> None:
    """If it comes back unsent, it goes nowhere."""
    applied(school, ANN, BEN)
    ran(school, "ledger", "claim", "logos", "ben@grace.example")
    _take(school, "2026-09-01T00:10:00Z")
    applied(school, ANN)
    assert (states(school, "access"), states(school, "removed")) == (["pending"], ["pending"])
    assert sent(school, now="2026-09-01T00:20:00Z")["cancelled"] == 1
    assert (states(school, "access"), states(school, "removed")) == (["cancelled"], ["sent"])


def test_what_was_sent_is_taken_back_only_if_it_changed(school: Path, room: Mailroom) -> None:
    """Jamworks gives a seat at once to who has an account."""
    applied(school, CY)
    ran(school, "ledger", "claim", "jamworks", "cy@grace.example")
    sent(school)
    room.letters.clear()
    applied(school, ANN)
    applied(school, ANN, CY)
    assert sent(school) == {"sent": 1}  # Ann's invitation: Cy has what they had
    applied(school, ANN)
    assert sent(school) == {"sent": 1}
    assert [str(one["Subject"]) for one in room.letters[1:]] == ["Your access to Jamworks has ended"]
    assert states(school, "removed") == ["cancelled", "sent"]
    ran(school, "verify")


def test_a_superseded_letter_that_bounced_is_not_sent_again(school: Path, room: Mailroom) -> None:
    room.at_rcpt = lambda to: "550 nobody here" if to.startswith("ben") else ""
    applied(school, BEN)
    sent(school, code=1)
    ran(school, "resend", "--library", "logos", "--yes")
    assert states(school, "invitation") == ["cancelled", "pending"]
    room.at_rcpt = lambda to: ""
    assert ran(school, "outbox", "retry").err == "Ready to be sent: 0 letters.\n"
    assert sent(school) == {"sent": 1}


def test_letters_are_turned_off_for_a_library(school: Path, room: Mailroom) -> None:
    applied(school, ANN, BEN)
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(
        config.replace("slots: 1000}\nrosters", "slots: 1000, sends_letters: false}\nrosters")
    )
    ran(school, "apply", "--yes")
    assert sent(school) == {"sent": 2}
    assert room.to == ["ruth@grace.example", "ann@grace.example"]
    ran(school, "verify")


def test_a_corrected_address_gets_the_bounced_invitation_and_the_old_letter_keeps_the_old_address(
    school: Path, room: Mailroom
) -> None:
    """It is blank once the member is erased."""
    header = [*HEADER, "student_id"]
    room.at_rcpt = lambda to: "550 nobody here" if to.startswith("bne") else ""
    write_csv(school / "members.csv", header, ["bne@grace.example", *BEN[1:], "S1"])
    ran(school, "apply", "--yes")
    sent(school, code=1)
    write_csv(school / "members.csv", header, [*BEN, "S1"])
    ran(school, "apply", "--yes")
    addressed = [(one["letter"], one["to"], one["state"]) for one in listed(school)][1:]
    assert addressed == [
        ("invitation", "bne@grace.example", "cancelled"),
        ("invitation", "ben@grace.example", "pending"),
    ]
    assert sent(school) == {"sent": 1}
    assert room.to == ["ruth@grace.example", "ben@grace.example"]
    write_csv(school / "members.csv", header, [*ANN, "S2"])
    ran(school, "apply", "--yes")
    ran(school, "ledger", "erase", "S1", "--yes")
    assert {row["sent_to"] for row in rows(school, "outbox")} == {"", "ruth@grace.example"}
    ran(school, "verify")


def _take(folder: Path, until: str) -> None:
    """Put the letters to members into the hands of a sender that does not come back."""
    with opened(folder) as ledger:
        ledger.execute(tables.outbox.update().where(tables.outbox.c.member > 0).values(held_until=until))
    assert rows(folder, "outbox")


def _plan_a_reminder(folder: Path, number: int, day: str) -> None:
    """Record the reminder of Ben's seat that is the ``number``-th one, as an apply did before it looked for the invitation."""
    at = f"{day}T00:00:00Z"

    def step(connection: Connection) -> None:
        recorder = Recorder(connection, "grace", read_snapshot(connection, "grace"))
        recorder.record(Entry("apply", at, "night"), [Event(Action.RESEND, "logos", 1, {"reminders": number})])

    Ledger(location(folder)).write("grace", "night", "", step)
