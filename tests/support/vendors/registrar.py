"""A registrar who carries out a bundle in the simulated portals by its CHECKLIST.md alone, and has never seen Git."""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.support.vendors import template
from tests.support.vendors.clicks import PERSON, Complaint, click_in_jamworks, click_in_logos, give_stand_ins
from tests.support.vendors.jamworks import JamworksPortal
from tests.support.vendors.logos import LogosPortal

TABS = ("Users", "Libraries", "Members")
"""Where a way of clicks begins."""
_NAME = re.compile(r"\[ \] (?P<name>\S+): ")
_TAGS = re.compile(r"type (?:this tag|these tags): (?P<tags>.*?)\. ")
_BEFORE_AND_AFTER = re.compile(r"Before and after, for (?P<title>.+): (?P<figures>.+)\.")
WAYS = ("whole", "part", "twice", "wrong order")


class Count(NamedTuple):
    """What a portal must show of a library before and after a step, by the check list."""

    title: str
    figure: str
    before: int
    after: int


@dataclass
class Step:
    """One step of a check list: ways of clicks with a file and by hand, and the people for whom the latter is gone."""

    name: str
    portal: str
    file: Path | None = None
    file_way: list[str] = field(default_factory=list)
    hand_way: list[str] = field(default_factory=list)
    rows: list[template.Row] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    """What is typed afterwards to say that it is done; empty if the plan is not applied."""
    counts: list[Count] = field(default_factory=list)


class Portals(NamedTuple):
    logos: LogosPortal
    jam: JamworksPortal


class Registrar:
    def __init__(self, portals: Portals, chance: random.Random) -> None:
        self.portals, self.chance = portals, chance

    def carry_out(self, folder: Path, way: str = "whole") -> tuple[list[Step], list[Complaint]]:
        """Carry out a bundle in one of ``WAYS``. Return the steps that were done, and what the portals complained of."""
        steps = list(read_check_list(folder))
        give_stand_ins(self.portals.logos, read_stand_ins(folder))
        match way:
            case "part":
                steps = self._part(steps, folder)
            case "twice":
                steps = [*steps, *steps]
            case "wrong order":
                self.chance.shuffle(steps)
        complaints = [Complaint(step.name, reason) for step in steps for reason in self.do(step)]
        return list({step.name: step for step in steps}.values()), complaints

    def do(self, step: Step) -> list[str]:
        """Do one step. Return what the portal complains of."""
        complaints = [
            f"{c.title} shows {self._shown(c)} {c.figure}, not {c.before}"
            for c in step.counts
            if self._shown(c) != c.before
        ]
        if step.file_way:
            assert step.file is not None
            complaints += self._click(step, step.file_way, step.file.read_bytes(), [])
        if step.hand_way:
            complaints += self._click(step, step.hand_way, b"", step.rows)
        return complaints + [
            f"{c.title} shows {self._shown(c)} {c.figure} afterwards, not {c.after}"
            for c in step.counts
            if self._shown(c) != c.after
        ]

    def _shown(self, count: Count) -> int:
        """Return what the portal shows."""
        if count.figure == "people in the list of members":
            return len(self.portals.jam.members)
        slots = self.portals.logos.slots(count.title)
        return {"Total Slots": slots.total, "Used Slots": slots.used, "Available Slots": slots.available}[count.figure]

    def _click(self, step: Step, way: Sequence[str], file: bytes, rows: Sequence[template.Row]) -> list[str]:
        if step.portal.startswith("Jamworks"):
            return click_in_jamworks(self.portals.jam, way, file, rows)
        return click_in_logos(self.portals.logos, way, file, rows, step.tags)

    def _part(self, steps: list[Step], folder: Path) -> list[Step]:
        """Return some steps from the top, the last one for some of its people if a file has them all."""
        kept = steps[: self.chance.randint(1, len(steps))]
        last = kept[-1]
        if last.file is None or not last.file_way or last.hand_way or self.chance.random() < 0.5:
            return kept
        header, rows = template.read(last.file.read_bytes())
        some = rows[: self.chance.randint(1, len(rows))]
        path = folder / f"some-{last.file.name}"
        path.write_bytes(template.written(header, [list(row.values()) for row in some]))
        return [*kept[:-1], replace(last, file=path, command=[*last.command[:-1], str(path)])]


