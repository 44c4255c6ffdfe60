"""The institution, its administrators and its contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from seatsync.domain.calendar.freezes import Freeze
from seatsync.domain.license import Status
from seatsync.domain.text.days import parse_day

PERSONAL = ("contacts", "help")
"""The settings that name people. An event has both or neither, apart from the others, so that people can be erased."""


@dataclass(frozen=True, slots=True)
class Admin:
    """A person who may sign in to the administrators' pages. All administrators have the same rights. ``briefed``: they get briefings."""

    email: str
    given_name: str
    family_name: str
    briefed: bool = True


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at the vendor."""

    name: str
    email: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Helper:
    """Whom members may ask: a name, and an e-mail or the address of a page (``url``); the other one is empty."""

    name: str
    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Institution:
    """The organization that buys the seats.

    ``id`` is its key in the ledger and is never reused. ``timezone`` decides when a day begins there (``text.days``); empty
    means UTC. ``retire`` is its last day (ISO); empty for no end. ``help`` is whom its members may ask, ``language`` the language
    of its letters (``text.languages``); empty means English. ``color`` (``#1d4f91``) and ``logo`` (``brand.logo``) are those of its
    pages; empty for none. With ``opt_out``, members may decline, up to ``opt_out_until`` (``last_day_to_decline``).

    ``reclaim_after`` is the number of days after its invitation after which an unclaimed temporary seat lapses, 0 for never,
    ``reclaim_since`` the day (ISO) of the apply that set it, which only the ledger knows. ``briefing`` is how often its
    administrators get a briefing (``calendar.rhythm``); empty for never. ``freezes`` are the days on which nothing is taken away.
    """

    id: str
    name: str
    contacts: tuple[Contact, ...] = ()
    opt_out: bool = False
    timezone: str = ""
    retire: str = ""
    help: Helper | None = None
    language: str = ""
    color: str = ""
    logo: str = ""
    opt_out_until: str = ""
    reclaim_after: int = 0
    reclaim_since: str = ""
    briefing: str = ""
    freezes: tuple[Freeze, ...] = ()

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed: temporary seats end, and nobody gets a new seat."""
        return "" < self.retire < today.isoformat()


def last_day_to_decline(opt_out_until: str, status: str, invited_on: str) -> str:
    """The last day (ISO) on which the member may decline a license that was offered on a day (ISO); empty for no last day. A place
    in the line can always be given up.

    ``opt_out_until`` is that day, days after the invitation (``14d``), or empty.
    """
    if status == Status.WAITING:
        return ""
    if not opt_out_until.endswith("d"):
        return opt_out_until
    invited, days = parse_day(invited_on), timedelta(days=int(opt_out_until[:-1]))
    return (invited + days).isoformat() if invited is not None and invited <= date.max - days else ""
