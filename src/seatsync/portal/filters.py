"""What a list is narrowed to: the filters of ``seatsync members`` and ``licenses``, by the same names, out of an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, TextClause, and_, exists, or_, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from seatsync.domain.license import Kind, Status
from seatsync.domain.names import IMPORTED, TAG_SEPARATOR, clean
from seatsync.ledger import tables

WORDS = {
    "licensed": ("with", "without", "all"),
    "kind": tuple(kind.value for kind in Kind),
    "status": tuple(status.value for status in Status),
    "roster": ("on", "left", "any"),
}
"""Filters that take one of some words."""

NAMES = ("library", "licensed", "kind", "status", "role", "roster", "search")

_LONGEST = 254
_MOST_TAGS = 20
_ON, _LEFT = text("member.on_roster"), text("NOT member.on_roster")  # as the indexes by e-mail say it


class BadFilter(BadRequest):
    """An address asks for what no link or form of ours would."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """All that is given must hold. ``licensed`` is with, without or all; ``roster`` who is on one, who left, or any."""

    library: str = ""
    licensed: str = ""
    kind: str = ""
    status: str = ""
    role: str = ""
    roster: str = ""
    search: str = ""
    tag: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: MultiDict[str, str], libraries: Sequence[str], roster: str) -> Filters:
        """What an address asks for; of those on the roster, or left, or of ``any``, unless it says which.

        Raises:
            BadFilter: it names a word or a library that is none, or more tags than anybody would.
        """
        given = {name: clean(query.get(name, ""))[:_LONGEST] for name in NAMES}
        given["roster"] = given["roster"] or roster
        for name, words in {**WORDS, "library": libraries}.items():
            if given[name] and given[name] not in words:
                raise BadFilter(name)
        tags = (clean(tag) for joined in query.getlist("tag") for tag in joined.split(TAG_SEPARATOR))
        different = tuple(dict.fromkeys(filter(None, tags)))
        if len(different) > _MOST_TAGS:
            raise BadFilter("tag")
        return cls(**given, tag=different)

    @property
    def query(self) -> dict[str, str | list[str]]:
        """For addresses: what ``of`` makes the same of."""
        given: dict[str, str | list[str]] = {name: getattr(self, name) for name in NAMES if getattr(self, name)}
        return {**given, "tag": list(self.tag)} if self.tag else given

    def of_members(self, institution: str) -> list[ColumnElement[bool] | TextClause]:
        """Conditions that a row of ``member`` must fulfil."""
        member = tables.member.c
        found: list[ColumnElement[bool] | TextClause] = [member.institution == institution]
        if self.roster in ("on", "left"):
            found.append(_ON if self.roster == "on" else _LEFT)
        if self.role:
            found.append(member.role == self.role)
        for tag in self.tag:
            if tag.startswith(IMPORTED):
                found.append(member.imported_on == tag.removeprefix(IMPORTED))
            else:
                joined = TAG_SEPARATOR + member.tags + TAG_SEPARATOR
                found.append(_has(joined, TAG_SEPARATOR + tag + TAG_SEPARATOR))
        if self.search:
            found.append(_has(member.found_by, self.search.casefold()))
        return found

    def of_holders(self, institution: str, libraries: Sequence[str]) -> list[ColumnElement[bool]]:
        """Conditions on the licenses that a member holds, of the library asked for or else of any of ``libraries``."""
        license, meant = tables.license.c, [self.library] if self.library else list(libraries)

        def holds(libraries: Sequence[str], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
            theirs = (license.institution == institution) & (license.member == tables.member.c.number)
            return exists().where(theirs, license.library.in_(libraries), *conditions)

        found = []
        if self.licensed in ("with", "without"):
            active = holds(meant, license.kind != Kind.NONE.value)
            found.append(active if self.licensed == "with" else ~active)
        if self.kind or self.status:
            so = [holds(meant, *self.of_licenses)]
            if self.kind in ("", Kind.NONE) and self.status in ("", Status.NONE):
                so += [~holds([library]) for library in meant]  # who never had one
            found.append(or_(*so))
        return found

    @property
    def of_licenses(self) -> list[ColumnElement[bool]]:
        """Conditions that a row of ``license`` must fulfil: kind and status."""
        license = tables.license.c
        kind = [license.kind == self.kind] if self.kind else []
        return kind + ([license.status == self.status] if self.status else [])

    def of_listed(self, institution: str, libraries: Sequence[str]) -> list[ColumnElement[bool]]:
        """Conditions on a row of ``license`` beside its member: as ``seatsync licenses`` lists them, those that take a slot
        unless others are asked for."""
        license = tables.license.c
        meant = [self.library] if self.library else list(libraries)
        of_member = and_(license.institution == institution, license.member == tables.member.c.number)
        found = [of_member, license.library.in_(meant), *self.of_licenses]
        asked_for = self.licensed in ("all", "without") or (not self.licensed and (self.kind or self.status))
        if self.licensed == "without":
            found.append(license.kind == Kind.NONE.value)
        elif not asked_for:
            found.append(license.kind != Kind.NONE.value)
        return found


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
