"""``init --ci``: it finds the institutions, writes complete pipelines, changes nothing that a person edited, and says what is left."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from seatsync.cli.commands.init.pipeline import ACTION
from tests.support.command_line import Outcome, seatsync

WORKFLOW = ".github/workflows/seatsync.yml"
KEY = "SEATSYNC_LEDGER_KEY"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository without a commit."""
    place = tmp_path / "repository"
    git("init", "-q", "-b", "main", str(place), at=tmp_path)
    return place


def git(*words: str, at: Path) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@grace.example")
    subprocess.run(["git", *who, *words], cwd=at, check=True, capture_output=True)


def institutions(top: Path, *folders: str) -> None:
    for number, folder in enumerate(folders):
        assert seatsync("init", folder, "--id", f"school-{number}", folder=top).code == 0


def init(at: Path, *words: str) -> Outcome:
    told = seatsync("init", *words, folder=at)
    assert told.code == 0, told.err
    return told


def folders(top: Path) -> str:
    """The folders that the workflow names, everywhere the same."""
    [words] = {match[1] for match in re.finditer(r"^ *folders: (.*)$", (top / WORKFLOW).read_text(), re.MULTILINE)}
    value = yaml.safe_load(words)
    assert isinstance(value, str)
    return value


def expanded(words: str, top: Path) -> list[str]:
    """The folders that a shell takes the words for, as the action does."""
    told = subprocess.run(
        ["bash", "-c", 'folders=(${FOLDERS}); printf "%s\\n" "${folders[@]}"'],
        cwd=top,
        env={**os.environ, "FOLDERS": words},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.splitlines()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["."], "."),
        (["grace"], "grace"),
        (["institutions/grace"], "institutions/*"),
        (["customers/grace"], "customers/grace"),
        (["customers/grace", "customers/harbor"], "customers/*"),
        (["grace", "harbor"], "grace harbor"),
        (["institutions/grace", "institutions/harbor", "pilot"], "pilot institutions/*"),
        (["a/b/grace", "a/b/harbor"], "a/b/*"),
        (["2026"], "2026"),
        (["no"], "no"),
        (["Grace & Söhne; (old)"], "Grace???Söhne???old?"),
        (["schools of 2026/grace", "schools of 2026/st. mary's"], "schools?of?2026/*"),
    ],
)
def test_the_folders_are_found_and_named(top: Path, names: list[str], words: str) -> None:
    institutions(top, *names)
    told = init(top, "--ci", "github")
    assert folders(top) == words
    assert sorted(expanded(words, top)) == sorted(names)
    assert f"The pipeline plans and applies: {words}" in told.err
    assert len(list(top.rglob("seatsync.yaml"))) == len(names), "an institution was made up"


