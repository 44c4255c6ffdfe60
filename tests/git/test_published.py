"""Where a code host shows the files of a checkout: nothing where that is not certain, and nothing of a password."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from seatsync.git.published import published
from tests.support.git_author import commit_as_ruth

FILES = ("seatsync.yaml", "rosters/members.csv")


class Checkout:
    """A clone whose commit is pushed to a remote, with the folder of an institution."""

    def __init__(self, top: Path, remote: str) -> None:
        self.top = top
        self.folder = top / "institutions" / "grace abbey"
        for name in FILES:
            self.write(name, name)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", remote)
        self.commit()
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")

    def git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.top, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, name: str, content: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(content, encoding="utf-8")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "files")

    def address(self, **environment: str) -> str:
        [one] = published([self.folder], environment)
        return one.address_of(FILES)

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def author(monkeypatch: pytest.MonkeyPatch) -> None:
    commit_as_ruth(monkeypatch)


GITHUB_SERVER = {"GITHUB_SERVER_URL": "https://git.school.example"}
GITLAB_SERVER = {"CI_SERVER_URL": "https://git.school.example:8443"}


@pytest.mark.parametrize(
    ("remote", "environment", "site"),
    [
        ("https://github.com/school/seats.git", {}, "https://github.com/school/seats/blob/"),
        ("https://github.com/school/seats/", {}, "https://github.com/school/seats/blob/"),
        ("https://gitlab.com/school/it/seats.git", {}, "https://gitlab.com/school/it/seats/-/blob/"),
        ("https://git.school.example/it/seats", GITHUB_SERVER, "https://git.school.example/it/seats/blob/"),
        ("https://git.school.example:8443/it/seats", GITLAB_SERVER, "https://git.school.example:8443/it/seats/-/blob/"),
        ("https://ruth:s3cret@github.com/school/seats", {}, "https://github.com/school/seats/blob/"),
        ("https://git.school.example/it/seats", {}, ""),  # of which kind is this host?
        ("https://github.com.evil.example/it/seats", {}, ""),
        ("https://github.com@evil.example/it/seats", {}, ""),
        ("http://github.com/school/seats", {}, ""),
        ("git@github.com:school/seats.git", {}, ""),
        ("ssh://git@github.com/school/seats.git", {}, ""),
        ("https://github.com/school/seats)[x](y", {}, ""),
        ("https://github.com/../seats", {}, ""),
        ("https://github.com/seats", {}, ""),
        ("https://[github.com/school/seats", {}, ""),
        ("/srv/git/seats.git", {}, ""),
    ],
)
def test_a_remote_by_https_at_a_known_host_shows_the_files_at_the_commit(
    remote: str, environment: dict[str, str], site: str, tmp_path: Path
) -> None:
    checkout = Checkout(tmp_path, remote)
    shown = f"{site}{checkout.head}/institutions/grace%20abbey/" if site else ""
    assert checkout.address(**environment) == shown


def test_a_job_says_where_its_repository_is_whatever_its_remote_is(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path, "https://token:s3cret@proxy.example/mirror")
    checkout.git("update-ref", "-d", "refs/remotes/origin/main")  # a job's checkout has no such branch
    at = f"{checkout.head}/institutions/grace%20abbey/"
    on_github = {"GITHUB_WORKSPACE": str(tmp_path), "GITHUB_REPOSITORY": "school/seats"}
    server = {"GITHUB_SERVER_URL": "https://github.com"}
    assert checkout.address(**on_github, **server) == f"https://github.com/school/seats/blob/{at}"
    assert checkout.address(**on_github) == ""
    on_gitlab = {"CI_PROJECT_DIR": str(tmp_path), "CI_PROJECT_URL": "https://git.school.example/it/seats"}
    assert checkout.address(**on_gitlab) == f"https://git.school.example/it/seats/-/blob/{at}"
    elsewhere = {**on_github, **server, "GITHUB_WORKSPACE": str(tmp_path / "institutions")}
    assert checkout.address(**elsewhere) == ""  # the job has another repository


def test_files_that_the_host_does_not_have_so_are_not_shown(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path, "https://github.com/school/seats.git")
    there = checkout.address()
    assert there
    checkout.write("notes.csv", "nothing that was read")
    assert checkout.address() == there
    checkout.write("rosters/members.csv", "changed")
    assert checkout.address() == ""
    checkout.commit()
    assert checkout.address() == ""  # not pushed yet
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert checkout.address().startswith("https://")
    checkout.git("rm", "--quiet", "--cached", "institutions/grace abbey/rosters/members.csv")
    (tmp_path / ".gitignore").write_text("*.csv\n", encoding="utf-8")
    checkout.commit()
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert checkout.address() == ""  # a roster that is kept out of Git


def test_outside_of_git_and_beside_others_each_folder_has_its_own(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "in", "https://github.com/school/seats.git")
    outside = tmp_path / "out"
    outside.mkdir()
    shown = [one.address_of(FILES) for one in published([outside, checkout.folder, checkout.top], {})]
    top = f"https://github.com/school/seats/blob/{checkout.head}/"
    assert shown == ["", f"{top}institutions/grace%20abbey/", top]
