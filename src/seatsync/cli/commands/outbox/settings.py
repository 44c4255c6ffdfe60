"""What ``outbox send`` and ``outbox preview`` are told: whom letters are from, and where the members' pages are."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.options import option
from seatsync.cli.output.findings import tell
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.outbox.message import Sender
    from seatsync.outbox.rendering import Templates

portal = option("--portal-url", metavar="URL", help="Where the members' pages are; personal links begin with it.")
mail_from = option(
    "--mail-from", metavar="SENDER", help='Whom letters are from: "Grace Library <library@grace.example>".'
)


def settings_of(folder: Path, run: Run, mail_from: str | None, stand_in: str = "") -> tuple[str, Sender, Templates]:
    """The institution's id, whom its letters are from (``stand_in`` where nothing says so), and its templates.

    Leaves where these are not right.
    """
    from seatsync.outbox.message import Sender, as_sender
    from seatsync.outbox.rendering import Templates
    from seatsync.sources.config import read_config
    from seatsync.sources.institution_folder import InstitutionFolder

    opened = InstitutionFolder.open(folder)
    found = opened.files().found
    config = read_config(opened.tree, found)
    templates = Templates(folder)
    wrong = found or templates.check()
    if config is None or wrong:
        tell(folder, wrong, run)
        raise click.exceptions.Exit(ExitCode.INVALID)
    mail = config.mail
    sender = as_sender(mail_from) if mail_from else Sender("", mail.address or stand_in)
    if isinstance(sender, str):
        raise click.UsageError(f"SEATSYNC_MAIL_FROM: {sender}.")
    if not sender.address:
        raise click.UsageError(
            "Say whom the letters are from: SEATSYNC_MAIL_FROM='Name <address>', or mail.address in seatsync.yaml."
        )
    name = sender.name or mail.name or config.institution.name
    return config.institution.id, replace(sender, name=name, reply_to=mail.reply_to or ""), templates


def portal_address(url: str | None) -> str:
    """The address of the pages, without a slash at its end; links are secrets, so it is https but on this machine."""
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
            "SEATSYNC_PORTAL_URL is written as https://seats.grace.example, without anything behind it; a name in other letters as xn--…."
        )
    return url.rstrip("/")
