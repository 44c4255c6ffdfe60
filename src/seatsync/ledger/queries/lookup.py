"""Queries that do not read whole tables."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, String, and_, case, func, literal_column, select, text

from seatsync.domain.action import Action, Unplanned
from seatsync.domain.license import Kind, Status
from seatsync.domain.text.ids import MARKS
from seatsync.ledger import tables
from seatsync.ledger.journal import UNPLANNED
from seatsync.ledger.queries.since.apply import Ask
from seatsync.ledger.read import among, streamed
from seatsync.planning.plan import Plan, keyed

if TYPE_CHECKING:
    from seatsync.planning.portal.found import Changed

TAGS_HERE = "\x01"
NO_LINE = "\x02"
"""Characters that no member's text contains. A file that contains them is read in full."""


def numbers_of(
    connection: Connection, institution: str, keys: Collection[str], ids: Collection[str]
) -> dict[int, bool]:
    """The members with one of these e-mail keys or student ids: by number, whether they are on a roster.

    For the same e-mail, members on a roster come before those who have left. The ids are plain ones (``text.ids``); older ledgers
    have them as they were typed.
    """
    columns = tables.member.c
    query = select(columns.number, columns.on_roster).where(columns.institution == institution)
    found: dict[int, bool] = {}
    for column, names, indexed in (
        (columns.key, keys, "member.on_roster"),
        (columns.key, keys, "NOT member.on_roster"),
        (columns.student_id, {mark + id for id in ids for mark in MARKS}, "member.student_id != ''"),
    ):
        # The text is exactly the index's condition.
        named = query.where(among(connection, column, names), text(indexed))
        found.update((number, bool(on_roster)) for number, on_roster in connection.execute(named))
    return found


def asking(connection: Connection) -> Ask:
    """How the statements of ``queries.since`` are asked on this connection."""
    return lambda statement, values: connection.execute(text(statement), values)


def changed_since(connection: Connection, institution: str, instant: str) -> Changed:
    """What changed after an ``instant`` (ISO), so that an export of that moment says nothing of it, and what later exports showed."""
    from seatsync.planning.portal.found import Changed  # imports much, and most plans read no export

    read = exports_read(connection, institution, instant)
    later = {library: taken for library, taken in read.items() if taken > instant}
    return Changed(_changed_since(connection, institution, instant), later)


def exports_read(connection: Connection, institution: str, instant: str) -> dict[str, str]:
    """The libraries of which an export has been read that was taken at this ``instant`` or later, with that of the newest one.

    None is read before it is taken, so only later entries of the journal are looked at.
    """
    entry = tables.entry.c
    details = select(entry.detail).where(
        entry.institution == institution, entry.at >= instant, entry.detail.contains('"exports_read"')
    )
    newest: dict[str, str] = {}
    for detail in connection.execute(details).scalars():
        for library, taken in json.loads(detail).get("exports_read", {}).items():
            if taken >= max(instant, newest.get(library, "")):
                newest[library] = taken
    return newest


def _changed_since(connection: Connection, institution: str, instant: str) -> set[tuple[str, int]]:
    entry, event = tables.entry.c, tables.event.c
    later = select(entry.serial).where(entry.institution == institution, entry.at > instant)
    first = connection.execute(select(func.min(later.subquery().c.serial))).scalar()
    if first is None:
        return set()
    changed = select(event.library, event.member).where(
        event.institution == institution,
        event.serial > first,  # an entry's events come after it
        event.entry.in_(later),
        event.member != 0,
        event.action.not_in(_SAME_IN_A_PORTAL),
    )
    return {(library, member) for library, member in connection.execute(changed)}


_SAME_IN_A_PORTAL = (Action.LICENSE_UPDATE.value, Action.RESEND.value, Unplanned.ACCOUNT.value)
"""Actions that change neither a license nor a record as an export shows it."""


def waiting_members(connection: Connection, institution: str) -> set[int]:
    """The numbers of the members who wait in a line."""
    license = tables.license.c
    query = select(license.member).where(license.institution == institution, text("place != ''"))
    return {*connection.execute(query).scalars()}


Pieces = Sequence[tuple[str, str]]
"""The parts of a roster file's line: (literal text before a field, the field's name); the name is empty for text alone."""


