"""The sections of one institution: seats, findings and changes, as rows that are shown while there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.planning.change import Change
from seatsync.reports.drift import of_plan
from seatsync.reports.literal import code, fence_of, in_html, literal, prose
from seatsync.reports.room import Rows, Section, Turn
from seatsync.reports.view.changes import line, seen_in_words
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.view.findings import advice, by_code
from seatsync.reports.view.plan import PlanView
from seatsync.reports.view.seats import HEADERS

_OF_ONE_CODE = 3  # broken rules, or warnings, of one code that are shown before the rest is folded


_FOLDED = "\n</details>\n\n"


def seats_section(rows: Sequence[Sequence[str]]) -> Section:
    """Return the seats of each library as a table."""
    header = "| " + " | ".join(HEADERS) + " |\n| --- |" + " ---: |" * (len(HEADERS) - 1) + "\n"
    texts = ("| " + " | ".join(map(literal, row)) + " |\n" for row in rows)
    return Section(header, [Rows("libraries", len(rows), texts)], "\n", Turn.FIRST)


def finding_sections(found: Sequence[Diagnostic], kind: str, title: str, level: str) -> Iterator[Section]:
    """The first few findings of each code, then the rest of each code, folded."""
    kinds = by_code(found)
    first = [finding for alike in kinds.values() for finding in alike[:_OF_ONE_CODE]]
    counts = ", ".join(f"{len(alike):,} {literal(name)}" for name, alike in kinds.items())
    many = f"{counts}.\n\n" if len(first) < len(found) else ""
    is_grave = any(one.severity in (Severity.ERROR, Severity.REFUSAL) for one in found)
    turn = Turn.FIRST if is_grave else Turn.LAST
    head = f"{level} {title} ({len(found):,})\n\n{many}"
    yield Section(head, [Rows(kind, len(first), map(_finding, first))], "\n", turn)
    for name, alike in kinds.items():
        rest = alike[_OF_ONE_CODE:]
        head = f"<details><summary>{len(rest):,} more of {in_html(name)}</summary>\n\n"
        yield Section(head, [Rows(kind, len(rest), map(_finding, rest))], _FOLDED, Turn.LAST)


def _finding(finding: Diagnostic) -> str:
    where = f" at {code(str(finding.origin))}" if finding.origin else ""
    words, paste, then = advice(finding)
    fence = fence_of(paste)
    block = f"\n  {fence}yaml\n{paste}\n  {fence}" if paste else ""
    last = f"\n  {prose(then)}" if then else ""
    return f"- **{literal(finding.code)}**{where}: {prose(finding.message)}\n  {prose(words)}{block}{last}\n"


def changes_section(changes: Sequence[Change], title: str, level: str) -> Section:
    """Return changes as a table under a heading."""
    head = f"{level} {title} ({len(changes):,})\n\n"
    return Section(head + _HEADER, _rows(changes), "\n", Turn.SECOND)


def folded_section(changes: Sequence[Change], title: str) -> Section:
    """Return changes as a table that is folded."""
    counts = counts_in_words(Counter(change.action.value for change in changes))
    head = f"<details><summary>{title} ({len(changes):,}): {in_html(counts)}</summary>\n\n"
    return Section(head + _HEADER, _rows(changes), _FOLDED, Turn.LAST)


def seen_section(changes: Sequence[Change]) -> Section:
    """What was done at the vendor before, folded with its counts."""
    head = f"<details><summary>Seen at the vendor ({len(changes):,}): {in_html(seen_in_words(changes))}</summary>\n\n"
    return Section(head + _HEADER, _rows(changes), _FOLDED, Turn.LAST)


def drift_section(view: PlanView, level: str) -> Section:
    """What exports show otherwise, person by person."""
    lines = of_plan.lines(view.plan)
    head = f"{level} Drift ({len(lines):,})\n\n{of_plan.TITLE}\n\n"
    columns = "| who | library | portal and ledger | where |\n| --- | --- | --- | --- |\n"
    texts = (_difference(*one) for one in lines)
    return Section(head + columns, [Rows("differences", len(lines), texts)], "\n", Turn.LAST)


def _difference(who: str, what: str, library: str, where: str) -> str:
    return f"| {literal(who)} | {literal(library)} | {literal(what)} | {code(where)} |\n"


_HEADER = "| who or what | change | why | where |\n| --- | --- | --- | --- |\n"


def _rows(changes: Iterable[Change]) -> list[Rows]:
    """The changes as rows of a table, by action and library, so that each of these gets its share of the room."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.action.value, change.library), []).append(change)
    return [Rows(action, len(alike), map(_row, alike)) for (action, _), alike in groups.items()]


def _row(change: Change) -> str:
    subject, what, why, where = line(change)
    action = f"{change.action.value} {escape_controls(change.library) if change.member else ''}".rstrip()
    return (
        f"| {literal(subject)} | {literal(f'{action}: {what}'.removesuffix(': '))} | {literal(why)} | {code(where)} |\n"
    )


def counts_in_words(counts: Counter[str]) -> str:
    """Return counts in words, the largest first."""
    return ", ".join(f"{number:,} {name}" for name, number in counts.most_common())
