"""``seatsync edit``: the group, and its commands."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.edit import grants, library, roster
from seatsync.cli.commands.edit.carry_out import carry_out
from seatsync.cli.commands.edit.members import given, of_them
from seatsync.cli.commands.edit.options import edit_option, of_members, select_option
from seatsync.cli.options import common, folder
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.person import RosterMember


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
command.add_command(grants.grant)
command.add_command(grants.revoke)


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
    from seatsync.domain.person import Person, person_of
    from seatsync.domain.text.characters import clean
    from seatsync.domain.text.tags import EVERYTHING, join_tags, split_ends, split_tags
    from seatsync.sources.editing import members

    if email is None and select is None:
        raise click.UsageError("Say who: an e-mail, or --select FILE.")
    role, tags = clean(role or ""), [*map(clean, tag)]
    listed = _people_in(select, run) if select is not None else []
    people = [
        person._replace(role=role or person.role, tags=join_tags([*split_tags(person.tags), *tags]))
        for person in (Person(*person_of(member)) for member in listed)
    ]
    leaving = {one.key: day for one in listed if (day := split_ends(one.ends).get(EVERYTHING))}
    if email is not None:
        names = clean(given_name or ""), clean(family_name or "")
        if not all(names):
            raise click.UsageError("A member needs --given-name and --family-name.")
        [address] = given([email])
        people.insert(0, Person(address, *names, _plain_id(student_id), role, join_tags(tags)))
    elif given_name or family_name or student_id:
        raise click.UsageError("Names and student id are those of one member: give the e-mail, too.")
    return carry_out(folder, run, partial(members.add, people=people, roster=roster, leaving=leaving))


def _plain_id(student_id: str | None) -> str:
    from seatsync.domain.text.characters import clean
    from seatsync.domain.text.ids import plain_id

    plain = plain_id(clean(student_id or ""))
    if student_id and not plain:
        raise click.UsageError(f'"{student_id}" is not a student id. Leave --student-id out if there is none.')
    return plain


def _people_in(file: Path, run: Run) -> list[RosterMember]:
    """The people of a file that is written as a roster. Exits with 3 if it has mistakes."""
    from seatsync.cli.output.findings import print_findings
    from seatsync.domain.diagnostic import Severity
    from seatsync.domain.failure import ExitCode
    from seatsync.domain.origin import Origin
    from seatsync.sources.files import Folder
    from seatsync.sources.rosters.files import RosterFile, read_whole
    from seatsync.sources.rosters.how import PLAIN
    from seatsync.sources.rosters.members import RosterReader

    around = Folder(file.parent)
    reader = RosterReader(file.name, [], around.found, replace(PLAIN, today=run.today("").isoformat()))
    read_whole([RosterFile(around, reader, None, Origin(file.name))], list)
    if around.found:
        print_findings(file.parent, around.found, run)
    if any(finding.severity is Severity.ERROR for finding in around.found):
        if any(key in finding.help for finding in around.found for key in _OF_ENTRIES):
            run.say(
                f"{file.name} has no entry in seatsync.yaml that could say so. Name its columns email, given_name, family_name, "
                f"student_id, role, tags; or make it a roster of its own: `seatsync edit roster add {quote(str(file))} --map …`."
            )
        raise click.exceptions.Exit(ExitCode.INVALID)
    return reader.members


_OF_ENTRIES = ("`map:", "`take:", "`encoding:", "`tags_from:", "`sheet:")
"""Keys that only the entry of a roster can have."""


@command.command("remove")
@of_members
def remove(run: Run, folder: Path, emails: tuple[str, ...], select: Path | None) -> int:
    """Remove members from the rosters, and from all grants and lists that name them.

    \b
    seatsync edit remove ann@grace.example
    seatsync edit remove --select leavers.csv
    """
    from seatsync.sources.editing import members

    return of_them(folder, run, emails, select, members.remove, are_members=False)


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

    return of_them(folder, run, emails, select, lambda edited, who: tags.tag(edited, tag, who))


@command.command("untag")
@click.argument("tag")
@of_members
def untag(run: Run, folder: Path, tag: str, emails: tuple[str, ...], select: Path | None) -> int:
    """Take a tag away from members.

    \b
    seatsync edit untag faculty ann@grace.example
    """
    from seatsync.sources.editing import tags

    return of_them(folder, run, emails, select, lambda edited, who: tags.untag(edited, tag, who))
