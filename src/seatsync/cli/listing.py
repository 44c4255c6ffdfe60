"""Lists of members and licenses: how they are filtered, sorted and printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seatsync.cli.options import Run, option
from seatsync.cli.reading import tell
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.domain.license import License
    from seatsync.domain.people import Member
    from seatsync.domain.snapshot import Snapshot

Command = TypeVar("Command", bound=Callable[..., Any])
MEMBER_COLUMNS = ("email", "given_name", "family_name", "student_id", "role", "tags")
MOST_IN_TEXT = 500


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to. ``licensed`` is with, without or all."""

    library: str | None
    licensed: str | None
    kind: str | None
    status: str | None
    tag: tuple[str, ...]
    search: str | None
    select: Path | None


def filters(command: Command) -> Command:
    """The portals' filters."""
    from seatsync.domain.license import Kind, Status

    shared = [
        option("--library", metavar="ID", help="Only this library."),
        option("--with-license", "licensed", flag_value="with", help="Members who hold a license (of the library)."),
        option("--without-license", "licensed", flag_value="without", help="Members who hold none."),
        option("--all", "licensed", flag_value="all", help="All, with a license or without."),
        option("--kind", type=click.Choice([kind.value for kind in Kind]), help="Only licenses of this kind."),
        option(
            "--status", type=click.Choice([status.value for status in Status]), help="Only licenses with this status."
        ),
        option("--tag", multiple=True, help="Only members with this tag; repeat for several."),
        option("--search", metavar="TEXT", help="Only members in whose name, e-mail or student id this occurs."),
        option(
            "--select",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help='Only members this CSV lists ("Select by CSV").',
        ),
    ]
    wrapped: Any = command
    for decorator in reversed(shared):
        wrapped = decorator(wrapped)
    result: Command = wrapped
    return result


def holds(chosen: Filters, held: Iterable[License]) -> bool:
    """Whether one who has these licenses is meant by --with-license, --without-license, --kind and --status."""
    licenses = list(held)
    if chosen.licensed in ("with", "without") and any(license.active for license in licenses) != (
        chosen.licensed == "with"
    ):
        return False
    return not (chosen.kind or chosen.status) or any(is_so(chosen, license) for license in licenses)


def is_so(chosen: Filters, license: License) -> bool:
    """Whether a license has the kind and status asked for."""
    return chosen.kind in (None, license.kind) and chosen.status in (None, license.status)


def select_members(
    snapshot: Snapshot, chosen: Filters, run: Run, leavers: bool = False
) -> Iterator[tuple[int, Member]]:
    """The members to whom tags, search and selection apply; ``leavers`` too, where asked for."""
    from seatsync.domain.names import IMPORTED, clean, email_key, split_tags
    from seatsync.domain.people import found_by

    wanted = _selected(chosen.select, run) if chosen.select else None
    if chosen.library and chosen.library not in snapshot.libraries:
        _unknown_library(chosen.library, snapshot)
    sought = clean(chosen.search).casefold() if chosen.search else ""
    for number, member in snapshot.members.items():
        if not (member.on_roster or leavers):
            continue
        if wanted is not None and not (
            email_key(member.email) in wanted[0] or (member.student_id and member.student_id in wanted[1])
        ):
            continue
        if chosen.tag and not {*chosen.tag} <= {*split_tags(member.tags), IMPORTED + member.imported_on}:
            continue
        if sought and sought not in found_by(member):
            continue
        yield number, member


def _selected(path: Path, run: Run) -> tuple[set[str], set[str]]:
    """E-mail keys and student ids of a selection file, which may lie anywhere."""
    from seatsync.domain.diagnostic import Severity
    from seatsync.domain.names import email_key
    from seatsync.sources.files import Folder
    from seatsync.sources.selections import read_selection

    folder = Folder(path.parent)
    text = folder.read(path.name)
    selection = read_selection(text, path.name, folder.found) if text is not None else None
    if folder.found:
        tell(path.parent, folder.found, run)
    if selection is None or any(diagnostic.severity is Severity.ERROR for diagnostic in folder.found):
        raise click.exceptions.Exit(ExitCode.INVALID)
    return {email_key(email) for _, email, _ in selection.rows if email}, {id for id, _, _ in selection.rows if id}


def _unknown_library(library: str, snapshot: Snapshot) -> None:
    from seatsync.domain.names import did_you_mean

    known = ", ".join(snapshot.libraries) or "none yet"
    guess = did_you_mean(library, snapshot.libraries)
    raise click.UsageError(
        f'The ledger has no library "{library}". {guess} The libraries are: {known}.'.replace("  ", " ")
    )


def member_row(member: Member) -> dict[str, Any]:
    """A member for a list, with the automatic date tag among the tags."""
    from seatsync.domain.names import IMPORTED, split_tags

    tags = [*split_tags(member.tags), IMPORTED + member.imported_on]
    return {name: getattr(member, name) for name in MEMBER_COLUMNS[:-1]} | {"tags": tags}


def bounced_of(folder: Path, institution: str, run: Run) -> set[tuple[str, int]]:
    """The licenses, by library and member, whose latest invitation bounced."""
    from seatsync.outbox.queue import bounced

    with run.ledger_of(folder, institution).reading() as connection:
        return bounced(connection, institution) if connection is not None else set()


def sort_rows(rows: list[dict[str, Any]], columns: Sequence[str], by: str | None) -> list[dict[str, Any]]:
    """Sorted by one of the columns, without regard to case; ``-column`` turns it round."""
    if not by:
        return rows
    name, backwards = by.lstrip("-"), by.startswith("-")
    if name not in columns:
        raise click.UsageError(f"There is no column {name} to sort by; there are {', '.join(columns)}.")
    return sorted(rows, key=lambda row: str(row[name]).casefold(), reverse=backwards)


def print_rows(
    run: Run,
    columns: Sequence[str],
    rows: list[dict[str, Any]],
    nothing: str,
    most: int = MOST_IN_TEXT,
    short: Collection[str] = (),
) -> None:
    """As table (of the first ``most`` rows, if not all are asked for; of the columns that are ``short`` only how they begin),
    CSV or JSON."""
    if run.redactor is not None:
        rows = [run.redactor.row(row) for row in rows]
    if run.format == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif run.format == "csv":
        write_csv(columns, ([_cell(row[name]) for name in columns] for row in rows))
    elif not rows:
        run.say(nothing)
    else:
        from seatsync.reports import text

        shown = rows if run.verbose else rows[:most]
        text.stdout(run.no_color).table(
            ([_cell(row[name], ", ")[: 10 if name in short else None] for name in columns] for row in shown), columns
        )
        if len(shown) < len(rows):
            run.say(f"… and {len(rows) - len(shown):,} more (--verbose shows all, --format csv writes them)")


def _cell(value: Any, between: str = ";") -> str:
    return between.join(value) if isinstance(value, list) else str(value)


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """CSV on standard output, safe for spreadsheets."""
    import sys

    from seatsync.reports import spreadsheet

    coming = chain([columns], rows)
    while some := list(islice(coming, _AT_ONCE)):
        sys.stdout.write(spreadsheet.text(some))


_AT_ONCE = 5_000
