"""What a change of the files does to the year ahead."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.planning.year.curve import Curve, Year


def moves(before: Year, now: Year) -> Iterator[Diagnostic]:
    """One notice for each library that is full on another day, or of which another number of seats is asked for at most."""
    for id, curve in now.curves.items():
        if (was := before.curves.get(id)) is not None and (facts := [*_facts(was, curve)]):
            message = f'"{curve.title}" ({id}) in the coming year: {"; ".join(facts)}.'
            help = "Nothing to do if that is meant. After the merge, `seatsync year` shows all days."
            if curve.to_order > was.to_order:
                seats = counted(curve.to_order, "seat")
                help = f"Order {seats} by {curve.deadline}, or grant fewer. After the merge, `seatsync year` shows all days."
            yield Diagnostic("curve-moves", message, help, None, Severity.NOTICE, id)


def _facts(was: Curve, now: Curve) -> Iterator[str]:
    if now.full_on != was.full_on:
        yield f"{_full(now.full_on)}, was {_full(was.full_on) if was.full_on else 'never'}"
    most, had = now.most, was.most
    if (most.asked, most.total) != (had.asked, had.total):
        before = f"{had.asked:,}" if most.total == had.total else f"{had.asked:,} of {had.total:,}"
        yield f"at most {most.asked:,} of {counted(most.total, 'seat')} asked for, on {most.date}, was {before}"


def _full(day: str) -> str:
    return f"full on {day}" if day else "never full"
