"""The night brings rosters from where they live into one pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fetching.test_oneroster import data, user
from tests.pipeline.test_nightly import SCHEDULE
from tests.support.oneroster_server import ID, SECRET, Answer, Fault, Sis, serving
from tests.support.pipelines import Repository, act, gitlab, needs_act, needs_gitlab

pytestmark = pytest.mark.slow


@pytest.fixture
def sis() -> Iterator[Sis]:
    with serving(Sis(data("1.2"))) as running:
        yield running


def source(sis: Sis, into: str = "rosters/sis") -> str:
    return (
        f"oneroster --url {sis.address} --token-url {sis.token_address} --client-id '{ID}' --timeout 5 --into {into}\n"
    )


def tip(on: Repository, path: str) -> str:
    bare = on.place.parent / "grace" / "seats.git"
    return on.git("--git-dir", str(bare), "show", f"seatsync/rosters:{path}")


@needs_act
def test_on_github_a_night_proposes_what_changed_and_the_next_one_only_what_is_new(
    on_github: Repository, sis: Sis
) -> None:
    on_github.cli("apply", "--yes")
    quiet = act(on_github, "schedule", SCHEDULE)
    assert quiet.code == 0, quiet.said
    assert sis.requests == []
    on_github.variables["SEATSYNC_FETCH"] = f"\n{source(sis)}"
    on_github.secrets["SEATSYNC_FETCH_CLIENT_SECRET"] = SECRET
    ran = act(on_github, "schedule", SCHEDULE)
    assert ran.code == 0, ran.said
    assert "opened: https://github.example/grace/seats/pull/70" in ran.said
    [opened] = on_github.host.proposals.known
    assert "rosters/sis/users.csv: 3 new." in opened.body
    assert "ann0@grace.example" in tip(on_github, "rosters/sis/users.csv")
    assert "up to date: " in act(on_github, "schedule", SCHEDULE).said
    sis.data["users"].append(user(9, "1.2"))
    assert "updated: " in act(on_github, "schedule", SCHEDULE).said
    assert on_github.host.proposals.known == [opened]
    assert "ann9@grace.example" in tip(on_github, "rosters/sis/users.csv")
    assert SECRET not in ran.said


@needs_act
def test_on_github_a_source_that_fails_is_told_and_the_others_are_proposed(on_github: Repository, sis: Sis) -> None:
    on_github.cli("apply", "--yes")
    on_github.variables["SEATSYNC_FETCH"] = source(sis) + source(sis, "rosters/other")
    on_github.secrets["SEATSYNC_FETCH_CLIENT_SECRET"] = SECRET
    sis.faults = [Fault("/enrollments", Answer(403, {}))]
    ran = act(on_github, "schedule", SCHEDULE)
    assert ran.code == 1
    assert "OneRoster answers 403" in ran.said
    [issue] = on_github.host.issues.open
    assert "The job fetch: failure" in issue.body
    assert "ann0@grace.example" in tip(on_github, "rosters/other/users.csv")
    [opened] = on_github.host.proposals.known
    assert "rosters/sis" not in opened.body
    assert "updated: " in act(on_github, "schedule", SCHEDULE).said
    sis.data["users"].append(user(9, "1.2"))
    sis.faults = [Fault("/enrollments", Answer(403, {}))]
    assert act(on_github, "schedule", SCHEDULE).code == 1
    assert "ann0@grace.example" in tip(on_github, "rosters/sis/users.csv")
    assert "ann9@grace.example" not in tip(on_github, "rosters/sis/users.csv")
    assert "ann9@grace.example" in tip(on_github, "rosters/other/users.csv")
    assert "could not be fetched: rosters/sis/users.csv" in opened.body
    sis.faults = [Fault("/enrollments", Answer(403, {}), times=99)]
    assert act(on_github, "schedule", SCHEDULE).code == 1
    assert opened.is_open
    assert "ann9@grace.example" in tip(on_github, "rosters/other/users.csv")


@needs_gitlab
def test_on_gitlab_a_night_proposes_what_changed(on_gitlab: Repository, sis: Sis) -> None:
    token = on_gitlab.host.token
    address = f"https://seatsync:{token}@gitlab.example/grace/seats.git"
    home = on_gitlab.place.parent
    bare = on_gitlab.push()
    on_gitlab.git("remote", "add", "origin", bare)
    (home / ".gitconfig").write_text(f'[url "{bare}"]\n\tinsteadOf = {address}\n\tpushInsteadOf = {address}\n')
    given = {"SEATSYNC_FETCH": source(sis).strip(), "SEATSYNC_FETCH_CLIENT_SECRET": SECRET}
    given |= {"CI_PROJECT_URL": "https://gitlab.example/grace/seats"}
    ran = gitlab(on_gitlab, "seatsync-fetch", "schedule", **given)
    assert ran.code == 0, ran.said
    [opened] = on_gitlab.host.proposals.known
    assert "rosters/sis/users.csv: 3 new." in opened.body
    assert "ann0@grace.example" in tip(on_gitlab, "rosters/sis/users.csv")
    files = on_gitlab.git(
        "--git-dir", str(home / "grace" / "seats.git"), "diff", "--name-only", "main..seatsync/rosters"
    )
    theirs = {*files.split()} - {".gitlab-ci.yml"}  # which the test itself has changed
    assert {Path(name).parent for name in theirs} == {Path("rosters/sis")}
    assert token not in (on_gitlab.place / ".git" / "config").read_text()
    given["SEATSYNC_FETCH"] = f"{source(sis)}{source(sis, 'rosters/other')}".strip()
    sis.faults = [Fault("/enrollments", Answer(403, {}))]
    assert gitlab(on_gitlab, "seatsync-fetch", "schedule", **given).code != 0
    assert "ann0@grace.example" in tip(on_gitlab, "rosters/other/users.csv")
    assert "ann0@grace.example" in tip(on_gitlab, "rosters/sis/users.csv")
    sis.data["users"].clear()
    assert gitlab(on_gitlab, "seatsync-fetch", "schedule", **given).code != 0
    assert "seatsync fetch failed" in (on_gitlab.place / "fetch-failed.txt").read_text()
