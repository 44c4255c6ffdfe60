"""The filters of lists as conditions for a database. ``domain/filters.py`` applies the same filters to values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, TextClause, and_, exists, or_, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from seatsync.domain.filters import USERS, Filters
from seatsync.domain.library import DeliveredBy
from seatsync.domain.license import Kind, Status
from seatsync.domain.portal.progress import OPEN
from seatsync.domain.text.tags import IMPORTED, TAG_SEPARATOR
from seatsync.ledger import tables

_ON, _LEFT = text("member.on_roster"), text("NOT member.on_roster")  # exactly the conditions of the indexes by e-mail


def of_members(filters: Filters, institution: str) -> list[ColumnElement[bool] | TextClause]:
    """Conditions on a row of ``member``."""
    member = tables.member.c
    found: list[ColumnElement[bool] | TextClause] = [member.institution == institution]
    if filters.roster in ("on", "left"):
        found.append(_ON if filters.roster == "on" else _LEFT)
    if filters.roster == USERS:
        license = tables.license.c
        owns = (license.institution == institution) & (license.member == member.number)
        found.append(or_(_ON, (member.key != "") & exists().where(owns, license.kind == Kind.PERMANENT.value)))
    if filters.role:
        found.append(member.role == filters.role)
    for tag in filters.tag:
        if tag.startswith(IMPORTED):
            found.append(member.imported_on == tag.removeprefix(IMPORTED))
        else:
            joined = TAG_SEPARATOR + member.tags + TAG_SEPARATOR
            found.append(_has(joined, TAG_SEPARATOR + tag + TAG_SEPARATOR))
    if filters.search:
        sought = filters.search.casefold()
        found.append(or_(_has(member.found_by, sought), _has(member.account_key, sought)))
    return found


def of_holders(filters: Filters, institution: str, libraries: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions on a member's licenses: of the filter's library if given, else of any of ``libraries``."""
    license, selected = tables.license.c, [filters.library] if filters.library else list(libraries)

    def holds(libraries: Sequence[str], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        of_member = (license.institution == institution) & (license.member == tables.member.c.number)
        # The list itself may have a license in each row; these are others.
        return exists().where(of_member, license.library.in_(libraries), *conditions).correlate(tables.member)

    found = []
    if filters.licensed in ("with", "without"):
        active = holds(selected, license.kind != Kind.NONE.value)
        found.append(active if filters.licensed == "with" else ~active)
    if filters.of_licenses:
        any_of = [holds(selected, *_matching(filters, institution))]
        if (
            not (filters.at_vendor or filters.ends)
            and _may_be(Kind.NONE, filters.kind)
            and _may_be(Status.NONE, filters.status)
        ):
            any_of += [~holds([library]) for library in selected]  # members who never had a license
        found.append(or_(*any_of))
    return found


def of_listed(filters: Filters, institution: str, libraries: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions on a row of ``license`` joined with its member, for a list of licenses."""
    license = tables.license.c
    selected = [filters.library] if filters.library else list(libraries)
    of_member = and_(license.institution == institution, license.member == tables.member.c.number)
    found = [of_member, license.library.in_(selected), *_matching(filters, institution)]
    if filters.only_inactive:
        found.append(license.kind == Kind.NONE.value)
    elif filters.only_active:
        found.append(license.kind != Kind.NONE.value)
    return found


def _may_be(value: str, wanted: Sequence[str]) -> bool:
    """Whether a filter lets a value pass."""
    return not wanted or value in wanted


def _matching(filters: Filters, institution: str) -> list[ColumnElement[bool]]:
    license = tables.license.c
    found: list[ColumnElement[bool]] = [license.kind.in_(filters.kind)] if filters.kind else []
    found += [license.status.in_(filters.status)] if filters.status else []
    found += [license.until == filters.ends, license.kind != Kind.NONE.value] if filters.ends else []
    return found + (_at_vendor(filters, institution) if filters.at_vendor else [])


def _at_vendor(filters: Filters, institution: str) -> list[ColumnElement[bool]]:
    """Conditions on a row of ``license``: its library is at the vendor, and something is to be done there, or nothing."""
    license, library = tables.license.c, tables.library.c
    there = select(library.id).where(library.institution == institution, library.delivered_by == DeliveredBy.VENDOR)
    found = [license.library.in_(there), license.status != Status.NONE.value]
    if filters.at_vendor == "open":  # the first condition is exactly the index's
        return [*found, license.there != "", license.there.in_(OPEN)]
    return [*found, license.there.not_in(OPEN)]


class Position(FunctionElement[int]):
    """The position of a text in another, from 1; 0 if it is not in it."""

    inherit_cache = True
    type = Integer()


@compiles(Position, "sqlite")
def _in_sqlite(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(Position, "postgresql")
def _in_postgres(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def _has(whole: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Whether ``whole`` contains ``part`` exactly. LIKE would be slower and treat case differently in each database."""
    return Position(whole, part) > 0
