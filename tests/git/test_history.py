"""What a checkout's commits tell, with real repositories: merges of every kind, shallow clones, subfolders, linked work trees."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatsync.git.checkout import NotInGit
from seatsync.git.history import History, history_of
from seatsync.git.program import Failed
from tests.support.git_author import commit_as_ruth


class Repository:
    """A repository in which each step is one command of Git."""

    def __init__(self, top: Path) -> None:
        self.top = top
        top.mkdir(parents=True, exist_ok=True)

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.top, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, path: str = "", content: str = "") -> str:
        """Commit a file with the content (its name if there is none), and return the commit."""
        if path:
            (self.top / path).parent.mkdir(parents=True, exist_ok=True)
            (self.top / path).write_text(content or path, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", path or "nothing")
        return self.head

    def branch(self, name: str, *at: str) -> None:
        self.git("checkout", "--quiet", "-b", name, *at)

    def merge(self, name: str, *options: str) -> str:
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-edit", *options, name)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def author(monkeypatch: pytest.MonkeyPatch) -> None:
    commit_as_ruth(monkeypatch)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "made")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("a/x")
    made.commit("b/x")
    return made


@pytest.fixture
def history(repository: Repository) -> Iterator[History]:
    """The history as it is when the test asks: the checkout's head is read by the test itself."""
    with history_of(repository.top) as opened:
        yield opened


def shallow(repository: Repository, depth: int) -> Path:
    place = repository.top.parent / "shallow"
    address = repository.top.as_uri()
    subprocess.run(["git", "clone", "--quiet", f"--depth={depth}", address, place], check=True, capture_output=True)
    return place


def last(history: History, *paths: str, at: str = "") -> str | None:
    return history.last_commits({"it": paths}, at)["it"]


def test_the_last_commit_of_each_of_many_folders(repository: Repository) -> None:
    first, second = repository.git("rev-parse", "HEAD~1", "HEAD").split()
    third = repository.commit("b/deep/y")
    repository.commit()
    with history_of(repository.top / "b") as history:
        assert history.path(repository.top / "b") == "b"
        assert history.path(repository.top) == "."
        folders = {
            "a": ["a"],
            "b": ["b"],
            "file": ["b/x"],
            "both": ["a", "b"],
            "none": ["c"],
            "top": ["."],
            "prefix": ["b/dee"],
        }
        found = history.last_commits(folders)
        assert last(history, "b", at=second) == second
    expected: dict[str, str | None] = {
        "a": first,
        "b": third,
        "file": second,
        "both": third,
        "none": None,
        "top": third,
    }
    assert found == expected | {"prefix": None}


def test_a_merge_touches_what_its_branch_changed(repository: Repository, history: History) -> None:
    repository.branch("pull")
    repository.commit("a/y")
    merged = repository.merge("pull", "--no-ff")
    assert (last(history, "a", at=merged), last(history, "b", at=merged)) == (merged, history.head)


def test_a_merge_touches_nothing_that_main_has_already(repository: Repository, history: History) -> None:
    repository.branch("pull")
    repository.commit("b/y")
    repository.git("checkout", "--quiet", "main")
    touched = repository.commit("a/y")
    merged = repository.merge("pull", "--no-ff")
    assert last(history, "a", at=merged) == touched


def test_a_revert_by_the_resolution_of_a_merge_touches(repository: Repository, history: History) -> None:
    repository.branch("pull")
    repository.commit("a/x", "theirs")
    repository.git("checkout", "--quiet", "main")
    repository.commit("a/x", "ours")
    merged = repository.merge("pull", "--strategy-option=theirs")
    assert last(history, "a", at=merged) == merged


def test_the_commits_between_two_that_touch_a_folder(repository: Repository, history: History) -> None:
    repository.branch("pull")
    repository.commit("a/y")
    repository.commit("a/z")
    one = repository.merge("pull", "--no-ff")
    repository.commit("b/y")
    two = repository.commit("a/y", "again")
    assert history.commits_between(history.head, two, ["a"]) == [one, two]
    assert history.commits_between(one, two, ["a"]) == [two]
    assert history.commits_between(two, two, ["a"]) == []
    assert history.commits_between(two, history.head, ["a"]) == []
    with pytest.raises(Failed, match=r"f{40}"):
        history.commits_between("f" * 40, two, ["a"])


def test_which_commit_came_first(repository: Repository, history: History) -> None:
    newer = repository.commit("a/y")
    repository.branch("other", history.head)
    other = repository.commit("a/z")
    assert history.is_ancestor(history.head, newer) is True
    assert history.is_ancestor(newer, newer) is True
    assert history.is_ancestor(newer, history.head) is False
    assert history.is_ancestor(newer, other) is False
    assert history.merge_base(newer, other) == history.head
    for unknown in ("f" * 40, "", "--help", f"{newer}-dirty"):
        assert history.is_ancestor(unknown, newer) is None
        assert not history.has(unknown)
    assert history.has(other)


def test_what_differs_between_two_commits_with_a_rename_as_two(repository: Repository, history: History) -> None:
    repository.git("mv", "a/x", "a/renamed")
    newer = repository.commit("b/x", "again")
    assert history.differences(history.head, newer) == {"a/renamed": "A", "a/x": "D", "b/x": "M"}
    assert history.differences(history.head, newer, ["b"]) == {"b/x": "M"}
    assert history.differences(newer, history.head) == {"a/renamed": "D", "a/x": "A", "b/x": "M"}
    with pytest.raises(Failed, match=r"f{40}"):
        history.differences("f" * 40, newer)


