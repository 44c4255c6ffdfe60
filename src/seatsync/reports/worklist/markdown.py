"""The check list as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.diagnostic import counted
from seatsync.reports.literal import literal, prose
from seatsync.reports.worklist.check_list import CheckList, Grid, Part


def markdown(made: CheckList) -> str:
    """Return the check list as a Markdown document."""
    return "\n".join(_lines(made))


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
        for part in portal.parts:
            yield from _part(part)
    yield "\n## If the portal shows another number\n"
    yield from (f"- {prose(line)}" for line in made.if_otherwise)
    if made.is_applied:
        first, *ways = made.when_done
        yield f"\n## When you have done it\n\n{prose(first)}\n"
        yield from (f"- {prose(way)}" for way in ways)
        yield "\n".join(["\n```sh", *(part.command for part in made.parts), "```"])
    yield ""


def _part(part: Part) -> Iterator[str]:
    yield f"\n### {literal(part.step)}: {literal(part.title)}\n"
    final = " **Cannot be undone.**" if part.is_irreversible else ""
    yield f"- [ ] **{counted(part.people, 'person', 'people')}.**{final} Done on ____________ by ____________"
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
