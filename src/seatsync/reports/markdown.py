"""A plan as GitHub Markdown for a pull request, within 65,536 characters however large the plan is."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from seatsync.domain.diagnostic import Diagnostic
from seatsync.reports.view import Group, PlanView, SlotRow, by_code, help_line

MOST = 65_536
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:])")
_PLAIN_PLACE = re.compile(r"[\w./ -]+:[0-9]+")
_FENCE = re.compile(r"(?P<before>[ >]*(?:[-*+] +|\d+[.)] +)?)(?P<signs>`{3,}(?=[^`]*$)|~{3,})[ \t]*(?P<rest>[^\n]*)")
_OPENS = re.compile(r"<!--|-->|</?details\b", re.IGNORECASE)
_LEAST = 320  # characters that a plan needs for its verdict and the count of what is left out
_OF_ONE_CODE = 3  # broken rules, or warnings, of one code that are shown before the rest is folded
_FOLDED = "\n</details>\n\n"
_FOR_THE_COUNT = 170  # characters reserved for the line that counts what is left out


def escaped(text: str) -> str:
    """Return text that Markdown shows literally: no markup, no HTML, no mention, no link."""
    return as_html(_SPECIAL.sub(r"\\\1", text))


def as_html(text: str) -> str:
    """Return text escaped for use inside HTML, where Markdown's backslashes have no effect."""
    return html.escape(text, quote=False).replace(
        "@", "@<!-- -->"
    )  # an HTML entity in place of the @ would still notify that user


def place(text: str) -> str:
    """Return a file and line, as code where the name has no special characters."""
    return f"`{text}`" if _PLAIN_PLACE.fullmatch(text) else escaped(text)


