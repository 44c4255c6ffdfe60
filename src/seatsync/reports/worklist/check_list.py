"""What a check list says: for each step where to click, which file, for how many people, and what the portal must show.

A person who has never seen Git works from it alone, on paper or on a screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.portal.at_vendor import STAND_IN_DOMAIN, users_there
from seatsync.domain.portal.namesakes import namesakes, own_stand_in
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.formulas import defused
from seatsync.domain.text.languages import spelled
from seatsync.reports.worklist.counts import Count, counts_after, counts_now
from seatsync.reports.worklist.sheets import BY_HAND, EDIT, Sheet
from seatsync.systems.portal import FILE, LIBRARY, PERSON, Portal, Takes

MOST_ROWS = 500
"""The most rows of a table in a check list. The file has all of them."""


class Grid(NamedTuple):
    """A table: a sentence about it, its columns and rows."""

    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class Part(NamedTuple):
    """One step: its place in the list, its name and title, whether it can't be undone, what is to be done in order, and tables
    to work through.

    ``command`` takes it off the work list.
    """

    place: int
    step: str
    title: str
    people: int
    is_irreversible: bool
    lines: Sequence[str]
    grids: Sequence[Grid]
    command: str


class InPortal(NamedTuple):
    """The steps in one portal, the ``folder`` of their files (empty for that of the check list), and what the portal shows
    before the first. ``stand_ins`` are people who have left and must get another e-mail there before the first step."""

    title: str
    address: str
    folder: str
    counts: Grid
    stand_ins: Grid
    parts: Sequence[Part]


class CheckList(NamedTuple):
    """The whole: the institution, the day, and the portals.

    ``is_applied`` is False for what a plan would put on the work list. ``if_otherwise`` says what to do where a portal shows
    other numbers, ``when_done`` how to mark the steps as done.
    """

    institution: str
    on: str
    is_applied: bool
    portals: Sequence[InPortal]
    if_otherwise: Sequence[str]
    when_done: Sequence[str]

    @property
    def title(self) -> str:
        return f"Check list: {self.institution}"

    @property
    def parts(self) -> Sequence[Part]:
        return [part for portal in self.portals for part in portal.parts]

    def heading(self, part: Part) -> str:
        """What stands over a step: which one it is, and what is done."""
        return f"Step {part.place} of {len(self.parts)}: {part.title}"

    @property
    def introduction(self) -> Sequence[str]:
        """What to know before the first step."""
        if not self.parts:
            return [f"{spelled(self.on)}. {NOTHING}"]
        steps = f"{spelled(self.on)}. {counted(len(self.parts), 'step')}, from top to bottom. Tick each off when it is done."
        return [*([] if self.is_applied else [NOT_APPLIED]), steps, UNOPENED]


NOTHING = "Nothing is to be done in a vendor's portal."
NOT_APPLIED = "NOT APPLIED. These steps will be to do when the change is applied. Do none of them yet: the change can still become another."
UNOPENED = "Upload the files as they are. Do not open one in a spreadsheet and save it: that can change ids, accents and dates."

STOP = "Stop before the last click if the portal shows another number than this step says. Tell whoever runs seatsync."
"""Stands first at a step that cannot be undone."""


def in_all(sheets: Sequence[Sheet]) -> str:
    """How many steps there are, and for how many people."""
    people = {number for sheet in sheets for number in sheet.members}
    return f"{counted(len(sheets), 'step')} for {counted(len(people), 'person', 'people')}"


def check_list(sheets: Sequence[Sheet], books: Snapshot, on: str, is_applied: bool) -> CheckList:
    """Return the check list of these sheets; ``on`` is the day (ISO) as which it is made."""
    before = counts_now(books)
    after = counts_after(sheets, books, before)
    shared = namesakes(books, [step for sheet in sheets for step in sheet.steps])
    portals: list[InPortal] = []
    placed = zip(range(1, len(sheets) + 1), sheets, after, strict=True)
    for portal, together in groupby(placed, lambda one: one[1].portal):
        steps = [*together]
        titles = {id: books.libraries[id].title for id in before if id in {id for *_, counts in steps for id in counts}}
        shown = _counts(portal, titles, before)
        parts = []
        for place, sheet, counts in steps:
            parts.append(_part(place, sheet, before, counts, titles))
            before |= counts
        leavers = shared[portal.name].listed_leavers if portal.name in shared else ()
        first = _stand_ins(portal, books, leavers)
        portals.append(InPortal(portal.title, portal.address, steps[0][1].folder, shown, first, parts))
    name = books.institution.name if books.institution is not None else ""
    used = [portal for portal, _ in groupby(sheet.portal for sheet in sheets)]
    resends = any(sheet.task.name == "resend" for sheet in sheets)
    return CheckList(name, on, is_applied, portals, [*_if_otherwise(used)], [*_when_done(resends)])


def _if_otherwise(portals: Sequence[Portal]) -> Iterator[str]:
    """What to do where these portals show other numbers than the check list."""
    tasks = [task for portal in portals for task in portal.tasks]
    if any(task.is_irreversible for task in tasks):
        yield "At a step that cannot be undone: stop, whichever number is another. The lines below are for all other steps."
    if any(task.takes is Takes.SELECT for task in tasks):
        yield (
            "The portal selects fewer people than the step says: somebody was done before, or is otherwise in the portal. "
            "Go on with those who are selected."
        )
        yield "The portal selects more people than the step says: stop. The file or the filter is not the one of the step."
    if any(figure == "total" for portal in portals for _, figure in portal.counts):
        yield "Total Slots is another: tell whoever runs seatsync how many seats there are."
    if any(portal.lists_only_holders for portal in portals):
        yield (
            "Somebody to be added is a member already, or somebody to be removed is none any more: somebody was quicker. "
            "Go on with the next person."
        )
        yield (
            "The portal says that the maximum number of licenses is reached: note who is left, and tell whoever runs seatsync. "
            "They stay on the work list."
        )
    yield "Another count is not as the step says: somebody has changed something in the portal. Go on if enough seats are available."
    yield (
        "The portal refuses a file for one row: note the person and the message, delete that row with a text editor, and upload "
        "the file again. The person stays on the work list."
    )
    if any(task.is_irreversible for task in tasks):
        yield (
            "The portal says that an e-mail or an ID is taken: somebody who has left and owns a license still has it there. Give that "
            f"person an e-mail of their name there that ends in {STAND_IN_DOMAIN} (ann.lee@{STAND_IN_DOMAIN}), or no ID, and go on. "
            "seatsync knows them by it."
        )
    yield (
        "Afterwards, export the users there and give the file to whoever runs seatsync. `seatsync drift FILE` says person by "
        "person what differs."
    )


def _when_done(resends: bool) -> Iterator[str]:
    """How to mark the steps as done; the first line is about the others."""
    yield "Mark each step as done, so that it is not on the next check list. One of these is enough:"
    yield "on the administrators' pages, under Work list;"
    yield "with the next export of the users that seatsync reads: what it shows as done is taken off by itself" + (
        " (an export does not show that an invitation was sent again: mark that one yourself);" if resends else ";"
    )
    yield "by these commands in the institution's folder, with the folder of this check list in place of DIR:"


def _counts(portal: Portal, titles: Mapping[str, str], counts: Mapping[str, Count]) -> Grid:
    """The table of what the portal shows before the first step."""
    rows = [
        [title, *(f"{getattr(counts[id], figure):,}" for _, figure in portal.counts)] for id, title in titles.items()
    ]
    return Grid("Before the first step, the portal shows:", ["Library", *(name for name, _ in portal.counts)], rows)


def _stand_ins(portal: Portal, books: Snapshot, leavers: Sequence[int]) -> Grid:
    """The table of who must get a stand-in before the first step, because their e-mail is somebody else's now."""
    names = {column.field: column.name for column in portal.template.columns}
    fields = [name for name in ("student_id", "given_name", "family_name", "email") if name in names]
    rows = []
    for number in leavers:
        member = books.members[number]
        there: dict[str, Any] = {**users_there(member).get(portal.name, {})}
        rows.append([*(getattr(member._replace(**there), name) for name in fields), own_stand_in(number)])
    about = (
        "Before the first step, give these people the e-mail under Change to, if the portal still has the other one. They have "
        "left, and somebody else has their e-mail now: without this, a step could give a license to the wrong person. Find each "
        "by name and ID in the list, not by the e-mail. Nothing is to be marked for it: it is done "
        "with the steps of the other person."
    )
    return Grid(about, [*(names[name] for name in fields), "Change to"], rows)


