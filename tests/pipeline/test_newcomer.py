"""The way of a new administrator, done as docs/ci.md says: from an empty repository to a first applied and mailed roster.

The page's commands are run as they stand there. What a person does in the host's menus is done by hand here: the secrets, the
pull request and its merge.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.code_hosts import CodeHost, GitHub, GitLab, serving
from tests.support.mail_server import Mailroom, mail_server
from tests.support.paths import ROOT
from tests.support.pipelines import PROGRAMS, TOKEN, Ran, Repository, act, gitlab, needs_act, needs_gitlab, pull_request

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## From an empty repository")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
ROSTER = "email,given_name,family_name,student_id,role,tags\nruth@my-school.example,Ruth,Abel,7,Professor,faculty\n"


class Newcomer:
    """A person with an empty repository, who follows the page. ``place`` is the current folder."""

    def __init__(self, home: Path, host: str) -> None:
        self.home, self.place = home, home
        self.bare = home.parent / "grace" / "seats.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.bare)], check=True)
        home.mkdir()
        (home / ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n", encoding="utf-8")
        self.blocks = [one for one in BLOCKS if "--ci" not in one or f"--ci {host}" in one]

    def does(self, what: str, **replaced: str) -> str:
        """Run the next block, which must have this word, and return what it prints."""
        block = self.blocks.pop(0)
        assert what in block
        block = re.sub(r"^pip install .*$", "seatsync --version", block, flags=re.MULTILINE)
        for old, new in replaced.items():
            assert old in block
            block = block.replace(old, new)
        told = subprocess.run(
            ["bash", "-e", "-c", f"{block}pwd > {self.home}/where"],
            cwd=self.place,
            env={
                "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.home),
                **{f"GIT_{role}_NAME": "Ruth" for role in ("AUTHOR", "COMMITTER")},
                **{f"GIT_{role}_EMAIL": "ruth@my-school.example" for role in ("AUTHOR", "COMMITTER")},
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout
        self.place = Path((self.home / "where").read_text(encoding="utf-8").strip())
        return told.stdout


Run = Callable[[Repository, str], Ran]


def on_github(on: Repository, event: str) -> Ran:
    return act(on, event, pull_request() if event == "pull_request" else {"ref": "refs/heads/main"})


def on_gitlab(on: Repository, event: str) -> Ran:
    if event == "pull_request":
        return gitlab(on, "seatsync-plan", "merge_request_event")
    applied = gitlab(on, "seatsync-apply", "push")
    assert applied.code == 0, applied.said
    return gitlab(on, "seatsync-letters", "push")


@pytest.mark.parametrize(
    ("host", "run"),
    [
        pytest.param(GitHub(TOKEN), on_github, id="github", marks=needs_act),
        pytest.param(GitLab(TOKEN), on_gitlab, id="gitlab", marks=needs_gitlab),
    ],
)
def test_from_an_empty_repository_to_a_first_applied_and_mailed_roster(
    tmp_path: Path, host: CodeHost, run: Run
) -> None:
    name = type(host).__name__.lower()
    newcomer = Newcomer(tmp_path / "newcomer", name)
    newcomer.does("git clone", ADDRESS=str(newcomer.bare))
    told = newcomer.does("seatsync init")
    assert "The pipeline plans and applies: institutions/*" in told
    (newcomer.place / "institutions/my-school/rosters/members.csv").write_text(ROSTER, encoding="utf-8")
    assert "My School (my-school)" in newcomer.does("seatsync validate")
    key = newcomer.does("seatsync ledger key").strip()
    newcomer.does("git push")
    room = Mailroom()
    with serving(host), mail_server(room) as port:
        on = Repository(tmp_path / "repository", host, "git")
        subprocess.run(["git", "clone", "-q", str(newcomer.bare), str(on.place)], check=True)
        on.git("fetch", "-q", "origin", "my-school:pull-7")
        on.secrets = {"SEATSYNC_LEDGER_KEY": key, "SEATSYNC_SMTP_URL": f"smtp://127.0.0.1:{port}"}
        on.variables = {
            "SEATSYNC_MAIL_FROM": "My School <library@my-school.example>",
            "SEATSYNC_PORTAL_URL": "https://seats.my-school.example",
        }
        on.checked_out()
        ran = run(on, "pull_request")
        assert ran.code == 0, ran.said
        assert "My School" in host.bodies()[0]
        on.merged()
        on.push()
        ran = run(on, "push")
        assert ran.code == 0, ran.said
    assert set(room.to) == {"ruth@my-school.example"}
    seen = newcomer.does("seatsync status", **{"SEATSYNC_LEDGER_KEY=…": f"SEATSYNC_LEDGER_KEY={key}"})
    assert re.search(r"Logos Subscription \(logos-subscription\) +50 +1 +49", seen)
    assert not newcomer.blocks
