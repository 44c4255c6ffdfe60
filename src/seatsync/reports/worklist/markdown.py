"""The check list, and the people on the work list, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from seatsync.domain.diagnostic import counted
from seatsync.domain.person import spoken
from seatsync.reports.literal import literal, prose
from seatsync.reports.room import MOST, Rows, Section, Turn, fit
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.worklist.check_list import NOTHING, CheckList, Grid, Part, in_all
from seatsync.reports.worklist.sheets import Sheet


def markdown(made: CheckList) -> str:
    """Return the check list as a Markdown document."""
    return "\n".join(_lines(made))


def people_of(sheets: Sequence[Sheet], rows: Iterable[Mapping[str, str]], most: int = MOST) -> str:
    """Return the people of these steps as Markdown of at most ``most`` characters, for an issue. ``rows`` are in the order of the steps."""
    if not sheets:
        return f"{NOTHING}\n"
    head = f"**{in_all(sheets)}** at the vendor.\n\n"
    by_step = {step: [*found] for step, found in groupby(rows, lambda row: row["step"])}
    sections = [_people(sheet, by_step[sheet.step]) for sheet in sheets]
    return head + fit(sections, most - len(head), "`seatsync worklist list --format csv` has everything.")


def _people(sheet: Sheet, rows: Sequence[Mapping[str, str]]) -> Section:
    people = counted(len(sheet.members), "person", "people")
    head = f"### {literal(sheet.step)}: {literal(sheet.full_title)} ({people})\n\n| e-mail | name | id | to correct |\n|{' --- |' * 4}\n"
    step = f"“{sheet.step}”"
    return Section(head, [Rows((step, step), len(rows), map(_person, rows))], "\n", Turn.SECOND)


def _person(row: Mapping[str, str]) -> str:
    edit = f"{spoken(row['field'])}: {row['old'] or 'none'} → {row['new'] or 'none'}" if row["field"] else ""
    cells = (row["email"], f"{row['given_name']} {row['family_name']}".strip(), row["student_id"], edit)
    return f"| {' | '.join(literal(escape_controls(cell)) for cell in cells)} |\n"


def _lines(made: CheckList) -> Iterator[str]:
    yield f"# {literal(made.title)}"
    for line in made.introduction:
        yield f"\n{prose(line)}"
    if not made.parts:
        yield ""
        return
    for portal in made.portals:
        yield f"\n## {literal(portal.title)}"
        if portal.address:
            yield f"\nSign in at <{portal.address}>."
        if portal.folder:
            yield f"\nThe files are in the folder `{portal.folder}`."
        if portal.counts.rows:
            yield from _grid(portal.counts)
        if portal.stand_ins.rows:
            yield from _grid(portal.stand_ins)
        for part in portal.parts:
            yield from _part(part, made.heading(part))
    yield "\n## If the portal shows another number\n"
    yield from (f"- {prose(line)}" for line in made.if_otherwise)
    if made.is_applied:
        first, *ways = made.when_done
        yield f"\n## When you have done it\n\n{prose(first)}\n"
        yield from (f"- {prose(way)}" for way in ways)
        yield "\n".join(["\n```sh", *(part.command for part in made.parts), "```"])
    yield ""


def _part(part: Part, heading: str) -> Iterator[str]:
    yield f"\n### {literal(heading)}\n"
    final = " **Cannot be undone.**" if part.is_irreversible else ""
    yield f"- [ ] `{part.step}`: **{counted(part.people, 'person', 'people')}.**{final} Done on ____________ by ____________"
    yield from (f"- {prose(line)}" for line in part.lines)
    for grid in part.grids:
        yield from _grid(grid)


def _grid(grid: Grid) -> Iterator[str]:
    if grid.about:
        yield f"\n{prose(grid.about)}"
    yield f"\n| {' | '.join(map(literal, grid.columns))} |"
    yield f"|{' --- |' * len(grid.columns)}"
    for row in grid.rows:
        yield f"| {' | '.join(map(literal, row))} |"
