"""``seatsync edit``: the group, and its commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.edit import library, roster
from seatsync.cli.commands.edit.carry_out import carry_out
from seatsync.cli.commands.edit.options import edit_option, of_members, select_option
from seatsync.cli.options import Moment, common, folder
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.person import Person
    from seatsync.sources.editing.folder import EditedFolder


@click.group("edit")
def command() -> None:
    """Change the files by command: members, tags, grants, rosters and libraries.

    \b
    seatsync edit add ann@grace.example --given-name Ann --family-name Lee --tag student
    seatsync edit grant books ann@grace.example
    seatsync edit revoke books --select leavers.csv

    Comments, order, quotes, line ends and encoding stay. The changed files are checked before they are written, all or
    none of them, and the plan is shown. The ledger is not touched: commit the files, or run `seatsync apply`.
    """


command.add_command(roster.command)
command.add_command(library.command)


@command.command("add")
@click.argument("email", required=False)
@edit_option("--given-name", metavar="NAME", help="The given name.")
@edit_option("--family-name", metavar="NAME", help="The family name.")
@edit_option("--student-id", metavar="ID", help="The student id.")
@edit_option("--role", help="The role, for example Professor.")
@edit_option("--tag", multiple=True, help="A tag. Repeat it for several tags.")
@edit_option("--roster", metavar="FILE", help="The roster to add to. Needed if there are several.")
@select_option("Add everybody in this file, which is written as a roster.")
@folder
@common("text", "json")
def add(
    run: Run,
    folder: Path,
    email: str | None,
    given_name: str | None,
    family_name: str | None,
    student_id: str | None,
    role: str | None,
    tag: tuple[str, ...],
    roster: str | None,
    select: Path | None,
) -> int:
    """Add a member to a roster.

    \b
    seatsync edit add ann@grace.example --given-name Ann --family-name Lee
    seatsync edit add ann@grace.example --given-name Ann --family-name Lee --tag student --roster rosters/students.csv
    seatsync edit add --select newcomers.csv
    """
    from seatsync.domain.person import Person
    from seatsync.domain.text.characters import clean
    from seatsync.domain.text.tags import join_tags, split_tags
    from seatsync.sources.editing import members

    if email is None and select is None:
        raise click.UsageError("Say who: an e-mail, or --select FILE.")
    role, tags = clean(role or ""), [*map(clean, tag)]
    people = [
        person._replace(role=role or person.role, tags=join_tags([*split_tags(person.tags), *tags]))
        for person in (_people_in(select, run) if select is not None else ())
    ]
    if email is not None:
        names = clean(given_name or ""), clean(family_name or "")
        if not all(names):
            raise click.UsageError("A member needs --given-name and --family-name.")
        [address] = _given([email])
        people.insert(0, Person(address, *names, _plain_id(student_id), role, join_tags(tags)))
    elif given_name or family_name or student_id:
        raise click.UsageError("Names and student id are those of one member: give the e-mail, too.")
    return carry_out(folder, run, partial(members.add, people=people, roster=roster))


def _given(emails: Iterable[str]) -> list[str]:
    """E-mails as a person typed them, without what is around them. An empty one was a variable without a value."""
    from seatsync.domain.text.characters import clean
    from seatsync.domain.text.ids import plain_email

    plain = [plain_email(clean(email)) for email in emails]
    if not all(plain):
        raise click.UsageError("One of the e-mails is empty.")
    return plain


def _plain_id(student_id: str | None) -> str:
    from seatsync.domain.text.characters import clean
    from seatsync.domain.text.ids import plain_id

    plain = plain_id(clean(student_id or ""))
    if student_id and not plain:
        raise click.UsageError(f'"{student_id}" is not a student id. Leave --student-id out if there is none.')
    return plain


def _people_in(file: Path, run: Run) -> list[Person]:
    """The people of a file that is written as a roster. Exits with 3 if it has mistakes."""
    from seatsync.cli.output.findings import print_findings
    from seatsync.domain.diagnostic import Severity
    from seatsync.domain.failure import ExitCode
    from seatsync.domain.origin import Origin
    from seatsync.domain.person import Person, person_of
    from seatsync.sources.files import Folder
    from seatsync.sources.rosters.files import RosterFile, read_whole
    from seatsync.sources.rosters.members import RosterReader

    around = Folder(file.parent)
    reader = RosterReader(file.name, [], around.found)
    read_whole([RosterFile(around, reader, None, Origin(file.name))], list)
    if around.found:
        print_findings(file.parent, around.found, run)
    if any(finding.severity is Severity.ERROR for finding in around.found):
        raise click.exceptions.Exit(ExitCode.INVALID)
    return [Person(*person_of(member)) for member in reader.members]


@command.command("remove")
@of_members
def remove(run: Run, folder: Path, emails: tuple[str, ...], select: Path | None) -> int:
    """Remove members from the rosters, and from all grants and lists that name them.

    \b
    seatsync edit remove ann@grace.example
    seatsync edit remove --select leavers.csv
    """
    from seatsync.sources.editing import members

    return _of(folder, run, emails, select, members.remove, are_members=False)


@command.command("tag")
@click.argument("tag")
@of_members
def tag(run: Run, folder: Path, tag: str, emails: tuple[str, ...], select: Path | None) -> int:
    """Give members a tag.

    \b
    seatsync edit tag faculty ann@grace.example ben@grace.example
    seatsync edit tag class-of-2027 --select class.csv
    """
    from seatsync.sources.editing import tags

    return _of(folder, run, emails, select, lambda edited, who: tags.tag(edited, tag, who))


@command.command("untag")
@click.argument("tag")
@of_members
def untag(run: Run, folder: Path, tag: str, emails: tuple[str, ...], select: Path | None) -> int:
    """Take a tag away from members.

    \b
    seatsync edit untag faculty ann@grace.example
    """
    from seatsync.sources.editing import tags

    return _of(folder, run, emails, select, lambda edited, who: tags.untag(edited, tag, who))


@command.command("grant")
@click.argument("library")
@edit_option("--kind", type=click.Choice(["temporary", "permanent"]), help="Needed if the library has both kinds.")
@edit_option("--until", type=Moment(), help="The last day of a temporary license.")
@of_members
def grant(
    run: Run,
    folder: Path,
    library: str,
    kind: str | None,
    until: datetime | None,
    emails: tuple[str, ...],
    select: Path | None,
) -> int:
    """Grant a library to members.

    \b
    seatsync edit grant jamworks ann@grace.example
    seatsync edit grant books --kind temporary --until 2027-06-30 --select class.csv

    Says which grant gives it already, or adds the members to a grant or grants file of the same kind and end date, or
    else writes the smallest new grant.
    """
    from seatsync.domain.license import Kind
    from seatsync.sources.editing import grants

    if until is not None and until.tzinfo is not None:
        raise click.UsageError("--until is a day, for example 2027-06-30, and has no time.")
    wanted, last = Kind(kind) if kind else None, until.date() if until is not None else None
    return _of(folder, run, emails, select, lambda edited, who: grants.grant(edited, library, wanted, last, who))


@command.command("revoke")
@click.argument("library")
@of_members
def revoke(run: Run, folder: Path, library: str, emails: tuple[str, ...], select: Path | None) -> int:
    """Take a library away from members. Permanent licenses can't be taken back.

    \b
    seatsync edit revoke jamworks ann@grace.example
    seatsync edit revoke books --select leavers.csv

    Removes the members from the grants that name them. Where a tag gives the library, the grant gets an exception.
    """
    from seatsync.sources.editing import grants

    return _of(folder, run, emails, select, lambda edited, who: grants.revoke(edited, library, who), library)


def _of(
    path: Path,
    run: Run,
    emails: tuple[str, ...],
    select: Path | None,
    change: Callable[[EditedFolder, list[str]], None],
    revoked: str = "",
    are_members: bool = True,
) -> int:
    """Carry a change out for the members who are named or selected."""
    from seatsync.cli.listing import selected
    from seatsync.sources.editing.folder import key_of

    if not emails and select is None:
        raise click.UsageError("Say who: e-mails, or --select FILE.")
    emails = tuple(_given(emails))
    selection = selected(select, run) if select is not None else None
    keys: set[str] = set()

    def change_them(folder: EditedFolder) -> None:
        who = [*emails, *(folder.selected(selection, are_members) if selection is not None else ())]
        keys.update(map(key_of, who))
        change(folder, who)

    return carry_out(path, run, change_them, (revoked, keys) if revoked else None)
