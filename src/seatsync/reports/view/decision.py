"""What a reviewer decides about: whether a plan is blocked, irreversible or safe, and who gains and who loses by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import partial
from typing import assert_never

from seatsync.domain.action import Action, Sign
from seatsync.domain.diagnostic import Severity, counted
from seatsync.planning.change import Change, is_impossible, takes_seat
from seatsync.planning.plan import Plan
from seatsync.reports.view.heading import AS_THE_FILES, NOTHING_TO_DO


class Decision(StrEnum):
    """The verdict on a plan in a word, the worst first."""

    BLOCKED = "Blocked"
    IRREVERSIBLE = "Irreversible"
    SAFE = "Safe"
    NOTHING = NOTHING_TO_DO


class Effect(IntEnum):
    """What a change does to somebody, in the order in which a reviewer should see it."""

    REFUSED = 0
    """It is only there to be refused."""
    FINAL = 1
    LOSS = 2
    UPDATE = 3
    ADDITION = 4
    SEEN = 5
    """It was done at the vendor before; the ledger only notes it."""


@dataclass(frozen=True)
class Panel:
    """The facts on which a reviewer decides: the e-mails of those who gain or lose, each once, in the order of the plan.

    ``gain`` and ``lose`` have the libraries of each. ``moved`` are the old and new e-mails that are at another domain: whoever
    reads the new address gets the seat. Pseudonyms do not say their domain, so a redacted plan has all new e-mails there.
    ``sooner`` counts the seats that end earlier than before.
    """

    decision: Decision
    sentence: str
    gain: Mapping[str, Sequence[str]]
    lose: Mapping[str, Sequence[str]]
    permanent: Sequence[str]
    new_admins: Sequence[str]
    lost_admins: Sequence[str]
    moved: Sequence[tuple[str, str]]
    sooner: int = 0

    @property
    def takes_away(self) -> bool:
        """Whether somebody loses something by the plan, now or sooner than before."""
        return bool(self.lose or self.lost_admins or self.sooner)

    @property
    def word(self) -> str:
        """The verdict as a report shows it: a safe plan that takes something away is not called safe, but what it is."""
        return CAN_BE_UNDONE if self.decision is Decision.SAFE and self.takes_away else self.decision


CAN_BE_UNDONE = "Can be undone"


def panel(plan: Plan) -> Panel:
    """Return the decision panel of a plan."""
    permanent, new_admins, lost_admins = dict[str, None](), dict[str, None](), dict[str, None]()
    gain: dict[str, list[str]] = {}
    lose: dict[str, list[str]] = {}
    finals = sooner = 0
    for change in plan.changes:
        if effect(change) is Effect.FINAL:
            finals += 1
            permanent[change.member] = None
        sooner += change.action is Action.LICENSE_UPDATE and effect(change) is Effect.LOSS
        if change.action is Action.GRANT and takes_seat(change):
            gain.setdefault(change.member, []).append(change.library)
        elif change.action is Action.REVOKE and not is_impossible(change):
            lose.setdefault(change.member, []).append(change.library)
        elif change.action is Action.ADMIN_ADD:
            new_admins[str((change.after or {}).get("email", ""))] = None
        elif change.action is Action.ADMIN_REMOVE:
            lost_admins[str((change.before or {}).get("email", ""))] = None
    decision = _decision(plan, finals)
    moved = list(_moved(plan))
    losses = losses_in_words(len(lose), len(lost_admins), sooner)
    sentence = _sentence(plan, decision, finals, losses, len(moved))
    return Panel(
        decision,
        sentence,
        gain,
        lose,
        [*permanent],
        [*new_admins],
        [*lost_admins],
        moved,
        sooner,
    )


def losses_in_words(losers: int, admins: int, sooner: int) -> str:
    """Who loses what by a plan: ``3 people lose access``, ``1 administrator is removed``, ``2 seats end earlier``; empty for nothing."""
    told = [
        counted(losers, "person loses access", "people lose access") if losers else "",
        counted(admins, "administrator is removed", "administrators are removed") if admins else "",
        counted(sooner, "seat ends earlier", "seats end earlier") if sooner else "",
    ]
    return "; ".join(filter(None, told))


def _moved(plan: Plan) -> Iterator[tuple[str, str]]:
    for change in plan.changes:
        old, new = str((change.before or {}).get("email", "")), change.member
        if new and old and (plan.redacted or _domain(old) != _domain(new)):
            yield old, new


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


def effect(change: Change) -> Effect:
    """Return what a change does to somebody. An end date that comes earlier is a loss."""
    facts = change.action.facts
    if is_impossible(change):
        return Effect.REFUSED
    if change.action is Action.OBSERVE:
        return Effect.SEEN
    if change.kind in facts.irreversible:
        return Effect.FINAL
    match facts.sign:
        case Sign.REMOVE:
            return Effect.LOSS
        case Sign.CHANGE | Sign.RAISE:
            return Effect.LOSS if change.action is Action.LICENSE_UPDATE and _ends_earlier(change) else Effect.UPDATE
        case Sign.ADD | Sign.REPEAT:
            return Effect.ADDITION
        case never:
            assert_never(never)


def by_effect(changes: Iterable[Change]) -> dict[Effect, list[Change]]:
    """Return changes by their effect, each once."""
    found: dict[Effect, list[Change]] = {effect: [] for effect in Effect}
    for change in changes:
        found[effect(change)].append(change)
    return found


def seen(plan: Plan) -> int:
    """The number of changes that only note what was done at the vendor."""
    return plan.summary.get(Action.OBSERVE, 0)


def in_all(changes: int, seen: int, rest: str, where: str = "") -> str:
    """Return a sentence's beginning that counts changes, with ``rest`` about those that the plan itself makes."""
    all = f"{counted(changes, 'change')}{where}"
    if not seen:
        return f"{all}{rest}"
    return (
        f"{all}, all seen at the vendor"
        if seen == changes
        else f"{all}, {seen:,} of which were seen at the vendor{rest}"
    )


