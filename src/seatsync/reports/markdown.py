"""Plans as GitHub Markdown for a pull request, within 65,536 characters however large and many they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.planning.change import Change
from seatsync.reports.cutting import cut
from seatsync.reports.decision import Decision, Effect, Panel, by_effect, in_all, panel, seen
from seatsync.reports.drift import of_plan
from seatsync.reports.literal import code, in_html, literal, prose
from seatsync.reports.room import MOST as MOST
from seatsync.reports.room import Rows, Section, Turn, fit
from seatsync.reports.view import PlanView, SlotRow, by_code, escape_controls, help_line, line, seen_in_words

_SIGNS = {Decision.BLOCKED: "❌", Decision.IRREVERSIBLE: "⚠️", Decision.SAFE: "✅", Decision.NOTHING: "✅"}
_WITHOUT_GREEN = {**_SIGNS, Decision.SAFE: "▫️", Decision.NOTHING: "▫️"}  # below a verdict that something is missing
_LEAST = 600  # characters that an institution needs for more than its verdict
_OF_ONE_CODE = 3  # broken rules, or warnings, of one code that are shown before the rest is folded
_NAMES = 5  # people named in the decision panel
_LONGEST_NAME = 60  # characters of an institution's name where it has only one line
_FOR_THE_COUNT = 170  # characters reserved for the line that counts institutions that are left out
_FOLDED = "\n</details>\n\n"
_OWN = ("approval-in-this-change", "limit-in-this-change")  # exceptions that a change gives itself


@dataclass(frozen=True)
class About:
    """What a report says besides the plans.

    ``commit`` is the one that was planned, ``since`` what has changed since the commit before. ``errors`` are findings in the
    files of ``invalid`` institutions, which have no plan. Warnings stop the plans of ``stopped`` institutions. ``unplanned``
    says what else has no plan; its codes are institutions. ``failure`` says why there is no plan at all. ``others`` counts
    the institutions that this change does not touch. ``also_open`` are other pull requests that change the same institutions;
    unless ``is_all_open``, only those updated last were looked at. ``unrecorded`` counts the plans that an apply will not find in this
    comment.
    """

    commit: str = ""
    since: str = ""
    errors: Sequence[Diagnostic] = ()
    invalid: int = 0
    stopped: int = 0
    unplanned: Sequence[Diagnostic] = ()
    failure: str = ""
    others: int = 0
    also_open: Sequence[str] = ()
    is_all_open: bool = True
    unrecorded: int = 0

    @property
    def at(self) -> str:
        return f" at `{self.commit[:7]}`" if self.commit else ""


def plan(view: PlanView, most: int = MOST) -> str:
    """Return one plan in at most ``most`` characters."""
    return report([view], most=most)


def report(views: Sequence[PlanView], about: About | None = None, most: int = MOST) -> str:
    """Return the plans in at most ``most`` characters: the verdict on all, then the institutions, blocked ones first."""
    about = about or About()
    known = [(view, panel(view.plan)) for view in views]
    if len(known) == 1 and not (about.failure or about.invalid or about.stopped or about.unplanned or about.errors):
        return _cut(_institution(*known[0], f"## {_SIGNS[known[0][1].decision]}", most, about), most)
    head = f"## {_verdict(known, about)}\n\n{_failure(about)}{_totals(known, about)}{_remarks(about)}"
    room = (most - len(head)) // (2 if known else 1)
    sections = [
        *_findings(about.unplanned, "institutions", "Not planned", "###"),
        *_findings(about.errors, "findings", _title(about.errors), "###"),
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
    own = sum(bool(_own_exceptions(view)) for view, _ in known)
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
        return f"⚠️ Irreversible: {finals:,} of {counted(changes, 'change')} in {changing} cannot be undone"
    noted = sum(seen(view.plan) for view, _ in known)
    rest = f"; all {'others ' if noted else ''}can be undone"
    return f"✅ Safe: {in_all(changes, noted, rest, f' in {changing}')}"


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
        actions.update(view.plan.summary)
        letters.update(view.plan.letters or {})
    told = f"{counted(len(known) + about.invalid + len(about.unplanned), 'institution')}: {', '.join(parts)}."
    told += f" In all: {_counts(actions)}." if actions else ""
    return told + (f" Letters: {_counts(letters)}." if letters else "") + "\n\n"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.most_common())


def _failure(about: About) -> str:
    if not about.failure:
        return ""
    return "What this comment showed before no longer counts. Correct the cause, then plan again.\n\n"


def _remarks(about: About) -> str:
    """What a report says besides the plans, each on a line of its own."""
    told = [] if about.failure or not about.commit else [f"Planned{about.at}."]
    told += [about.since] if about.since else []
    if about.also_open:
        verb = "changes" if len(about.also_open) == 1 else "change"
        told.append(
            f"⚠️ {', '.join(about.also_open)} {verb} the same institutions and {'is' if verb == 'changes' else 'are'} "
            "open too. Whichever is merged second must be planned again."
        )
    if not about.is_all_open:
        told.append(
            "Of the other open pull requests, only those updated last were looked at: 30, and 100 files of each."
        )
    if about.others:
        told.append(f"Not touched by this change, and so not planned: {counted(about.others, 'other institution')}.")
    if about.unrecorded:
        told.append(
            f"This comment has no room to record the plans of {counted(about.unrecorded, 'institution')}: "
            "apply them with `seatsync apply --expect`."
        )
    return "".join(f"{one}\n\n" for one in told)


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
        whole[number] = _institution(
            *listed[number], f"### {signs[listed[number][1].decision]}", len(verdicts[number]) + spare // sharing
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
    return f"- {signs[facts.decision]} **{facts.decision}**: {literal(title)}. {_sentence(view, facts)}\n"


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


def _institution(view: PlanView, facts: Panel, start: str, most: int, about: About | None = None) -> str:
    """One institution: panel, seats, broken rules, what cannot be undone, losses, warnings, then the other changes (folded).

    Its heading begins with ``start``. ``about`` is given for the only institution.
    """
    head = f"{start} {facts.decision}: {literal(view.title)}\n\n"
    head += f"{_sentence(view, facts)} {literal(view.context)}{f',{about.at}' if about and about.commit else ''}.\n\n"
    head += _remarks(replace(about, commit="")) if about else ""
    told = _panel(view, facts)
    final = f"Fingerprint: `{view.plan.fingerprint}`\n\n" if view.plan.changes and view.plan.fingerprint else ""
    if len(head + told + final) > most // 2:
        told, final = "", final if len(head + final) <= most // 2 else ""
    changes = by_effect(view.plan.changes)
    warnings = [one for one in view.warnings if one.code not in _OWN]
    below = f"{start.split()[0]}#"
    sections = [
        _seats(view.slots),
        *_findings(view.refusals, "rules broken", "Rules broken", below),
        _changes(changes[Effect.FINAL], "Cannot be undone", below),
        _changes(changes[Effect.LOSS], "Taken away", below),
        *_findings(warnings, "warnings", "Warnings", below),
        _folded(changes[Effect.UPDATE], "Changed"),
        _folded(changes[Effect.ADDITION], "Added"),
        _seen(changes[Effect.SEEN]),
        _drift(view, below),
    ]
    return head + told + fit(sections, most - len(head + told + final)) + final


def _sentence(view: PlanView, facts: Panel) -> str:
    return f"{facts.sentence} **This change makes its own exceptions.**" if _own_exceptions(view) else facts.sentence


def _panel(view: PlanView, facts: Panel) -> str:
    """The facts that a reviewer decides about, as a list."""
    told = [f"⚠️ **This change makes its own exception**: {prose(one)}" for one in _own_exceptions(view)]
    if seen := [change for change in view.plan.changes if change.action is Action.OBSERVE]:
        told.append(f"**Seen at the vendor** ({len(seen):,}): {literal(seen_in_words(seen))}")
    told += [
        f"**{what}** ({len(emails):,}): {literal(escape_controls(named(emails, _NAMES)))}"
        for what, emails in (
            ("Gain a seat", facts.gain),
            ("Lose a seat", facts.lose),
            ("Permanent", facts.permanent),
            ("New administrators", facts.new_admins),
            ("Administrators removed", facts.lost_admins),
        )
        if emails
    ]
    if view.plan.changes:
        told.append(f"**In all**: {literal(view.counts)}")
        letters = view.letters.removeprefix("Letters: ").rstrip(".")
        told += [f"**Letters**: {literal(letters)}"] if letters else []
        work = view.work.removeprefix("Work list at the vendor: ").rstrip(".")
        told += [f"**Work list at the vendor**: {literal(work)}"] if work else []
    told += [literal(end) for end in view.ends]
    return "".join(f"- {one}\n" for one in told) + "\n" if told else ""


def _own_exceptions(view: PlanView) -> list[str]:
    """The exceptions that this change itself brings, with what they let pass."""
    passed = {f"{one.origin}": one.message for one in view.warnings if one.code == "limit-approved"}
    return [f"{one.message} {passed.get(str(one.origin), '')}".rstrip() for one in view.warnings if one.code in _OWN]


def _seats(rows: Sequence[SlotRow]) -> Section:
    header = "| " + " | ".join(SlotRow._fields) + " |\n| --- |" + " ---: |" * (len(SlotRow._fields) - 1) + "\n"
    texts = ("| " + " | ".join(map(literal, row)) + " |\n" for row in rows)
    return Section(header, [Rows("libraries", len(rows), texts)], "\n", Turn.FIRST)


def _findings(found: Sequence[Diagnostic], kind: str, title: str, level: str) -> Iterator[Section]:
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
    head, *paste = help_line(finding).split("\n")
    block = "\n  ```yaml\n" + "\n".join(paste[:-1]) + "\n  ```\n  " + prose(paste[-1]) if paste else ""
    return f"- **{literal(finding.code)}**{where}: {prose(finding.message)}\n  {prose(head)}{block}\n"


def _changes(changes: Sequence[Change], title: str, level: str) -> Section:
    head = f"{level} {title} ({len(changes):,})\n\n"
    return Section(head + _HEADER, _rows(changes), "\n", Turn.SECOND)


def _folded(changes: Sequence[Change], title: str) -> Section:
    counts = _counts(Counter(change.action.value for change in changes))
    head = f"<details><summary>{title} ({len(changes):,}): {in_html(counts)}</summary>\n\n"
    return Section(head + _HEADER, _rows(changes), _FOLDED, Turn.LAST)


def _seen(changes: Sequence[Change]) -> Section:
    """What was done at the vendor before, folded with its counts."""
    head = f"<details><summary>Seen at the vendor ({len(changes):,}): {in_html(seen_in_words(changes))}</summary>\n\n"
    return Section(head + _HEADER, _rows(changes), _FOLDED, Turn.LAST)


def _drift(view: PlanView, level: str) -> Section:
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
