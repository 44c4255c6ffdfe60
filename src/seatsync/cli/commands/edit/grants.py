"""``seatsync edit grant`` and ``edit revoke``: for members by name, or for a tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.edit.carry_out import carry_out
from seatsync.cli.commands.edit.members import of_them
from seatsync.cli.commands.edit.options import edit_option, of_members
from seatsync.cli.options import Command, Moment, with_options
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.sources.editing.folder import EditedFolder
    from seatsync.sources.editing.group_grants import Group


def _of_groups(command: Command) -> Command:
    """Add ``--tag`` and ``--everyone``, and what says members by name."""
    group = [
        edit_option("--tag", "tags", multiple=True, help="For everybody with this tag; repeated, with all of them."),
        edit_option("--everyone", is_flag=True, help="For everybody on the rosters."),
        of_members,
    ]
    return with_options(command, group)


@click.command("grant")
@click.argument("library")
@edit_option("--kind", type=click.Choice(["temporary", "permanent"]), help="Needed if the library has both kinds.")
@edit_option("--from", "first", type=Moment(), help="The first day of the grant, if it is not to begin at once.")
@edit_option("--until", type=Moment(), help="The last day of a temporary license.")
@edit_option("--term", help="The term of the grant, by its id, in place of --from and --until.")
@_of_groups
def grant(
    run: Run,
    folder: Path,
    library: str,
    kind: str | None,
    first: datetime | None,
    until: datetime | None,
    term: str | None,
    tags: Sequence[str],
    everyone: bool,
    emails: tuple[str, ...],
    select: Path | None,
) -> int:
    """Grant a library to members, to everybody with a tag, or to everybody.

    \b
    seatsync edit grant jamworks ann@grace.example
    seatsync edit grant books --kind temporary --until 2027-06-30 --select class.csv
    seatsync edit grant jamworks --tag student --term fall-2026

    Says which grant gives it already, or adds the members to a grant or grants file of the same kind and days, or
    else writes the smallest new grant. For a tag, the grant of that tag gets the later end date, or else is written.
    """
    from seatsync.domain.license import Kind
    from seatsync.sources.editing import grants, group_grants

    if term is not None and (first is not None or until is not None):
        raise click.UsageError("--term has a first and a last day, so give no --from and no --until beside it.")
    wanted = Kind(kind) if kind else None
    days = grants.Days(_day("--from", first), _day("--until", until), term or "")
    if (group := _group(tags, everyone, emails, select)) is not None:
        change = partial(group_grants.grant, library=library, kind=wanted, days=days, group=group)
        return carry_out(folder, run, change)
    return of_them(folder, run, emails, select, lambda edited, who: grants.grant(edited, library, wanted, days, who))


def _day(option: str, given: datetime | None) -> date | None:
    """The day that an option names.

    Raises:
        UsageError: it names a time.
    """
    if given is not None and given.tzinfo is not None:
        raise click.UsageError(f"{option} is a day, for example 2027-06-30, and has no time.")
    return given.date() if given is not None else None


@click.command("revoke")
@click.argument("library")
@_of_groups
def revoke(
    run: Run,
    folder: Path,
    library: str,
    tags: Sequence[str],
    everyone: bool,
    emails: tuple[str, ...],
    select: Path | None,
) -> int:
    """Take a library away from members, or from everybody with a tag. Permanent licenses can't be taken back.

    \b
    seatsync edit revoke jamworks ann@grace.example
    seatsync edit revoke books --select leavers.csv
    seatsync edit revoke jamworks --tag guest

    Removes the members from the grants that name them. Where a tag gives the library, the grant gets an exception. For a
    tag, removes the grant of that tag; who gets the library by another grant keeps it, which is said.
    """
    from seatsync.sources.editing import grants

    if (group := _group(tags, everyone, emails, select)) is not None:
        keys: set[str] = set()
        return carry_out(folder, run, _revoking(library, group, keys), (library, keys))
    return of_them(folder, run, emails, select, lambda edited, who: grants.revoke(edited, library, who), library)


def _revoking(library: str, group: Group, keys: set[str]) -> Callable[[EditedFolder], None]:
    """The change that takes a library away from a group; it adds the members' keys to ``keys``."""
    from seatsync.sources.editing import group_grants

    def change(folder: EditedFolder) -> None:
        group_grants.revoke(folder, library, group)
        keys.update(member.key for member in group_grants.members_of(folder, group))

    return change


def _group(tags: Sequence[str], everyone: bool, emails: Sequence[str], select: Path | None) -> Group | None:
    """Whom the options mean if they name nobody.

    Raises:
        UsageError: they say it in two ways, or not at all.
    """
    from seatsync.domain.text.characters import clean
    from seatsync.sources.editing.group_grants import Group

    ways = [tags, everyone, emails or select is not None]
    if sum(map(bool, ways)) > 1:
        raise click.UsageError("Say for whom in one way: e-mails and --select, or --tag, or --everyone.")
    if not any(ways):
        raise click.UsageError("Say who: e-mails, --select FILE, --tag or --everyone.")
    return Group(tuple(dict.fromkeys(map(clean, tags)))) if tags or everyone else None