def irrevocable(finals: int, changes: int, where: str = "") -> str:
    """Return a sentence's beginning that counts changes that cannot be undone, then all."""
    all = f"{counted(changes, 'change')}{where}"
    return f"{all}, which cannot be undone" if changes == 1 else f"{finals:,} of {all} cannot be undone"


def _ends_earlier(change: Change) -> bool:
    before, after = (change.before or {}).get("until", ""), (change.after or {}).get("until", "")
    return bool(after) and (not before or after < before)


def _decision(plan: Plan, finals: int) -> Decision:
    if plan.refusals:
        return Decision.BLOCKED
    if not plan.changes:
        return Decision.NOTHING
    return Decision.IRREVERSIBLE if finals else Decision.SAFE


def _sentence(plan: Plan, decision: Decision, finals: int, losses: str, moved: int) -> str:
    changes = partial(in_all, len(plan.changes), seen(plan))
    passed = f" {counted(len(plan.approvals), 'limit')} passed by approval." if plan.approvals else ""
    if warnings := sum(one.severity is Severity.WARNING for one in plan.warnings):
        passed += f" {counted(warnings, 'warning')}."
    mails = ""
    if moved:
        where = "" if plan.redacted else " to another domain"
        mails = f"; {counted(moved, 'e-mail changes', 'e-mails change')}{where}"
    match decision:
        case Decision.BLOCKED:
            return f"{counted(len(plan.refusals), 'rule')} broken. Nothing will be applied."
        case Decision.IRREVERSIBLE:
            noted = f"; {seen(plan):,} were seen at the vendor" if seen(plan) else ""
            lose = f"; {losses}" if losses else ""
            return f"{irrevocable(finals, len(plan.changes))}{noted}{lose}{mails}.{passed}"
        case Decision.SAFE:
            undone = "; all can be undone" if not seen(plan) else "; all others can be undone"
            return f"{f'{losses}. ' if losses else ''}{changes(f'{mails}{undone}')}.{passed}"
        case Decision.NOTHING:
            return f"{AS_THE_FILES}{passed}"
        case never:
            assert_never(never)
