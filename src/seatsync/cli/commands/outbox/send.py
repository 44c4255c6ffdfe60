"""``seatsync outbox send``."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.commands.outbox.every import EveryInstitution
from seatsync.cli.commands.outbox.settings import check_mail_from, mail_from, portal, portal_address, settings_of
from seatsync.cli.environment import actor
from seatsync.cli.institution import (
    NO_LEDGER_HELP,
    check_owner,
    institution_of,
    ledger_of,
    shared_ledger_of,
    timezone_of,
)
from seatsync.cli.long_running import clock, stop_on_signal
from seatsync.cli.metrics import Count, Metrics, metrics
from seatsync.cli.options import common, one_folder, option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.ledger.database import Ledger
    from seatsync.ledger.queries.outgoing import OutgoingLetter
    from seatsync.outbox.outage import Outage
    from seatsync.outbox.sender import Sending
    from seatsync.outbox.turns import Turns

POLL_REMOTE = 60.0
"""Seconds between two checks for new letters if each fetches a branch."""

FIRST_PAUSE, LONGEST_AWAY, LONGEST_UNSENT = 1.0, 30.0, 300.0
"""Seconds between two tries while a server is away: at first, and at most for the ledger and for the mail server."""

LOCK_OF_ONE = 1.0
"""Seconds to wait while an apply writes to one of many institutions: its letters have their turn later."""

FIGURES = ("sent", "deferred", "bounced", "cancelled")


@click.command("send")
@one_folder
@option("--limit", type=click.IntRange(1), help="Send at most this many letters; not with --watch.")
@option("--rate", type=click.IntRange(1), metavar="N", help="Send at most this many letters a minute.")
@option(
    "--all",
    "every",
    of="outbox",
    is_flag=True,
    help="Send the letters of all institutions of the ledger; -C holds their folders.",
)
@option("--watch", is_flag=True, help="Keep running and send new letters, until SIGTERM or Ctrl-C.")
@portal
@mail_from
@metrics
@common("text", "json")
def send(
    run: Run,
    folder: Path,
    limit: int | None,
    rate: int | None,
    every: bool,
    watch: bool,
    portal_url: str | None,
    mail_from: str | None,
    metrics: Metrics | None,
) -> int:
    """Send the waiting letters.

    \b
    export SEATSYNC_SMTP_URL=smtp://user:password@mail.grace.example:587
    export SEATSYNC_PORTAL_URL=https://seats.grace.example
    export SEATSYNC_MAIL_FROM='Grace Library <library@grace.example>'
    seatsync outbox send
    seatsync outbox send --watch --rate 60 -C grace-seminary
    seatsync outbox send --watch --all -C institutions

    With --all the institutions take turns, so that many letters of one hold up no other. Each one's letters have the sender and
    the templates of its own folder, one of those in -C. Where that is missing or has mistakes, the letters wait, and the others
    go on.

    Several senders can run at once. A letter that the server defers is tried again later; one that it rejects counts as
    bounced. After SIGTERM or Ctrl-C the current letter is finished. Exits with 1 if a letter could not be sent.
    """
    from seatsync.apply.apply import must_be_owned_by
    from seatsync.ledger.failures import LedgerError
    from seatsync.outbox.sender import LetterSender, Sending
    from seatsync.outbox.smtp import Connection, Server
    from seatsync.outbox.turns import Turns

    if watch and limit is not None:
        raise click.UsageError("--limit is for a run that ends: with --watch give --rate.")
    if every:
        check_mail_from(mail_from)
        id, ledger = None, shared_ledger_of(replace(run, quiet=True, lock_timeout=min(run.lock_timeout, LOCK_OF_ONE)))
    else:
        settings = settings_of(folder, run, mail_from)
        id = settings.institution.id
        ledger = ledger_of(run, folder, id, pool_size=1)
    portal = portal_address(portal_url)
    server = os.environ.get("SEATSYNC_SMTP_URL", "")  # not an option: everybody on the machine can see arguments
    if not server:
        raise click.UsageError("Set the mail server in the environment: SEATSYNC_SMTP_URL=smtp://host:587.")
    connection = Connection(Server.parse(server))
    if id is not None:
        must_be_owned_by(institution_of(folder, run), id)
    if not (_is_there(ledger) if id is None else check_owner(folder, id, run)):
        of = f" of {id}" if id is not None else ""
        raise LedgerError(f"There is no ledger{of} at {ledger}, so there are no letters.", NO_LEDGER_HELP)
    now = clock(run, timezone_of(folder, id, run) if id is not None else "")
    letters = _kinds(portal)
    with stop_on_signal() as stop:
        count = metrics.sender(run, folder, now) if metrics is not None else _not
        outage = _outage("ledger", LONGEST_AWAY, count)
        sending = Sending(ledger, actor(), portal, connection, now, outage, rate or 0, stop, _report(run, count, every))
        everyone = EveryInstitution(folder, sending, mail_from, run)
        turns = Turns(
            sending, letters, lambda: _due(sending, letters, id), everyone.sender_of, everyone.put_aside, True
        )
        if id is not None:
            one = LetterSender(sending, id, settings.templates, settings.sender)
            turns = Turns(sending, letters, turns.due, lambda institution: one)
        try:
            code = _send(turns, id, limit, watch, run, count)
            return code if watch else exits.worst([code, everyone.code()])
        finally:
            ledger.close()


def _is_there(ledger: Ledger) -> bool:
    with ledger.reading() as database:
        return database is not None


def _kinds(portal: str) -> frozenset[str]:
    """The kinds of letters to send: those with a personal link only if the members' pages have an address."""
    from seatsync.domain.action import Letter
    from seatsync.domain.letters import LINKED
    from seatsync.ledger.queries.outgoing import AT_VENDOR

    return frozenset(Letter) if portal else frozenset(Letter) - LINKED | {AT_VENDOR}


