"""``seatsync serve``."""

from __future__ import annotations

import gc
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.outbox.settings import mail_from, portal
from seatsync.cli.commands.serve import settings as serve_settings
from seatsync.cli.extras import needs
from seatsync.cli.institution import NO_LEDGER_HELP, ledger_of
from seatsync.cli.long_running import clock, listen_at, stop_on_signal
from seatsync.cli.metrics import Metrics, metrics
from seatsync.cli.options import common, one_folder, option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from seatsync.ledger.database import Ledger
    from seatsync.outbox.smtp import Server
    from seatsync.portal.server import ListenOptions
    from seatsync.portal.web.request_log import Took
    from seatsync.portal.web.site import SiteSettings

_SOURCE = "The web address of a line of a file, with {commit}, {institution}, {file} and {line}."


@click.command("serve")
@one_folder
@portal
@option(
    "--listen",
    default="127.0.0.1:8000",
    show_default=True,
    metavar="ADDRESS:PORT",
    help="The address and port to listen on.",
)
@option(
    "--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="How many requests to handle at once."
)
@option("--trusted-proxy", metavar="ADDRESS", help="The proxy whose X-Forwarded-For, -Proto and -Host are trusted.")
@mail_from
@option("--source-url", metavar="URL", help=_SOURCE)
@metrics
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
    metrics: Metrics | None,
) -> int:
    """Run the pages of members and administrators.

    \b
    export SEATSYNC_LEDGER=postgresql+psycopg://pages@db.grace.example/seats
    export SEATSYNC_PORTAL_URL=https://seats.grace.example
    export SEATSYNC_SECRET_KEYS=$(python -c "import secrets; print(secrets.token_urlsafe(32))")
    export SEATSYNC_SMTP_URL=smtp://user:password@mail.grace.example:587
    export SEATSYNC_MAIL_FROM='Grace Library <library@grace.example>'
    seatsync serve --trusted-proxy 127.0.0.1

    Keep the key: a new key signs everybody out. To replace it, set the new and the old one with a comma between them: the
    first one signs, both are accepted. Run `seatsync outbox send --watch` as well, which sends the letters in the outbox.
    Logs go to standard error, one JSON object per line, without names. After SIGTERM or Ctrl-C the current requests are
    finished. Needs `pip install 'seatsync[portal]'`.
    """
    with needs("portal"):
        from seatsync.portal.server import ListenOptions
        from seatsync.portal.web import logs
        from seatsync.portal.web.site import SiteSettings

    url = serve_settings.address_of(portal_url)
    host, port = listen_at("--listen", listen)
    proxy = serve_settings.proxy_of(trusted_proxy, url)
    source = serve_settings.source_of(source_url)
    keys, sender = serve_settings.secret_keys(), serve_settings.sender_of(mail_from)
    server = serve_settings.mail_server()
    settings = SiteSettings(url, keys, sender, source, serve_settings.provider())
    ledger, listening = _ledger(run, folder, threads), ListenOptions(host, port, threads, proxy)
    logs.set_up(run.quiet)
    _serve(run, settings, server, ledger, listening, _took(metrics, run, folder) if metrics is not None else None)
    return ExitCode.DONE


def _took(metrics: Metrics, run: Run, folder: Path) -> Took:
    """Give metrics from now on. Return the function that notes the time of a request."""
    return metrics.start(run, folder, clock(run), _counted)


def _counted(registry: CollectorRegistry) -> Took:
    from seatsync.metrics.of_process import Errors, Requests

    logging.getLogger().addHandler(Errors(registry))
    return Requests(registry).took


def _serve(
    run: Run, settings: SiteSettings, server: Server, ledger: Ledger, listening: ListenOptions, took: Took | None
) -> None:
    """Serve the pages and send the mails with codes, until a signal."""
    from seatsync.portal.app import create_app
    from seatsync.portal.server import serve
    from seatsync.portal.web.limits import RateLimits
    from seatsync.portal.web.mailer import Mailer
    from seatsync.portal.web.site import Site

    gc.enable()  # main() turned it off; a server runs for long
    mailer = Mailer(server, settings.sender)
    limits = RateLimits(exports=max(1, listening.threads // 2))
    app = create_app(Site(settings, ledger, clock(run), mailer, limits), took)
    with stop_on_signal() as stop:
        mailer.start()
        try:
            serve(app, settings.url, listening, stop)
        finally:
            mailer.stop()
            ledger.close()


def _ledger(run: Run, folder: Path, threads: int) -> Ledger:
    """The ledger to serve.

    Raises:
        UsageError: it is in Git.
        LedgerError: it does not exist, or is not up to date.
    """
    from seatsync.ledger.failures import LedgerError
    from seatsync.ledger.stores.addresses import in_git

    if run.ledger is not None and in_git(run.ledger):
        raise click.UsageError(
            "Pages can't be served from a ledger in Git: each claim would be a push. Use SQLite, or PostgreSQL."
        )
    with ledger_of(run, folder).reading() as connection:
        if connection is None:
            raise LedgerError(f"There is no ledger at {ledger_of(run, folder)} to serve.", NO_LEDGER_HELP)
    # Quiet: messages about waiting for the lock would put its holder's name into the log. A page does not wait for a server.
    return ledger_of(replace(run, quiet=True, wait=0), folder, pool_size=threads)
