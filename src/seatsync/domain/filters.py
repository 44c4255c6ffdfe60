"""The filters of lists of members and licenses, for the command line and the administrators' pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from seatsync.domain.license import Kind, License, Status
from seatsync.domain.person import Member, account_key, found_by
from seatsync.domain.portal.progress import OPEN
from seatsync.domain.text.tags import tags_with_day

CHOICES = {
    "licensed": ("with", "without", "all"),
    "kind": tuple(kind.value for kind in Kind),
    "status": tuple(status.value for status in Status),
    "roster": ("on", "left", "any"),
    "at_vendor": ("open", "done"),
}
"""Filters with a fixed set of values."""

USERS = "users"
"""A value of ``roster`` for exports alone: on a roster, or owner of a permanent license, as in the vendors' lists of users."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Filters for members and licenses. All given filters must match, and one of several kinds or statuses; ``CHOICES`` has the
    values of some; ``ends`` is the last day (ISO) of licenses that take a seat.

    ``ledger/queries/conditions.py`` is the same in SQL.
    """

    library: str = ""
    licensed: str = ""
    role: str = ""
    roster: str = "any"
    search: str = ""
    at_vendor: str = ""
    ends: str = ""
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()

    def members(
        self, members: Mapping[int, Member], owners: Collection[int] = frozenset()
    ) -> Iterator[tuple[int, Member]]:
        """Yield the members who match roster, role, tags and search, with their numbers.

        ``owners`` are those of permanent licenses, for ``USERS``.
        """
        tags, sought, is_any, is_on = {*self.tag}, self.search.casefold(), self.roster == "any", self.roster != "left"
        for number, member in members.items():
            is_owner = self.roster == USERS and number in owners and member.key
            if not is_any and not is_owner and member.on_roster != is_on:
                continue
            if self.role and member.role != self.role:
                continue
            if tags and not tags <= {*tags_with_day(member.tags, member.imported_on)}:
                continue
            if sought and sought not in found_by(member) and sought not in account_key(member):
                continue
            yield number, member

    def holds(self, licenses: Iterable[License]) -> bool:
        """Whether a member with these licenses matches. A license that they never had is given as ``ABSENT``."""
        held = list(licenses)
        if self.licensed in ("with", "without"):
            is_active = any(license.active for license in held)
            if is_active != (self.licensed == "with"):
                return False
        return not self.of_licenses or any(self.matches(license) for license in held)

    def matches(self, license: License) -> bool:
        """Whether the license matches kind, status, end date and what is to be done at the vendor; for that, its library must be there."""
        if self.at_vendor and (license.status is Status.NONE or (license.there in OPEN) != (self.at_vendor == "open")):
            return False
        if self.ends and license.ends != self.ends:
            return False
        return (not self.kind or license.kind in self.kind) and (not self.status or license.status in self.status)

    def lists(self, license: License) -> bool:
        """Whether a list of licenses shows this license of a matching member."""
        return self.matches(license) and (not self.only_inactive if license.active else not self.only_active)

    @property
    def of_licenses(self) -> bool:
        """Whether a filter asks for licenses of some kind, status, end date or state at the vendor."""
        return bool(self.kind or self.status or self.at_vendor or self.ends)

    @property
    def only_active(self) -> bool:
        """Whether a list of licenses shows only those that take a seat: the default without other filters."""
        return self.licensed == "with" or not (self.licensed or self.of_licenses)

    @property
    def only_inactive(self) -> bool:
        """Whether a list of licenses shows only those that take no seat."""
        return self.licensed == "without"
