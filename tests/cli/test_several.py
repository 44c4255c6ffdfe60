"""Several institutions in one command: a failure in one does not stop the others, and the exit code is the worst."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest

from seatsync.cli import exits
from seatsync.cli.institutions import each, estimated, part_of
from seatsync.cli.run import Run
from seatsync.reports.view.findings import run_in
from tests.support.command_line import seatsync
from tests.support.databases import environment, is_untouched

CONFIG = """\
version: 1
institution: {{id: {id}, name: {id}, admins: [{{given_name: R, family_name: A, email: r@{id}.example}}]}}
libraries: {{books: {{title: Books, system: logos-library, slots: 9}}}}
rosters: [{{path: members.csv}}]
grants: [{{library: books, kind: temporary, to: {{everyone: true}}}}]
"""


@pytest.fixture
def tmp_path(tmp_path: Path, database: str) -> Path:
    """Every test that makes a folder runs on both databases."""
    return tmp_path


@pytest.fixture
def institutions(tmp_path: Path) -> Path:
    """Three institutions: one, two, three."""
    for id in ("one", "two", "three"):
        (tmp_path / id).mkdir()
        (tmp_path / id / "seatsync.yaml").write_text(CONFIG.format(id=id), encoding="utf-8")
        (tmp_path / id / "members.csv").write_text(
            f"email,given_name,family_name\nann@{id}.example,Ann,Lee\n", encoding="utf-8"
        )
    return tmp_path


def test_to_stop_at_the_question_of_an_apply_is_no_bug(institutions: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "seatsync", "apply", "one"]
    with subprocess.Popen(
        command,
        cwd=institutions,
        env=environment(institutions),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asked:
        os.write(ours, b"\x04")  # the end of input, which stops a question as Ctrl-C does
        _, said = asked.communicate(timeout=30)
    os.close(theirs)
    os.close(ours)
    assert asked.returncode == 130, said
    assert b"interrupted" in said
    assert b"bug" not in said


@pytest.mark.sqlite_only("it damages one institution's file")
def test_a_damaged_ledger_stops_only_its_own_institution(institutions: Path) -> None:
    (institutions / "two" / "seatsync.db").write_text("no database", encoding="utf-8")
    outcome = seatsync("plan", "one", "two", "three", "--format", "json", folder=institutions)
    assert outcome.code == 6
    assert [plan["institution"] for plan in json.loads(outcome.out)] == ["one", "three"]
    assert seatsync("apply", "--yes", "one", "two", "three", folder=institutions).code == 6
    assert seatsync("status", "three", "--format", "json", folder=institutions).code == 0
    assert (
        json.loads(seatsync("status", "three", "--format", "json", folder=institutions).out)["libraries"]["books"][
            "used"
        ]
        == 1
    )


def test_of_a_saved_array_the_plans_that_are_not_stale_are_applied(institutions: Path) -> None:
    folders = ("one", "two", "three")
    assert seatsync("plan", *folders, "--out", "plans.json", folder=institutions).code == 0
    assert seatsync("apply", "--yes", "two", folder=institutions).code == 0
    assert seatsync("apply", "plans.json", *folders, folder=institutions).code == 5
    for id in folders:
        assert seatsync("plan", id, "--detailed-exitcode", folder=institutions).code == 0


def test_plain_files_beside_the_folders_are_not_meant(institutions: Path) -> None:
    (institutions / "README.md").write_text("ours", encoding="utf-8")
    assert seatsync("validate", "README.md", "one", "two", folder=institutions).code == 0


@pytest.mark.parametrize("stray", ["0.json", "NOTES.md", "README", "zzz.json"])
@pytest.mark.parametrize("way", [("--yes",), ("--same-files",), ("--yes", "--expect", "0" * 64)])
def test_a_plan_among_the_folders_that_a_pattern_matched_is_not_applied(
    institutions: Path, way: tuple[str, ...], stray: str
) -> None:
    assert seatsync("apply", "--yes", "one", "two", "three", folder=institutions).code == 0
    members = institutions / "one" / "members.csv"
    as_reviewed = members.read_text(encoding="utf-8")
    members.write_text(as_reviewed + "eve@one.example,Eve,Lo\n", encoding="utf-8")
    assert seatsync("plan", "one", "--out", stray, folder=institutions).code == 0
    members.write_text(as_reviewed, encoding="utf-8")
    (institutions / "README.md").write_text("Ours.\n", encoding="utf-8")
    (institutions / "notes.json").write_text("{}\n", encoding="utf-8")
    matched = sorted(path.name for path in institutions.iterdir() if not path.name.startswith("seatsync.db"))
    told = seatsync("apply", *way, "--", *matched, folder=institutions)
    assert told.code == 0, told
    assert "eve@one.example" not in seatsync("members", folder=institutions / "one").out


def test_a_plan_file_is_named_alone_and_first_and_asks_nothing(institutions: Path) -> None:
    assert seatsync("plan", "one", "--out", "plan.json", folder=institutions).code == 0
    (institutions / "again.json").write_bytes((institutions / "plan.json").read_bytes())
    (institutions / "notes.json").write_text("{}\n", encoding="utf-8")
    for words in (("--yes", "plan.json"), ("one", "plan.json"), ("plan.json", "again.json", "one")):
        assert seatsync("apply", *words, folder=institutions).code == 64, words
    assert is_untouched(institutions / "one")
    assert seatsync("apply", "plan.json", "notes.json", "one", folder=institutions).code == 0


@pytest.mark.parametrize("command", [("validate",), ("plan",), ("status",), ("apply", "--yes")])
def test_where_a_pattern_matched_files_alone_the_current_folder_is_not_meant(
    institutions: Path, command: tuple[str, ...]
) -> None:
    (institutions / "one" / "notes.csv").write_text("ours", encoding="utf-8")
    told = seatsync(*command, "members.csv", "notes.csv", folder=institutions / "one")
    assert told.code == 64, told
    assert "no folder" in told.err
    assert is_untouched(institutions / "one")


@pytest.mark.sqlite_only("one of the targets is the file of the ledger")
@pytest.mark.parametrize("target", ["seatsync.yaml", "members.csv", "seatsync.db"])
def test_a_plan_is_never_saved_over_anything_but_a_plan(institutions: Path, target: str) -> None:
    folder = institutions / "one"
    assert seatsync("apply", "--yes", folder=folder).code == 0
    before = (folder / target).read_bytes()
    assert seatsync("plan", "--out", target, folder=folder).code == 64
    assert (folder / target).read_bytes() == before


def test_invalid_files_leave_the_plan_that_was_saved_before(institutions: Path) -> None:
    folder = institutions / "one"
    assert seatsync("plan", "--out", "plan.json", folder=folder).code == 0
    before = (folder / "plan.json").read_bytes()
    (folder / "members.csv").write_text("rubbish", encoding="utf-8")
    assert seatsync("plan", "--out", "plan.json", folder=folder).code == 3
    assert (folder / "plan.json").read_bytes() == before


def test_strict_stops_a_saved_plan_as_well(institutions: Path) -> None:
    folder = institutions / "one"
    with (folder / "seatsync.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "approvals: [{refusal: too-many-revokes, library: books, count: 1, until: 2020-01-01, reason: old}]\n"
        )
    assert seatsync("plan", "--strict", "--out", "plan.json", folder=folder).code == 3
    assert seatsync("apply", "plan.json", "--strict", folder=folder).code == 3
    assert is_untouched(folder)
    assert seatsync("apply", "plan.json", folder=folder).code == 0


def test_of_hundreds_of_institutions_markdown_says_each_verdict_the_refused_first(institutions: Path) -> None:
    from seatsync.formats.plan_document import read_plans
    from seatsync.reports.markdown.report import report
    from seatsync.reports.room import MOST
    from seatsync.reports.view.plan import PlanView

    assert seatsync("plan", "one", "--out", "plan.json", folder=institutions).code == 0
    (plan,) = read_plans((institutions / "plan.json").read_text(encoding="utf-8"))
    page = report([PlanView(plan)] * 300)
    assert page.count("one (one)") == 300
    assert len(report([PlanView(plan)] * 5000)) <= MOST


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1/0", "1", "1/2/3", "-1/2", "a/b", "", "1 / 2"])
def test_a_part_that_there_can_not_be_is_wrong_usage(shard: str, institutions: Path) -> None:
    told = seatsync("apply", "--yes", "--shard", shard, "one", "two", folder=institutions)
    assert (told.code, f'"{shard}" is not a part' in told.err) == (64, True)
    assert is_untouched(institutions / "one")


@pytest.mark.sqlite_only("each institution has a ledger of its own, which shows whether it was applied")
def test_the_parts_of_many_are_all_of_them_and_each_is_in_one(institutions: Path) -> None:
    folders, done = ("one", "two", "three"), []
    for shard in ("1/2", "2/2"):
        before = {id for id in folders if not is_untouched(institutions / id)}
        assert seatsync("apply", "--yes", "--shard", shard, *folders, folder=institutions).code == 0
        done.append({id for id in folders if not is_untouched(institutions / id)} - before)
    assert done[0] | done[1] == {*folders}
    assert [{path.name for path in part_of([*map(Path, folders)], (part, 2))} for part in (1, 2)] == done


def test_a_folder_more_moves_no_other_into_another_part() -> None:
    folders = [Path(f"school-{number}") for number in range(40)]
    parts = [part_of(folders, (part, 4)) for part in range(1, 5)]
    assert sorted(path for part in parts for path in part) == sorted(folders)
    assert all(parts)
    fewer = [part_of(folders[1:], (part, 4)) for part in range(1, 5)]
    assert fewer == [[path for path in part if path != folders[0]] for part in parts]
    assert part_of(folders, None) == folders


def test_the_exit_code_of_several_is_the_worst() -> None:
    mildest_first = (0, 2, 1, 3, 4, 5, 6, 64, 130)
    for mild, bad in combinations(mildest_first, 2):
        assert exits.worst([mild, bad]) == exits.worst([bad, mild, mild]) == bad
    assert exits.worst([]) == 0


@pytest.mark.sqlite_only("it is about the processes, not about their ledgers")
def test_each_pool_has_the_environment_of_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [f"school-{number}" for number in range(6)]
    for who in ("ann", "ben"):
        monkeypatch.delenv("SEATSYNC_ACTOR", raising=False)  # an option, which is passed on in any case
        monkeypatch.setenv("GITHUB_ACTOR", who)
        (tmp_path / who).mkdir()
        for id in ids:
            (tmp_path / who / id).mkdir()
            (tmp_path / who / id / "seatsync.yaml").write_text(CONFIG.format(id=id), encoding="utf-8")
            (tmp_path / who / id / "members.csv").write_text("email,given_name,family_name\na@b.example,A,B\n")
        done = seatsync("apply", "--yes", "--quiet", "--jobs", "2", *ids, folder=tmp_path / who)
        assert done.code == 0, done.err
        log = seatsync("log", "--format", "json", "-C", ids[0], folder=tmp_path / who)
        assert f'"actor": "{who}"' in log.out


@pytest.mark.sqlite_only("it is about the processes, not about their ledgers")
def test_the_processes_of_a_pool_take_no_module_from_the_folder_they_are_started_in(tmp_path: Path) -> None:
    ids = [f"school-{number}" for number in range(6)]
    for id in ids:
        (tmp_path / id).mkdir()
        (tmp_path / id / "seatsync.yaml").write_text(CONFIG.format(id=id), encoding="utf-8")
        (tmp_path / id / "members.csv").write_text("email,given_name,family_name\na@b.example,A,B\n")
    for name in ("multiprocessing", "selectors", "signal", "socket", "json", "click", "seatsync", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    program = Path(sys.executable).parent / "seatsync"
    command = [str(program), "plan", "--quiet", "--jobs", "2", *ids]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("help", "folder", "told"),
    [
        ("`seatsync why EMAIL` tells of one member.", "one", "`seatsync why EMAIL -C one` tells of one member."),
        ("`seatsync report > a.html`", "my school", "`seatsync report -C 'my school' > a.html`"),
        ("`seatsync verify -C x`, `seatsync explain drift`", "one", "`seatsync verify -C x`, `seatsync explain drift`"),
        ("`seatsync ledger …` and `slots`", "one", "`seatsync ledger …` and `slots`"),
        ("`seatsync ledger key` or `seatsync verify`", "one", "`seatsync ledger key` or `seatsync verify -C one`"),
        ("`seatsync verify`", "", "`seatsync verify`"),
        ("`seatsync apply --expect 1a2b 'my school'`", "my school", "`seatsync apply --expect 1a2b 'my school'`"),
    ],
)
def test_a_command_of_a_help_names_the_folder_where_it_is_not_the_current_one(
    help: str, folder: str, told: str
) -> None:
    assert run_in(help, folder) == told


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_a_command_that_the_plans_of_several_print_runs_as_it_is(format: str, institutions: Path) -> None:
    for folder in sorted(institutions.iterdir()):
        config = folder / "seatsync.yaml"
        if config.is_file():
            config.write_text(config.read_text(encoding="utf-8") + "invites: {reclaim_after: 30d}\n", encoding="utf-8")
            assert seatsync("apply", "--yes", "--quiet", str(folder), folder=institutions).code == 0
            config.write_text(config.read_text(encoding="utf-8").replace("30d", "20d"), encoding="utf-8")
    said = seatsync("plan", "one", "two", "--format", format, folder=institutions).out
    commands = re.findall(r"seatsync licenses --status unclaimed -C (?:one|two)", said)
    assert {*commands} == {f"seatsync licenses --status unclaimed -C {name}" for name in ("one", "two")}
    for command in commands:
        assert seatsync(*command.split()[1:], folder=institutions).code == 0


# ── How many processes ───────────────────────────────────────────────────────────────────────────────────────────────


def _process(item: int) -> tuple[int, int]:
    return 0, os.getpid()


@pytest.mark.parametrize(
    ("seconds", "jobs", "is_pool"), [(0.5, None, False), (9, None, True), (0.5, 2, True), (9, 1, False)]
)
def test_little_work_starts_no_other_processes_unless_a_number_of_jobs_is_named(
    monkeypatch: pytest.MonkeyPatch, seconds: float, jobs: int | None, is_pool: bool
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    run = Run(None, datetime(2026, 9, 1, tzinfo=UTC))
    done = [one.result for one in each(_process, [*range(6)], run, jobs, "Planning", seconds=seconds)]
    assert (os.getpid() not in done) == is_pool


def test_the_work_is_estimated_by_the_size_of_the_files(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(200)]
    for folder in folders:
        (folder / "rosters" / ".git").mkdir(parents=True)
        (folder / "rosters" / "members.csv").write_text("email\n")
        for name in ("seatsync.db", "rosters/.git/objects"):
            os.truncate(_made(folder / name), 90_000_000)
    assert estimated(folders[:10]) < 1
    assert estimated(folders) >= 2
    os.truncate(folders[3] / "rosters" / "members.csv", 50_000_000)
    assert estimated(folders[:10]) >= 2
    assert estimated([tmp_path / "missing"]) < 1


def _made(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize("named", [("one",), ("-C", "one"), ("one/seatsync.yaml",)])
def test_commands_in_messages_name_the_folder_that_the_command_named(
    named: tuple[str, ...], institutions: Path
) -> None:
    applied = seatsync("apply", "--yes", *named, folder=institutions)
    assert "`seatsync outbox send -C one` sends them" in applied.err
    inside = seatsync("apply", "--yes", folder=institutions / "two")
    assert "`seatsync outbox send` sends them" in inside.err


def test_commands_in_messages_of_several_name_each_folder(institutions: Path) -> None:
    for name in ("one", "two"):
        config = institutions / name / "seatsync.yaml"
        config.write_text(
            config.read_text(encoding="utf-8").replace("true}}", "true}, until: 2099-06-30}"), encoding="utf-8"
        )
    applied = seatsync("apply", "--yes", "one", "two", folder=institutions)
    for name in ("one", "two"):
        assert f"`seatsync outbox send -C {name}` sends them" in applied.err
    seen = seatsync("status", "one", "two", folder=institutions).out
    for name in ("one", "two"):
        assert f"`seatsync licenses --ends 2099-06-30 -C {name}` lists whose" in seen
        assert f"`seatsync report -C {name} > seats.html` draws" in seen


def test_commands_in_failures_name_the_folder(institutions: Path) -> None:
    done = seatsync("why", "nobody@one.example", "-C", "one", folder=institutions)
    assert "`seatsync members --search TEXT -C one`" in done.err
