"""Thirty institutions in one repository and one database: two changed, one blocked, the others left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import databases
from tests.support.code_hosts import GitHub
from tests.support.command_line import seatsync
from tests.support.mail_server import Mailroom, mail_server
from tests.support.pipelines import CONFIG, TOKEN, Repository, act, needs_act, pull_request, repository

pytestmark = [pytest.mark.slow, needs_act, pytest.mark.postgres_only(reason="a SQLite file holds one institution")]

NAMES = [f"school-{number:02}" for number in range(30)]
BLOCKED = "school-29"


def config(name: str) -> str:
    return CONFIG.replace("id: grace", f"id: {name}").replace("name: Grace", f"name: {name}")


@pytest.fixture
def thirty(tmp_path: Path, database: str) -> Iterator[Repository]:
    """All applied; then the last one blocked on the default branch, by a change that nobody reviewed."""
    for on in repository(tmp_path, GitHub(TOKEN), "--ci", "github"):
        on.ledger = databases.location(on.place)
        for name in ("seatsync.yaml", "members.csv"):
            (on.place / name).unlink()
        (on.place / ".github" / "workflows" / "seatsync.yml").unlink()
        for name in NAMES:
            folder = on.place / "institutions" / name
            folder.mkdir(parents=True)
            (folder / "seatsync.yaml").write_text(config(name), encoding="utf-8")
            (folder / "members.csv").write_text("email,given_name,family_name\na@b.example,Ann,Bee\n")
        assert seatsync("init", "--ci", "github", folder=on.place).code == 0
        on.commit()
        assert seatsync("apply", "--yes", "--ledger", on.ledger, *folders(on), folder=on.place).code == 0
        on.write(3, config(BLOCKED), f"institutions/{BLOCKED}")
        yield on


def folders(on: Repository) -> list[str]:
    return [f"institutions/{name}" for name in NAMES]


def test_only_what_a_pull_request_touches_is_shown_and_judged_and_applied(thirty: Repository) -> None:
    on = thirty
    on.propose()
    for name in NAMES[:2]:
        on.write(2, config(name), f"institutions/{name}")
    on.checked_out()
    ran = act(on, "pull_request", pull_request())
    assert ran.code == 0, ran.said
    plans = json.loads((ran.plan / "plan.json").read_text(encoding="utf-8"))
    assert [plan["institution"] for plan in plans] == NAMES[:2]
    [comment] = on.host.bodies()
    assert "28" in comment
    assert BLOCKED not in comment
    before = on.git("rev-parse", "main").strip()
    on.merged()
    room = Mailroom()
    on.variables = {"SEATSYNC_MAIL_FROM": "library@grace.example", "SEATSYNC_PORTAL_URL": "https://seats.grace.example"}
    with mail_server(room) as port:
        on.secrets["SEATSYNC_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        pushed = act(on, "push", {"ref": "refs/heads/main", "before": before})
    assert pushed.code == 0, pushed.said
    assert f"institutions/{BLOCKED} was stopped by an earlier merge" in pushed.said  # by a change that nobody reviewed
    assert "27 institutions with the files of the last apply" in pushed.said
    assert room.to.count("canary0@grace.example") == 2
    night = act(on, "schedule", {"schedule": "17 3 * * *"})
    assert night.code == 1
    [issue] = on.host.issues.open
    assert BLOCKED in issue.body
