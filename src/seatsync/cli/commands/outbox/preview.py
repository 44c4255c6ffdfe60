"""``seatsync outbox preview``."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.commands.outbox.settings import Settings, mail_from, portal, portal_address, settings_of
from seatsync.cli.institution import institution_of, ledger_of
from seatsync.cli.options import common, one_folder, option
from seatsync.cli.output.findings import print_findings
from seatsync.cli.planning import member_numbers, use_secret
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure

if TYPE_CHECKING:
    from seatsync.ledger.queries.outgoing import OutgoingLetter
    from seatsync.outbox.message import Sender
    from seatsync.outbox.rendering import Templates

_PLACEHOLDER = "PREVIEW"


@click.command("preview")
@one_folder
@option("--letter", metavar="NAME", help="Only letters of this kind, for example invitation.")
@option("--member", metavar="EMAIL|ID", help="Only letters to this member.")
@option("--limit", type=click.IntRange(1), default=1, show_default=True, help="How many letters to show.")
@option(
    "--all",
    "everything",
    is_flag=True,
    help="All letters in all languages, with examples: one page with --format html.",
)
@portal
@mail_from
@common("text", "html", "eml")
def preview(
    run: Run,
    folder: Path,
    letter: str | None,
    member: str | None,
    limit: int,
    everything: bool,
    portal_url: str | None,
    mail_from: str | None,
) -> int:
    """Show the next letters, without sending them.

    \b
    seatsync outbox preview
    seatsync outbox preview --letter reminder --format html > reminder.html
    seatsync outbox preview --member ann@grace.example --format eml
    seatsync outbox preview --all --format html > letters.html

    The link is a placeholder. If no such letter is waiting, an example is shown.
    """
    from seatsync.domain.action import Letter
    from seatsync.outbox.message import Unwritable
    from seatsync.outbox.rendering import BadTemplate

    if letter is not None and letter not in [*Letter]:
        raise click.UsageError(f"There is no letter {letter}. The letters are: {', '.join(Letter)}.")
    settings = settings_of(folder, run, mail_from, stand_in="nobody@sender.invalid")
    _, sender, templates = settings
    if everything:
        if member is not None or run.format == "eml":
            raise click.UsageError(
                "--all shows examples as text or HTML, so it goes with neither --member nor --format eml."
            )
        return _all(folder, settings, letter, run)
    id = institution_of(folder, run)
    portal = portal_address(portal_url) or "https://portal.invalid"
    found = _waiting(folder, id, run, letter, member, limit)
    if not found and member is None:
        run.say("No such letter is waiting. This is an example.")
        found = [_example(letter or Letter.INVITATION)]
    elif not found:
        run.say("No such letter is waiting.")
    codes = [ExitCode.DONE]
    for one in found:
        try:
            click.echo(_rendered(one, sender, templates, portal, id, run))
        except BadTemplate as bad:
            print_findings(folder, [bad.finding], run)
            codes.append(ExitCode.INVALID)
        except Unwritable as unwritable:
            help = "Correct the member's or administrator's e-mail in the files, and apply."
            exits.print_failure(Failure(f"Letter {one.serial} can't be sent: {unwritable}.", help), unwritable)
            codes.append(ExitCode.BROKEN)
    return exits.worst(codes)


def _all(folder: Path, settings: Settings, letter: str | None, run: Run) -> int:
    from seatsync.cli.commands.outbox.preview_all import all_samples, as_text
    from seatsync.outbox.rendering import BadTemplate
    from seatsync.reports.letters.page import html

    try:
        found = all_samples(settings, letter, run.redactor is None)
    except BadTemplate as bad:
        print_findings(folder, [bad.finding], run)
        return ExitCode.INVALID
    click.echo(html(found, settings.institution.name) if run.format == "html" else as_text(found))
    return ExitCode.DONE


def _waiting(
    folder: Path, institution: str, run: Run, letter: str | None, member: str | None, limit: int
) -> list[OutgoingLetter]:
    from seatsync.apply.apply import must_be_owned_by
    from seatsync.domain.action import Letter
    from seatsync.domain.text.days import iso
    from seatsync.ledger.queries.briefing.contents import with_briefings
    from seatsync.ledger.queries.outgoing import all_outgoing_letters
    from seatsync.ledger.read import owner

    kinds = [letter] if letter is not None else [*Letter]
    with ledger_of(run, folder, institution).reading() as connection:
        must_be_owned_by(owner(connection, institution), institution)
        use_secret(connection, institution, run)
        at = iso(run.instant(""))
        numbers = member_numbers(connection, institution, member) if member is not None else [None]
        if connection is None:
            return []
        waiting = (
            one for number in numbers for one in all_outgoing_letters(connection, institution, kinds, number, at)
        )
        found = [*islice((one for one in waiting if one.address), limit)]
        return with_briefings(connection, institution, found, at)


def _example(letter: str) -> OutgoingLetter:
    from seatsync.domain.letters import ASKING
    from seatsync.ledger.queries.outgoing import OutgoingLetter
    from seatsync.outbox.rendering import samples

    values = next(samples(letter))
    return OutgoingLetter(
        0, "0" * 64, letter, "", 0, 0, values["email"], values | {"may_decline": letter in ASKING, "claim_url": ""}
    )


def _rendered(
    letter: OutgoingLetter, sender: Sender, templates: Templates, portal: str, institution: str, run: Run
) -> str:
    from seatsync.outbox.message import compose
    from seatsync.outbox.rendering import with_links

    if run.redactor is not None:
        hidden = f"{run.redactor.who(letter.address)}@hidden.invalid"
        letter = replace(letter, address=hidden, values=run.redactor.row(letter.values))
    token = _PLACEHOLDER if letter.needs_link else ""
    values = with_links(letter.values, portal, institution, token, sender.reply_to)
    words = templates.render(letter.letter, values)
    if run.format == "html":
        return words.html or words.text
    if run.format == "eml":
        return compose(letter, values, words, sender, run.instant("")).decode("utf-8", "replace").replace("\r\n", "\n")
    return f"To: {letter.address}\nSubject: {words.subject}\n\n{words.text}"
