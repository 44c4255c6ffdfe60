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
from seatsync.cli.environment import actor
from seatsync.cli.institution import NO_LEDGER_HELP, check_owner, ledger_of, timezone_of
from seatsync.cli.long_running import clock, stop_on_signal
from seatsync.cli.options import common, folder, option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.ledger.queries.outgoing import OutgoingLetter
    from seatsync.outbox.sender import LetterSender

POLL, POLL_REMOTE, LONGEST_POLL = 2.0, 60.0, 300.0
"""Seconds between two checks for new letters: usually, if each check fetches a branch, and at most if the mail server is down."""

FIGURES = ("sent", "deferred", "bounced", "cancelled", "waiting")


@click.command("send")
@folder
@option("--limit", type=click.IntRange(1), help="Send at most this many letters.")
@option("--rate", type=click.IntRange(1), metavar="N", help="Send at most this many letters a minute.")
@option("--watch", is_flag=True, help="Keep running and send new letters, until SIGTERM or Ctrl-C.")
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
    """Send the waiting letters.

    \b
    export SEATSYNC_SMTP_URL=smtp://user:password@mail.grace.example:587
    export SEATSYNC_PORTAL_URL=https://seats.grace.example
    export SEATSYNC_MAIL_FROM='Grace Library <library@grace.example>'
    seatsync outbox send
    seatsync outbox send --watch --rate 60 -C grace-seminary

    Several senders can run at once. A letter that the server defers is tried again later; one that it rejects counts as
    bounced. After SIGTERM or Ctrl-C the current letter is finished. Exits with 1 if a letter could not be sent.
    """
    from seatsync.ledger.failures import LedgerError
    from seatsync.outbox.sender import LetterSender
    from seatsync.outbox.smtp import Connection, Server

    id, sender, templates = settings_of(folder, run, mail_from)
    portal = portal_address(portal_url)
    server = os.environ.get("SEATSYNC_SMTP_URL", "")  # not an option: everybody on the machine can see arguments
    if not server:
        raise click.UsageError("Set the mail server in the environment: SEATSYNC_SMTP_URL=smtp://host:587.")
    connection = Connection(Server.parse(server))
    ledger = ledger_of(run, folder, id)
    if not check_owner(folder, id, run):
        raise LedgerError(f"There is no ledger of {id} at {ledger}, so there are no letters.", NO_LEDGER_HELP)
    now = clock(run, timezone_of(folder, id, run))
    with stop_on_signal() as stop:
        letter_sender = LetterSender(ledger, id, actor(), templates, sender, portal, connection, now, rate or 0, stop)
        if run.verbose:
            letter_sender.report = _print_outcome
        return _send(letter_sender, limit, watch, run)


def _send(letter_sender: LetterSender, limit: int | None, watch: bool, run: Run) -> int:
    """Send all letters, or those without a personal link if the members' pages have no address."""
    from seatsync.domain.action import Letter
    from seatsync.domain.letters import LINKED

    letters = frozenset(Letter) if letter_sender.portal else frozenset(Letter) - LINKED
    lacking = 0 if letter_sender.portal else _count(letter_sender, LINKED)
    if lacking:
        _print_missing_address(lacking)
    code = _send_until_stopped(letter_sender, letters, run) if watch else _send_once(letter_sender, letters, limit, run)
    return exits.worst([code, ExitCode.BROKEN if lacking else ExitCode.DONE])


def _send_once(letter_sender: LetterSender, letters: frozenset[str], limit: int | None, run: Run) -> int:
    tally: Counter[str] = Counter()
    try:
        letter_sender.send(letters, tally, limit)
    finally:
        _print_tally(tally | Counter(waiting=_count(letter_sender, None)), run)
    if letter_sender.stop.is_set():
        return ExitCode.INTERRUPTED
    return ExitCode.BROKEN if tally["deferred"] or tally["bounced"] else ExitCode.DONE


def _send_until_stopped(letter_sender: LetterSender, letters: frozenset[str], run: Run) -> int:
    """Send new letters until a signal. If the mail server is down, wait and try again."""
    from seatsync.ledger.queries.outbox import iso, next_due
    from seatsync.outbox.smtp import Unsent

    usual = POLL_REMOTE if letter_sender.ledger.is_pushed else POLL
    pause = usual
    while not letter_sender.stop.is_set():
        tally: Counter[str] = Counter()
        try:
            letter_sender.ledger.refresh()
            with letter_sender.ledger.reading() as database:
                due = next_due(database, letter_sender.institution, letters) if database is not None else None
            if due is not None and due <= iso(letter_sender.now()):
                letter_sender.send(letters, tally)
            pause = usual
        except Unsent as unsent:
            if not unsent.is_temporary:
                raise
            exits.print_failure(unsent, unsent)
            pause = min(2 * pause, LONGEST_POLL)
        finally:
            if +tally:
                _print_tally(tally | Counter(waiting=_count(letter_sender, None)), run)
        letter_sender.stop.wait(pause)
    return ExitCode.DONE


def _count(letter_sender: LetterSender, letters: frozenset[Any] | None) -> int:
    """The number of waiting letters of these kinds; None: of all kinds."""
    from seatsync.domain.action import Letter
    from seatsync.ledger.queries.outbox import count

    with letter_sender.ledger.reading() as database:
        return count(database, letter_sender.institution, letters or frozenset(Letter)) if database is not None else 0


def _print_tally(tally: Counter[str], run: Run) -> None:
    """Print how many letters had which outcome, without names."""
    if run.format == "json":
        click.echo(json.dumps({name: tally[name] for name in FIGURES}))
    else:
        run.say(f"Letters: {', '.join(f'{tally[name]:,} {name}' for name in FIGURES)}.")


def _print_missing_address(number: int) -> None:
    from seatsync.domain.diagnostic import counted

    fact = f"{counted(number, 'letter needs', 'letters need')} a personal link, but the members' pages have no address."
    click.echo(f"seatsync: {fact}", err=True)
    exits.say_fix("Set SEATSYNC_PORTAL_URL=https://…. Until then these letters wait.")


def _print_outcome(letter: OutgoingLetter, outcome: str) -> None:
    click.echo(f"letter {letter.serial} ({letter.letter}): {outcome}", err=True)
