"""make pictures: write docs/year.svg, the year of Grace Seminary in docs/year.md, with the colors of the pages in light and dark."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from seatsync.plans.year.ahead import year_ahead
from seatsync.reports.outlook.chart import HEIGHT, WIDTH
from seatsync.reports.year.page import drawn
from seatsync.sources.institution_folder import InstitutionFolder

DOCS = Path(__file__).parent
TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
INTAKE = "scenarios:\n  intake: {add: 20, tags: [student], on: 2027-01-11}\n"
"""What docs/year.md adds to the example."""

_STYLE = """
path { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.so-far { fill: #2f7ea8; opacity: .25; stroke: none; }
.line { stroke: #2f7ea8; }
.ahead { stroke-dasharray: 6 4; }
.total { stroke: #b93a26; }
@media (prefers-color-scheme: dark) { .so-far { fill: #4fa3cf; } .line { stroke: #4fa3cf; } .total { stroke: #e2604a; } }
"""


def picture() -> str:
    """The drawing, as a file of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(DOCS.parent / "examples/rosters/grace-seminary", Path(place) / "grace"))
        with (folder / "seatsync.yaml").open("a", encoding="utf-8") as file:
            file.write(INTAKE)
        year = year_ahead(InstitutionFolder.open(folder), None, TODAY, scenarios=["intake"]).year
    assert year is not None
    start, inside = str(drawn(year.curves["logos-subscription"], year)).split(">", 1)
    size = f'xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
    return f"{start.replace('<svg', f'<svg {size}')}><style>{_STYLE}</style>{inside}\n"


if __name__ == "__main__":
    (DOCS / "year.svg").write_text(picture(), encoding="utf-8")
