"""What a list of members or licenses is narrowed to, on the command line and in the administrators' pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from seatsync.domain.license import Kind, License, Status
from seatsync.domain.person import Member, found_by
from seatsync.domain.text.tags import IMPORTED, split_tags

CHOICES = {
    "licensed": ("with", "without", "all"),
    "kind": tuple(kind.value for kind in Kind),
    "status": tuple(status.value for status in Status),
    "roster": ("on", "left", "any"),
}
"""Filters that take one of some words."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """All that is given must hold. ``licensed`` is with, without or all; ``roster`` who is on one, who left, or any.

    ``ledger/queries/filters.py`` says the same to a database.
    """

    library: str = ""
    licensed: str = ""
    kind: str = ""
    status: str = ""
    role: str = ""
    roster: str = "any"
    search: str = ""
    tag: tuple[str, ...] = ()

    def members(self, members: Mapping[int, Member]) -> Iterator[tuple[int, Member]]:
        """The members whom roster, role, tags and search mean, by their numbers."""
        tags, sought, is_any, is_on = {*self.tag}, self.search.casefold(), self.roster == "any", self.roster == "on"
        for number, member in members.items():
            if not is_any and member.on_roster != is_on:
                continue
            if self.role and member.role != self.role:
                continue
            if tags and not tags <= {*split_tags(member.tags), IMPORTED + member.imported_on}:
                continue
            if sought and sought not in found_by(member):
                continue
            yield number, member

    def holds(self, licenses: Iterable[License]) -> bool:
        """Whether a member who has these licenses is meant; one that they never had is there as ``ABSENT``."""
        held = list(licenses)
        if self.licensed in ("with", "without"):
            is_active = any(license.active for license in held)
            if is_active != (self.licensed == "with"):
                return False
        return not (self.kind or self.status) or any(self.matches(license) for license in held)

    def matches(self, license: License) -> bool:
        """Whether a license has the kind and the status."""
        return self.kind in ("", license.kind) and self.status in ("", license.status)

    def lists(self, license: License) -> bool:
        """Whether a license of a member who is meant is in a list of licenses."""
        return self.matches(license) and (not self.only_inactive if license.active else not self.only_active)

    @property
    def only_active(self) -> bool:
        """A list of licenses has those that take a slot, unless others are asked for."""
        return self.licensed == "with" or not (self.licensed or self.kind or self.status)

    @property
    def only_inactive(self) -> bool:
        """A list of licenses has only those that take no slot."""
        return self.licensed == "without"
