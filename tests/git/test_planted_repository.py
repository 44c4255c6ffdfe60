"""Files of a proposal that look like a repository. Git obeys such repositories, and dozens of their settings name a program.

The proposal is placed like a fork's proposal in the pipeline: a folder without a ``.git``, inside the checkout of its repository.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ledger.test_git_ledger import cloned, committed, git, institution, ran
from tests.support.command_line import Outcome, seatsync

pytestmark = pytest.mark.slow

PROGRAMS = [
    "core.sshCommand",
    "core.fsmonitor",
    "core.gitProxy",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.alternateRefsCommand",
    "credential.helper",
    "gpg.program",
    "gpg.ssh.program",
    "gpg.ssh.defaultKeyCommand",
    "sequence.editor",
    "pager.status",
    "pager.config",
    "pager.rev-parse",
    "pager.ls-remote",
    "filter.x.clean",
    "filter.x.smudge",
    "filter.x.process",
    "diff.x.command",
    "diff.x.textconv",
    "diff.external",
    "merge.x.driver",
    "interactive.diffFilter",
    "alias.status",
    "alias.config",
    "alias.rev-parse",
    "alias.fetch",
    "remote.origin.uploadpack",
    "remote.origin.receivepack",
    "uploadpack.packObjectsHook",
    "trailer.x.command",
    "ssh.variant",
    "submodule.x.update",
    "tar.x.command",
    "browser.x.cmd",
]
"""Git settings that name a program, or make Git run one."""

COMMANDS = (
    ("validate",),
    ("plan",),
    ("apply", "--yes"),
    ("status",),
    ("members", "-C"),
    ("licenses", "-C"),
    ("log", "-C"),
    ("verify", "-C"),
    ("export", "-C"),
    ("outbox", "list", "-C"),
    ("ledger", "info", "-C"),
)


@pytest.fixture(
    params=[
        "git",
        "seatsync.db",
    ]
)
def ledger(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A ledger on a branch, which Git fetches; and one in a file, where Git is used only for the commit."""
    for name, value in {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SEATSYNC_LEDGER", "git" if request.param == "git" else str(tmp_path / request.param))
    return str(request.param)


@pytest.fixture
def checkout(ledger: str, tmp_path: Path) -> Path:
    """The checkout of Grace Seminary's repository, with a fork's files in ``proposal``."""
    git("init", "--quiet", "--bare", "--initial-branch=main", "remote.git", at=tmp_path)
    made = cloned(tmp_path / "remote.git", tmp_path / "made")
    institution(made, "grace")
    (made / ".gitattributes").write_text("*.csv filter=x diff=x merge=x\n", encoding="utf-8")
    committed(made)
    here = cloned(tmp_path / "remote.git", tmp_path / "here")
    shutil.copytree(here, here / "proposal", ignore=shutil.ignore_patterns(".git"))
    return here


def repository(place: Path, canary: Path) -> None:
    """Create an attacker's repository: every Git setting that names a program names one of theirs."""
    (place / "objects").mkdir(parents=True)
    (place / "refs" / "heads").mkdir(parents=True)
    (place / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    git("config", "--file", "config", "core.repositoryformatversion", "0", at=place)
    git("config", "--file", "config", "core.bare", "false", at=place)
    git("config", "--file", "config", "remote.origin.url", "ssh://git@127.0.0.1/x.git", at=place)
    git("config", "--file", "config", "protocol.ext.allow", "always", at=place)
    settings(place / "config", canary)


def settings(file: Path, canary: Path) -> None:
    for name in PROGRAMS:
        git("config", "--file", str(file), name, f"sh -c 'echo {name} >> {canary}' --", at=file.parent)


def bare(folder: Path, canary: Path) -> None:
    repository(folder, canary)
    git("config", "--file", "config", "core.worktree", ".", at=folder)


def bare_around(folder: Path, canary: Path) -> None:
    bare(folder.parent, canary)


def bare_by_commondir(folder: Path, canary: Path) -> None:
    repository(folder / "data", canary)
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    (folder / "commondir").write_text("data\n", encoding="utf-8")


def of_its_own(folder: Path, canary: Path) -> None:
    repository(folder / ".git", canary)


def by_a_file(folder: Path, canary: Path) -> None:
    repository(folder / "data", canary)
    (folder / ".git").write_text("gitdir: data\n", encoding="utf-8")


def by_a_link(folder: Path, canary: Path) -> None:
    repository(folder / "data", canary)
    (folder / ".git").symlink_to("data")


def like_a_submodule(folder: Path, canary: Path) -> None:
    """Like a linked work tree or a submodule, but the target is one of the proposal's files."""
    repository(folder.parent / ".git" / "modules" / "grace", canary)
    (folder / ".git").write_text("gitdir: ../.git/modules/grace\n", encoding="utf-8")


Plant = Callable[[Path, Path], None]
PLANTED = (bare, bare_around, bare_by_commondir, of_its_own, by_a_file, by_a_link, like_a_submodule)


@pytest.mark.parametrize("plant", PLANTED)
def test_a_repository_among_the_files_is_obeyed_by_no_command(checkout: Path, tmp_path: Path, plant: Plant) -> None:
    canary = tmp_path / "canary"
    proposal = checkout / "proposal" / "grace"
    plant(proposal, canary)
    for command in COMMANDS:
        outcome = seatsync(*command, str(proposal), folder=checkout)
        assert not canary.exists(), (command, canary.read_text(encoding="utf-8"))
        assert_is_told(outcome)


@pytest.mark.parametrize("plant", [of_its_own, by_a_file, by_a_link])
def test_one_that_came_with_the_checkout_s_own_files_is_none_of_it(
    checkout: Path, tmp_path: Path, plant: Plant
) -> None:
    """An institution's folder in the checkout itself, for example from an archive; here it was tracked before."""
    plant(checkout / "grace", tmp_path / "canary")
    outcome = seatsync("apply", "--yes", "grace", folder=checkout)
    assert not (tmp_path / "canary").exists()
    assert_is_told(outcome)


def test_a_pipeline_is_set_up_by_none_either(checkout: Path, tmp_path: Path) -> None:
    bare(checkout / "proposal" / "grace", tmp_path / "canary")
    outcome = seatsync("init", "proposal/grace", "--ci", "github", folder=checkout)
    assert not (tmp_path / "canary").exists()
    assert outcome.code != 0


# ── Files that the checkout's own repository names ──────────────────────────────────────────────────────────────────


def test_settings_that_stand_among_the_files_are_not_obeyed(checkout: Path, tmp_path: Path) -> None:
    """The repository's ``include.path`` names a file that is in Git, so any proposal can change it."""
    canary = tmp_path / "canary"
    settings(checkout / "shared.gitconfig", canary)
    git("config", "include.path", "../shared.gitconfig", at=checkout)
    make_git_compare(checkout / "grace")
    for command in COMMANDS:
        outcome = seatsync(*command, "grace", folder=checkout)
        assert outcome.code == 0, outcome
    assert seatsync("init", "new", "--ci", "github", folder=checkout).code == 0
    assert not canary.exists(), canary.read_text(encoding="utf-8")


def test_no_filter_monitor_or_hook_of_the_checkout_runs_at_an_apply(checkout: Path, tmp_path: Path) -> None:
    """Hooks are meant for developers, and are often scripts among the files (``core.hooksPath=.husky``)."""
    canary = tmp_path / "canary"
    hooks = checkout / ".husky"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "pre-push", "pre-auto-gc", "fsmonitor"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> {canary}\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    for key, value in {
        "core.hooksPath": ".husky",
        "core.fsmonitor": ".husky/fsmonitor",
        "filter.x.clean": ".husky/fsmonitor",
        "filter.x.process": ".husky/fsmonitor",
    }.items():
        git("config", key, value, at=checkout)
    make_git_compare(checkout / "grace")
    ran(checkout, "apply", "--yes", "grace")
    assert not canary.exists(), canary.read_text(encoding="utf-8")


def test_no_filter_of_the_user_runs_for_what_the_files_choose(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is the user's own, but the proposal's `.gitattributes` chooses its files."""
    canary = tmp_path / "canary"
    settings(tmp_path / ".gitconfig", canary)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    make_git_compare(checkout / "grace")
    ran(checkout, "apply", "--yes", "--ledger", str(tmp_path / "one.db"), "grace")
    assert not canary.exists(), canary.read_text(encoding="utf-8")


def test_objects_that_are_missing_are_fetched_by_no_program(checkout: Path, tmp_path: Path) -> None:
    """A partial clone fetches missing objects from its remote, whichever command needs them."""
    canary = tmp_path / "canary"
    for key, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": f"sh -c 'echo fetched >> {canary}; exit 1' --",
    }.items():
        git("config", key, value, at=checkout)
    shutil.rmtree(checkout / ".git" / "objects")
    (checkout / ".git" / "objects").mkdir()
    make_git_compare(checkout / "grace")
    seatsync("apply", "--yes", "--ledger", str(tmp_path / "other.db"), "grace", folder=checkout)
    assert not canary.exists()


# ── Valid checkouts still work ───────────────────────────────────────────────────────────────────────────────────────


def test_files_beside_the_checkout_s_repository_are_the_commonest_layout(checkout: Path) -> None:
    for file in (checkout / "grace").iterdir():
        file.rename(checkout / file.name)
    for command in COMMANDS:
        ran(checkout, *command, ".")


def test_a_linked_work_tree_and_a_submodule_are_the_checkout_s_own(checkout: Path, tmp_path: Path) -> None:
    remote = str(tmp_path / "remote.git")
    git("worktree", "add", "--quiet", "--detach", ".trees/one", at=checkout)
    git("worktree", "add", "--quiet", "--detach", str(tmp_path / "two"), at=checkout)
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", remote, "school", at=checkout)
    for place in (checkout / ".trees" / "one", tmp_path / "two", checkout / "school"):
        ran(place, "plan", "grace")
        ran(place / "grace", "plan")


def test_a_checkout_inside_of_another_that_has_nothing_to_do_with_it_needs_a_word(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("init", "--quiet", at=tmp_path)  # a home folder under Git
    outcome = seatsync("plan", "grace", folder=checkout)
    assert_is_told(outcome)
    assert f"GIT_CEILING_DIRECTORIES={tmp_path}" in outcome.err
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    ran(checkout, "plan", "grace")


def test_the_commit_is_that_of_the_checkout_and_dirty_where_files_of_the_folder_differ(
    checkout: Path, tmp_path: Path
) -> None:
    head = git("rev-parse", "HEAD", at=checkout).strip()

    def recorded(number: int) -> str:
        database = str(tmp_path / f"{number}.db")
        ran(checkout, "apply", "--yes", "--ledger", database, "grace")
        return ran(checkout, "log", "-C", "grace", "--ledger", database, "--format", "json").out.split('"commit": "')[1]

    assert recorded(1).startswith(f'{head}"')
    (checkout / "README.md").write_text("of no institution", encoding="utf-8")
    (checkout / "grace" / "notes.md").write_text("read by nobody", encoding="utf-8")
    assert recorded(2).startswith(f'{head}"')
    make_git_compare(checkout / "grace")
    assert recorded(3).startswith(f'{head}"')
    (checkout / "grace" / "more.XLSX").write_text("email\n", encoding="utf-8")
    assert recorded(4).startswith(f'{head}-dirty"')
    (checkout / "grace" / "more.XLSX").unlink()
    config = checkout / "grace" / "seatsync.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "\n# a note\n", encoding="utf-8")
    assert recorded(5).startswith(f'{head}-dirty"')


@pytest.mark.parametrize("how", ["--split-index", "sparse-checkout", "autocrlf"])
def test_the_commit_is_known_whatever_the_index_is_like(checkout: Path, tmp_path: Path, how: str) -> None:
    if how == "sparse-checkout":
        git("sparse-checkout", "set", "grace", at=checkout)
    elif how == "autocrlf":
        git("config", "core.autocrlf", "true", at=checkout)
        shutil.rmtree(checkout / "grace")
        git("checkout", "--quiet", "--", "grace", at=checkout)
        assert b"\r\n" in (checkout / "grace" / "seatsync.yaml").read_bytes()
    else:
        git("update-index", how, at=checkout)
    make_git_compare(checkout / "grace")
    ran(checkout, "apply", "--yes", "--ledger", str(tmp_path / "one.db"), "grace")
    log = ran(checkout, "log", "-C", "grace", "--ledger", str(tmp_path / "one.db"), "--format", "json").out
    assert f'"commit": "{git("rev-parse", "HEAD", at=checkout).strip()}"' in log


def make_git_compare(folder: Path) -> None:
    """Make Git read the files: set other times than in its index."""
    for file in folder.iterdir():
        os.utime(file, (1, 1))


def assert_is_told(outcome: Outcome) -> None:
    assert (outcome.code, "planted-repository" in outcome.out + outcome.err) == (3, True), outcome


def test_these_settings_do_run_programs(checkout: Path, tmp_path: Path) -> None:
    """The attack works on plain Git; otherwise the tests above would prove nothing."""
    canary = tmp_path / "canary"
    bare(checkout / "proposal" / "grace", canary)
    for words in (["fetch", "origin"], ["status"]):
        subprocess.run(["git", *words], cwd=checkout / "proposal" / "grace", capture_output=True, check=False)
    assert {"core.sshCommand", "core.fsmonitor"} <= {*canary.read_text(encoding="utf-8").split()}