def _send(turns: Turns, institution: str | None, limit: int | None, watch: bool, run: Run, count: Count) -> int:
    if lacking := _lacking(turns.sending, institution):
        _print_missing_address(lacking)
    code = _send_until_stopped(turns, institution, run, count) if watch else _send_once(turns, institution, limit, run)
    return exits.worst([code, ExitCode.BROKEN if lacking else ExitCode.DONE])


def _send_once(turns: Turns, institution: str | None, limit: int | None, run: Run) -> int:
    tally: Counter[str] = Counter()
    try:
        turns.send(tally, limit)
    finally:
        _print_tally(turns.sending, institution, tally, run)
    if turns.sending.stop.is_set():
        return ExitCode.INTERRUPTED
    return ExitCode.BROKEN if tally["deferred"] or tally["bounced"] else ExitCode.DONE


def _send_until_stopped(turns: Turns, institution: str | None, run: Run, count: Count) -> int:
    """Send new letters until a signal. If the mail server or the ledger is away, wait and try again."""
    from seatsync.ledger.failures import LedgerError
    from seatsync.outbox.smtp import Unsent
    from seatsync.outbox.turns import LOOK, tried

    sending, tally = turns.sending, Counter[str]()
    usual, mail = POLL_REMOTE if sending.ledger.is_pushed else LOOK, _outage("mail server", LONGEST_UNSENT, count)
    while not sending.stop.is_set():
        pause, before = usual, tried(tally)
        try:
            sending.ledger.refresh()
            turns.send(tally)
            sending.outage.end()
            count("passed", 1)
            if tried(tally) > before:
                mail.end()
        except Unsent as unsent:
            if not unsent.is_temporary:
                raise
            pause = mail.pause(unsent)
        except LedgerError as error:
            if not error.is_temporary:
                raise
            pause = sending.outage.pause(error)
        finally:
            if +tally and not sending.outage.is_on:
                _print_tally(sending, institution, tally, run)
                count("cancelled", tally["cancelled"])
                tally.clear()
        sending.stop.wait(pause)
    return ExitCode.DONE


