"""Chain the personal links; the institution's row has the end of the chain. Existing links are chained as they are."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from seatsync.ledger.migrations.steps import BATCH, Index, put

revision = "0008"

NEXT = """SELECT made_at, hash, serial, link.library, link.member, sent_to, number FROM link
WHERE link.institution = :institution AND (made_at, hash) > (:made_at, :hash) ORDER BY made_at, hash LIMIT :some"""
END = """UPDATE institution SET link_number = :number, link_head = :head WHERE institution.institution = :institution
AND (link_number, link_head) <> (:number, :head)"""


def columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "institution": [
            sa.Column("link_number", sa.Integer, nullable=False, server_default="0"),
            sa.Column("link_head", sa.String(64), nullable=False, server_default=sa.text("''")),
        ],
        "link": [sa.Column("number", sa.Integer, nullable=False, server_default="0")],
    }


def fill(connection: sa.Connection, institution: str) -> Iterator[None]:
    number, head, made_at, hash = 0, b"", "", b""
    while True:
        after = {"institution": institution, "made_at": made_at, "hash": hash, "some": BATCH}
        links = connection.execute(sa.text(NEXT), after).all()
        changed = []
        for made_at, hash, serial, library, member, sent_to, known in links:
            number += 1
            head = link(head, (number, hash.hex(), serial, library, member, sent_to, made_at))
            if known != number:
                changed.append((number, bytes(hash)))
        put(connection, institution, "link", {"number": "integer", "hash": "bytea"}, changed)
        if len(links) < BATCH:
            end = {"institution": institution, "number": number, "head": head.hex()}
            connection.execute(sa.text(END), end)
        yield
        if len(links) < BATCH:
            return


def link(before: bytes, fields: tuple[object, ...]) -> bytes:
    text = "\x1f".join(map(str, fields))
    if text.count("\x1f") >= len(fields):
        raise ValueError("a field of a personal link contains a control character")
    return sha256(before + text.encode()).digest()


INDEXES = (Index("link_number", "link", ("institution", "number"), unique=True),)
