"""Who may see the administrators' pages.

Each request asks the ledger whether the visitor administers the institution; if not, the answer is 404.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, abort
from sqlalchemy import Connection

from seatsync.ledger.queries.institutions.administered import Administered, administered
from seatsync.portal.accounts.sessions import signed_in_visitor
from seatsync.portal.web.site import site

pages = Blueprint("admin", __name__, url_prefix="/admin")


@contextmanager
def for_administrator(institution: str) -> Iterator[tuple[Administered, Connection]]:
    """Open the ledger for an administrator of the institution; answer 404 to anyone else."""
    who = signed_in_visitor()
    with site().reading() as connection:
        here = administered(connection, institution, who.email)
        if here is None:
            abort(404)
        yield here, connection
