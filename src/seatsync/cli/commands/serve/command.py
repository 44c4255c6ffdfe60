"""``seatsync serve``."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.outbox.settings import mail_from, portal
from seatsync.cli.commands.serve import settings as serve_settings
from seatsync.cli.extras import needs
from seatsync.cli.institution import NO_LEDGER, ledger_of
from seatsync.cli.options import common, folder, option
from seatsync.cli.run import Run
from seatsync.cli.watching import clock, ended_gently
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.ledger.database import Ledger
    from seatsync.outbox.smtp import Server
    from seatsync.portal.server import Listening
    from seatsync.portal.web.site import Settings

_SOURCE = "Where a line of a file can be looked at, with {commit}, {institution}, {file} and {line}."


@click.command("serve")
@folder
@portal
@option("--listen", default="127.0.0.1:8000", show_default=True, metavar="ADDRESS:PORT", help="Where to listen.")
@option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="How many requests at once.")
@option("--trusted-proxy", metavar="ADDRESS", help="The proxy whose X-Forwarded-For, -Proto and -Host count.")
@mail_from
@option("--source-url", metavar="URL", help=_SOURCE)
@common()
def command(
    run: Run,
    folder: Path,
    portal_url: str | None,
    listen: str,
    threads: int,
    trusted_proxy: str | None,
    mail_from: str | None,
    source_url: str | None,
) -> int:
    """Serve the pages of members and administrators.

    \b
    export SEATSYNC_LEDGER=postgresql+psycopg://pages@db.grace.example/seats
    export SEATSYNC_PORTAL_URL=https://seats.grace.example
    export SEATSYNC_SECRET_KEYS=$(python -c "import secrets; print(secrets.token_urlsafe(32))")
    export SEATSYNC_SMTP_URL=smtp://user:password@mail.grace.example:587
    export SEATSYNC_MAIL_FROM='Grace Library <library@grace.example>'
    seatsync serve --trusted-proxy 127.0.0.1

    Keep the key: with another all are signed out. Several, with commas between, rotate it: the first one signs, all hold.
    The letters in the outbox are sent by `seatsync outbox send --watch`, beside this. Logs go to standard error, a line of
    JSON each, and name nobody. Ends by SIGTERM or Ctrl-C, after what it is at. Needs `pip install 'seatsync[portal]'`.
    """
    with needs("portal"):
        from seatsync.portal.server import Listening
        from seatsync.portal.web.site import Settings

    url = serve_settings.address_of(portal_url)
    host, port = serve_settings.listen_at(listen)
    proxy = serve_settings.proxy_of(trusted_proxy, url)
    source = serve_settings.source_of(source_url)
    keys, sender = serve_settings.secret_keys(), serve_settings.sender_of(mail_from)
    server = serve_settings.mail_server()
    settings = Settings(url, keys, sender, source, serve_settings.provider())
    _serve(run, settings, server, _ledger(run, folder, threads), Listening(host, port, threads, proxy))
    return ExitCode.DONE


def _serve(run: Run, settings: Settings, server: Server, ledger: Ledger, listening: Listening) -> None:
    """Serve the pages, and send the codes that they owe, until a signal ends it."""
    from seatsync.portal.app import create_app
    from seatsync.portal.server import serve
    from seatsync.portal.web import logs
    from seatsync.portal.web.limits import Limits
    from seatsync.portal.web.mailer import Post
    from seatsync.portal.web.site import Site

    gc.enable()  # which main had off: a server lives longer than a command
    logs.begin(run.quiet)
    post = Post(server, settings.sender)
    limits = Limits(exports=max(1, listening.threads // 2))
    app = create_app(Site(settings, ledger, clock(run), post, limits))
    with ended_gently() as stop:
        post.start()
        try:
            serve(app, settings.url, listening, stop)
        finally:
            post.stop()
            ledger.close()


def _ledger(run: Run, folder: Path, threads: int) -> Ledger:
    """The ledger to serve, which has to be there, whole and up to date."""
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.stores.addresses import in_git

    if run.ledger is not None and in_git(run.ledger):
        raise click.UsageError(
            "Pages can't be served from a ledger in Git: each claim would be a push. Use SQLite, or PostgreSQL."
        )
    # Who holds the lock is not said while others wait for them: it would name them in the log.
    ledger: Ledger = ledger_of(replace(run, quiet=True), folder, kept=threads)
    with ledger.reading() as connection:
        if connection is None:
            raise LedgerError(f"There is no ledger at {ledger} to serve.", NO_LEDGER)
    return ledger
