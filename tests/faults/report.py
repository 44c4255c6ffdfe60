"""Write the figures of `make torture` to the table in docs/reliability.md: python -m tests.faults.report FIGURES PAGE."""

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
    """Return one row for each fault and database, with the sums of its scenarios."""
    sums: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for line in lines:
        figures: dict[str, Any] = json.loads(line)
        row = sums[figures["fault"], figures.get("database", "sqlite")]
        for name, value in figures.items():
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
    rows = table(figures.read_text(encoding="utf-8").splitlines())
    page.write_text(f"{before}{BEGIN}By `make torture`, {when}.\n\n{rows}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