def members_as_text(
    connection: Connection,
    institution: str,
    pieces: Pieces,
    lacking: Sequence[str],
    asked_for: Collection[str],
    only: Collection[int] | None = None,
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """For every member on a roster: (number, their line of the file, tags, day of import, role); with ``only``, for those among
    these numbers. Day (``imported_on``) and ``role`` are empty if they are not ``asked_for``.

    The line is NO_LINE for a member with a value in a field that the file is ``lacking``.
    """
    columns = tables.member.c
    parts: list[ColumnElement[str]] = []
    for literal, name in pieces:
        parts += [literal_column(f"'{literal}'", String)] if literal else []
        parts += [columns[name]] if name else []
    line = reduce(add, parts)
    if lacking:
        line = case((and_(*(columns[name] == "" for name in lacking)), line), else_=NO_LINE)
    others = [columns[name] if name in asked_for else literal_column("''", String) for name in ("imported_on", "role")]
    query = select(columns.number, line, columns.tags, *others)
    on_roster = query.where(columns.institution == institution, columns.on_roster)
    if only is not None:
        on_roster = on_roster.where(among(connection, columns.number, only))
    if connection.dialect.name == "sqlite":
        # Otherwise SQLite would use the index on e-mails, with two reads per member.
        on_roster = on_roster.order_by(columns.number)
    return streamed(connection, on_roster)


def libraries_with_licenses(connection: Connection, institution: str) -> list[str]:
    """The libraries that have or had licenses, also those that were removed since, sorted by id."""
    license = tables.license.c
    following = select(func.min(license.library)).where(license.institution == institution)
    found: list[str] = []
    while library := connection.execute(following.where(*(license.library > last for last in found[-1:]))).scalar():
        found.append(library)  # one look into the index for each; DISTINCT would read all licenses
    return found


def timezone(connection: Connection, institution: str) -> str:
    """The institution's time zone; empty for UTC, or if the ledger does not know the institution."""
    columns = tables.institution.c
    return connection.execute(select(columns.timezone).where(columns.institution == institution)).scalar() or ""


def taken_exports(connection: Connection, institution: str) -> dict[str, int]:
    """The exports in the files of the last apply: the serial of the entry that took each, by its key (``CommittedExport``)."""
    columns = tables.institution.c
    return dict(
        json.loads(
            connection.execute(select(columns.exports).where(columns.institution == institution)).scalar() or "{}"
        )
    )


def secret_of(connection: Connection, institution: str) -> bytes | None:
    """The secret of the institution's pseudonyms: the salt of its journal's first event, which nobody else can know.

    It moves with the journal. None where there is no journal yet.
    """
    event = tables.event.c
    salted = select(event.salt).where(event.institution == institution, event.salt.is_not(None))
    salt = connection.execute(salted.order_by(event.serial).limit(1)).scalar()
    return bytes(salt) if salt is not None else None


class Held(NamedTuple):
    """What an institution has: members on its rosters, temporary and permanent seats, claimed or not."""

    members: int = 0
    temporary: int = 0
    permanent: int = 0


def held(connection: Connection | None, institution: str) -> Held:
    """What the ledger has of an institution; nothing if it does not know it, or does not exist (None)."""
    if connection is None:
        return Held()
    member, license = tables.member.c, tables.license.c
    members = select(func.count()).where(member.institution == institution, member.on_roster)
    taken = license.status.in_([Status.UNCLAIMED.value, Status.DELIVERED.value])
    by_kind = select(license.kind, func.count()).where(license.institution == institution, taken).group_by(license.kind)
    seats = {str(kind): int(number) for kind, number in connection.execute(by_kind)}
    number = int(connection.execute(members).scalar() or 0)
    return Held(number, seats.get(Kind.TEMPORARY.value, 0), seats.get(Kind.PERMANENT.value, 0))


class AppliedFiles(NamedTuple):
    """The files applied last: the digests (SHA-256, hex) of their bytes and of what they say, and the last commit that touched
    them; empty if not known."""

    desired: str = ""
    meaning: str = ""
    commit: str = ""

    def say_the_same(self, plan: Plan) -> bool:
        """Whether the plan's files have the same bytes, or say the same."""
        meaning = plan.baseline.get("meaning", "")
        return self.desired == plan.desired_digest or (meaning != "" and self.meaning == meaning)


def last_files(connection: Connection, institution: str) -> AppliedFiles:
    """The files of the last apply, also of one with nothing to do."""
    entry = tables.entry.c
    noted = select(entry.detail, entry.files).where(
        entry.institution == institution, entry.kind.in_(("apply", "files"))
    )
    newest = noted.order_by(entry.serial.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    if row is None:
        return AppliedFiles()
    detail = json.loads(row.detail)
    commit = str(detail.get("files_commit", ""))
    if commit and "desired" not in detail:  # it notes another commit of the same files
        row = connection.execute(newest.where(entry.detail.contains('"desired":'))).one()
    files = json.loads(row.files or row.detail)
    return AppliedFiles(str(files.get("desired", "")), str(files.get("meaning", "")), commit)


def has_only_noted_files(connection: Connection, institution: str, serial: int, head: str) -> bool:
    """Whether the journal has a link ``serial`` with the hash ``head`` (hex), and after it only entries that make no
    plan out of date."""
    entry, event = tables.entry.c, tables.event.c
    at = [
        select(hash).where(institution_ == institution, number == serial)
        for institution_, number, hash in (
            (entry.institution, entry.serial, entry.hash),
            (event.institution, event.serial, event.hash),
        )
    ]
    later = [
        select(entry.serial).where(
            entry.institution == institution, entry.serial > serial, entry.kind.not_in(UNPLANNED)
        ),
        select(event.serial).where(
            event.institution == institution, event.serial > serial, event.action != Unplanned.BRIEFING.value
        ),
    ]
    hashes = [bytes(hash).hex() for query in at for hash in connection.execute(query).scalars()]
    return hashes == [head] and not any(connection.execute(query.limit(1)).first() for query in later)


def plan_known_as(connection: Connection, institution: str, name: str, secrets: Iterable[bytes | None]) -> str:
    """The fingerprint of the plan whose redacted fingerprint begins with ``name``; ``name`` itself where there is none.

    A redacted fingerprint is the fingerprint keyed with one of ``secrets``.
    """
    entry = tables.entry.c
    plans = select(entry.plan).where(entry.institution == institution, entry.plan.is_not(None))
    known = connection.execute(plans).scalars().all()
    keyed_plans = ((keyed(secret, plan), plan) for secret in secrets if secret for plan in known)
    return next((plan for printed, plan in keyed_plans if printed.startswith(name)), name)
