"""What became of a run, in words: for a comment, an issue, a message. It names institutions, codes and numbers, and nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.failure import ExitCode
from seatsync.domain.text.characters import clean
from seatsync.formats.outcome import InstitutionOutcome, OutcomeFile
from seatsync.reports.cutting import cut
from seatsync.reports.literal import literal, prose
from seatsync.reports.view.counting import actions_in_words

MOST = 65_536  # characters: the lower limit of both hosts
_RUN_AGAIN = (
    "Run the job again (GitHub: Re-run jobs; GitLab: Retry). What is already applied is not applied a second time."
)
_CORRECT = "Correct the files in a new pull request. Its comment shows what the plan then is."
_BUTTON = (
    "Read the plan in the run's log. If it is right, apply it by its fingerprint: start the workflow by hand with it (GitHub: "
    "Actions, Run workflow; GitLab: New pipeline, with the variable SEATSYNC_EXPECT). Or plan again in a new pull request."
)
_SETTINGS = "Correct the settings of the pipeline, then run the job again."
_NEXT = {
    ExitCode.INVALID: _CORRECT,
    ExitCode.REFUSED: _CORRECT,
    ExitCode.STALE: _BUTTON,
    ExitCode.USAGE: _SETTINGS,
}
"""Exit code → what to do next; with all other codes, to run the job again."""


class Item(NamedTuple):
    """What became of one institution, or of the run; ``is_bad`` if somebody must act. ``button`` is what --expect takes for it."""

    name: str
    words: str
    help: str = ""
    button: str = ""
    is_bad: bool = False


class Notice(NamedTuple):
    """A message about a run: ``title`` is one sentence, ``next`` says what to do.

    ``to_do`` is what somebody must look at although nothing failed.
    """

    title: str
    items: Sequence[Item]
    more: Sequence[str]
    next: Sequence[str]
    run: str
    to_do: Sequence[str] = ()

    @property
    def is_bad(self) -> bool:
        """Whether something failed, so that somebody must act."""
        return any(item.is_bad for item in self.items)

    @property
    def sign(self) -> str:
        return "❌" if self.is_bad else "⚠️" if self.to_do else "✅"


def notice(
    outcomes: Sequence[OutcomeFile], failed: Sequence[str] = (), more: Sequence[str] = (), to_do: Sequence[str] = ()
) -> Notice:
    """Return the message about these outcomes. ``failed`` has sentences about what else failed, ``more`` what else to tell, ``to_do``
    what else somebody must look at."""
    items = [item for outcome in outcomes for item in _items(outcome)] + [Item("", one, is_bad=True) for one in failed]
    codes = [code for outcome in outcomes for code in _bad_codes(outcome)]
    help = dict.fromkeys(_NEXT.get(ExitCode(code), _RUN_AGAIN) if code in _CODES else _RUN_AGAIN for code in codes)
    run = next((outcome.run for outcome in outcomes if outcome.run), "")
    to_do = [*to_do, *_what_comes(outcomes)]
    title = f"{_title(outcomes, failed)}{' Something is to be looked at.' if to_do else ''}"
    return Notice(title, sorted(items, key=lambda item: not item.is_bad), more, list(help), run, to_do)


def _what_comes(outcomes: Sequence[OutcomeFile]) -> Iterable[str]:
    """What was told because a day comes nearer; where there are several institutions, each with its name."""
    all = [one for outcome in outcomes for one in outcome.institutions]
    for one in all:
        yield from (f"{one.institution}: {told}" if len(all) > 1 else told for told in one.told)


_CODES = {int(code) for code in ExitCode}
_GOOD = (ExitCode.DONE, ExitCode.CHANGES)


def _bad_codes(outcome: OutcomeFile) -> Iterable[int | None]:
    """Return the codes of what failed; None for what was killed."""
    found = [one.code for one in outcome.institutions if one.code not in _GOOD]
    return found if found and not outcome.message else [outcome.code] if outcome.code not in _GOOD else []


def _title(outcomes: Sequence[OutcomeFile], failed: Sequence[str]) -> str:
    all = [one for outcome in outcomes for one in outcome.institutions]
    applied = [one for one in all if one.result == "applied"]
    done = f"{counted(sum(sum(one.summary.values()) for one in applied), 'change')} applied"
    done += f", {counted(sum(one.letters for one in applied), 'new letter')}" if applied else ""
    unknown = sum(one.result == "unknown" for one in all)
    if unknown or any(outcome.code is None for outcome in outcomes):
        return f"The run ended before it was finished. {done}, as far as known."
    stopped = sum(one.result == "stopped" for one in all)
    if stopped:
        return f"Stopped: {stopped:,} of {counted(len(all), 'institution')}. {done}."
    if any(outcome.code not in _GOOD for outcome in outcomes) or failed:
        return f"Something failed. {done}."
    return f"{done}." if applied else "Nothing to do."


def _items(outcome: OutcomeFile) -> list[Item]:
    items = [item for one in outcome.institutions if (item := _item(one, outcome.message)) is not None]
    if outcome.message:
        items.append(Item(outcome.command, outcome.message, outcome.help, is_bad=outcome.code not in _GOOD))
    elif outcome.code is None and not any(item.is_bad for item in items):
        items.append(Item(outcome.command, "The run was killed or did not end.", is_bad=True))
    unchanged = sum(one.result == "unchanged" for one in outcome.institutions)
    left = sum(one.result == "left" for one in outcome.institutions)
    if unchanged:
        items.append(Item("", f"{counted(unchanged, 'institution')} without changes."))
    if left:
        stopped = counted(left, "other institution was", "other institutions were")
        items.append(Item("", f"{stopped} stopped by an earlier merge. The nightly run fails for it."))
    return items


def _item(one: InstitutionOutcome, of_run: str) -> Item | None:
    """Return what is told of one institution; None if it is only counted, or if the message ``of_run`` says it."""
    name = one.institution or one.folder
    match one.result:
        case "applied":
            letters = counted(one.letters, "new letter")
            return Item(
                name, f"applied: {actions_in_words(one.summary)}. {letters}. Journal entry {one.serial or 0:,}."
            )
        case "planned":
            return Item(name, f"planned: {actions_in_words(one.summary)}.")
        case "unknown":
            return Item(name, "not known: the run ended before. It is applied completely or not at all.", is_bad=True)
        case "stopped" if one.message or not of_run:
            button = f"{one.institution}={one.fingerprint}" if one.code == ExitCode.STALE and one.fingerprint else ""
            words = one.message or "nothing was applied. The run's log says why."
            return Item(name, words, one.help, button, is_bad=True)
    return None


def title(notice: Notice) -> str:
    """Return the first line in Markdown: the verdict, with a link to the run."""
    run = f" ([run]({notice.run}))" if notice.run else ""
    return f"{notice.sign} **{literal(notice.title)}**{run}"


def markdown(notice: Notice, most: int, commit: str = "", before: str = "") -> str:
    """Return the message as Markdown in at most ``most`` characters. ``before`` is the message that it replaces, if it does."""
    lines = [title(notice), ""]
    for item in notice.items:
        name = f"**{literal(item.name)}**: " if item.name else ""
        lines.append(f"- {'❌ ' if item.is_bad else ''}{name}{prose(clean(item.words))}")
        if item.help:
            lines.append(f"  To fix: {prose(clean(item.help))}")
    lines += [f"- ⚠️ {prose(clean(one))}" for one in notice.to_do]
    lines += [f"- {literal(clean(one))}" for one in notice.more]
    if notice.next:
        lines += ["", "**What to do next**", "", *(f"- {prose(one)}" for one in notice.next)]
    if button := " ".join(item.button for item in notice.items if item.button):
        lines += ["", f"Fingerprint: `{button}`"]
    if commit:
        lines += ["", f"Commit {literal(commit[:12])}."]
    earlier = _earlier(before, lines[0])
    return cut("\n".join(lines), most - len(earlier)) + earlier


_EARLIER = "**Earlier runs**"
_VERDICT = re.compile(r"(?:[✅❌]|⚠️) \*\*.{1,500}")


def _earlier(before: str, now: str) -> str:
    """Return the verdicts of up to five earlier runs, the newest first: a good one must not vanish behind a later, bad one."""
    newest, _, more = before.partition("\n")
    known = more.partition(f"\n{_EARLIER}\n")[2].split("\n")
    verdicts = [line for line in (newest, *(line.removeprefix("- ") for line in known)) if _VERDICT.fullmatch(line)]
    shown = [line for line in dict.fromkeys(verdicts) if line != now][:5]
    return "\n".join(["", "", _EARLIER, "", *(f"- {line}" for line in shown)]) if shown else ""


def text(notice: Notice, most: int = 1_500) -> str:
    """Return the message as plain text in at most about ``most`` characters, the bad news first and the rest counted."""
    end = [*notice.next, *([notice.run] if notice.run else [])]
    room = most - sum(map(len, end))
    lines: list[str] = []
    all = [_quiet(": ".join(filter(None, (item.name, item.words)))) for item in notice.items]
    all += [_quiet(one) for one in (*notice.to_do, *notice.more)]
    for number, line in enumerate(all):
        shown = line if len(line) <= 300 else line[:299] + "…"
        room -= len(shown) + 3
        if room < 0:
            lines.append(f"… and {len(all) - number:,} more")
            break
        lines.append(f"• {shown}")
    return "\n".join([*lines, *end])


def _quiet(text: str) -> str:
    """Return one line in which no chat finds a mention of everybody: the name of a file could be one."""
    return re.sub(r"@(?=all|channel|everyone|here)", "(at)", re.sub("[<>]", "", clean(text)), flags=re.IGNORECASE)
