"""``seatsync outbox send``."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli import exits
from seatsync.cli.commands.outbox.settings import mail_from, portal, portal_address, settings_of
from seatsync.cli.institution import NO_LEDGER, ledger_of, must_be_ours
from seatsync.cli.options import common, folder, option
from seatsync.cli.run import Run
from seatsync.cli.surroundings import actor as who
from seatsync.cli.watching import clock, ended_gently
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.outbox.sender import Office

POLL, POLL_REMOTE, LONGEST_POLL = 2.0, 60.0, 300.0
"""Seconds between looks for new letters, the same where each look fetches a branch, and the most while no mail goes out."""

FIGURES = ("sent", "deferred", "bounced", "cancelled", "waiting")


@click.command("send")
@folder
@option("--limit", type=click.IntRange(1), help="Send at most so many letters.")
@option("--rate", type=click.IntRange(1), metavar="N", help="Send at most so many letters a minute.")
@option("--watch", is_flag=True, help="Go on until ended (SIGTERM, Ctrl-C), and send what comes.")
@portal
@mail_from
@common("text", "json")
def send(
    run: Run,
    folder: Path,
    limit: int | None,
    rate: int | None,
    watch: bool,
    portal_url: str | None,
    mail_from: str | None,
) -> int:
    """Send the letters that wait.

    \b
    export SEATSYNC_SMTP_URL=smtp://user:password@mail.grace.example:587
    export SEATSYNC_PORTAL_URL=https://seats.grace.example
    export SEATSYNC_MAIL_FROM='Grace Library <library@grace.example>'
    seatsync outbox send
    seatsync outbox send --watch --rate 60 -C grace-seminary

    Several may send at once. What a server defers is tried again later, what it refuses is noted as bounced. Interrupted
    by SIGTERM or Ctrl-C it ends after the letter it is at. Leaves with 1 where a letter could not be sent.
    """
    from seatsync.domain.action import Letter
    from seatsync.domain.letters import LINKED
    from seatsync.outbox.sender import Office
    from seatsync.outbox.smtp import Connection, Server

    id, sender, templates = settings_of(folder, run, mail_from)
    portal = portal_address(portal_url)
    server = os.environ.get("SEATSYNC_SMTP_URL", "")  # never an option: arguments can be seen by everybody on a machine
    if not server:
        raise click.UsageError("Say in the environment where mail is handed in: SEATSYNC_SMTP_URL=smtp://host:587.")
    connection = Connection(Server.parse(server))
    if not must_be_ours(folder, id, run):
        from seatsync.ledger.failures import LedgerError

        raise LedgerError(f"There is no ledger of {id} at {ledger_of(run, folder)}, so no letters.", NO_LEDGER)
    with ended_gently() as stop:
        office = Office(
            ledger_of(run, folder), id, who(), templates, sender, portal, connection, clock(run), rate or 0, stop
        )
        if run.verbose:
            office.heard = lambda letter, said: click.echo(
                f"letter {letter.serial} ({letter.letter}): {said}", err=True
            )
        letters = frozenset(Letter) if portal else frozenset(Letter) - LINKED
        is_short = not portal and _count(office, LINKED) > 0
        if is_short:
            _tell_short(_count(office, LINKED))
        code = _watched(office, letters, run) if watch else _once(office, letters, limit, run)
    return exits.worst([code, ExitCode.BROKEN if is_short else ExitCode.DONE])


def _once(office: Office, letters: frozenset[str], limit: int | None, run: Run) -> int:
    tally: Counter[str] = Counter()
    try:
        office.send(letters, tally, limit)
    finally:
        _tell(tally | Counter(waiting=_count(office, None)), run)
    if office.stop.is_set():
        return ExitCode.INTERRUPTED
    return ExitCode.BROKEN if tally["deferred"] or tally["bounced"] else ExitCode.DONE


def _watched(office: Office, letters: frozenset[str], run: Run) -> int:
    """Send what comes until it is ended; a mail server that is away for a while is waited for."""
    from seatsync.ledger.queries.outbox import iso, next_due
    from seatsync.outbox.smtp import Unsent

    usual = POLL_REMOTE if office.ledger.is_pushed else POLL
    pause = usual
    while not office.stop.is_set():
        tally: Counter[str] = Counter()
        try:
            office.ledger.refresh()
            with office.ledger.reading() as database:
                due = next_due(database, office.institution, letters) if database is not None else None
            if due is not None and due <= iso(office.now()):
                office.send(letters, tally)
            pause = usual
        except Unsent as unsent:
            if not unsent.passes:
                raise
            exits.tell(unsent, unsent)
            pause = min(2 * pause, LONGEST_POLL)
        finally:
            if +tally:
                _tell(tally | Counter(waiting=_count(office, None)), run)
        office.stop.wait(pause)
    return ExitCode.DONE


def _count(office: Office, letters: frozenset[Any] | None) -> int:
    from seatsync.domain.action import Letter
    from seatsync.ledger.queries.outbox import count

    with office.ledger.reading() as database:
        return count(database, office.institution, letters or frozenset(Letter)) if database is not None else 0


def _tell(tally: Counter[str], run: Run) -> None:
    """How many letters came to what; nobody is named."""
    if run.format == "json":
        click.echo(json.dumps({name: tally[name] for name in FIGURES}))
    else:
        run.say(f"Letters: {', '.join(f'{tally[name]:,} {name}' for name in FIGURES)}.")


def _tell_short(number: int) -> None:
    from seatsync.domain.diagnostic import counted

    said = f"{counted(number, 'letter needs', 'letters need')} a personal link, and nothing says where the members' pages are."
    click.echo(f"seatsync: {said}\n  → Set SEATSYNC_PORTAL_URL=https://…; until then they wait.", err=True)
