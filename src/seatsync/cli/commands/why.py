"""``seatsync why``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.lists import unknown_library
from seatsync.cli.options import common, folder
from seatsync.cli.output.findings import prefix, print_findings
from seatsync.cli.planning import nobody_named, use_secret
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.domain.desired import After, Desired, Grant
    from seatsync.domain.library import Library
    from seatsync.domain.license import License
    from seatsync.domain.person import Member, RosterMember
    from seatsync.domain.snapshot import Snapshot
    from seatsync.ledger.queries.history import HistoryLine
    from seatsync.ledger.queries.outbox import OutboxLetter
    from seatsync.planning.why import LeavingOut, MatchingGrant
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import Loaded


@click.command("why")
@click.argument("member", metavar="EMAIL|ID")
@click.argument("library", required=False, metavar="[LIBRARY|TITLE]")
@folder
@common("text", "json", pages=True)
def command(run: Run, folder: Path, member: str, library: str | None) -> None:
    """Explain why a member has their licenses.

    \b
    seatsync why ann@grace.example
    seatsync why ann@grace.example biblical-studies
    seatsync why ann@grace.example "Biblical Studies"

    Shows each license, the file and line that ask for it now, and its history: when, by whom, from which commit and plan, and
    why it was revoked. Of a library without a seat for them it says what brings one. A member is also found by an e-mail or
    student id of before.
    """
    from seatsync.ledger.failures import LedgerError
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    opened = InstitutionFolder.open(folder)
    if (id := opened.institution_id) is None:
        _must_be_valid(run, folder, load(opened, run.now))
        return
    try:
        with run.step("Reading files and ledger"), ledger_of(run, folder, id).reading() as connection:
            people, timezone = _explanations(run, opened, connection, id, member, library)
    except LedgerError:  # mistakes in the files are reported even if the ledger can't be read
        _must_be_valid(run, folder, load(opened, run.now))
        raise
    if run.format == "json":
        click.echo(json.dumps(people, indent=2, ensure_ascii=False))
        return
    from seatsync.cli.output.story import tell
    from seatsync.reports import text

    out = text.stdout(run.no_color)
    for number, person in enumerate(people):
        if number:
            out.line()
        tell(out, person, library is not None, timezone)


def _must_be_valid(run: Run, folder: Path, loaded: Loaded) -> Desired:
    """The desired state. Prints the mistakes and exits with 3 if there are any."""
    if loaded.desired is None:
        print_findings(folder, loaded.found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    return loaded.desired


def _explanations(
    run: Run, folder: InstitutionFolder, connection: Connection | None, id: str, name: str, library: str | None
) -> tuple[list[dict[str, Any]], str]:
    """The JSON objects of the members with this e-mail or student id, and the institution's time zone."""
    from seatsync.ledger.queries.lookup import timezone
    from seatsync.ledger.queries.named import names_of
    from seatsync.ledger.queries.origins import formerly_named
    from seatsync.ledger.read import known_as

    id = known_as(connection, id, folder.was)
    use_secret(connection, id, run)
    people = _people_named(run, folder, connection, id, name, library)
    if not people and connection is not None:
        names = names_of(connection, id, formerly_named(connection, id, name))
        people = [
            {"formerly": _hidden(name, run), **person}
            for key, student_id in names
            for person in _people_named(run, folder, connection, id, key or student_id, library)
        ]
    if not people:
        raise nobody_named(connection, id, name)
    return people, timezone(connection, id) if connection is not None else ""


def _people_named(
    run: Run, folder: InstitutionFolder, connection: Connection | None, id: str, name: str, library: str | None
) -> list[dict[str, Any]]:
    """The JSON objects of the members with this e-mail or student id, in the ledger or only in the files."""
    from seatsync.apply.apply import must_belong_to
    from seatsync.domain.text.emails import email_key
    from seatsync.ledger.queries.lookup import libraries_with_licenses
    from seatsync.ledger.queries.named import members_named
    from seatsync.ledger.queries.origins import tags_over_time
    from seatsync.ledger.read import read_snapshot
    from seatsync.plans.one_member import read_around

    around = read_around(folder, connection, id, read_snapshot(connection, id, ()), name, run.now)
    desired = _must_be_valid(run, folder.path, around.loaded)
    licensed = libraries_with_licenses(connection, id) if connection is not None else []
    snapshot = read_snapshot(connection, id, around.numbers, licensed)
    must_belong_to(snapshot, id)
    if connection is not None:
        grants, zone = desired.grants, snapshot.timezone
        snapshot.tags_over_time = tags_over_time(connection, id, grants, zone, snapshot.members)
    chosen = _chosen(library, desired, snapshot, licensed)
    numbers = members_named(connection, id, name) if connection is not None else []
    if not numbers and any(email_key(name) == row.key for row in desired.members):
        numbers = [0]  # only in the files
    return [
        _explanation(run, folder.path, id, desired, snapshot, connection, number, name, chosen) for number in numbers
    ]