def test_what_differs_in_the_checkouts_files(repository: Repository, history: History) -> None:
    (repository.top / "a/x").write_text("again", encoding="utf-8")
    (repository.top / "b/x").unlink()
    (repository.top / "b/ü y").write_text("new", encoding="utf-8")
    (repository.top / ".gitignore").write_text("*.db\n", encoding="utf-8")
    (repository.top / "a/seatsync.db").write_text("ledger", encoding="utf-8")
    assert history.differences(history.head) == {"a/x": "M", "b/x": "D"}
    assert history.differences(history.head, paths=["a"]) == {"a/x": "M"}
    assert history.untracked() == [".gitignore", "a/seatsync.db", "b/ü y"]
    assert history.untracked("a") == ["a/seatsync.db"]


def test_the_files_of_an_earlier_commit(repository: Repository, history: History) -> None:
    (repository.top / ".gitattributes").write_text("* export-ignore filter=x\n", encoding="utf-8")
    repository.git("config", "filter.x.smudge", "touch filtered; cat")
    repository.commit("a/ü y")
    earlier = repository.head
    repository.commit("a/ü y", "later")
    with history.files_at(earlier, ["a"]) as top:
        names = sorted(path.relative_to(top).as_posix() for path in top.rglob("*"))
        assert (names, (top / "a/ü y").read_text(encoding="utf-8")) == (["a", "a/x", "a/ü y"], "a/ü y")
    with history.files_at(earlier) as top:
        assert (top / "b/x").is_file()
    assert not top.exists()
    assert not (repository.top / "filtered").exists()
    assert repository.git("status", "--porcelain") == ""
    with pytest.raises(Failed), history.files_at("f" * 40):
        pass


def test_a_shallow_checkout_says_what_it_cannot_know(repository: Repository) -> None:
    old = repository.git("rev-parse", "HEAD~1")
    parent = repository.commit("a/y")
    tip = repository.commit("b/y")
    with history_of(shallow(repository, 2)) as history:
        assert history.shallow
        assert last(history, "b") == tip
        assert last(history, "a") is None  # the checkout's oldest commit seems to add all files
        assert history.is_ancestor(parent, tip) is True
        assert history.is_ancestor(tip, parent) is False
        assert history.is_ancestor(old, tip) is None


def test_linked_work_trees_and_submodules_have_their_own_history(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", "-b", "linked", str(tmp_path / "linked"), "HEAD~1")
    with history_of(tmp_path / "linked" / "a") as history:
        assert (history.head, last(history, "a")) == (repository.git("rev-parse", "HEAD~1"),) * 2
    outer = Repository(tmp_path / "outer")
    outer.git("init", "--quiet", "--initial-branch=main")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", repository.top.as_uri(), "school")
    added = outer.commit()
    with history_of(outer.top / "school" / "b") as history:
        assert last(history, "b") == repository.head
    with history_of(outer.top) as history:
        assert last(history, "school") == added


def test_a_name_is_resolved(repository: Repository, history: History) -> None:
    repository.git("tag", "--annotate", "--message=x", "v1")
    assert history.resolve("v1") == history.resolve("main") == history.resolve(history.head[:10]) == repository.head
    assert history.resolve("--all") is history.resolve("nowhere") is None


def test_nothing_that_settings_name_is_run(repository: Repository, history: History) -> None:
    trap = repository.top.parent / "trap"
    (repository.top / ".gitattributes").write_text("* diff=x filter=x\n", encoding="utf-8")
    repository.commit("a/y")
    for name in (
        "gpg.program",
        "diff.x.command",
        "diff.x.textconv",
        "diff.external",
        "filter.x.clean",
        "core.fsmonitor",
    ):
        repository.git("config", name, f"touch {trap}; cat")
    repository.git("config", "log.showSignature", "true")
    (repository.top / "a/x").write_text("again", encoding="utf-8")
    with history_of(repository.top) as changed:
        last(changed, "a", "b")
        changed.differences(history.head)
        changed.differences(history.head, changed.head)
    assert not trap.exists()


def test_outside_of_git_and_without_a_commit_there_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(NotInGit), history_of(tmp_path):
        pass
    empty = Repository(tmp_path / "empty")
    empty.git("init", "--quiet")
    with pytest.raises(NotInGit, match="no commit"), history_of(empty.top):
        pass


def test_reverts_are_found_by_what_git_writes_and_with_the_paths_they_touch(repository: Repository) -> None:
    one = repository.commit("a/one")
    (repository.top / "b" / "more").write_text("more", encoding="utf-8")
    two = repository.commit("c/two words")
    repository.git("revert", "--no-edit", two)
    last_revert = repository.head
    repository.git("revert", "--no-edit", one)
    with history_of(repository.top) as history:
        found = history.reverts()
        assert [(revert.commit, revert.reverted) for revert in found] == [(repository.head, one), (last_revert, two)]
        assert [revert.touched for revert in found] == [["a/one"], ["b/more", "c/two words"]]
        assert history.reverts(most=1) == found[:1]
    with history_of(shallow(repository, 1)) as history:
        assert [revert.reverted for revert in history.reverts()] == [one]