def _part(
    place: int, sheet: Sheet, before: Mapping[str, Count], after: Mapping[str, Count], titles: Mapping[str, str]
) -> Part:
    title = sheet.full_title
    if sheet.tags:
        title += (
            f", with the tags {', '.join(sheet.tags)}" if len(sheet.tags) > 1 else f", with the tag {sheet.tags[0]}"
        )
    lines = [
        *([STOP] if sheet.task.is_irreversible else []),
        *_lines(sheet),
        *_shown(sheet.portal, before, after, titles),
    ]
    if sheet.task.note:
        lines.append(sheet.task.note)
    command = " ".join([f"seatsync worklist done {sheet.step}", *(f"--select DIR/{path}" for path in sheet.files)])
    return Part(
        place, sheet.step, title, len(sheet.members), sheet.task.is_irreversible, lines, [*_grids(sheet)], command
    )


def _lines(sheet: Sheet) -> Iterator[str]:
    """What to do, in order."""
    number = counted(len(sheet.members) - len(sheet.by_hand), "person", "people")
    if sheet.task.takes is Takes.BY_HAND:
        edits = f" {counted(len(sheet.rows), 'value')} of" if sheet.task.name == EDIT else ""
        yield f"For{edits} {counted(len(sheet.members), 'person', 'people')}, from the top: {_way(sheet, sheet.task.clicks)}."
        if sheet.task.name == EDIT:
            yield "Find the person by the e-mail, type in what stands under Change to, and save it, one row after the other."
            if any(defused(row) is not row for row in sheet.rows):
                yield "In the file, an apostrophe stands before what a spreadsheet would run. Leave it out."
        return
    if not sheet.rows:
        return
    yield f"Click {_way(sheet, sheet.task.clicks)}."
    if sheet.is_tagged:
        yield f"Before the last click, type {_tags(sheet)}. The portal adds the date by itself."
    verb = "select" if sheet.task.takes is Takes.SELECT else "take"
    yield f"The file has {number}: the portal must {verb} {number}."