def _chosen(library: str | None, desired: Desired, snapshot: Snapshot, licensed: Iterable[str]) -> list[str]:
    """The library with this id or title; without one, all of the files and those with licenses."""
    libraries = [*dict.fromkeys([*desired.libraries, *licensed])]
    if library is None or library in libraries:
        return libraries if library is None else [library]
    titles = {id: one.title.casefold() for id, one in {**snapshot.libraries, **desired.libraries}.items()}
    titled = [id for id in libraries if titles.get(id) == library.casefold()]
    if len(titled) != 1:
        raise unknown_library(library, libraries, "There is")
    return titled


def _hidden(name: str, run: Run) -> str:
    from seatsync.reports.redaction import HIDDEN

    return name if run.redactor is None else run.redactor.who(name) if "@" in name else HIDDEN


def _who(person: Member | RosterMember, row: RosterMember | None, folder: Path, run: Run) -> dict[str, Any]:
    """The member as ledger or roster have them, and their place on the roster. Redacted, a pseudonym is all that is said of them."""
    from seatsync.domain.text.tags import split_tags
    from seatsync.reports.redaction import HIDDEN

    redactor, left_on = run.redactor, getattr(person, "left_on", "")
    return {
        "member": person.email if redactor is None else redactor.who(person.email),
        "name": f"{person.given_name} {person.family_name}".strip() if redactor is None else HIDDEN,
        "student_id": person.student_id if redactor is None else "",
        "tags": list(split_tags(person.tags)) if redactor is None else [],
        **({"left_on": left_on} if left_on and row is None else {}),
        "roster": {"file": prefix(folder) + row.file, "line": row.line} if row is not None else None,
    }


def _explanation(
    run: Run,
    folder: Path,
    id: str,
    desired: Desired,
    snapshot: Snapshot,
    connection: Connection | None,
    number: int,
    name: str,
    libraries: Iterable[str],
) -> dict[str, Any]:
    """The JSON object for one member of the ledger's institution ``id``."""
    from seatsync.domain.license import ABSENT
    from seatsync.domain.text.emails import email_key
    from seatsync.ledger.queries.outbox import outbox_letters
    from seatsync.planning.why import why

    row, askings, leaving_out = why(desired, snapshot, run.today(desired.institution.timezone), number, email_key(name))
    letters = list(outbox_letters(connection, id, "", number)) if connection is not None and number else []
    past, reasons = _past(connection, id, number, snapshot.timezone, run)
    person: Any = snapshot.members.get(number) or row
    return {
        **_who(person, row, folder, run),
        "in_ledger": number != 0,
        "events": _events(past, "", reasons, run),
        "libraries": {
            library: {
                "kind": (held := snapshot.licenses.get(library, {}).get(number, ABSENT)).kind.value,
                "status": held.status.value,
                "until": held.ends,
                **({"own_end": held.own_end} if held.own_end else {}),
                **_held_back(
                    desired, held, [one.grant for one in askings if one.counts and one.grant.library == library]
                ),
                **_progress(snapshot.libraries.get(library), held),
                **_line(connection, id, library, held),
                **({"has_line": True} if library in desired.libraries and desired.libraries[library].has_line else {}),
                **_ended(held, library, past, reasons),
                "asked_for": [_grant(asking, folder) for asking in askings if asking.grant.library == library],
                **_left_out([one for one in leaving_out if one.grant.library == library], folder, run),
                **_no_seat(desired.libraries.get(library), held, person.email if row is not None else "", run),
                "events": _events(past, library, reasons, run),
                "letters": _letters(letters, library, run),
            }
            for library in libraries
        },
    }


def _past(
    connection: Connection | None, id: str, number: int, timezone: str, run: Run
) -> tuple[Sequence[HistoryLine], Mapping[int, str]]:
    """The events of a member, oldest first, and the reasons of the revokes among them; nothing of who is only in the files."""
    from seatsync.ledger.queries.history import HistoryFilter, history
    from seatsync.ledger.queries.origins import reasons_of_revokes

    if connection is None or not number:
        return [], {}
    past = history(connection, id, HistoryFilter([number]), None, run.redactor is None, oldest_first=True)
    return past, reasons_of_revokes(connection, id, number, timezone)