def _outage(what: str, longest: float, count: Count) -> Outage:
    """Print on standard error when a server is away, and when it is back."""
    from seatsync.outbox.outage import Outage

    def went(failure: Failure) -> None:
        exits.print_failure(failure, failure)
        say(f"seatsync: Waiting for the {what} …")
        count(f"{what.replace(' ', '-')}-away", 1)

    return Outage(FIRST_PAUSE, longest, went, lambda: say(f"seatsync: The {what} is back."))


def _due(sending: Sending, letters: frozenset[str], institution: str | None) -> list[str]:
    """The institutions with letters to be sent now, or with a briefing to be written.

    Raises:
        LedgerError: the ledger can't be reached, or the institution has another id now.
    """
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.queries.briefing.due import briefings_due
    from seatsync.ledger.queries.outbox import institutions_with_due, iso
    from seatsync.ledger.read import renamed_to

    with sending.ledger.reading() as database:
        now = iso(sending.now())
        if database is not None and institution is not None and (other := renamed_to(database, institution)):
            help = "Start the sender again, with the files that have the new id."
            raise LedgerError(f'The institution "{institution}" is now "{other}", so this sender has no letters.', help)
        if database is None:
            return []
        due = institutions_with_due(database, now, letters, institution)
        return sorted({*due, *briefings_due(database, sending.now(), institution)})


def _count(sending: Sending, institution: str | None) -> dict[str, int]:
    """The number of letters that wait, and of those that are held."""
    from seatsync.domain.action import Letter
    from seatsync.ledger.queries.outbox import count, count_held

    with sending.ledger.reading() as database:
        if database is None:
            return {"waiting": 0, "held": 0}
        return {"waiting": count(database, institution, [*Letter]), "held": count_held(database, institution)}


def _lacking(sending: Sending, institution: str | None) -> int:
    """The number of letters that wait because the members' pages have no address."""
    from seatsync.domain.letters import LINKED
    from seatsync.ledger.queries.outbox import count
    from seatsync.ledger.queries.outgoing import AT_VENDOR

    with sending.ledger.reading() as database:
        if database is None or sending.portal:
            return 0
        return count(database, institution, LINKED) - count(database, institution, [AT_VENDOR])


def _print_tally(sending: Sending, institution: str | None, tally: Counter[str], run: Run) -> None:
    """Print how many letters had which outcome, without names."""
    figures = {name: tally[name] for name in FIGURES}
    with suppress(Failure):  # the ledger may be away; the failure that ends the run says so
        figures |= _count(sending, institution)
    if run.format == "json":
        click.echo(json.dumps(figures))
    else:
        run.say(f"Letters: {', '.join(f'{number:,} {name}' for name, number in figures.items())}.")
    if figures.get("held"):
        run.say("Held letters wait for `seatsync outbox release` or `seatsync outbox cancel`.")


def _print_missing_address(number: int) -> None:
    from seatsync.domain.diagnostic import counted

    fact = f"{counted(number, 'letter needs', 'letters need')} a personal link, but the members' pages have no address."
    say(f"seatsync: {fact}")
    exits.say_fix("Set SEATSYNC_PORTAL_URL=https://…. Until then these letters wait.")


def _report(run: Run, count: Count, every: bool) -> Callable[[str, OutgoingLetter, str], None]:
    """The function that is told the result of each letter."""

    def report(institution: str, letter: OutgoingLetter, result: str) -> None:
        count(result, 1)
        if run.verbose:
            of = f"{institution}: " if every else ""
            say(f"{of}letter {letter.serial} ({letter.letter}): {result}")

    return report


def _not(what: str, number: int) -> None:
    """Count nothing: no metrics are wanted."""
