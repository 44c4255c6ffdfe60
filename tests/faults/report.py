"""Figures of `make torture` → the table in docs/reliability.md: python -m tests.faults.report FIGURES PAGE."""

from __future__ import annotations

import json
import platform
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures -->\n", "<!-- end -->"
_NO_COUNTS = ("fault", "scenario", "database", "seed", "seconds")


def table(lines: Iterable[str]) -> str:
    """One row for each fault and database, the scenarios added up."""
    sums: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for line in lines:
        told: dict[str, Any] = json.loads(line)
        row = sums[told["fault"], told.get("database", "sqlite")]
        for name, value in told.items():
            if name not in _NO_COUNTS or name == "seconds":
                row[name] += value
    rows = [
        f"| {fault} | {database} | {_counts(row)} | {row['seconds']:,.0f} |" for (fault, database), row in sums.items()
    ]
    return "\n".join(["| what | database | figures | seconds |", "| --- | --- | --- | ---: |", *sorted(rows)])


def _counts(row: dict[str, float]) -> str:
    return ", ".join(f"{value:,.0f} {name}" for name, value in row.items() if name != "seconds")


def main(figures: Path, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    when = f"{datetime.now(UTC):%Y-%m-%d}, CPython {platform.python_version()}, {platform.system()}"
    told = table(figures.read_text(encoding="utf-8").splitlines())
    page.write_text(f"{before}{BEGIN}By `make torture`, {when}.\n\n{told}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