# ── Reading the check list ──────────────────────────────────────────────────────────────────────────────────────────


def read_check_list(folder: Path) -> Iterator[Step]:
    """Yield the steps of a check list in its order, as a reader sees them: without Markdown's marks."""
    tokens = MarkdownIt().enable("table").parse((folder / "CHECKLIST.md").read_text(encoding="utf-8"))
    portal, steps, commands = "", list[Step](), dict[str, list[str]]()
    is_in_step = False
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = _shown(tokens[position + 1])
            is_in_step = token.tag == "h3"
            if token.tag == "h2":
                portal = heading
            elif token.tag == "h3":
                steps.append(Step("", portal))
        elif token.type == "fence":
            commands |= dict(_commands(token.content, folder))
        elif token.type == "table_open" and is_in_step and steps[-1].hand_way:
            steps[-1].rows = _table(tokens[position:])
        elif token.type == "inline" and is_in_step and tokens[position - 1].type == "paragraph_open":
            _read_line(steps[-1], token, folder)
    for step in steps:
        step.command = commands.get(step.name, [])
        yield step


def read_stand_ins(folder: Path) -> list[template.Row]:
    """Return the people who must get another e-mail before the first step."""
    tokens = MarkdownIt().enable("table").parse((folder / "CHECKLIST.md").read_text(encoding="utf-8"))
    is_in_step, found = False, list[template.Row]()
    for position, token in enumerate(tokens):
        is_in_step = token.tag == "h3" if token.type == "heading_open" else is_in_step
        if token.type == "table_open" and not is_in_step:
            found += [row for row in _table(tokens[position:]) if "Change to" in row]
    return found


def _read_line(step: Step, token: Token, folder: Path) -> None:
    if name := _NAME.match(_shown(token)):
        step.name = name["name"]
    if line := _BEFORE_AND_AFTER.fullmatch(_shown(token)):
        figures = re.findall(r"(.+?) ([\d,]+) → ([\d,]+)(?:, |$)", line["figures"])
        step.counts += [Count(line["title"], figure, _number(one), _number(two)) for figure, one, two in figures]
        return
    way = _way(token)
    if way and any(click == PERSON or click in ("Create user", "Add members") for click in way) and not _file(token):
        step.hand_way = way
    elif way:
        step.file_way, step.file = way, _in(folder, step, _file(token))
    if tags := _TAGS.search(_shown(token)):
        step.tags = tags["tags"].split("; ")


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _way(token: Token) -> list[str]:
    """Return the clicks of a line, which are joined by arrows and end with the sentence."""
    clicks = _shown(token).split(" → ")
    tab = next((tab for tab in TABS if clicks[0].endswith(tab)), "")
    if len(clicks) < 2 or not tab:
        return []
    return [tab, *clicks[1:-1], clicks[-1].split(". ")[0].rstrip(".")]


def _file(token: Token) -> str:
    found = [
        child.content
        for child in token.children or ()
        if child.type == "code_inline" and child.content.endswith(".csv")
    ]
    return found[0] if found else ""


def _in(folder: Path, step: Step, name: str) -> Path:
    """Return the path of a file. A bundle of several portals has a folder for each, and the steps are called by it."""
    return folder / Path(step.name).parent / name


def _commands(text: str, folder: Path) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        words = [word.replace("DIR", str(folder)) for word in shlex.split(line)]
        if words[:3] == ["seatsync", "worklist", "done"]:
            yield words[3], words[1:]


def _table(tokens: Sequence[Token]) -> list[template.Row]:
    end = next(position for position, token in enumerate(tokens) if token.type == "table_close")
    rows: list[list[str]] = []
    for position, token in enumerate(tokens[:end]):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(_shown(tokens[position + 1]))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def _shown(token: Token) -> str:
    """Return a line as it is shown."""
    return "".join(" " if child.type == "softbreak" else child.content for child in token.children or ())
