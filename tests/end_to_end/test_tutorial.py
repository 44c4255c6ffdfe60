"""docs/tutorial.md is true: each roster that it shows is written, and the comment that follows says what the page quotes.

What the registrar does in the host's menus, the test does by hand: the proposal is a plan, the merge an apply.
``SEATSYNC_TEST_GOLDEN=write`` writes the quotes into the page; read the difference.
"""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

from tests.support.command_line import seatsync
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
FOLDER = "institutions/my-school"
DAY = ("--now", "2027-03-01")
INIT = ("init", FOLDER, "--name", "My School", "--admin", "Ruth Abel <ruth@my-school.example>")
_BLOCK = re.compile(r"^ *```csv\n(?P<roster>(?s:.*?))^ *```$|(?:^>.*\n)+", re.MULTILINE)
_NOT_QUOTED = re.compile(
    r"^<details>(?s:.*?)^</details>\n|^\|.*\n|^Fingerprint.*\n|^ *```yaml\n(?s:.*?)^ *```\n|^ {4,}.*\n|^### .*\n",
    re.MULTILINE,
)


class Registrar:
    """Somebody who follows the page. The first roster is the one that is there; in "Merge it", what is proposed is applied."""

    def __init__(self, home: Path) -> None:
        self.home, self.roster = home, home / FOLDER / "rosters" / "members.csv"
        assert seatsync(*INIT, folder=home).code == 0
        self.there = self.roster.read_text(encoding="utf-8")
        assert seatsync("apply", FOLDER, "--yes", *DAY, folder=home).code == 0

    def reads(self, page: str) -> str:
        """Do what the page says, and return it with the comments that the registrar really reads."""
        return _BLOCK.sub(self._does, page)

    def _does(self, block: re.Match[str]) -> str:
        if block["roster"]:
            self.roster.write_text(textwrap.dedent(block["roster"]), encoding="utf-8")
            return block[0]
        merges = block.string[: block.start()].rpartition("\n## ")[2].startswith("Merge it\n")
        return _quoted(self._merged() if merges else self._plan())

    def _plan(self) -> str:
        """The comment, made as the pipeline makes it."""
        plan, outcome, findings = (self.home / f"{name}.json" for name in ("plan", "outcome", "findings"))
        plan.unlink(missing_ok=True)
        seatsync("plan", FOLDER, "--out", str(plan), "--outcome", str(outcome), *DAY, folder=self.home)
        checked = seatsync("validate", FOLDER, "--format", "json", *DAY, folder=self.home)
        findings.write_text(checked.out, encoding="utf-8")
        plans = [str(plan)] if plan.exists() else []
        files = ("--outcome", str(outcome), "--findings", str(findings))
        told = seatsync("comment", *plans, *files, "--print", *DAY, folder=self.home)
        assert told.code == 0, told
        return told.out

    def _merged(self) -> str:
        outcome = str(self.home / "applied.json")
        assert seatsync("apply", FOLDER, "--yes", "--outcome", outcome, *DAY, folder=self.home).code == 0
        return seatsync("notify", outcome, folder=self.home).out


def test_a_registrar_with_a_browser_reads_what_the_tutorial_says(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    registrar = Registrar(tmp_path)
    seen = registrar.reads(page)
    if os.environ.get("SEATSYNC_TEST_GOLDEN") == "write":
        PAGE.write_text(seen, encoding="utf-8")
    assert seen == page


def test_the_tutorial_starts_with_the_roster_that_init_writes(tmp_path: Path) -> None:
    first = _BLOCK.search(PAGE.read_text(encoding="utf-8"))
    assert first is not None
    assert first["roster"] == Registrar(tmp_path).there


def test_a_column_of_passwords_is_warned_of_and_its_values_are_not_shown(tmp_path: Path) -> None:
    registrar = Registrar(tmp_path)
    header, *rows = registrar.there.splitlines()
    rows = [f"{header},Password", *(f"{row},hunter2" for row in rows)]
    registrar.roster.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    told = seatsync("validate", FOLDER, folder=tmp_path)
    assert told.code == 0
    assert "warning password-in-roster" in told.out + told.err
    assert "hunter2" not in told.out + told.err + registrar._plan()


def _quoted(comment: str) -> str:
    """Return the comment as the page quotes it: without tables, suggestions in YAML and the fingerprint, its headings as bold text."""
    short = re.sub(r"^## (.*)$", r"**\1**", f"{_NOT_QUOTED.sub('', comment)}\n", flags=re.MULTILINE)
    lines = re.sub(r"\n{3,}", "\n\n", short).strip().splitlines()
    return "".join(f"> {line}".rstrip() + "\n" for line in lines)
