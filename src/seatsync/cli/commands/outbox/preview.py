"""``seatsync outbox preview``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.commands.outbox.settings import mail_from, portal, portal_address, settings_of
from seatsync.cli.institution import ledger_of
from seatsync.cli.options import common, folder, option
from seatsync.cli.output.findings import tell
from seatsync.cli.planning import known_as, snapshot_of, tell_key
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure

if TYPE_CHECKING:
    from seatsync.ledger.queries.owed import Owed
    from seatsync.outbox.message import Sender
    from seatsync.outbox.rendering import Templates

_STAND_IN = "PREVIEW"


@click.command("preview")
@folder
@option("--letter", metavar="NAME", help="Only letters of this kind, for instance invitation.")
@option("--member", metavar="EMAIL|ID", help="Only letters to this member.")
@option("--limit", type=click.IntRange(1), default=1, show_default=True, help="Show so many letters.")
@portal
@mail_from
@common("text", "html", "eml")
def preview(
    run: Run,
    folder: Path,
    letter: str | None,
    member: str | None,
    limit: int,
    portal_url: str | None,
    mail_from: str | None,
) -> int:
    """Show the letters that are sent next, without sending them.

    \b
    seatsync outbox preview
    seatsync outbox preview --letter reminder --format html > reminder.html
    seatsync outbox preview --member ann@grace.example --format eml

    The link is a stand-in. Where no letter of that kind waits, a made-up one is shown.
    """
    from seatsync.domain.action import Letter
    from seatsync.outbox.message import Unwritable
    from seatsync.outbox.rendering import BadTemplate

    if letter is not None and letter not in [*Letter]:
        raise click.UsageError(f"There is no letter {letter}; there are {', '.join(Letter)}.")
    id, sender, templates = settings_of(folder, run, mail_from, stand_in="nobody@sender.invalid")
    portal = portal_address(portal_url) or "https://portal.invalid"
    found = _waiting(folder, id, run, letter, member, limit)
    if not found and member is None:
        run.say("No such letter waits; this one is made up.")
        found = [_made_up(letter or Letter.INVITATION)]
    elif not found:
        run.say("No such letter waits.")
    codes = [ExitCode.DONE]
    for one in found:
        try:
            click.echo(_shown(one, sender, templates, portal, id, run))
        except BadTemplate as bad:
            tell(folder, [bad.finding], run)
            codes.append(ExitCode.INVALID)
        except Unwritable as unwritable:
            help = "Correct the member's or administrator's e-mail in the files, and apply."
            exits.tell(Failure(f"Letter {one.serial} can't be sent: {unwritable}.", help), unwritable)
            codes.append(ExitCode.BROKEN)
    return exits.worst(codes)


def _waiting(
    folder: Path, institution: str, run: Run, letter: str | None, member: str | None, limit: int
) -> list[Owed]:
    from seatsync.domain.action import Letter
    from seatsync.ledger.queries.owed import owed

    kinds = [letter] if letter is not None else [*Letter]
    numbers = known_as(member, snapshot_of(folder, institution, run)) if member is not None else [None]
    with ledger_of(run, folder, institution).reading() as connection:
        tell_key(connection, institution, run)
        if connection is None:
            return []
        found = [one for number in numbers for one in owed(connection, institution, None, "", kinds, number)]
    return [one for one in found if one.address][:limit]


def _made_up(letter: str) -> Owed:
    from seatsync.domain.letters import ASKING
    from seatsync.ledger.queries.owed import Owed
    from seatsync.outbox.rendering import samples

    values = next(samples(letter))
    return Owed(0, "0" * 64, letter, "", 0, 0, values["email"], values | {"may_decline": letter in ASKING})


def _shown(letter: Owed, sender: Sender, templates: Templates, portal: str, institution: str, run: Run) -> str:
    from seatsync.domain.letters import LINKED
    from seatsync.outbox.message import compose
    from seatsync.outbox.rendering import with_links

    if run.redactor is not None:
        hidden = f"{run.redactor.who(letter.address)}@hidden.invalid"
        letter = replace(letter, address=hidden, values=run.redactor.row(letter.values))
    token = _STAND_IN if letter.letter in LINKED else ""
    values = with_links(letter.values, portal, institution, token, sender.reply_to)
    words = templates.render(letter.letter, values)
    if run.format == "html":
        return words.html or words.text
    if run.format == "eml":
        return compose(letter, values, words, sender, run.now).decode("utf-8", "replace").replace("\r\n", "\n")
    return f"To: {letter.address}\nSubject: {words.subject}\n\n{words.text}"