def _tags(sheet: Sheet) -> str:
    """The tags to type in."""
    if not sheet.tags:
        return "no tags"
    return f"{'these tags' if len(sheet.tags) > 1 else 'this tag'}: {'; '.join(sheet.tags)}"


def _way(sheet: Sheet, clicks: Sequence[str]) -> str:
    """The way of clicks, with the names in place of what stands for them."""
    names = {FILE: f"`{sheet.name}.csv`", LIBRARY: sheet.title, PERSON: "the person"}
    return " → ".join(names.get(click, click) for click in clicks)


def _shown(
    portal: Portal, before: Mapping[str, Count], after: Mapping[str, Count], titles: Mapping[str, str]
) -> Iterator[str]:
    """What the portal shows for each library before and after the step."""
    for id, count in after.items():
        if count == before[id]:
            same = ", ".join(
                f"{name} {getattr(count, figure):,}" for name, figure in portal.counts if figure != "total"
            )
            yield f"The counts of {titles[id]} stay as they are: {same}."
            continue
        changes = ", ".join(
            f"{name} {getattr(before[id], figure):,} → {getattr(count, figure):,}"
            for name, figure in portal.counts
            if figure != "total"
        )
        yield f"Before and after, for {titles[id]}: {changes}."


def _grids(sheet: Sheet) -> Iterator[Grid]:
    if sheet.task.takes is Takes.BY_HAND:
        rows = [*sheet.rows, *sheet.by_hand]
        about = (
            f"The first {MOST_ROWS:,} of {len(rows):,}; `{sheet.name}.csv` has all:" if len(rows) > MOST_ROWS else ""
        )
        yield Grid(about, sheet.columns, rows[:MOST_ROWS])
    elif sheet.by_hand:
        way = _way(sheet, sheet.task.clicks_for_one)
        tags = f" For each, type {_tags(sheet)}." if sheet.is_tagged else ""
        about = (
            f"By hand, because {_why_by_hand(sheet)}: {way}.{tags} "
            f"{counted(len(sheet.by_hand), 'person', 'people')}; {sheet.name}{BY_HAND}.csv is for seatsync, not for the portal:"
        )
        yield Grid(about, sheet.columns, sheet.by_hand)


def _why_by_hand(sheet: Sheet) -> str:
    """Why rows are in no file for the portal, and how these people are found."""
    shared = (
        "somebody else has or had the same e-mail, so know each by name and ID, not by the e-mail, and type in "
        "one that ends in stand-in.invalid as it is"
    )
    reasons = [
        *(
            ["a spreadsheet would run what these values begin with"]
            if any(defused(row) is not row for row in sheet.by_hand)
            else []
        ),
        *([shared] if not sheet.namesakes.isdisjoint(sheet.members) else []),
    ]
    return ", or ".join(reasons)
