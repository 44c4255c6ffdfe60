"""The sections of one institution: seats, findings and changes, as rows that are shown while there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.planning.change import Change
from seatsync.reports.drift import of_plan
from seatsync.reports.literal import code, fence_of, in_html, literal, prose
from seatsync.reports.room import Rows, Section, Turn
from seatsync.reports.view.changes import seen_in_words
from seatsync.reports.view.counting import actions_in_words, words_for
from seatsync.reports.view.findings import advice, by_code
from seatsync.reports.view.groups import Group
from seatsync.reports.view.lines import HEADERS as LINE_HEADERS
from seatsync.reports.view.lines import LineView
from seatsync.reports.view.plan import PlanView
from seatsync.reports.view.seats import HEADERS

_OF_ONE_CODE = 3  # broken rules, or warnings, of one code that are shown before the rest is folded

_PLACES = 5  # places of a line that need not be folded

_FOLDED = "\n</details>\n\n"


def seats_section(rows: Sequence[Sequence[str]]) -> Section:
    """Return the seats of each library as a table."""
    header = "| " + " | ".join(HEADERS) + " |\n| --- |" + " ---: |" * (len(HEADERS) - 1) + "\n"
    texts = ("| " + " | ".join(map(literal, row)) + " |\n" for row in rows)
    return Section(header, [Rows(("library", "libraries"), len(rows), texts)], "\n", Turn.FIRST)


def finding_sections(
    found: Sequence[Diagnostic], kind: tuple[str, str], title: str, level: str, view: PlanView | None = None
) -> Iterator[Section]:
    """The first few findings of each code, then the rest of each code, folded. ``view`` is that of their plan, if they are of one."""
    told = partial(_finding, view=view)
    kinds = by_code(found)
    first = [finding for alike in kinds.values() for finding in alike[:_OF_ONE_CODE]]
    counts = ", ".join(f"{len(alike):,} {literal(name)}" for name, alike in kinds.items())
    many = f"{counts}.\n\n" if len(first) < len(found) else ""
    is_grave = any(one.severity in (Severity.ERROR, Severity.REFUSAL) for one in found)
    turn = Turn.FIRST if is_grave else Turn.LAST
    head = f"{level} {title} ({len(found):,})\n\n{many}"
    yield Section(head, [Rows(kind, len(first), map(told, first))], "\n", turn)
    for name, alike in kinds.items():
        rest = alike[_OF_ONE_CODE:]
        head = f"<details><summary>{len(rest):,} more of {in_html(name)}</summary>\n\n"
        yield Section(head, [Rows(kind, len(rest), map(told, rest))], _FOLDED, Turn.LAST)


def _finding(finding: Diagnostic, view: PlanView | None) -> str:
    place = _linked(str(finding.origin), view.address_of(finding) if view else "")
    where = f" at {place}" if finding.origin else ""
    words, paste, then = advice(finding)
    fence = fence_of(paste)
    block = f"\n  {fence}yaml\n{paste}\n  {fence}" if paste else ""
    last = f"\n  {prose(then)}" if then else ""
    return f"- **{literal(finding.code)}**{where}: {prose(finding.message)}\n  {prose(words)}{block}{last}\n"


def _linked(place: str, address: str) -> str:
    """A place, as a link if a code host shows it. Nothing in such an address has a meaning in Markdown."""
    return f"[{code(place)}]({address})" if address else code(place)


def changes_section(changes: Sequence[Change], view: PlanView, title: str, level: str) -> Section:
    """Return changes as tables under a heading."""
    return Section(f"{level} {title} ({counted(len(changes), 'change')})\n\n", _tables(changes, view), "", Turn.SECOND)


def folded_section(changes: Sequence[Change], view: PlanView, title: str) -> Section:
    """Return changes as tables that are folded."""
    counts = Counter(change.action.value for change in changes)
    return _folded(changes, view, title, actions_in_words(dict(counts.most_common())))


def seen_section(changes: Sequence[Change], view: PlanView) -> Section:
    """What was done at the vendor before, folded with its counts."""
    return _folded(changes, view, "Seen at the vendor", seen_in_words(changes))


def _folded(changes: Sequence[Change], view: PlanView, title: str, counts: str) -> Section:
    head = f"<details><summary>{title} ({counted(len(changes), 'change')}): {in_html(counts)}</summary>\n\n"
    return Section(head, _tables(changes, view), _FOLDED, Turn.LAST)


def _tables(changes: Iterable[Change], view: PlanView) -> list[Rows]:
    """A table for each group, so that each gets its share of the room: its title, the reason of all, then its changes."""
    return [Rows(words_for(group.action), group.size, _rows(group), _head(group)) for group in view.groups_of(changes)]


def _head(group: Group) -> str:
    reason = group.reason
    columns = ("who or what", "change", *(() if reason else ("why",)), "where")
    title = f"\n**{literal(group.title)}**{f': {literal(reason)}' if reason else ''}\n\n"
    return f"{title}| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"


def _rows(group: Group) -> Iterator[str]:
    has_reason = bool(group.reason)
    for subject, what, why, where, address in group.lines():
        cells = [subject, what] if has_reason else [subject, what, why]
        yield f"| {' | '.join(map(literal, cells))} | {_linked(where, address)} |\n"


def line_sections(view: PlanView, level: str) -> list[Section]:
    """The lines of full libraries that the plan changes, each with its first places."""
    return [_line_section(line, level) for line in view.lines]


def _line_section(line: LineView, level: str) -> Section:
    """A line: what the plan does to it, then its places, folded if they are many."""
    head = f"{level} The line of {literal(line.title)}\n\n{literal(line.sentence)}\n\n"
    is_folded = len(line.rows) > _PLACES
    if is_folded:
        head += f"<details><summary>The first {len(line.rows):,} in line</summary>\n\n"
    columns = f"| {' | '.join(LINE_HEADERS)} |\n|{' --- |' * len(LINE_HEADERS)}\n" if line.rows else ""
    texts = (f"| {' | '.join(map(literal, row[:5]))} | {_linked(row.where, row.address)} |\n" for row in line.rows)
    rest = f"{prose(line.rest)}\n\n" if line.rest else ""
    end = (_FOLDED if is_folded else "\n") + rest
    return Section(head + columns, [Rows(("place", "places"), len(line.rows), texts)], end, Turn.LAST)


def drift_section(view: PlanView, level: str) -> Section:
    """What exports show otherwise, person by person."""
    lines = of_plan.lines(view.plan, view.names)
    head = f"{level} Drift ({len(lines):,})\n\n{of_plan.TITLE}\n\n"
    columns = "| who | library | portal and ledger | where |\n| --- | --- | --- | --- |\n"
    texts = (_difference(*one) for one in lines)
    return Section(head + columns, [Rows(("difference", "differences"), len(lines), texts)], "\n", Turn.LAST)


def _difference(who: str, what: str, library: str, where: str, address: str) -> str:
    return f"| {literal(who)} | {literal(library)} | {literal(what)} | {_linked(where, address)} |\n"
