"""The purchases of a library: how many seats, from when, to when, at what price and under which contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from seatsync.domain.calendar.distances import days_before
from seatsync.domain.diagnostic import counted
from seatsync.domain.money.price import Costs, Price, costs_of, parse_price
from seatsync.domain.text.characters import forbidden
from seatsync.domain.text.days import parse_day


class Contract(NamedTuple):
    """A contract: its last day (ISO), how many days before notice must be given, and the number of its order, empty for none."""

    until: str
    notice: int = 0
    order: str = ""

    @property
    def notice_day(self) -> str:
        """The last day (ISO) on which notice can be given; without a time for it, the contract's last day."""
        until = date.fromisoformat(self.until)
        return (until - timedelta(days=min(self.notice, until.toordinal() - 1))).isoformat()


class Purchase(NamedTuple):
    """A number of seats that were bought. ``since`` and ``until`` (ISO) are its first and its last day; empty for no limit."""

    seats: int
    since: str = ""
    until: str = ""
    price: Price | None = None
    contract: Contract | None = None

    def counts_on(self, day: str) -> bool:
        """Whether these seats are there on a day (ISO)."""
        return self.since <= day and (not self.until or day <= self.until)

    def as_dict(self) -> dict[str, Any]:
        """The purchase as plans, the journal and the ledger write it. What is not given has no key."""
        said = {
            "count": self.seats,
            "from": self.since,
            "until": self.until,
            "price": str(self.price) if self.price is not None else "",
            "contract": self.contract._asdict() if self.contract is not None else {},
        }
        return {name: value for name, value in said.items() if name == "count" or value}


Purchases = Sequence[Purchase]


def is_purchases(value: Any) -> bool:
    """Whether these are purchases as ``as_dict`` writes them."""
    return isinstance(value, list | tuple) and all(map(_is_purchase, value))


def _is_purchase(value: Any) -> bool:
    if not isinstance(value, Mapping) or not {"count"} <= value.keys() <= {
        "count",
        "from",
        "until",
        "price",
        "contract",
    }:
        return False
    days = [value[name] for name in ("from", "until") if name in value]
    price = value.get("price", "1 USD once")
    return (
        _is_number(value["count"])
        and all(isinstance(day, str) and parse_day(day) is not None for day in days)
        and isinstance(price, str)
        and parse_price(price) is not None
        and _is_contract(value.get("contract", {"until": "2000-01-01", "notice": 0, "order": ""}))
    )


def _is_contract(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() == {"until", "notice", "order"}
        and isinstance(value["until"], str)
        and parse_day(value["until"]) is not None
        and _is_number(value["notice"])
        and value["notice"] < 10_000
        and isinstance(value["order"], str)
        and forbidden(value["order"]) is None
    )


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**31


def purchases_of(written: Iterable[Mapping[str, Any]]) -> tuple[Purchase, ...]:
    """The purchases that ``as_dict`` has written.

    Raises:
        KeyError, TypeError, ValueError: they are not such purchases.
    """
    return tuple(
        Purchase(
            one["count"],
            one.get("from", ""),
            one.get("until", ""),
            _price(one["price"]) if "price" in one else None,
            Contract(**one["contract"]) if "contract" in one else None,
        )
        for one in written
    )


def _price(text: str) -> Price:
    if (price := parse_price(text)) is None:
        raise ValueError(f"{text} is no price")
    return price


def total_on(purchases: Purchases, day: str) -> int:
    """How many seats there are on a day (ISO)."""
    return sum(one.seats for one in purchases if one.counts_on(day))


def costs_on(purchases: Purchases, day: str) -> Costs:
    """What the seats of a day (ISO) cost."""
    return costs_of((one.seats, one.price) for one in purchases if one.counts_on(day))


def idle_costs(purchases: Purchases, day: str, idle: int) -> Costs:
    """What ``idle`` of a day's seats cost. They are counted from the last purchase in the list."""
    return costs_of(_last(purchases, day, idle))


def _last(purchases: Purchases, day: str, number: int) -> Iterator[tuple[int, Price | None]]:
    for one in reversed(purchases):
        if one.counts_on(day):
            taken = min(number, one.seats)
            yield taken, one.price
            number -= taken


class Turn(NamedTuple):
    """A day (ISO) from which on a library has another total."""

    on: str
    total: int


def turns(purchases: Purchases, today: str) -> list[Turn]:
    """The days after ``today`` (ISO) on which the total changes, with the new one."""
    days = {one.since for one in purchases} | {day_after(one.until) for one in purchases}
    found, total = [], total_on(purchases, today)
    for day in sorted(day for day in days if day > today):
        if (now := total_on(purchases, day)) != total:
            found.append(Turn(day, now))
            total = now
    return found


def days_of(purchases: Purchases) -> Iterator[str]:
    """The days (ISO) on which purchases and contracts change something, or plans warn of it."""
    for one in purchases:
        for day in filter(None, (one.since, day_after(one.until))):
            yield from (day, *days_before(day))
        if one.contract is not None:
            yield from days_before(one.contract.notice_day)
            yield from filter(None, (one.contract.notice_day, day_after(one.contract.until)))


def day_after(day: str) -> str:
    """The day after (ISO); empty for no day, and after the last day of the calendar."""
    last = parse_day(day)
    return (last + timedelta(days=1)).isoformat() if last is not None and last < date.max else ""


def purchases_in_words(purchases: Purchases) -> str:
    """Purchases in words: ``200 seats until 2027-07-31 (42 USD/year, contract PO-1187 until 2027-07-31) and 50 seats``."""
    return " and ".join(map(_in_words, purchases))


def _in_words(one: Purchase) -> str:
    days = f"{f' from {one.since}' if one.since else ''}{f' until {one.until}' if one.until else ''}"
    terms = [str(one.price)] if one.price is not None else []
    if (contract := one.contract) is not None:
        notice = f", notice {contract.notice}d" if contract.notice else ""
        terms.append(f"contract{f' {contract.order}' if contract.order else ''} until {contract.until}{notice}")
    of_terms = f" ({', '.join(terms)})" if terms else ""
    return f"{counted(one.seats, 'seat')}{days}{of_terms}"
