"""Filter, sort and print lists of members and licenses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from seatsync.cli.options import Moment, option, with_options
from seatsync.cli.run import Run
from seatsync.domain.filters import CHOICES, Filters
from seatsync.domain.license import Kind, Status
from seatsync.domain.person import Person, spoken
from seatsync.domain.portal.progress import status_in_words
from seatsync.domain.text.days import day_in, local

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.domain.person import Member
    from seatsync.domain.snapshot import Snapshot
    from seatsync.reports.writer import Writer

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_IN_TEXT = 500


def filter_options(roster: str) -> Callable[[Command], Command]:
    """Add the portals' filter options to a command, as ``filters`` and ``select``. ``roster`` is which members are listed:
    ``on`` a roster, or ``any``."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def wrapper(select: Path | None, **rest: Any) -> Any:
            from seatsync.domain.text.characters import clean

            values: dict[str, Any] = {
                name: rest.pop(name) or "" for name in ("library", "licensed", "role", "at_vendor", "search")
            }
            values |= {name: rest.pop(name) for name in ("kind", "status", "tag")}
            values["search"] = clean(values["search"])
            values["ends"] = ends.date().isoformat() if (ends := rest.pop("ends")) else ""
            return command(filters=Filters(**values, roster=roster), select=select, **rest)

        return with_options(cast(Command, wrapper), _options())

    return decorate


def _options() -> list[Callable[[Any], Any]]:
    return [
        option("--library", metavar="ID", help="Only this library."),
        option("--with-license", "licensed", flag_value="with", help="Only members with a license (of the library)."),
        option(
            "--without-license",
            "licensed",
            flag_value="without",
            help="Only members without a license (of the library).",
        ),
        option(
            "--all",
            "licensed",
            flag_value="all",
            help="Members with or without a license; where licenses are listed, also revoked and opted-out ones.",
        ),
        option(
            "--kind",
            type=click.Choice(CHOICES["kind"]),
            multiple=True,
            help="Only licenses of this kind. Repeat it for several.",
        ),
        option(
            "--status",
            type=StatusWord(),
            multiple=True,
            metavar="STATUS",
            help="Only licenses with this status: none, unclaimed, claimed, opted_out, revoked, lapsed or waiting. Repeat it for "
            'several. JSON and CSV call claimed "delivered".',
        ),
        option(
            "--at-vendor",
            type=click.Choice(CHOICES["at_vendor"]),
            help="Only licenses at the vendor with something to be done there (open), or with nothing (done).",
        ),
        option("--ends", type=Moment(), help="Only licenses whose last day this is."),
        option(
            "--tag", multiple=True, help="Only members with this tag. Repeat it for members who have all of several."
        ),
        option("--role", help="Only members with this role."),
        option(
            "--search",
            metavar="TEXT",
            help="Only members whose name, e-mail, student id or account's e-mail contains this text.",
        ),
        option(
            "--select",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help='Only members listed in this CSV file ("Select by CSV").',
        ),
    ]


class StatusWord(click.Choice[str]):
    """A status as lists and pages say it. ``delivered``, the word of JSON and CSV for claimed, is taken too."""

    def __init__(self) -> None:
        super().__init__([status_in_words(one) if one == Status.DELIVERED else one for one in CHOICES["status"]])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        claimed = status_in_words(Status.DELIVERED)
        word = super().convert(claimed if value == Status.DELIVERED else value, param, ctx)
        return Status.DELIVERED.value if word == claimed else word


def must_be_known(library: str | None, snapshot: Snapshot, connection: Connection, institution: str) -> None:
    """Refuse a library that the ledger does not have and of which nothing was ever recorded."""
    from seatsync.ledger.queries.history import HistoryFilter, history

    if not library or library in snapshot.libraries:
        return
    if not history(connection, institution, HistoryFilter(library=library), 1, False):
        raise unknown_library(library, snapshot.libraries)


def unknown_library(library: str, libraries: Iterable[str], has: str = "The ledger has") -> click.UsageError:
    """The failure of a command that names a library that is not among the ``libraries``: those of the ledger, or ``has`` says whose."""
    from seatsync.domain.text.guesses import did_you_mean

    known = [*libraries]
    guess, listed = did_you_mean(library, known), ", ".join(known) or "none yet"
    return click.UsageError(f'{has} no library "{library}". {guess} The libraries are: {listed}.'.replace("  ", " "))


def member_row(member: Member) -> dict[str, Any]:
    """A member as a row of a list; the tags include the automatic ``imported:`` tag."""
    from seatsync.domain.text.tags import tags_with_day

    tags = tags_with_day(member.tags, member.imported_on)
    return {name: getattr(member, name) for name in Person._fields} | {"tags": tags}


def leaving(books: Snapshot, number: int) -> dict[str, str]:
    """Since when a member is on no roster who is in a grace period, and when the last seat ends; both empty for all others."""
    left_on = books.members[number].left_on
    return {"left_on": left_on, "seats_end": books.seats_end(number) if left_on else ""}


