"""Prices of seats, and exact sums of them. Amounts in different currencies, or for different times, are never added."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

_PRICE = re.compile(r"(?P<amount>[0-9]{1,9}(\.[0-9]{1,2})?) (?P<currency>[A-Z]{3})(?:/(?P<per>year|term)| once)")


class Per(StrEnum):
    """How often a price is paid."""

    YEAR = "year"
    TERM = "term"
    ONCE = "once"


_IN_WORDS = {Per.YEAR: "a year", Per.TERM: "a term", Per.ONCE: "once"}


class Price(NamedTuple):
    """What one seat costs. ``currency`` is an ISO 4217 code."""

    amount: Decimal
    currency: str
    per: Per

    def __str__(self) -> str:
        """The price as files and the ledger write it: ``42 USD/year``, ``10.50 EUR once``."""
        amount = f"{self.amount:f}"
        return f"{amount} {self.currency} once" if self.per is Per.ONCE else f"{amount} {self.currency}/{self.per}"


def parse_price(text: str) -> Price | None:
    """Parse a price as files write it; None if it is not one. Whether the currency exists is not checked."""
    found = _PRICE.fullmatch(text)
    if found is None:
        return None
    return Price(Decimal(found["amount"]), found["currency"], Per(found["per"] or Per.ONCE))


Costs = Mapping[tuple[str, Per], Decimal]
"""Amounts by their currency and by how often they are paid."""


def costs_of(seats: Iterable[tuple[int, Price | None]]) -> Costs:
    """What these numbers of seats cost together. Seats without a price are not counted."""
    sums: dict[tuple[str, Per], Decimal] = defaultdict(Decimal)
    for number, price in seats:
        if price is not None:
            sums[price.currency, price.per] += number * price.amount
    return {of: amount for of, amount in sums.items() if amount}


def more(after: Costs, before: Costs) -> Costs:
    """What costs more afterwards than before; what costs less is negative."""
    changed = {of: after.get(of, Decimal()) - before.get(of, Decimal()) for of in (*after, *before)}
    return {of: amount for of, amount in changed.items() if amount}


def in_words(costs: Costs) -> str:
    """Costs in words: ``1,234.50 USD a year and 20 EUR once``; empty for none."""
    return " and ".join(
        f"{_amount(amount)} {currency} {_IN_WORDS[per]}" for (currency, per), amount in sorted(costs.items())
    )


def changed_in_words(changed: Costs) -> str:
    """What costs more, and what costs less (negative), in words: ``420 USD a year and 20 EUR once less``."""
    said = in_words({of: amount for of, amount in changed.items() if amount > 0})
    less = in_words({of: -amount for of, amount in changed.items() if amount < 0})
    return " and ".join(filter(None, (said, f"{less} less" if less else "")))


def _amount(amount: Decimal) -> str:
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"
