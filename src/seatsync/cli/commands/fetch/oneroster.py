"""``seatsync fetch oneroster``."""

from __future__ import annotations

from pathlib import Path

import click

from seatsync.cli.commands.fetch.shared import fetch_option, into_option, secret, tell
from seatsync.cli.extras import needs
from seatsync.cli.options import common
from seatsync.cli.run import Run

_SIGNING = ("oauth2", "oauth1-sha256", "oauth1-sha1")


@click.command("oneroster")
@fetch_option("--url", required=True, metavar="URL", help="The service's address, up to v1p1 or v1p2.")
@into_option("The folder for the CSV files.", is_folder=True)
@fetch_option("--oneroster", type=click.Choice(["1.1", "1.2"]), help="The version. Default: what the address says.")
@fetch_option(
    "--auth", type=click.Choice(_SIGNING), default="oauth2", show_default=True, help="How requests are signed."
)
@fetch_option("--client-id", required=True, metavar="ID", help="The client's id (OAuth 1.0a: the consumer key).")
@fetch_option("--token-url", metavar="URL", help="OAuth 2: where to get an access token.")
@fetch_option(
    "--scope", metavar="TEXT", help="OAuth 2: what the token is for. Default: OneRoster's roster-core.readonly."
)
@fetch_option(
    "--credentials-in",
    type=click.Choice(["header", "body"]),
    default="header",
    show_default=True,
    help="OAuth 2: where the token endpoint expects the id and the secret.",
)
@fetch_option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="Only people with this role; repeatable. Default: all but guardians, parents and relatives.",
)
@fetch_option("--page-size", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="Records a request.")
@common()
def oneroster(
    run: Run,
    url: str,
    into: Path,
    oneroster: str | None,
    auth: str,
    client_id: str,
    token_url: str | None,
    scope: str | None,
    credentials_in: str,
    roles: tuple[str, ...],
    page_size: int,
    allow_shrink: bool,
    timeout: float,
) -> None:
    """Fetch people, classes and enrollments from a OneRoster service.

    \b
    seatsync fetch oneroster --url https://sis.example/v1p2 --token-url https://sis.example/token --client-id me --into rosters/sis
    seatsync fetch oneroster --url https://sis.example/v1p1 --auth oauth1-sha256 --client-id me --into rosters/sis

    The secret comes from SEATSYNC_FETCH_CLIENT_SECRET. Nothing is written unless all of it came. Needs
    `pip install 'seatsync[fetch]'`.
    """
    with needs("fetch"):
        from seatsync.fetching.oneroster.fetch import fetch
        from seatsync.fetching.oneroster.service import SCOPES, Access, version_of
        from seatsync.fetching.oneroster.signing import Client
    from seatsync.fetching.addresses import check_address

    check_address(url, "https", "http", parts_after=("path",))
    if auth == "oauth2":
        if not token_url:
            raise click.UsageError("--auth oauth2 needs --token-url, the address that gives access tokens.")
        check_address(token_url, "https", "http", "--token-url", ("path", "query"))
    version = oneroster or version_of(url)
    if not version:
        raise click.UsageError("--url names no version (v1p1 or v1p2): give --oneroster 1.1 or 1.2.")
    asked = SCOPES[version] if scope is None else scope
    client = Client(client_id, secret("SEATSYNC_FETCH_CLIENT_SECRET"), asked, credentials_in == "body")
    access = Access(url, version, client, token_url or "", auth, timeout)
    with run.step("Reading OneRoster") as told:
        differences, left_out = fetch(access, into, roles=roles, page=page_size, allow_shrink=allow_shrink, told=told)
    tell(run, differences, left_out, into)
