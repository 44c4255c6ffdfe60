"""What a year brings, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from seatsync.domain.diagnostic import counted
from seatsync.domain.text.languages import spelled
from seatsync.planning.year.curve import Blocked, Curve, CurveDay, Notice, Year
from seatsync.reports.view.counting import letters_in_words

Spell = Callable[[str], str]
"""How a day (ISO) is written: as it is, or spelled."""


def which_days(year: Year, spell: Spell = str) -> str:
    """``from 2026-09-01 to 2027-09-01, if nothing else happens``, or with scenarios."""
    otherwise = f"with {' and '.join(one.name for one in year.scenarios)}, " if year.scenarios else ""
    return f"from {spell(year.first)} to {spell(year.last)}, {otherwise}if nothing else happens"


def facts(year: Year, spell: Spell = str) -> Iterator[str]:
    """What else a reader must know: changes that come today, and scenarios that change nothing."""
    if year.pending:
        come = counted(
            year.pending,
            "change of the files is not applied yet and comes",
            "changes of the files are not applied yet and come",
        )
        yield f"{come} today."
    for one in year.scenarios:
        if one.on.isoformat() > year.last:
            begins = spell(one.on.isoformat())
            yield f"{one.name} begins on {begins}, after the last of these days, so it changes nothing: name a later day with `--until`."
        elif one.until is not None and one.until.isoformat() < year.first:
            yield f"{one.name} ended on {spell(one.until.isoformat())}, so it changes nothing."
        elif ended := year.unreached.get(one.name):
            begins, over = spell(one.on.isoformat()), spell(ended)
            yield (
                f"The grants for the members of {one.name} end on {over}, before it begins on {begins}, so they change nothing: "
                "write the grants that follow first."
            )
        elif one.name in year.unreached:
            tags = ", ".join(one.tags) or "none"
            yield (
                f"No grant reaches the members of {one.name} (tags: {tags}), so they change nothing: "
                "their `tags` must be those that grants ask for."
            )


def seats(curve: Curve, spell: Spell = str) -> str:
    """How many seats are in use today, and how many at most."""
    now, most = curve.days[0], curve.most
    today = f"{now.used:,} of {counted(now.total, 'seat')} in use on {spell(now.date)}"
    line = f", {counted(now.waiting, 'member waits', 'members wait')}" if now.waiting else ""
    if most.asked == now.asked:
        return f"{today}{line}, and never more are asked for."
    return f"{today}{line}; at most {most.asked:,} of {most.total:,} are asked for, on {spell(most.date)}."


def full(curve: Curve, spell: Spell = str) -> str:
    """When no seat is left."""
    return f"Full on {spell(curve.full_on)}." if curve.full_on else "Never full."


def order(curve: Curve, spell: Spell = str) -> str:
    """How many seats to order, and by when."""
    if not curve.to_order:
        return "Nothing to order."
    worst = next(day for day in curve.days if day.short == curve.to_order)
    least = next(day for day in curve.days if day.short)
    since = f"From {spell(least.date)} on seats are missing"
    since += f", at most {worst.short:,} (on {spell(worst.date)})" if worst.short > least.short else ""
    contract = next((one for one in curve.notices if one.day == curve.order_by), None)
    why = f", the last day of notice of {contract_in_words(contract)}" if contract is not None else ""
    return f"{since}: order {counted(curve.to_order, 'seat')} by {spell(curve.deadline)}{why}."


def in_short(curve: Curve) -> str:
    """When no seat is left and how many to order, with the command that shows the days; empty if there are enough."""
    if not curve.full_on:
        return ""
    return (
        f"The year ahead: {full(curve, spelled)} {order(curve, spelled) if curve.to_order else ''}".rstrip()
        + " `seatsync year`"
    )


def contract_in_words(notice: Notice) -> str:
    """Which contract it is: ``contract PO-1187``, or ``the contract until 2027-07-31``."""
    return f"contract {notice.order}" if notice.order else f"the contract until {notice.until}"


def stopped(year: Year, spell: Spell = str) -> list[str]:
    """Why nothing happens on some days, or nothing is known of them."""
    return [*(blocked(one, year, spell) for one in year.blocked), *filter(None, [stops(year, spell)])]


def blocked(one: Blocked, year: Year, spell: Spell = str) -> str:
    """From when to when no plan can be applied, and why."""
    codes = ", ".join(dict.fromkeys(f"{it.code}{f' in {it.library}' if it.library else ''}" for it in one.refusals))
    until = "" if one.until == year.last else f" to {spell(one.until)}"
    why = "" if year.scenarios else f" `seatsync plan --now {one.since}` says more."
    return f"From {spell(one.since)}{until or ' on'} the plan of each day is blocked ({codes}): nothing is granted, ends or is sent.{why}"


def stops(year: Year, spell: Spell = str) -> str:
    """From when on nothing is known; empty if all is."""
    if not year.stops_on:
        return ""
    return (
        f"From {spell(year.stops_on)} on nothing is known, because the files have a mistake on that day: "
        f"`seatsync validate --now {year.stops_on}` says which."
    )


def happens(day: CurveDay, before: CurveDay | None) -> str:
    """What happens on a day: ``60 granted, 12 end, 10 seats more; 60 invitations``."""
    return "; ".join(
        filter(None, (", ".join(_changes(day, before)), letters_in_words(day.letters) if day.letters else ""))
    )


def _changes(day: CurveDay, before: CurveDay | None) -> Iterator[str]:
    if day.granted:
        yield f"{day.granted:,} granted"
    if day.ended:
        yield f"{day.ended:,} {'ends' if day.ended == 1 else 'end'}"
    if day.lapsed:
        yield f"{day.lapsed:,} {'lapses' if day.lapsed == 1 else 'lapse'} unclaimed"
    if day.permanent:
        yield f"{day.permanent:,} permanent"
    if before is not None and day.total != before.total:
        yield f"{counted(abs(day.total - before.total), 'seat')} {'more' if day.total > before.total else 'fewer'}"
    if day.short and (before is None or day.short != before.short):
        yield f"{day.short:,} missing"


def chosen(days: Sequence[CurveDay], most: int) -> list[CurveDay]:
    """The days that say most: those with the greatest change of the seats in use, asked for or there; the first is always among them."""
    first, *rest = days
    pairs = [*zip(days, rest, strict=False)]
    moving = [day for before, day in pairs if day.differs_from(before)]
    if len(moving) < most:
        return [first, *moving]
    moved = {
        day.date: abs(day.asked - old.asked) + abs(day.used - old.used) + abs(day.total - old.total)
        for old, day in pairs
    }
    kept = {day.date for day in sorted(moving, key=lambda day: (-moved[day.date], day.date))[: most - 1]}
    return [first, *(day for day in moving if day.date in kept)]
