"""What was bought of a library, as lists and pages show it: the totals to come, what it costs, what lies idle, which contracts run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.money.price import Costs, in_words
from seatsync.domain.money.purchases import Contract, Purchases, Turn, costs_on, idle_costs, turns


class Bought(NamedTuple):
    """What was bought: ``costs`` are those of the seats of the day, ``idle_costs`` those of the ``idle`` ones among them."""

    coming: Sequence[Turn]
    costs: Costs
    idle: int
    idle_costs: Costs
    contracts: Sequence[Contract]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it. Amounts are texts, because they are exact."""
        return {
            "coming": [turn._asdict() for turn in self.coming],
            "costs": _amounts(self.costs),
            "idle": self.idle,
            "idle_costs": _amounts(self.idle_costs),
            "contracts": [{"until": it.until, "notice_by": it.notice_day, "order": it.order} for it in self.contracts],
        }

    def in_words(self, total: int, spell: Callable[[str], str] = str) -> str:
        """The same as sentences: ``250 seats, 50 from 2027-08-01 on. 10,500 USD a year; 12 seats (504 USD a year) lie idle.``
        ``spell`` says how a day is written."""
        return " ".join(f"{sentence}." for sentence in self._sentences(total, spell))

    def _sentences(self, total: int, spell: Callable[[str], str]) -> Iterator[str]:
        yield ", ".join([counted(total, "seat"), *(f"{turn.total:,} from {spell(turn.on)} on" for turn in self.coming)])
        if self.costs:
            yield f"{in_words(self.costs)}; {idle_in_words(self.idle, self.idle_costs)}"
        for it in self.contracts:
            days = f"until {spell(it.until)}{f', notice by {spell(it.notice_day)}' if it.notice else ''}"
            yield f"Contract {it.order} {days}" if it.order else f"Contract {days}"


def bought(purchases: Purchases, available: int, today: str) -> Bought:
    """What was bought, on a day (ISO) with so many seats ``available``."""
    idle = max(0, available)
    contracts = dict.fromkeys(one.contract for one in purchases if one.contract is not None)
    return Bought(
        turns(purchases, today), costs_on(purchases, today), idle, idle_costs(purchases, today, idle), [*contracts]
    )


def idle_in_words(idle: int, costs: Costs) -> str:
    """``12 seats (504 USD a year) lie idle``."""
    if not idle:
        return "no seat lies idle"
    priced = in_words(costs)
    return f"{counted(idle, 'seat')}{f' ({priced})' if priced else ''} {'lies' if idle == 1 else 'lie'} idle"


def _amounts(costs: Costs) -> list[dict[str, str]]:
    return [
        {"amount": f"{amount:.2f}", "currency": currency, "per": per}
        for (currency, per), amount in sorted(costs.items())
    ]