def _held_back(desired: Desired, license: License, grants: Iterable[Grant]) -> dict[str, str]:
    """Why a freeze keeps the seat to its end date, which is not that of the ``grants`` that count; empty if none does."""
    from seatsync.domain.calendar.freezes import hold_on

    hold = hold_on(desired.institution.freezes, license.ends) if license.ends else None
    if hold is None or hold.last != license.ends or any(grant.ends == license.ends for grant in grants):
        return {}
    return {"held_back": hold.reason}


def _line(connection: Connection | None, id: str, library: str, license: License) -> dict[str, Any]:
    """The place of who waits for a seat of the library; empty for all others."""
    from seatsync.ledger.queries.line import line_lengths, turn

    if connection is None or not license.place:
        return {}
    number, expected = turn(connection, id, library, license.place, license.until)
    return {"line": {"place": number, "waiting": line_lengths(connection, id)[library], "expected": expected}}


def _ended(license: License, library: str, past: Iterable[HistoryLine], reasons: Mapping[int, str]) -> dict[str, str]:
    """The last day of a seat that was revoked because that day had passed; empty for all others."""
    from seatsync.domain.license import Status
    from seatsync.ledger.queries.origins import ended_on

    if license.status is not Status.REVOKED:
        return {}
    told = [reasons[line.serial] for line in past if line.library == library and line.serial in reasons]
    day = ended_on(told[-1]) if told else ""
    return {"ended_on": day} if day else {}


def _progress(library: Library | None, license: License) -> dict[str, str]:
    """How far the license has come at the vendor; empty for a library that is not there."""
    from seatsync.domain.portal.progress import progress

    return {"at_vendor": progress(library, license).value} if library is not None and library.is_at_vendor else {}


def _no_seat(library: Library | None, license: License, email: str, run: Run) -> dict[str, Any]:
    """What keeps a member without a seat from one, and the command that grants it if nothing does. ``email`` is empty for who is on
    no roster."""
    from seatsync.domain.posting.no_seat import barrier, to_grant

    if library is None or license.active:
        return {}
    because = barrier(license, bool(email))
    command = to_grant(library, quote(email)) if not because and run.redactor is None else ""
    return {"no_seat": {"because": because, "command": command}}


def _after(after: After) -> dict[str, Any]:
    if not after.terms:
        return {"days": after.days}
    leave = {name: list(tags) for name, tags in after.leave._asdict().items() if tags} if after.leave else {}
    return {"terms": after.terms, **({"not_counting": leave} if leave else {})}


def _grant(asking: MatchingGrant, folder: Path) -> dict[str, Any]:
    grant = asking.grant
    return {
        "file": prefix(folder) + grant.origin.file,
        "line": grant.origin.line,
        "kind": grant.kind.value,
        **({"from": grant.starts.isoformat(), "is_coming": asking.is_coming} if grant.starts else {}),
        "until": grant.until.isoformat() if grant.until else None,
        **({"term": grant.term} if grant.term else {}),
        **({"ends_with": grant.ends_with or "their last day"} if grant.rule is not None else {}),
        "counts": asking.counts,
        **({"has_ended": True} if asking.has_ended else {}),
        **({"after": _after(grant.after), "due": asking.due_on or None} if grant.after else {}),
    }


def _left_out(grants: Sequence[LeavingOut], folder: Path, run: Run) -> dict[str, Any]:
    """The grants that leave the member out by a tag, redacted without the tags; empty if none does."""
    found = [
        {
            "file": prefix(folder) + one.grant.origin.file,
            "line": one.grant.origin.line,
            **({"to": one.to, "tags": list(one.tags)} if run.redactor is None else {}),
        }
        for one in grants
    ]
    return {"left_out": found} if found else {}


def _events(past: Iterable[HistoryLine], library: str, reasons: Mapping[int, str], run: Run) -> list[dict[str, Any]]:
    """The events of one library, or those without a library (empty), oldest first; a revoke with its reason."""
    names = ("serial", "at", "what", "detail", "actor", "commit", "plan")
    events = [
        {name: getattr(line, name) for name in names}
        | ({"reason": reasons[line.serial]} if line.serial in reasons else {})
        for line in past
        if line.library == library
    ]
    return events if run.redactor is None else [run.redactor.row(event) for event in events]


def _letters(letters: Iterable[OutboxLetter], library: str, run: Run) -> list[dict[str, Any]]:
    """The letters about one library, oldest first."""
    names = ("serial", "letter", "created_at", "state", "sent_at", "reply")
    found = [{name: getattr(one, name) for name in names} for one in letters if one.library == library]
    return found if run.redactor is None else [run.redactor.row(one) for one in found]
