"""Libraries, what people call them, how their seats are delivered, and how seats are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, assert_never

from seatsync.domain.license import Kind, Status
from seatsync.domain.money.bought import Bought, bought
from seatsync.domain.money.purchases import Purchase


class DeliveryFacts(NamedTuple):
    """The facts about one way of delivery.

    Attributes:
        short_name: its name in a list of systems.
        in_words: its name in a sentence.
        asked: what happens to a member, and to members, who do not get a seat at once.
        at_once: members with an account get a granted seat at once.
        outlasts_revoke: the account still exists after the seat was revoked.
        lists_holders: a vendor's portal lists only the people who have a seat, without ids; else it lists all users.
    """

    short_name: str
    in_words: str
    asked: tuple[str, str]
    at_once: bool
    outlasts_revoke: bool
    lists_holders: bool


class Delivery(StrEnum):
    """How a member gets a seat: by claiming an invitation, or at once if they have an account."""

    CLAIM = "claim"
    ACCOUNT = "account"

    @cached_property
    def facts(self) -> DeliveryFacts:
        """The facts about this delivery. Other code uses them, except for words and letters."""
        match self:
            case Delivery.CLAIM:
                return DeliveryFacts(
                    "claimed",
                    "claimed by the link of an invitation",
                    ("member gets a new invitation", "members get a new invitation"),
                    at_once=False,
                    outlasts_revoke=False,
                    lists_holders=False,
                )
            case Delivery.ACCOUNT:
                return DeliveryFacts(
                    "at once for members with an account",
                    "delivered to accounts",
                    ("member is asked to set a password", "members are asked to set a password"),
                    at_once=True,
                    outlasts_revoke=True,
                    lists_holders=True,
                )
            case _:
                assert_never(self)


DEFAULT_DELIVERY = Delivery.CLAIM
"""The delivery of a grant in a plan that does not name one."""


class DeliveredBy(StrEnum):
    """Where the seats of a library live: members claim them here, or a person enters them in the vendor's portal."""

    SEATSYNC = "seatsync"
    VENDOR = "vendor"


MOST_ABOUT = 300
"""The most characters of what a library is: two or three lines of a page."""


@dataclass(frozen=True, slots=True)
class Library:
    """A product with ``slots`` seats. ``system`` is empty if the files give kinds and delivery instead.

    ``sends_letters`` says whether seatsync writes to members about it. ``claim_url`` is the vendor's page where members claim
    a seat that lives there, ``open_url`` the address where they use it, ``about`` what it is; all empty if not given.
    ``slots`` is the total of the day of the last apply; with ``purchases`` it follows from them. ``has_line`` says whether members wait
    while it is full, and plans that leave fewer seats than ``warn_below`` say so; only the files know these two.
    """

    id: str
    title: str
    system: str
    kinds: tuple[Kind, ...]
    delivery: Delivery
    slots: int
    sends_letters: bool = True
    delivered_by: DeliveredBy = DeliveredBy.SEATSYNC
    claim_url: str = ""
    open_url: str = ""
    about: str = ""
    purchases: tuple[Purchase, ...] = ()
    has_line: bool = field(default=False, compare=False)
    warn_below: int = 0

    @property
    def is_at_vendor(self) -> bool:
        """Whether its seats live in the vendor's portal."""
        return self.delivered_by == DeliveredBy.VENDOR

    def bought(self, available: int, today: str) -> Bought:
        """What was bought of it, on a day (ISO) with so many seats available."""
        return bought(self.purchases, available, today)

    @property
    def invites(self) -> bool:
        """Whether seatsync's letters ask members to take a seat. The password of a vendor's account is asked for by the vendor."""
        return self.sends_letters and not (self.is_at_vendor and self.delivery.facts.at_once)

    @property
    def invites_again(self) -> bool:
        """Whether an invitation can be sent again: by seatsync, or by a person in the vendor's portal."""
        return self.invites or (self.is_at_vendor and not self.delivery.facts.at_once)


class Titles:
    """The titles of an institution's libraries by id. A library that is not among them is called by its id."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._alike = Counter(map(_squeezed, titles.values()))

    def of(self, library: str) -> str:
        """What a library is called in a sentence; with its id where another one has the same title."""
        title = self._titles.get(library, "")
        return title if title and self._alike[_squeezed(title)] == 1 else self.with_id(library)

    def with_id(self, library: str) -> str:
        """The title with the id, where somebody may look for what to type: ``Biblical Studies (biblical-studies)``."""
        title = self._titles.get(library, "")
        return f"{title} ({library})" if title not in ("", library) else library


def titles_of(*libraries: Iterable[Library]) -> dict[str, str]:
    """The titles of libraries by id, in the order of the ids. Of several with one id, the last counts."""
    found = {library.id: library.title for some in libraries for library in some}
    return dict(sorted(found.items()))


def _squeezed(title: str) -> str:
    return " ".join(title.split()).casefold()


@dataclass(frozen=True, slots=True)
class Slots:
    """The seats of one library, counted as in the portals. ``permanent_reserved`` are the permanent ones among ``reserved``."""

    total: int = 0
    reserved: int = 0
    temporary: int = 0
    permanent: int = 0
    permanent_reserved: int = 0

    @property
    def used(self) -> int:
        return self.reserved + self.temporary + self.permanent

    @property
    def temporary_reserved(self) -> int:
        return self.reserved - self.permanent_reserved

    @property
    def available(self) -> int:
        """Seats left to grant; negative if the plan needs too many."""
        return self.total - self.used

    def as_dict(self) -> dict[str, int]:
        """The figures in the order in which users see them."""
        return {
            "total": self.total,
            "used": self.used,
            "available": self.available,
            "reserved": self.reserved,
            "temporary": self.temporary,
            "permanent": self.permanent,
            "temporary_reserved": self.temporary_reserved,
            "permanent_reserved": self.permanent_reserved,
        }


BY_KIND = {
    "temporary": "temporary claimed",
    "temporary_reserved": "temporary unclaimed",
    "permanent": "permanent claimed",
    "permanent_reserved": "permanent unclaimed",
}
"""The figures that add up to the seats in use, each kind split, and the words that people read for them."""

FIGURES = {"total": "total", "used": "used", "available": "available", **BY_KIND}
"""The figures of a library in tables, and the words for them."""


SEATS = ("reserved", "temporary", "permanent")
"""The figures that add up to the seats in use."""


COUNTED = (*SEATS, "permanent_reserved")
"""The figures that are kept for each library."""


def figures_of(kind: str, status: str) -> tuple[str, ...]:
    """The figures of ``COUNTED`` in which a license counts."""
    seat = seat_of(kind, status)
    if not seat:
        return ()
    return (seat, "permanent_reserved") if seat == "reserved" and kind == Kind.PERMANENT else (seat,)


def seat_of(kind: str, status: str) -> str:
    """The figure of ``SEATS`` that a license counts in; empty for none."""
    if kind == Kind.NONE or status == Status.WAITING:
        return ""
    return "reserved" if status == Status.UNCLAIMED else kind