def test_gitlab_gets_the_same_words_as_text(top: Path) -> None:
    institutions(top, "2026")
    init(top, "--ci", "gitlab")
    written = yaml.safe_load((top / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    assert written[".seatsync"]["variables"]["SEATSYNC_INSTITUTIONS"] == "2026"
    assert ".gitlab-ci.yml covers" not in init(top, "two").err


def test_a_pattern_means_institutions_and_nothing_else(top: Path) -> None:
    institutions(top, "institutions/grace", "institutions/harbor")
    (top / "institutions" / "shared letters").mkdir()
    (top / "institutions" / "README.md").write_text("Schools.\n")
    init(top, "--ci", "github")
    assert folders(top) == "institutions/grace institutions/harbor"


def test_a_name_that_would_mean_another_folder_too_is_refused_and_nothing_is_written(top: Path) -> None:
    institutions(top, "st mary")
    (top / "st-mary").mkdir()
    told = seatsync("init", "--ci", "github", folder=top)
    assert told.code == 64
    assert "st?mary in a pipeline would also mean the folder st-mary" in told.err
    assert not (top / ".github").exists()


def test_what_a_checkout_does_not_have_is_not_looked_at(top: Path) -> None:
    institutions(top, "grace", ".venv/lib/example", "a/b/c/too-deep", "other-repository")
    git("init", "-q", "other-repository", at=top)
    (top / "link").symlink_to("grace")
    init(top, "--ci", "github")
    assert folders(top) == "grace"


def test_in_a_folder_of_a_larger_repository_the_pipeline_is_written_to_the_root(top: Path) -> None:
    institutions(top, "services/seats/grace", "examples/demo")
    told = init(top / "services" / "seats", "--ci", "github", "--ledger", "git")
    assert folders(top) == "services/seats/grace"
    assert f"Not in the pipeline: {top / 'examples' / 'demo'}" in told.err
    assert not (top / "services" / "seats" / ".github").exists()


def test_one_more_institution_needs_no_second_pipeline(top: Path) -> None:
    init(top, "institutions/grace", "--ci", "github", "--ledger", "git")
    before = (top / WORKFLOW).read_bytes()
    assert f"{WORKFLOW} covers it: institutions/*" in init(top, "institutions/harbor").err
    told = init(top, "pilot").err
    assert f"{WORKFLOW} does not cover it: its folders are institutions/*." in told
    assert "seatsync init --ci github" in told
    assert (top / WORKFLOW).read_bytes() == before
    told = init(top / "pilot", "--ci", "github").err
    assert f"updated {top / WORKFLOW}" in told
    assert "+          folders: pilot institutions/*" in told
    assert (folders(top), "SEATSYNC_LEDGER: git" in (top / WORKFLOW).read_text()) == ("pilot institutions/*", True)


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_again_changes_nothing_and_says_so(top: Path, host: str) -> None:
    init(top, "institutions/grace", "--ci", host, "--ledger", "git:ledgers")
    before = {path: path.read_bytes() for path in top.rglob("*") if path.is_file()}
    told = init(top, "--ci", host).err
    assert "is up to date." in told
    assert "Left to do" not in told
    assert {path: path.read_bytes() for path in top.rglob("*") if path.is_file()} == before


def test_an_older_pin_is_updated_where_nobody_edited_the_file_and_shown_where_somebody_did(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = f"seatsync/seatsync@{'0' * 40}"
    with monkeypatch.context() as patch:
        patch.setattr("seatsync.cli.commands.init.pipeline.ACTION", old)
        init(top, "grace", "--ci", "github", "--forks")
        assert "another version" not in init(top, "pilot").err
    assert (
        f"{WORKFLOW} runs another version of seatsync. To update it: Run `seatsync init --ci github`."
        in init(top, "two").err
    )
    file = top / WORKFLOW
    as_written = file.read_text()
    file.write_text(as_written.replace("17 3 * * *", "5 1 * * *\x1b[2J"))
    told = init(top, "--ci", "github").err
    assert "\x1b" not in told
    assert f"{WORKFLOW} was not changed, because it was edited" in told
    assert f"-      - uses: {old}" in told
    assert f"+      - uses: {ACTION}" in told
    assert "To fix: Make these changes yourself, or delete the file and run `seatsync init --ci github" in told
    assert "The pipeline plans and applies" not in told
    assert old in file.read_text()
    for line_ends in ("\n", "\r\n"):  # as a checkout on Windows has them
        file.write_bytes(as_written.replace("\n", line_ends).encode())
        assert f"updated {WORKFLOW}" in init(top, "--ci", "github").err
        assert old not in file.read_text()
    assert old not in (top / ".github/workflows/seatsync-forks.yml").read_text()


def test_one_of_an_older_version_is_shown_with_the_difference(top: Path) -> None:
    init(top, "grace", "--ci", "github", "--ledger", "git:ledgers")
    lines = (top / WORKFLOW).read_text().splitlines(keepends=True)
    (top / WORKFLOW).write_text("".join(lines[:-1]))
    told = init(top, "--ci", "github").err
    assert "comes from an older version" in told
    assert [line[:12] for line in told.splitlines() if re.match("[+-][^+-]", line)] == [
        "+# `seatsync"
    ]  # with its own ledger
    assert (top / WORKFLOW).read_text() == "".join(lines[:-1])


def test_a_file_of_somebody_else_is_left_as_it_is(top: Path) -> None:
    (top / WORKFLOW).parent.mkdir(parents=True)
    (top / WORKFLOW).write_text("mine\n")
    told = init(top, "one", "--ci", "github").err
    assert f"{WORKFLOW} was not changed, because seatsync did not write it" in told
    assert (top / WORKFLOW).read_text() == "mine\n"


def test_beside_other_jobs_on_gitlab_it_is_a_file_to_include(top: Path) -> None:
    (top / ".gitlab-ci.yml").write_text("mine: {script: [true]}\n", encoding="utf-8")
    told = init(top, "one", "--ci", "gitlab", "--ledger", "git").err
    assert "include: [{local: .gitlab/seatsync.yml}]" in told
    (top / ".gitlab-ci.yml").write_text("include: [{local: .gitlab/seatsync.yml}]\n", encoding="utf-8")
    assert ".gitlab/seatsync.yml is up to date." in init(top, "--ci", "gitlab").err
    assert (top / ".gitlab-ci.yml").read_text(encoding="utf-8") == "include: [{local: .gitlab/seatsync.yml}]\n"
    written = yaml.safe_load((top / ".gitlab" / "seatsync.yml").read_text(encoding="utf-8"))
    assert written[".seatsync-ledger"]["variables"]["SEATSYNC_LEDGER"] == "git"
    assert ".gitlab/seatsync.yml does not cover it" in init(top, "two").err


def test_where_there_is_no_repository_yet(tmp_path: Path) -> None:
    init(tmp_path, "school", "--ci", "github", "--ledger", "git")
    assert (tmp_path / "school" / WORKFLOW).exists()
    told = init(tmp_path / "school", "--ci", "github").err
    assert "is up to date" in told
    for file in (WORKFLOW, ".github/CODEOWNERS"):
        (tmp_path / "school" / file).unlink()
    told = init(tmp_path / "school", "--ci", "github").err
    assert re.search(r" 1\. Make \S+school a Git repository", told)
    assert folders(tmp_path / "school") == "."


def test_in_a_bare_repository_nothing_is_written(tmp_path: Path) -> None:
    git("init", "-q", "--bare", "bare.git", at=tmp_path)
    told = seatsync("init", "grace", "--ci", "github", folder=tmp_path / "bare.git")
    assert told.code == 3
    assert "If it is a bare repository of your own, clone it, and work in the clone." in told.err
    assert not (tmp_path / "bare.git" / "grace").exists()


def test_the_default_branch_is_the_remote_s_own(tmp_path: Path) -> None:
    place = tmp_path / "clone"
    git("init", "-q", "--bare", "-b", "trunk", "bare", at=tmp_path)
    git("init", "-q", "-b", "trunk", str(place), at=tmp_path)
    git("remote", "add", "origin", str(tmp_path / "bare"), at=place)
    git("commit", "-qm", "first", "--allow-empty", at=place)
    git("push", "-q", "origin", "trunk", at=place)
    git("checkout", "-q", "-b", "add-seatsync", at=place)
    assert "and add trunk." in init(place, "one", "--ci", "github").err
    workflow = yaml.safe_load((place / WORKFLOW).read_text(encoding="utf-8"))
    assert workflow[True]["push"]["branches"] == ["trunk"]


@pytest.mark.parametrize("words", [("--ci", "gitlab", "--forks"), ("--forks",)])
def test_forks_are_planned_on_github_only(top: Path, words: tuple[str, ...]) -> None:
    assert seatsync("init", "a", *words, folder=top).code == 64
    assert [path.name for path in top.iterdir()] == [".git"]


# ── The ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_ledger_in_a_file_is_none_for_a_pipeline(top: Path) -> None:
    told = seatsync("init", "grace", "--ci", "github", "--ledger", "seats.db", folder=top)
    assert (told.code, "would be lost with the runner" in told.err) == (64, True)
    assert not (top / "grace").exists()


def test_a_password_is_not_written(top: Path) -> None:
    told = init(top, "grace", "--ci", "github", "--ledger", "postgresql+psycopg://seats:hunter2@db.example/seats")
    assert "hunter2" not in told.err + (top / WORKFLOW).read_text()
    assert "--ledger postgresql`" in (top / WORKFLOW).read_text()


@pytest.mark.parametrize(
    ("answer", "ledger"), [("git", "git"), ("", "git"), ("postgresql", "${{ secrets.SEATSYNC_LEDGER }}")]
)
def test_at_a_terminal_it_asks_where_the_ledger_is_to_be(top: Path, answer: str, ledger: str) -> None:
    master, slave = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "SEATSYNC_LEDGER"}
    with subprocess.Popen(
        [sys.executable, "-m", "seatsync", "init", "grace", "--ci", "github"],
        cwd=top,
        env=environment,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        os.write(master, f"{answer}\n".encode())
        _, said = process.communicate(timeout=60)
    os.close(master)
    os.close(slave)
    assert process.returncode == 0, said
    assert b"Where is the ledger of the pipeline to be?" in said
    workflow = yaml.safe_load((top / WORKFLOW).read_text(encoding="utf-8"))
    assert workflow["jobs"]["apply"]["steps"][-1]["env"]["SEATSYNC_LEDGER"] == ledger


# ── What is left to do ──────────────────────────────────────────────────────────────────────────────────────────────


def left_to_do(told: Outcome) -> str:
    """The numbered steps, after a check of their numbers."""
    steps = told.err.partition("Left to do")[2]
    numbers = [int(number) for number in re.findall(r"^ *(\d+)\. ", steps, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1)) != []
    return steps


def test_what_is_left_to_do_on_github(top: Path) -> None:
    steps = left_to_do(init(top, "institutions/grace", "--ci", "github", "--ledger", "git"))
    assert "push a first commit to main" in steps
    assert f"New repository secret: {KEY}" in steps
    assert "New repository secret: SEATSYNC_LEDGER." not in steps
    assert "Settings > Environments > New environment: seatsync." in steps
    assert "the environment seatsync-letters. In it also, for the letters, the secret SEATSYNC_SMTP_URL" in steps
    assert not re.search("SOPS|SEATSYNC_AGE_KEY|seatsync-forks", steps)
    (top / "institutions/grace/rosters/more.csv.age").write_text("")
    git("commit", "-qm", "first", "--allow-empty", at=top)
    for file in (WORKFLOW, ".github/CODEOWNERS"):
        (top / file).unlink()
    steps = left_to_do(init(top, "--ci", "github", "--forks", "--ledger", "postgresql"))
    assert "New repository secret: SEATSYNC_LEDGER. The address of the PostgreSQL database" in steps
    assert "New repository secret: SEATSYNC_AGE_KEY" in steps
    assert "seatsync-forks" in steps
    assert KEY not in steps
    assert "first commit" not in steps
    assert "made up" not in steps


def test_what_is_left_to_do_on_gitlab(top: Path) -> None:
    steps = left_to_do(init(top, "institutions/grace", "--ci", "gitlab", "--ledger", "git"))
    for menu in (
        "CI/CD > Variables",
        "Access tokens",
        "Job token permissions",
        "Pipeline schedules",
        "Protected branches",
    ):
        assert menu in steps
    assert "SEATSYNC_GITLAB_TOKEN" in steps
    assert "oldest_first" in steps
    assert "Environments" not in steps


# ── CODEOWNERS ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("host", "file"), [("github", ".github/CODEOWNERS"), ("gitlab", ".gitlab/CODEOWNERS")])
def test_a_sample_of_codeowners_separates_rosters_grants_approvals_and_the_pipeline(
    top: Path, host: str, file: str
) -> None:
    init(top, "institutions/grace", "--ci", host)
    sample = (top / file).read_text(encoding="utf-8")
    assert all(line.startswith("#") for line in sample.splitlines())
    lines = [line.removeprefix("# ").split() for line in sample.splitlines() if "@" in line and line.startswith("# /")]
    owners = dict(lines)
    folder = "/institutions/*"
    separate = [owners[f"{folder}/{name}"] for name in ("rosters/", "grants/", "seatsync.yaml")]
    assert len({*separate, owners["/.github/" if host == "github" else "/.gitlab-ci.yml"]}) == 4
    assert lines[0][0] == f"{folder}/", "the last line that matches decides"


@pytest.mark.parametrize("place", [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"])
def test_a_codeowners_that_is_there_stays_the_only_one(top: Path, place: str) -> None:
    (top / place).parent.mkdir(exist_ok=True)
    (top / place).write_text("* @ann\n")
    told = init(top, "grace", "--ci", "github")
    assert [path.relative_to(top).as_posix() for path in top.rglob("CODEOWNERS")] == [place]
    assert "CODEOWNERS" not in told.err
