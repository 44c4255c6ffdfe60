"""The filters of lists as conditions for a database; ``domain/filters.py`` says the same of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, TextClause, and_, exists, or_, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from seatsync.domain.filters import Filters
from seatsync.domain.license import Kind, Status
from seatsync.domain.text.tags import IMPORTED, TAG_SEPARATOR
from seatsync.ledger import tables

_ON, _LEFT = text("member.on_roster"), text("NOT member.on_roster")  # as the indexes by e-mail say it


def of_members(filters: Filters, institution: str) -> list[ColumnElement[bool] | TextClause]:
    """Conditions that a row of ``member`` must fulfil."""
    member = tables.member.c
    found: list[ColumnElement[bool] | TextClause] = [member.institution == institution]
    if filters.roster in ("on", "left"):
        found.append(_ON if filters.roster == "on" else _LEFT)
    if filters.role:
        found.append(member.role == filters.role)
    for tag in filters.tag:
        if tag.startswith(IMPORTED):
            found.append(member.imported_on == tag.removeprefix(IMPORTED))
        else:
            joined = TAG_SEPARATOR + member.tags + TAG_SEPARATOR
            found.append(_has(joined, TAG_SEPARATOR + tag + TAG_SEPARATOR))
    if filters.search:
        found.append(_has(member.found_by, filters.search.casefold()))
    return found


def of_holders(filters: Filters, institution: str, libraries: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions on the licenses that a member holds, of the library asked for or else of any of ``libraries``."""
    license, meant = tables.license.c, [filters.library] if filters.library else list(libraries)

    def holds(libraries: Sequence[str], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        theirs = (license.institution == institution) & (license.member == tables.member.c.number)
        return exists().where(theirs, license.library.in_(libraries), *conditions)

    found = []
    if filters.licensed in ("with", "without"):
        active = holds(meant, license.kind != Kind.NONE.value)
        found.append(active if filters.licensed == "with" else ~active)
    if filters.kind or filters.status:
        so = [holds(meant, *_matching(filters))]
        if filters.kind in ("", Kind.NONE) and filters.status in ("", Status.NONE):
            so += [~holds([library]) for library in meant]  # who never had one
        found.append(or_(*so))
    return found


def of_listed(filters: Filters, institution: str, libraries: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions on a row of ``license`` beside its member, for a list of licenses."""
    license = tables.license.c
    meant = [filters.library] if filters.library else list(libraries)
    of_member = and_(license.institution == institution, license.member == tables.member.c.number)
    found = [of_member, license.library.in_(meant), *_matching(filters)]
    if filters.only_inactive:
        found.append(license.kind == Kind.NONE.value)
    elif filters.only_active:
        found.append(license.kind != Kind.NONE.value)
    return found


def _matching(filters: Filters) -> list[ColumnElement[bool]]:
    license = tables.license.c
    kind = [license.kind == filters.kind] if filters.kind else []
    return kind + ([license.status == filters.status] if filters.status else [])


class _Position(FunctionElement[int]):
    """Where a text first occurs in another, from 1; 0 for nowhere."""

    inherit_cache = True
    type = Integer()


@compiles(_Position, "sqlite")
def _in_sqlite(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_Position, "postgresql")
def _in_postgres(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def _has(whole: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Whether it occurs there, letter by letter; LIKE would take more time, and case as each database sees it."""
    return _Position(whole, part) > 0
