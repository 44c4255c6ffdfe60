""" "Select by CSV": find the members that an uploaded file lists by e-mail or student id, like ``--select``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_key
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.queries.named import nearest_members
from seatsync.ledger.read import read_snapshot
from seatsync.sources.files import Folder
from seatsync.sources.selections import read_selection

MOST_SHOWN = 100
"""Selected members, and lines without a member, that the page shows at most. The export has all members."""
MOST_ROWS = 20_000
"""The most rows in a file: enough for a faculty. A whole university needs no selection. Answered in a second or two."""


class Unmatched(NamedTuple):
    """A line of the file, whom it names, and the e-mail of the member that may be meant (empty for nobody)."""

    line: int
    who: str
    near: str = ""


@dataclass(frozen=True)
class SelectedMembers:
    """The ``numbers`` of members on a roster that the file lists, and the ``unmatched`` rows, which list no member.

    If ``diagnostics`` has errors in the file, nobody is selected.
    """

    numbers: Sequence[int] = ()
    unmatched: Sequence[Unmatched] = ()
    diagnostics: Sequence[Diagnostic] = field(default=())


def select_by_csv(
    connection: Connection, institution: str, data: bytes, name: str, domains: Callable[[], Sequence[str]]
) -> SelectedMembers:
    """Return the members that the CSV in ``data`` lists. The file is not stored.

    Of the first unmatched rows, which the page shows, the nearest member is looked for; ``domains`` are those of the members.
    """
    folder = Folder(Path())
    content = folder.table_of(data, name)
    selection = read_selection(content, name, folder.found, MOST_ROWS) if content is not None else None
    if selection is None or any(found.severity is Severity.ERROR for found in folder.found):
        return SelectedMembers(diagnostics=folder.found)
    found = numbers_of(connection, institution, selection.keys, selection.student_ids)
    numbers = sorted(number for number, is_there in found.items() if is_there)
    members = read_snapshot(connection, institution, numbers).members.values()
    known = {member.key for member in members}, {member.student_id for member in members}
    unmatched = [
        Unmatched(line, email or id)
        for id, email, line in selection.rows
        if not ((email and email_key(email) in known[0]) or (id and id in known[1]))
    ]
    shown = unmatched[:MOST_SHOWN]
    keys = {row.who: email_key(row.who) for row in shown if "@" in row.who}
    near = nearest_members(connection, institution, {*keys.values()}, domains()) if keys else {}
    told = [Unmatched(row.line, printable(row.who), near.get(keys.get(row.who, ""), "")) for row in shown]
    return SelectedMembers(numbers, [*told, *unmatched[MOST_SHOWN:]], folder.found)