def plan(view: PlanView, most: int = MOST) -> str:
    """Return the plan in at most ``most`` characters: verdict, broken rules, seats, what cannot be undone, the changes (folded).

    Each part may use the room that earlier parts left, but keeps some for the parts that follow.
    """
    page = _Page(most - _FOR_THE_COUNT)
    page.add(
        f"## {escaped(view.title)}\n\n{'❌' if view.refused else '✅'} **{escaped(view.verdict)}** {escaped(view.context)}.\n\n"
    )
    if view.plan.changes:
        page.add(f"In all: {escaped(view.counts)}. {escaped(view.letters)}".rstrip() + "\n\n", keep=most // 2)
    final = f"\nFingerprint: `{view.plan.fingerprint}`\n\n" if view.plan.changes and view.plan.fingerprint else ""
    if page.left > 4 * len(final):
        page.left -= len(final)
    else:
        final = ""
    _findings(page, view.refusals, "rules broken", keep=most // 2, keep_folded=most * 3 // 4)
    _slots(page, view.slots, keep=most * 3 // 8)
    _ends(page, view.ends, keep=most * 3 // 8)
    _groups(page, "Cannot be undone", view.irreversible, "changes that cannot be undone", keep=most // 4, fold=False)
    _findings(page, view.warnings, "warnings", keep=most // 8, keep_folded=most // 8)
    page.parts.append(final)
    _groups(page, "Changes", view.groups, "changes", keep=0, fold=True)
    return page.text()


def plans(views: Sequence[PlanView], most: int = MOST) -> str:
    """Return several plans, each with an equal share of the room; if there are too many, only their verdicts, blocked ones first."""
    share = most // max(1, len(views))
    if share >= _LEAST:
        return "".join(plan(view, share) for view in views)
    page = _Page(most - _FOR_THE_COUNT)
    ordered = sorted(views, key=lambda view: not view.refused)
    for position, view in enumerate(ordered):
        if not page.add(f"- {'❌' if view.refused else '✅'} {escaped(view.title)}: {escaped(view.verdict)}\n"):
            page.left_out("institutions", len(ordered) - position)
            break
    return page.text()


def diagnostics(found: Sequence[Diagnostic], most: int = MOST) -> str:
    """Return the findings on the files."""
    page = _Page(most - _FOR_THE_COUNT)
    _findings(page, found, "findings", keep=0, keep_folded=0)
    return page.text()


def cut(text: str, most: int) -> str:
    """Return finished Markdown in at most ``most`` characters: whole lines, open elements closed, and the rest counted."""
    if len(text) <= most:
        return text
    lines = [f"{line}\n" for line in text.split("\n")]
    open_elements = _OpenElements()
    kept, end, left = 0, "", most - _FOR_THE_COUNT
    for line in lines:
        left -= len(line)
        open_elements.read(line)
        if left < len(open_elements.closing):
            break
        kept, end = kept + 1, open_elements.closing
    return "".join(lines[:kept]) + end + f"\n*Left out to save space: {len(lines) - kept:,} lines.*\n"


class _OpenElements:
    """The elements that are still open after some lines of Markdown: a code fence, a comment, ``<details>``."""

    def __init__(self) -> None:
        self.fence = ""
        self.before_fence = ""
        self.comment = False
        self.folds = 0

    def read(self, line: str) -> None:
        fence = _FENCE.match(line)
        if self.fence:
            if fence and fence["signs"].startswith(self.fence) and not fence["rest"]:
                self.fence = ""
        elif fence and not self.comment:
            self.fence = fence["signs"]
            self.before_fence = re.sub(r"[^ >]", " ", fence["before"])
        else:
            for sign in _OPENS.findall(line):
                if sign == "-->":
                    self.comment = False
                elif sign == "<!--":
                    self.comment = True
                elif not self.comment:
                    self.folds = max(0, self.folds + (-1 if sign.startswith("</") else 1))

    @property
    def closing(self) -> str:
        """The text that closes all open elements."""
        code = f"{self.before_fence}{self.fence}\n" if self.fence else ""
        return code + ("-->\n" if self.comment else "") + "\n</details>\n" * self.folds


class _Page:
    """Text that never exceeds its limit. Its last line counts what did not fit."""

    def __init__(self, most: int) -> None:
        self.parts: list[str] = []
        self.left = most
        self.missing: dict[str, int] = {}

    def add(self, text: str, keep: int = 0) -> bool:
        """Add the text if ``keep`` characters are still free afterwards, and return whether it was added."""
        if len(text) + keep > self.left:
            return False
        self.parts.append(text)
        self.left -= len(text)
        return True

    def left_out(self, what: str, number: int) -> None:
        if number:
            self.missing[what] = self.missing.get(what, 0) + number

    def text(self) -> str:
        if self.missing:
            counts = ", ".join(f"{number:,} {what}" for what, number in self.missing.items())
            self.parts.append(f"\n*Left out to save space: {counts}. The plan file has everything.*\n")
        return "".join(self.parts)


def _findings(page: _Page, found: Sequence[Diagnostic], what: str, keep: int, keep_folded: int) -> None:
    """Add the first few findings of each code, then the rest of each code folded; the folded ones are cut first."""
    kinds, shown = by_code(found), 0
    if any(len(alike) > _OF_ONE_CODE for alike in kinds.values()):
        counts = ", ".join(f"{len(alike):,} {escaped(code)}" for code, alike in kinds.items())
        page.add(f"{what.capitalize()}: {counts}.\n\n", keep)
    for finding in (finding for alike in kinds.values() for finding in alike[:_OF_ONE_CODE]):
        shown += page.add(_finding(finding), keep)
    for code, alike in kinds.items():
        rest = [_finding(finding) for finding in alike[_OF_ONE_CODE:]]
        head = f"\n<details><summary>{len(rest):,} more of {as_html(code)}</summary>\n\n"
        if rest and page.add(head, keep_folded + len(rest[0]) + len(_FOLDED)):
            while rest and page.add(rest.pop(0), keep_folded + len(_FOLDED)):
                shown += 1
            page.add(_FOLDED)
    page.left_out(what, len(found) - shown)
    if found:
        page.add("\n")


def _finding(finding: Diagnostic) -> str:
    where = f" at {place(str(finding.origin))}" if finding.origin else ""
    head, *paste = help_line(finding).split("\n")
    block = "\n  ```yaml\n" + "\n".join(paste[:-1]) + "\n  ```\n  " + escaped(paste[-1]) if paste else ""
    return f"- **{finding.code}**{where}: {escaped(finding.message)}\n  {escaped(head)}{block}\n"


def _slots(page: _Page, rows: Sequence[SlotRow], keep: int) -> None:
    header = "| " + " | ".join(SlotRow._fields) + " |\n| --- |" + " ---: |" * (len(SlotRow._fields) - 1) + "\n"
    if rows and page.add(header, keep):
        shown = 0
        while shown < len(rows) and page.add("| " + " | ".join(map(escaped, rows[shown])) + " |\n", keep):
            shown += 1
        page.left_out("libraries", len(rows) - shown)
        page.add("\n")
    else:
        page.left_out("libraries", len(rows))


def _ends(page: _Page, ends: Sequence[str], keep: int) -> None:
    shown = 0
    while shown < len(ends) and page.add(f"- {escaped(ends[shown])}\n", keep):
        shown += 1
    page.left_out("end dates", len(ends) - shown)
    if shown:
        page.add("\n")


def _groups(page: _Page, title: str, groups: list[Group], what: str, keep: int, fold: bool) -> None:
    if groups and not page.add(f"### {title}\n\n", keep):
        page.left_out(what, sum(len(group.changes) for group in groups))
        return
    closing = _FOLDED if fold else "\n"
    for group in groups:
        head = f"{group.sign} {group.title} ({len(group.changes):,})"
        head = f"<details><summary>{as_html(head)}</summary>\n\n" if fold else f"**{escaped(head)}**\n\n"
        shown = 0
        if page.add(f"{head}| | what | why | where |\n| --- | --- | --- | --- |\n", keep + len(closing) + 300):
            for line in group.lines():
                cells = [*map(escaped, line[:3]), place(line.where)]
                if not page.add("| " + " | ".join(cells) + " |\n", keep + len(closing)):
                    break
                shown += 1
            page.add(closing)
        page.left_out(what, len(group.changes) - shown)
