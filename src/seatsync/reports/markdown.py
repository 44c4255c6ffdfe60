"""A plan for a pull request: GitHub's Markdown, within its 65,536 characters whatever the size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.names import printable
from seatsync.reports.view import Group, PlanView

MOST = 65_536
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~@&:])")
_ROOM_FOR_REST = 400


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no mention, no link."""
    return (
        _SPECIAL.sub(r"\\\1", printable(text, len(text)))
        .replace("\\<", "&lt;")
        .replace("\\>", "&gt;")
        .replace("\\@", "&#64;")
    )


def plan(view: PlanView, most: int = MOST) -> str:
    """Verdict and refusals first, then slots, what can't be undone, and the changes, folded and cut to ``most``."""
    page = _Page(most)
    page.add(
        f"## {escaped(view.title)}\n\n{'❌' if view.refused else '✅'} **{escaped(view.verdict)}** {escaped(view.context)}.\n\n"
    )
    _findings(page, view.plan.refusals, "refusals")
    if view.plan.slots:
        page.add(_table(("library", "total", "used", "available", "reserved", "temporary", "permanent"), view.slots))
    _groups(page, "Cannot be undone", view.irreversible, fold=False)
    _findings(page, [*view.warnings, *view.notices], "warnings")
    if view.plan.changes:
        page.add(f"**Changes:** {escaped(view.counts)}\n\nFingerprint: `{view.plan.fingerprint}`\n\n")
    _groups(page, "Changes", view.groups, fold=True)
    return page.text()


def diagnostics(found: Sequence[Diagnostic], most: int = MOST) -> str:
    """What is wrong with the files."""
    page = _Page(most)
    _findings(page, found, "findings")
    return page.text()


class _Page:
    """Text that never grows over its limit; what did not fit is counted at the end."""

    def __init__(self, most: int) -> None:
        self.parts: list[str] = []
        self.left = most - _ROOM_FOR_REST
        self.missing: dict[str, int] = {}

    def add(self, text: str, keep: int = 0) -> bool:
        """Add where it fits, with ``keep`` characters left over."""
        if len(text) + keep > self.left:
            return False
        self.parts.append(text)
        self.left -= len(text)
        return True

    def left_out(self, what: str, number: int) -> None:
        self.missing[what] = self.missing.get(what, 0) + number

    def text(self) -> str:
        if self.missing:
            told = ", ".join(f"{number:,} {what}" for what, number in self.missing.items())
            self.parts.append(f"\n*Left out here for length: {told}. The plan file has everything.*\n")
        return "".join(self.parts)


def _findings(page: _Page, found: Sequence[Diagnostic], what: str) -> None:
    for finding in found:
        where = f" at `{finding.origin}`" if finding.origin else ""
        head, *paste = finding.help.split("\n")
        block = "\n  ```yaml\n" + "\n".join(paste[:-1]) + "\n  ```\n  " + escaped(paste[-1]) if paste else ""
        text = f"- **{finding.code}**{where}: {escaped(finding.message)}\n  → {escaped(head)}{block}\n"
        if not page.add(text, keep=8000 if what == "warnings" else 0):
            page.left_out(what, 1)
    if found:
        page.add("\n")


def _groups(page: _Page, title: str, groups: list[Group], fold: bool) -> None:
    if groups and not fold:
        page.add(f"### {title}\n\n")
    for group in groups:
        head = f"{group.sign} {escaped(group.title)} ({len(group.changes):,})"
        opening = f"<details><summary>{head}</summary>\n\n" if fold else f"**{head}**\n\n"
        closing = "\n</details>\n\n" if fold else "\n"
        header = "| | what | why | where |\n| --- | --- | --- | --- |\n"
        if not page.add(opening + header, keep=len(closing) + 500):
            page.left_out("changes", len(group.changes))
            continue
        shown = 0
        for line in group.lines():
            cells = " | ".join(map(escaped, line[:3]))
            if not page.add(f"| {cells} | `{line.where}` |\n", keep=len(closing) + (0 if fold else 20_000)):
                break
            shown += 1
        if shown < len(group.changes):
            page.left_out("changes" if fold else "of what cannot be undone", len(group.changes) - shown)
        page.add(closing)


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(headers) + " |", "| --- |" + " ---: |" * (len(headers) - 1)]
    lines += ["| " + " | ".join(map(escaped, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n\n"
