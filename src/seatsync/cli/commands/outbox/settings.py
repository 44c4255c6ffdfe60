"""Settings of ``outbox send`` and ``outbox preview``: the sender of letters, and the address of the members' pages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from seatsync.cli.options import option
from seatsync.cli.output.findings import print_findings
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.formats.config import InstitutionEntry
    from seatsync.outbox.message import Sender
    from seatsync.outbox.rendering import Templates

portal = option("--portal-url", metavar="URL", help="The address of the members' pages; personal links begin with it.")
mail_from = option(
    "--mail-from", metavar="SENDER", help='The sender of letters: "Grace Library <library@grace.example>".'
)


class Settings(NamedTuple):
    """An institution, the sender of its letters, and its templates."""

    institution: InstitutionEntry
    sender: Sender
    templates: Templates


def settings_of(folder: Path, run: Run, mail_from: str | None, stand_in: str = "") -> Settings:
    """What letters need of an institution's files. Without a sender of their own they have ``stand_in``.

    Exits with 3 if the files or templates have mistakes.
    """
    from seatsync.outbox.message import Sender
    from seatsync.outbox.rendering import Templates
    from seatsync.sources.config import read_config
    from seatsync.sources.institution_folder import InstitutionFolder

    opened = InstitutionFolder.open(folder)
    mistakes = opened.files().found
    config = read_config(opened.tree, mistakes)
    templates = Templates(folder)
    mistakes = mistakes or templates.check()
    if config is None or mistakes:
        print_findings(folder, mistakes, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    mail = config.mail
    sender = check_mail_from(mail_from) or Sender("", mail.address or stand_in)
    if not sender.address:
        raise click.UsageError(
            "Set the sender of letters: SEATSYNC_MAIL_FROM='Name <address>', or mail.address in seatsync.yaml."
        )
    name = sender.name or mail.name or config.institution.name
    return Settings(config.institution, replace(sender, name=name, reply_to=mail.reply_to or ""), templates)


def check_mail_from(mail_from: str | None) -> Sender | None:
    """The sender of the environment or the command line, if it is given.

    Raises:
        UsageError: it is not valid.
    """
    from seatsync.outbox.message import as_sender

    sender = as_sender(mail_from) if mail_from else None
    if isinstance(sender, str):
        raise click.UsageError(f"SEATSYNC_MAIL_FROM: {sender}.")
    return sender


def portal_address(url: str | None) -> str:
    """The address of the pages, without a slash at the end. Links are secrets, so it must be https, except on this machine."""
    from urllib.parse import urlsplit

    from seatsync.outbox.smtp import is_loopback

    if not url:
        return ""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if (
        not is_safe
        or not parts.hostname
        or parts.username
        or not re.fullmatch(r"[!-~]+", url)
        or re.search("[<>?#]", url)
    ):
        raise click.UsageError(
            "SEATSYNC_PORTAL_URL must look like https://seats.grace.example, with nothing after it; write a non-Latin name as xn--…."
        )
    return url.rstrip("/")
