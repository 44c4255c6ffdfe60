"""``seatsync why``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.options import common, folder
from seatsync.cli.output.findings import prefix, tell
from seatsync.cli.planning import known_as, snapshot_of
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.domain.snapshot import Snapshot
    from seatsync.ledger.queries.history import HistoryLine
    from seatsync.planning.why import Asking
    from seatsync.sources.load import Loaded


@click.command("why")
@click.argument("member", metavar="EMAIL|ID")
@click.argument("library", required=False)
@folder
@common("text", "json")
def command(run: Run, folder: Path, member: str, library: str | None) -> None:
    """Say why a member holds what they hold.

    \b
    seatsync why ann@grace.example
    seatsync why ann@grace.example biblical-studies

    What the ledger has, the file and line that ask for it now, and what happened so far: when, by whom, because of
    which commit and plan.
    """
    from seatsync.apply.apply import must_be_its_own
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    loaded = load(InstitutionFolder.open(folder))
    if loaded.desired is None:
        tell(folder, loaded.found, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    snapshot = snapshot_of(folder, loaded.desired.institution.id, run)
    must_be_its_own(snapshot, loaded.desired.institution.id)
    libraries = {**dict.fromkeys(loaded.desired.libraries), **dict.fromkeys(snapshot.licenses)}
    if library is not None and library not in libraries:
        raise click.UsageError(f'There is no library "{library}"; there are {", ".join(libraries)}.')
    wanted = [library] if library is not None else list(libraries)
    told = [
        _told(run, folder, loaded, snapshot, number, member, wanted) for number in _numbers(member, loaded, snapshot)
    ]
    if run.format == "json":
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for person in told:
        _print(person, library is not None)


def _numbers(name: str, loaded: Loaded, snapshot: Snapshot) -> list[int]:
    """Those whom the ledger knows by this name, or 0 for one who is in the files alone."""
    from seatsync.apply.members import Impossible
    from seatsync.domain.text.emails import email_key

    assert loaded.desired is not None
    try:
        return known_as(name, snapshot)
    except Impossible:
        if any(email_key(name) == row.key for row in loaded.desired.members):
            return [0]
        raise


def _told(
    run: Run, folder: Path, loaded: Loaded, snapshot: Snapshot, number: int, name: str, libraries: Iterable[str]
) -> dict[str, Any]:
    from seatsync.domain.license import ABSENT
    from seatsync.domain.text.emails import email_key
    from seatsync.ledger.queries.history import Wanted, history
    from seatsync.planning.why import why
    from seatsync.reports.redaction import HIDDEN

    assert loaded.desired is not None
    row, askings = why(loaded.desired, snapshot, run.today, number, email_key(name))
    with ledger_of(run, folder).reading() as connection:
        known = connection is not None and number
        id, persons = loaded.desired.institution.id, run.redactor is None
        past = history(connection, id, Wanted([number]), None, persons) if connection and known else []
    person: Any = snapshot.members.get(number) or row
    name = f"{person.given_name} {person.family_name}".strip()
    return {
        "member": person.email if run.redactor is None else run.redactor.who(person.email),
        "name": name if run.redactor is None else HIDDEN,
        "student_id": person.student_id if run.redactor is None else "",
        "in_ledger": number != 0,
        "roster": {"file": prefix(folder) + row.file, "line": row.line} if row is not None else None,
        "events": _events(past, "", run),
        "libraries": {
            library: {
                "kind": (held := snapshot.licenses.get(library, {}).get(number, ABSENT)).kind.value,
                "status": held.status.value,
                "asked_for": [_asked(asking, folder) for asking in askings if asking.grant.library == library],
                "events": _events(past, library, run),
            }
            for library in libraries
        },
    }


def _asked(asking: Asking, folder: Path) -> dict[str, Any]:
    grant = asking.grant
    return {
        "file": prefix(folder) + grant.origin.file,
        "line": grant.origin.line,
        "kind": grant.kind.value,
        "until": grant.until.isoformat() if grant.until else None,
        "counts": asking.counts,
    }


def _events(past: Iterable[HistoryLine], library: str, run: Run) -> list[dict[str, Any]]:
    """Oldest first."""
    names = ("serial", "at", "what", "detail", "actor", "commit", "plan")
    told = [{name: getattr(line, name) for name in names} for line in reversed(list(past)) if line.library == library]
    return told if run.redactor is None else [run.redactor.row(event) for event in told]


def _print(person: dict[str, Any], everything: bool) -> None:
    from seatsync.domain.text.characters import printable

    def put(text: str) -> None:
        click.echo(printable(text, 500))

    student_id = f", {person['student_id']}" if person["student_id"] else ""
    put(f"{person['member']} ({person['name']}{student_id})")
    roster = person["roster"]
    put(f"  {'in ' + _place(roster) if roster else 'in no roster: has left'}")
    if not person["in_ledger"]:
        put("  not in the ledger yet: the next apply brings them")
    for event in person["events"]:
        put(_line(event))
    for library, held in person["libraries"].items():
        if not (everything or held["asked_for"] or held["events"]):
            continue
        put(f"{library}: {held['kind']}, {held['status'].replace('_', ' ')}")
        for rule in held["asked_for"]:
            until = f" until {rule['until']}" if rule["until"] else ""
            weaker = "" if rule["counts"] else " (does not count: a stronger rule does, or it has ended)"
            put(f"  asked for by {_place(rule)}: {rule['kind']}{until}{weaker}")
        if not held["asked_for"]:
            put("  nothing in the files asks for it now")
        for event in held["events"]:
            put(_line(event))


def _place(origin: dict[str, Any]) -> str:
    return f"{origin['file']}:{origin['line']}"


def _line(event: dict[str, Any]) -> str:
    because = [f"by {event['actor']}"]
    because += [f"{name} {event[name][:10]}" for name in ("commit", "plan") if event[name]]
    detail = f" ({event['detail']})" if event["detail"] else ""
    return f"  {event['at']}  {event['what']}{detail}, {', '.join(because)}"
