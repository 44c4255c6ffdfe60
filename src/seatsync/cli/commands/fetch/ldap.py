"""``seatsync fetch ldap``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from seatsync.cli.commands.fetch.shared import fetch_option, into_option, secret, tell
from seatsync.cli.extras import needs
from seatsync.cli.options import common
from seatsync.cli.run import Run

_FIELDS = ("email", "given_name", "family_name", "student_id", "role")


@click.command("ldap")
@fetch_option("--url", required=True, metavar="URL", help="The server: ldaps://host, or ldap://host with --start-tls.")
@fetch_option("--base", required=True, metavar="DN", help="Where people are: this entry and all below it.")
@into_option("The CSV file.", is_folder=False)
@fetch_option("--start-tls", is_flag=True, help="Encrypt the connection to ldap:// by StartTLS.")
@fetch_option("--bind-dn", metavar="DN", help="Who signs in. Default: nobody does.")
@fetch_option(
    "--filter",
    default="(&(objectClass=person)(mail=*))",
    show_default=True,
    metavar="FILTER",
    help="Which entries are people.",
)
@fetch_option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=ATTRIBUTE",
    help="Where a field comes from; repeatable. Default: email=mail, given_name=givenName, family_name=sn.",
)
@fetch_option(
    "--tag",
    "tags",
    multiple=True,
    metavar="PREFIX=ATTRIBUTE",
    help="Make the attribute's values tags, such as group:Faculty; repeatable. Of a group its name is taken.",
)
@fetch_option("--groups-below", metavar="DN", help="Of groups, only those below this entry become tags.")
@common()
def ldap(
    run: Run,
    url: str,
    base: str,
    into: Path,
    start_tls: bool,
    bind_dn: str | None,
    filter: str,
    columns: tuple[str, ...],
    tags: tuple[str, ...],
    groups_below: str | None,
    allow_shrink: bool,
    timeout: float,
) -> None:
    """Fetch people and their groups from an LDAP directory, such as Active Directory or OpenLDAP.

    \b
    seatsync fetch ldap --url ldaps://dc.school.example --base dc=school,dc=example --into rosters/ldap.csv
    seatsync fetch ldap --url ldaps://dc.school.example --base dc=school,dc=example --tag group=memberOf --into rosters/ldap.csv

    The password comes from SEATSYNC_FETCH_PASSWORD. Accounts that are disabled or expired are left out. Nothing is written unless
    all of it came. Needs `pip install 'seatsync[ldap]'`.
    """
    from seatsync.fetching.addresses import check_address

    with needs("ldap", "It is built from source, which needs gcc, libldap2-dev and libsasl2-dev (Debian's names)."):
        from seatsync.fetching.directory.connection import Directory, search
        from seatsync.fetching.directory.people import COLUMNS, Wish, table
    from seatsync.fetching.writing import write

    check_address(url, "ldaps", "ldap", is_encrypted=start_tls)
    if start_tls and url.startswith("ldaps:"):
        raise click.UsageError("--start-tls is for ldap://: a connection to ldaps:// is encrypted from the beginning.")
    wish = Wish({**COLUMNS, **dict(_pairs("--column", columns, _FIELDS))}, _pairs("--tag", tags), groups_below or "")
    password = secret("SEATSYNC_FETCH_PASSWORD") if bind_dn else ""
    directory = Directory(url, base, filter, bind_dn or "", password, start_tls, timeout)
    with run.step("Reading the directory") as told:
        entries = search(directory, wish.attributes, told)
    found, left_out = table(entries, wish, run.instant("UTC"))
    if entries.elsewhere:
        run.say(f"References to other servers, which were not followed: {entries.elsewhere}.")
    tell(run, write({into: found}, allow_shrink=allow_shrink), left_out, into)


def _pairs(option: str, given: Sequence[str], known: Sequence[str] = ()) -> list[tuple[str, str]]:
    """The values of an option like ``email=mail``, each in its two parts.

    Raises:
        UsageError: a part is missing, or the first is not ``known``.
    """
    pairs = []
    for text in given:
        name, equals, attribute = text.partition("=")
        if not (equals and name.strip() and attribute.strip()):
            raise click.UsageError(f'{option} "{text}" must look like {known[0] if known else "group"}=mail.')
        if known and name.strip() not in known:
            raise click.UsageError(f'{option}: "{name}" is not a field. Use {", ".join(known[:-1])} or {known[-1]}.')
        pairs.append((name.strip(), attribute.strip()))
    return pairs
