"""Three changes that somebody made by hand in the portals are told by ``drift`` as exactly these three."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

from tests.faults.history_databases import databases_of
from tests.faults.history_torture import replayable, seeds
from tests.portal_bridge.files import TITLES
from tests.portal_bridge.life import Export, Life
from tests.portal_bridge.settling import settle
from tests.support.vendors.jamworks import JamworksPortal, Person
from tests.support.vendors.logos import NONE, TEMPORARY, UNCLAIMED, LogosPortal

TRIES = (10, 300)


class Told(NamedTuple):
    """A difference as JSON names it."""

    what: str
    library: str
    member: str


def test_three_changes_by_hand_are_told_as_exactly_these(database: str, tmp_path: Path) -> None:
    here = databases_of(database, tmp_path)
    life = Life(tmp_path / "life", here.fresh(), random.Random(1), Counter())
    for _ in range(3):
        life.edit_and_apply()
        life.tick()
    settle(life, claims=False)
    for seed in seeds(*TRIES):
        with replayable(seed) as chance:
            made = Made(deepcopy(life.logos), deepcopy(life.jam), chance)
            expected = sorted(made.change() for _ in range(3))
            exports = [
                Export(made.logos.export_user_data(), life.at_present, ""),
                Export(made.jam.member_list(), life.at_present, "jam"),
            ]
            found = [one for export in exports for one in life.drift(export)["differences"]]
            assert sorted(Told(one["what"], one.get("library", ""), one["member"].lower()) for one in found) == expected


class Made:
    """Changes by hand, each about another person."""

    def __init__(self, logos: LogosPortal, jam: JamworksPortal, chance: random.Random) -> None:
        self.logos, self.jam, self.chance = logos, jam, chance
        self.touched: set[str] = set()

    def change(self) -> Told:
        """Make one more change. Return how it must be told."""
        changes: list[Callable[[], Told | None]] = [
            *(self.grant, self.revoke, self.make_permanent, self.edit_name, self.edit_email, self.create, self.claim),
            *(self.opt_out, self.add_participant, self.delete_participant, self.edit_participant),
        ]
        while True:
            told = self.chance.choice(changes)()
            if told is not None:
                self.touched.add(told.member)
                return told

    def grant(self) -> Told | None:
        return self._in_library("granted", lambda title, user: self.logos.grant_temporary(title, [user]), [NONE])

    def revoke(self) -> Told | None:
        return self._in_library("revoked", lambda title, user: self.logos.revoke(title, [user]), [TEMPORARY])

    def make_permanent(self) -> Told | None:
        books = TITLES["books"]
        return self._in_library(
            "permanent", lambda _, user: self.logos.grant_permanent(books, [user]), [NONE, TEMPORARY]
        )

    def claim(self) -> Told | None:
        return self._by_member("claimed", lambda title, email: self.logos.claim(title, email, "own@home.example"))

    def opt_out(self) -> Told | None:
        return self._by_member("declined", self.logos.opt_out_of)

    def edit_name(self) -> Told | None:
        user = self._user()
        self.logos.edit_user(user, family_name="Otherwise")
        return Told("other-record", "", self.logos.users[user].key)

    def edit_email(self) -> Told | None:
        """Where the portal has an id, the person is known by it."""
        user = self._user()
        key = self.logos.users[user].key
        if not self.logos.users[user].user_id:
            return None
        self.logos.edit_user(user, email=f"other-{user}@grace.example")
        return Told("other-record", "", key)

    def create(self) -> Told | None:
        email = f"new-{len(self.touched)}@grace.example"
        self.logos.create_user("New", "Somebody", email)
        return Told("unknown", "", email)

    def add_participant(self) -> Told | None:
        user = self.logos.users[self._user()]
        if user.key in self.jam.members:
            return None
        self.jam.add_members(Person(user.email, user.given_name, user.family_name))
        return Told("granted", "jam", user.key)

    def delete_participant(self) -> Told | None:
        return self._of_participant("missing-there", self.jam.delete_participant)

    def edit_participant(self) -> Told | None:
        return self._of_participant("other-record", lambda email: self.jam.edit_member(email, last_name="Otherwise"))

    def _in_library(self, what: str, act: Callable[[str, int], None], kinds: list[str]) -> Told | None:
        library = "books" if what == "permanent" else self.chance.choice(("books", "sub"))
        user = self._user()
        if self.logos.library(TITLES[library]).of(user).kind not in kinds:
            return None
        act(TITLES[library], user)
        return Told(what, library, self.logos.users[user].key)

    def _by_member(self, what: str, act: Callable[[str, str], None]) -> Told | None:
        library = self.chance.choice(("books", "sub"))
        user = self._user()
        if self.logos.library(TITLES[library]).of(user).status != UNCLAIMED:
            return None
        act(TITLES[library], self.logos.users[user].email)
        return Told(what, library, self.logos.users[user].key)

    def _of_participant(self, what: str, act: Callable[[str], None]) -> Told | None:
        keys = sorted(self.jam.members.keys() - self.touched)
        if not keys:
            return None
        key = self.chance.choice(keys)
        act(key)
        return Told(what, "jam" if what != "other-record" else "", key)

    def _user(self) -> int:
        """Return somebody about whom nothing was changed yet."""
        return self.chance.choice([number for number, user in self.logos.users.items() if user.key not in self.touched])
