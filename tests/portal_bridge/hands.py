"""What people do in the portals themselves, past seatsync: administrators click by hand, members claim and opt out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

from tests.support.vendors import jamworks
from tests.support.vendors.jamworks import JamworksPortal
from tests.support.vendors.logos import PERMANENT, UNCLAIMED, LogosPortal
from tests.support.vendors.rejected import Rejected


class Hands:
    """Random clicks. ``given`` are the permanent licenses that were given by hand, as (title, number of the user)."""

    def __init__(self, logos: LogosPortal, jam: JamworksPortal, chance: random.Random) -> None:
        self.logos, self.jam, self.chance = logos, jam, chance
        self.given: set[tuple[str, int]] = set()
        self.declined: set[str] = set()
        """The titles that anybody declined."""

    def click(self) -> str:
        """Do one thing. Return what, or an empty text if the portal rejects it."""
        clicks = [self.grant, self.revoke, self.make_permanent, self.edit_name, self.add, self.delete, self.edit_member]
        click = self.chance.choice(clicks)
        with suppress(Rejected):
            click()
            return click.__name__
        return ""

    def claim(self) -> bool:
        """Somebody claims, with any account. Return whether anybody could."""
        for title, number in self._waiting():
            email = self.logos.users[number].email
            self.logos.claim(title, email, self.chance.choice((email, f"own-{number}@home.example")))
            return True
        return False

    def opt_out(self) -> bool:
        for title, number in self._waiting():
            self.logos.opt_out_of(title, self.logos.users[number].email)
            self.declined.add(title)
            return True
        return False

    # ── Administrators ──────────────────────────────────────────────────────────────────────────────────────────────

    def grant(self) -> None:
        self.logos.grant_temporary(self._title(), [self._user()])

    def revoke(self) -> None:
        self.logos.revoke(self._title(), [self._user()])

    def make_permanent(self) -> None:
        title, user = self._title(), self._user()
        self.logos.grant_permanent(title, [user])
        self.given.add((title, user))

    def edit_name(self) -> None:
        self.logos.edit_user(self._user(), given_name=self.chance.choice(("Anna", "Bo")))

    def add(self) -> None:
        """Usually somebody who is a member, who lost the seat for example."""
        user = self.logos.users[self._user()]
        self.jam.add_members(jamworks.Person(user.email, user.given_name, user.family_name))

    def delete(self) -> None:
        self.jam.delete_participant(self._member())

    def edit_member(self) -> None:
        self.jam.edit_member(self._member(), last_name=self.chance.choice(("Anders", "Bold")))

    def _title(self) -> str:
        return self.chance.choice(list(self.logos.libraries))

    def _user(self) -> int:
        if not self.logos.users:
            raise Rejected("There is nobody.")
        return self.chance.choice(list(self.logos.users))

    def _member(self) -> str:
        if not self.jam.members:
            raise Rejected("There is nobody.")
        return self.chance.choice(list(self.jam.members.values())).email

    def _waiting(self) -> Iterator[tuple[str, int]]:
        """Yield everybody who has not claimed, as (title, number), in any order."""
        found = [
            (title, number)
            for title in self.logos.libraries
            for number in self.logos.list_library(title, statuses=[UNCLAIMED])
        ]
        yield from self.chance.sample(found, len(found))


def owned(logos: LogosPortal) -> set[tuple[str, int]]:
    """Return the permanent licenses, as (title, number of the user)."""
    return {
        (title, number)
        for title, library in logos.libraries.items()
        for number, license in library.licenses.items()
        if license.kind == PERMANENT
    }