def with_ended(rows: list[dict[str, Any]], run: Run, timezone: str, as_of: datetime | None) -> list[dict[str, Any]]:
    """The rows, in a table with a word at each end date that has passed by today or by the day of ``as_of``."""
    today = day_in(as_of or run.now, timezone).isoformat()
    if run.format != "text":
        return rows
    return [{**row, "until": f"{row['until']} (ended)"} if "" < row["until"] < today else row for row in rows]


def in_local_time(
    rows: Iterable[dict[str, Any]], columns: Sequence[str], run: Run, timezone: str
) -> list[dict[str, Any]]:
    """The rows with the instants in these columns in the institution's time zone; JSON keeps them in UTC."""
    if run.format == "json":
        return list(rows)
    return [{**row, **{name: local(row[name], timezone) for name in columns}} for row in rows]


def sort_rows(rows: list[dict[str, Any]], columns: Sequence[str], by: str | None) -> list[dict[str, Any]]:
    """The rows sorted by a column, ignoring case and accents; ``-column`` sorts in descending order."""
    from seatsync.domain.text.names import without_accents

    if not by:
        return rows
    in_words = {_header(column): column for column in columns}
    name, descending = in_words.get(by.lstrip("-"), by.lstrip("-")), by.startswith("-")
    if name not in columns:
        raise click.UsageError(f"There is no column {name}. The columns are: {', '.join(columns)}.")

    def key(row: Mapping[str, Any]) -> str:
        value = row[name]
        return f"{value:012}" if isinstance(value, int) else without_accents(str(value))

    return sorted(rows, key=key, reverse=descending)


def redacted(rows: Sequence[dict[str, Any]], run: Run) -> Sequence[dict[str, Any]]:
    """The rows, with pseudonyms if names must be left out."""
    return rows if run.redactor is None else [run.redactor.row(row) for row in rows]


def print_rows(
    run: Run, columns: Sequence[str], rows: Sequence[dict[str, Any]], if_empty: str, besides: int = 0
) -> None:
    """Print rows as table, CSV or JSON. Without ``--verbose`` a table shows the first 500 rows. There are so many ``besides`` that were
    not read."""
    rows = redacted(rows, run)
    if run.format == "json":
        write_json(rows)
    elif run.format == "csv":
        write_rows(columns, rows)
    elif not rows:
        run.say(if_empty)
    else:
        from seatsync.reports import text

        shown = rows if run.verbose else rows[:MOST_IN_TEXT]
        out = text.stdout(run.no_color)
        told = [_in_words(row) for row in shown]
        names = [name for name in columns if name not in _TOLD_IN_OTHERS]
        headers = ["in line since" if name == "invited_on" and _is_line(rows) else _header(name) for name in names]
        out.table(([_cell(row[name], ", ") for name in names] for row in told), headers)
        if more := len(rows) - len(shown) + besides:
            and_more(out, run, more)


def _is_line(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether all of them wait for a seat, so that none was invited."""
    return all(row.get("place") for row in rows)


def _in_words(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row as people read it: the whole name in one column, the status with the progress at the vendor, no kind where the status says
    that there is no seat, only tags that somebody gave."""
    from seatsync.domain.text.tags import IMPORTED
    from seatsync.reports.redaction import HIDDEN

    told = dict(row)
    if "given_name" in row:
        family = row["family_name"] if row["given_name"] != HIDDEN else ""
        told["given_name"] = f"{row['given_name']} {family}".strip()
    if "status" in row:
        told["status"] = status_in_words(row["status"], row.get("at_vendor", ""))
        told["kind"] = row["kind"] if row["kind"] != Kind.NONE or row["status"] == Status.NONE else ""
    if "tags" in row:
        told["tags"] = [tag for tag in row["tags"] if not tag.startswith(IMPORTED)]
    return told


def _header(column: str) -> str:
    """What stands above a column in a table; ``--sort`` takes it, too."""
    return "name" if column == "given_name" else spoken(column)


_TOLD_IN_OTHERS = ("family_name", "at_vendor")
"""What stands in other columns of a table: the family name beside the given name, the progress at the vendor as the status."""


def and_more(out: Writer, run: Run, number: int) -> None:
    """Say how many rows are not shown: below the list, where somebody reads it; for a pipe beside it."""
    words = f"… and {number:,} more (--verbose or --format csv shows all)"
    if out.is_watched:
        out.line((words, "dim"))
    else:
        run.say(words)


def _cell(value: Any, separator: str = ";") -> str:
    return separator.join(value) if isinstance(value, list) else str(value)


def write_json(rows: Iterable[dict[str, Any]]) -> None:
    """Write rows to standard output as one JSON array, row by row."""
    import sys

    before = "["
    for row in rows:
        lines = json.dumps(row, indent=2, ensure_ascii=False).splitlines()
        sys.stdout.write(before + "".join(f"\n  {line}" for line in lines))
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


def write_rows(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows to standard output as CSV, some thousands at a time."""
    write_csv(columns, ([_cell(row[name]) for name in columns] for row in rows))


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write CSV to standard output; no cell is a formula to a spreadsheet."""
    import sys

    from seatsync.reports import spreadsheet

    lines = chain([columns], rows)
    while batch := list(islice(lines, _BATCH)):
        sys.stdout.write(spreadsheet.text(batch))


_BATCH = 5_000
