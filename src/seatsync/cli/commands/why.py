"""``seatsync why``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.options import common, folder
from seatsync.cli.output.findings import prefix, print_findings
from seatsync.cli.planning import member_numbers, use_secret
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.domain.desired import Desired
    from seatsync.domain.library import Library
    from seatsync.domain.license import License
    from seatsync.domain.snapshot import Snapshot
    from seatsync.ledger.queries.history import HistoryLine
    from seatsync.ledger.queries.outbox import OutboxLetter
    from seatsync.planning.why import MatchingGrant
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import Loaded


@click.command("why")
@click.argument("member", metavar="EMAIL|ID")
@click.argument("library", required=False)
@folder
@common("text", "json", pages=True)
def command(run: Run, folder: Path, member: str, library: str | None) -> None:
    """Explain why a member has their licenses.

    \b
    seatsync why ann@grace.example
    seatsync why ann@grace.example biblical-studies

    Shows each license, the file and line that ask for it now, and its history: when, by whom, and from which commit and
    plan.
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
    from seatsync.apply.apply import must_belong_to
    from seatsync.ledger.queries.lookup import libraries_with_licenses
    from seatsync.ledger.read import known_as, read_snapshot
    from seatsync.plans.one_member import read_around

    id = known_as(connection, id, folder.was)
    use_secret(connection, id, run)
    around = read_around(folder, connection, id, read_snapshot(connection, id, ()), name, run.now)
    desired = _must_be_valid(run, folder.path, around.loaded)
    licensed = libraries_with_licenses(connection, id) if connection is not None else []
    snapshot = read_snapshot(connection, id, around.numbers, licensed)
    must_belong_to(snapshot, id)
    libraries = [*dict.fromkeys([*desired.libraries, *licensed])]
    if library is not None and library not in libraries:
        raise click.UsageError(f'There is no library "{library}". The libraries are: {", ".join(libraries)}.')
    chosen = [library] if library is not None else libraries
    numbers = _numbers(name, desired, connection, id)
    people = [
        _explanation(run, folder.path, id, desired, snapshot, connection, number, name, chosen) for number in numbers
    ]
    return people, snapshot.timezone


def _numbers(name: str, desired: Desired, connection: Connection | None, institution: str) -> list[int]:
    """The numbers of the members with this e-mail or student id; 0 for a member who is only in the files."""
    from seatsync.apply.members import Impossible
    from seatsync.domain.text.emails import email_key

    try:
        return member_numbers(connection, institution, name)
    except Impossible:
        if any(email_key(name) == row.key for row in desired.members):
            return [0]
        raise


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
    from seatsync.domain.text.tags import split_tags
    from seatsync.ledger.queries.history import HistoryFilter, history
    from seatsync.ledger.queries.outbox import outbox_letters
    from seatsync.planning.why import why
    from seatsync.reports.redaction import HIDDEN

    persons = run.redactor is None
    row, askings = why(desired, snapshot, run.today(desired.institution.timezone), number, email_key(name))
    letters = list(outbox_letters(connection, id, "", number)) if connection is not None and number else []
    past = history(connection, id, HistoryFilter([number]), None, persons) if connection is not None and number else []
    person: Any = snapshot.members.get(number) or row
    name = f"{person.given_name} {person.family_name}".strip()
    return {
        "member": person.email if run.redactor is None else run.redactor.who(person.email),
        "name": name if run.redactor is None else HIDDEN,
        "student_id": person.student_id if run.redactor is None else "",
        "tags": list(split_tags(person.tags)) if run.redactor is None else [],
        "in_ledger": number != 0,
        "roster": {"file": prefix(folder) + row.file, "line": row.line} if row is not None else None,
        "events": _events(past, "", run),
        "libraries": {
            library: {
                "kind": (held := snapshot.licenses.get(library, {}).get(number, ABSENT)).kind.value,
                "status": held.status.value,
                "until": held.ends,
                **_progress(snapshot.libraries.get(library), held),
                "asked_for": [_grant(asking, folder) for asking in askings if asking.grant.library == library],
                "events": _events(past, library, run),
                "letters": _letters(letters, library, run),
            }
            for library in libraries
        },
    }


def _progress(library: Library | None, license: License) -> dict[str, str]:
    """How far the license has come at the vendor; empty for a library that is not there."""
    from seatsync.domain.portal.progress import progress

    return {"at_vendor": progress(library, license).value} if library is not None and library.is_at_vendor else {}


def _grant(asking: MatchingGrant, folder: Path) -> dict[str, Any]:
    grant = asking.grant
    return {
        "file": prefix(folder) + grant.origin.file,
        "line": grant.origin.line,
        "kind": grant.kind.value,
        "until": grant.until.isoformat() if grant.until else None,
        **({"ends_with": grant.ends_with or "their last day"} if grant.rule is not None else {}),
        "counts": asking.counts,
        **({"after": {"days": grant.after}, "due": asking.due_on or None} if grant.after else {}),
    }


def _events(past: Iterable[HistoryLine], library: str, run: Run) -> list[dict[str, Any]]:
    """The events of one library, or those without a library (empty), oldest first."""
    names = ("serial", "at", "what", "detail", "actor", "commit", "plan")
    events = [{name: getattr(line, name) for name in names} for line in reversed(list(past)) if line.library == library]
    return events if run.redactor is None else [run.redactor.row(event) for event in events]


def _letters(letters: Iterable[OutboxLetter], library: str, run: Run) -> list[dict[str, Any]]:
    """The letters about one library, oldest first."""
    names = ("serial", "letter", "created_at", "state", "sent_at", "reply")
    found = [{name: getattr(one, name) for name in names} for one in letters if one.library == library]
    return found if run.redactor is None else [run.redactor.row(one) for one in found]
