"""Plans as GitHub Markdown for a pull request, within 65,536 characters however large and many they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.reports.cutting import cut
from seatsync.reports.literal import literal
from seatsync.reports.markdown.about import About, failure, remarks
from seatsync.reports.markdown.institution import institution_section, own_exceptions, sentence
from seatsync.reports.markdown.sections import finding_sections
from seatsync.reports.room import MOST, fit
from seatsync.reports.view.counting import actions_in_words, letters_in_words
from seatsync.reports.view.decision import CAN_BE_UNDONE, Decision, Panel, in_all, irrevocable, losses_in_words, seen
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.view.plan import PlanView

_SIGNS = {Decision.BLOCKED: "❌", Decision.IRREVERSIBLE: "⚠️", Decision.SAFE: "✅", Decision.NOTHING: "✅"}


_WITHOUT_GREEN = {**_SIGNS, Decision.SAFE: "▫️", Decision.NOTHING: "▫️"}  # below a verdict that something is missing


_UNDO = "↩️"


_LEAST = 600  # characters that an institution needs for more than its verdict


_LONGEST_NAME = 60  # characters of an institution's name where it has only one line


_FOR_THE_COUNT = 170  # characters reserved for the line that counts institutions that are left out


def plan(view: PlanView, most: int = MOST) -> str:
    """Return one plan in at most ``most`` characters."""
    return report([view], most=most)


def report(views: Sequence[PlanView], about: About | None = None, most: int = MOST) -> str:
    """Return the plans in at most ``most`` characters: the verdict on all, then the institutions, blocked ones first."""
    about = about or About()
    known = [(view, view.panel) for view in views]
    if len(known) == 1 and not (about.failure or about.invalid or about.stopped or about.unplanned or about.errors):
        return _cut(institution_section(*known[0], f"## {_sign(known[0][1], _SIGNS)}", most, about), most)
    head = f"## {_verdict(known, about)}\n\n{failure(about)}{_totals(known, about)}{remarks(about)}"
    room = (most - len(head)) // (2 if known else 1)
    sections = [
        *finding_sections(about.unplanned, ("institution", "institutions"), "Not planned", "###"),
        *finding_sections(about.errors, ("finding", "findings"), _title(about.errors), "###"),
    ]
    head += fit(sections, room)
    signs = _SIGNS if not (about.failure or about.invalid or about.stopped or about.unplanned) else _WITHOUT_GREEN
    return _cut(head + _institutions(known, most - len(head), signs), most)


def _title(found: Sequence[Diagnostic]) -> str:
    errors = sum(one.severity is Severity.ERROR for one in found)
    return "Errors" if errors == len(found) else "Errors and warnings" if errors else "Warnings"


def _cut(text: str, most: int) -> str:
    """Return text that is too long only where ``most`` is hardly enough for a verdict."""
    return text if len(text) <= most else cut(text, most)


def _verdict(known: Sequence[tuple[PlanView, Panel]], about: About) -> str:
    """The verdict on all institutions, with its sign."""
    if about.failure:
        return f"❌ Not planned{about.at}: {literal(about.failure)}"
    own = sum(bool(own_exceptions(view)) for view, _ in known)
    return _decided(known, about) + (
        f"; this change itself makes exceptions in {counted(own, 'institution')}" if own else ""
    )


def _decided(known: Sequence[tuple[PlanView, Panel]], about: About) -> str:
    numbers = Counter(facts.decision for _, facts in known)
    blocks = [
        *([f"the files of {counted(about.invalid, 'institution')} are invalid"] if about.invalid else []),
        *([f"{counted(len(about.unplanned), 'institution')} could not be planned"] if about.unplanned else []),
        *([f"warnings stop {counted(about.stopped, 'institution')}"] if about.stopped else []),
    ]
    if broken := numbers[Decision.BLOCKED]:
        whole = f" of {len(known):,} institutions" if len(known) > 1 else " institution"
        blocks.append(f"{broken:,}{whole} {'breaks a rule' if broken == 1 else 'break rules'}")
    if blocks:
        return f"❌ Blocked: {'; '.join(blocks)}"
    if not known:
        return "✅ The files have no errors" if about.errors else "✅ This change touches no institution"
    changes = sum(len(view.plan.changes) for view, _ in known)
    if not changes:
        return f"✅ Nothing to do in {counted(len(known), 'institution')}"
    changing = counted(sum(bool(view.plan.changes) for view, _ in known), "institution")
    finals = sum(len(view.plan.irreversible) for view, _ in known)
    if finals:
        return f"⚠️ Irreversible: {irrevocable(finals, changes, f' in {changing}')}"
    noted = sum(seen(view.plan) for view, _ in known)
    rest = f"; all {'others ' if noted else ''}can be undone"
    told = in_all(changes, noted, rest, f" in {changing}")
    losses = losses_in_words(
        sum(len(facts.lose) for _, facts in known),
        sum(len(facts.lost_admins) for _, facts in known),
        sum(facts.sooner for _, facts in known),
    )
    return f"{_UNDO} {CAN_BE_UNDONE}: {losses}. {told}" if losses else f"✅ Safe: {told}"


def _sign(facts: Panel, signs: Mapping[Decision, str]) -> str:
    """The sign of a verdict. A plan that takes something away has no green one."""
    is_green = facts.decision is Decision.SAFE and signs is _SIGNS
    return _UNDO if is_green and facts.takes_away else signs[facts.decision]


def _totals(known: Sequence[tuple[PlanView, Panel]], about: About) -> str:
    """One line that counts institutions, changes and letters."""
    numbers = Counter(facts.decision for _, facts in known)
    parts = [f"{about.invalid:,} with invalid files"] if about.invalid else []
    parts += [f"{len(about.unplanned):,} not planned"] if about.unplanned and known else []
    parts += [f"{numbers[decision]:,} {decision.lower()}" for decision in Decision if numbers[decision]]
    if not parts:
        return ""
    actions: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for view, _ in known:
        actions.update(view.plan.possible)
        letters.update(view.plan.letters or {})
    told = f"{counted(len(known) + about.invalid + len(about.unplanned), 'institution')}: {', '.join(parts)}."
    told += f" In all: {actions_in_words(dict(actions.most_common()))}." if actions else ""
    return told + (f" Letters: {letters_in_words(dict(letters.most_common()))}." if letters else "") + "\n\n"


def _institutions(known: Sequence[tuple[PlanView, Panel]], most: int, signs: Mapping[Decision, str]) -> str:
    """The institutions: as much of each as there is room for, blocked ones first; unchanged ones are only counted."""
    listed = sorted((one for one in known if one[1].decision is not Decision.NOTHING), key=_order)
    verdicts = [_verdict_line(view, facts, signs) for view, facts in listed]
    spare = most - min(sum(map(len, verdicts)), most * 3 // 4)
    chosen = range(min(len(listed), spare // _LEAST))
    blocked = sum(listed[number][1].decision is Decision.BLOCKED for number in chosen)
    whole: dict[int, str] = {}
    for done, number in enumerate(sorted(chosen, key=lambda number: (number >= blocked, _size(listed[number][0])))):
        sharing = blocked - done + 1 if done < blocked < len(chosen) else len(chosen) - done
        whole[number] = institution_section(
            *listed[number], f"### {_sign(listed[number][1], signs)}", len(verdicts[number]) + spare // sharing
        )
        spare -= len(whole[number]) - len(verdicts[number])
    sections = "".join(whole[number] for number in chosen)
    rest = [(listed[number][1], verdicts[number]) for number in range(len(chosen), len(listed))]
    head = "### Without details, to save space\n\n" if sections and rest else ""
    return sections + head + _verdict_lines(rest, most - len(sections + head))


def _order(one: tuple[PlanView, Panel]) -> tuple[object, ...]:
    """Blocked institutions first, then those with the gravest consequences."""
    view, facts = one
    is_blocked = facts.decision is Decision.BLOCKED
    losers = len(facts.lose) + len(facts.lost_admins)
    return not is_blocked, -len(view.refusals), -len(view.plan.irreversible), -losers, -len(view.plan.changes)


def _size(view: PlanView) -> int:
    return len(view.plan.changes) + 3 * len(view.plan.refusals)


def _verdict_line(view: PlanView, facts: Panel, signs: Mapping[Decision, str]) -> str:
    plan = view.plan
    name = plan.name if len(plan.name) <= _LONGEST_NAME else f"{plan.name[: _LONGEST_NAME - 1]}…"
    title = escape_controls(f"{name} ({plan.institution})")
    return f"- {_sign(facts, signs)} **{facts.word}**: {literal(title)}. {sentence(view, facts)}\n"


def _verdict_lines(verdicts: Sequence[tuple[Panel, str]], most: int) -> str:
    """The verdicts of institutions for which nothing else has room; those that do not fit are counted."""
    decisions = Counter(facts.decision for facts, _ in verdicts)
    left = most if sum(len(text) for _, text in verdicts) <= most else most - _FOR_THE_COUNT
    shown = []
    for facts, text in verdicts:
        if len(text) > left:
            break
        left -= len(text)
        shown.append(text)
        decisions[facts.decision] -= 1
    counts = ", ".join(f"{number:,} {decision.lower()}" for decision, number in decisions.items() if number)
    more = counted(len(verdicts) - len(shown), "more institution")
    return "".join(shown) + (f"\n*And {more}: {counts}. The plan file has everything.*\n" if counts else "")
