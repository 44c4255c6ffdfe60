"""Lists of more rows than a table shows: it is read only as far as it is shown, and says how many there are besides."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.test_lists import CONFIG, HEADER, run, write_csv

pytestmark = pytest.mark.slow

MEMBERS = 507


@pytest.fixture
def crowd(tmp_path: Path, database: str) -> Path:
    """507 members with Logos, of whom every tenth has Biblical Studies too."""
    (tmp_path / "seatsync.yaml").write_text(
        CONFIG.replace("slots: 20}", "slots: 1000}").replace("slots: 10}", "slots: 99}")
    )
    members = [
        [f"m{i:03}@grace.example", f"Given{i:03}", "Family", "", "", "student;owner" if i % 10 == 0 else "student"]
        for i in range(MEMBERS)
    ]
    write_csv(tmp_path / "members.csv", HEADER, *members)
    run(tmp_path, "apply", "--yes")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "rows"),
    [
        (["members"], MEMBERS),
        (["members", "--tag", "student", "--library", "logos"], MEMBERS),
        (["members", "--sort", "-email"], MEMBERS),
        (["licenses"], MEMBERS + 51),
        (["licenses", "--library", "logos", "--search", "given"], MEMBERS),
        (["licenses", "--status", "unclaimed", "--sort", "email"], MEMBERS + 51),
        (["licenses", "--as-of", "2026-09-02"], MEMBERS + 51),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_table_shows_the_first_500_rows_and_says_how_many_there_are(
    crowd: Path, command: list[str], rows: int
) -> None:
    table = run(crowd, *command)
    assert f"… and {rows - 500} more (--verbose or --format csv shows all)" in table.err + table.out
    emails = [word for line in table.out.splitlines() for word in line.split() if "@" in word]
    listed = csv.DictReader(io.StringIO(run(crowd, *command, "--format", "csv").out))
    assert emails == [row["email"] for row in listed][:500]
    assert "more (" not in (whole := run(crowd, *command, "--verbose")).err + whole.out
