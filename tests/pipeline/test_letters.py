"""The job that sends letters, to a real mail server."""

from __future__ import annotations

import pytest

from tests.support.mail_server import Mailroom, mail_server
from tests.support.pipelines import Repository, act, needs_act

pytestmark = [pytest.mark.slow, needs_act]

SETTINGS = {"SEATSYNC_MAIL_FROM": "Grace <library@grace.example>", "SEATSYNC_PORTAL_URL": "https://seats.grace.example"}


def test_letters_are_sent_after_an_apply_also_if_the_apply_was_stopped(on_github: Repository) -> None:
    on_github.write(2)
    on_github.cli("apply", "--yes")
    on_github.write(1)  # nobody reviewed this
    on_github.variables = SETTINGS
    room = Mailroom()
    with mail_server(room) as port:
        on_github.secrets["SEATSYNC_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        ran = act(on_github, "push", {"ref": "refs/heads/main"})
    assert ran.code == 1
    assert "Letters: 3 sent" in ran.said
    assert {"canary0@grace.example", "canary1@grace.example"} < {*room.to}


def test_letters_that_the_mail_server_does_not_take_fail_the_job_and_wait(on_github: Repository) -> None:
    on_github.write(2)
    on_github.cli("apply", "--yes")
    on_github.variables = SETTINGS
    room = Mailroom(at_rcpt=lambda to: "451 later" if to.startswith("canary") else "")
    with mail_server(room) as port:
        on_github.secrets["SEATSYNC_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        ran = act(on_github, "schedule", {"schedule": "17 3 * * *"})
    assert ran.code == 1
    assert "Letters: 1 sent, 2 deferred" in ran.said
    [issue] = on_github.host.issues.open
    assert "letters" in issue.body
    assert on_github.cli("outbox", "list", "--state", "pending").count("canary") == 2
