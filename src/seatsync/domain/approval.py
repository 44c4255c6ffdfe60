"""Approvals: reviewed exceptions in the files, and their use. Each lets one limit pass, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.fields import is_number, is_text
from seatsync.domain.origin import Origin

PERSONAL = frozenset({"reason", "members"})
"""What an approval says of people, or in free words that may name people. It can be erased from the journal."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Allow one limit to be passed once, until its date (inclusive).

    ``answer`` says whether members of the rosters are the ``same`` people as earlier records, or ``new``. ``names`` are their
    e-mail keys, and ``id`` with their student ids; ``members`` is the hash of the names.
    """

    refusal: str
    until: date
    origin: Origin
    library: str = ""
    count: int = 0
    roster: str = ""
    reason: str = ""
    answer: str = ""
    names: frozenset[str] = frozenset()
    members: str = ""

    @property
    def is_same(self) -> bool:
        return self.answer == "same"

    @property
    def content(self) -> dict[str, Any]:
        """What it says, without its place. Two approvals with the same content are one."""
        values = {
            "refusal": self.refusal,
            "library": self.library,
            "roster": self.roster,
            "count": self.count,
            "is": self.answer,
            "members": sha256("\n".join(sorted(self.names)).encode()).hexdigest() if self.names else self.members,
            "until": self.until.isoformat(),
            "reason": self.reason,
        }
        return {name: value for name, value in values.items() if value}


class PassedLimit(NamedTuple):
    """A limit that a plan passes by an approval: ``needed`` is what the plan does, ``limit`` what is allowed without it."""

    approval: Approval
    needed: int
    limit: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The approval and its use, as plans and the journal write them."""
        return {**self.approval.content, "needed": self.needed, "limit": self.limit}


def in_words(passed: Mapping[str, Any], library: str = "") -> str:
    """What passes a limit, from the values of ``PassedLimit.as_dict``; the reason only where it is known.

    ``library`` is what its library is called, if not by its id.
    """
    if "is" in passed:
        are = "the same people as" if passed["is"] == "same" else "not the people of"
        what, upto = f"{counted(passed['needed'], 'member')}, {are} the earlier records", []
    elif "library" in passed:
        seats = counted(passed["needed"], "seat")
        what = (
            f"{seats} of {library or passed['library']} revoked or ending soon, where the limit is {passed['limit']:,}"
        )
        upto = [f"approved up to {passed.get('count', 0):,}"]
    else:
        roster = passed.get("roster", "rosters")
        what, upto = f"{roster} empty, with {counted(passed['needed'], 'member')} before", []
    reason = [f"reason: {passed['reason']}"] if "reason" in passed else []
    return f"{what} ({', '.join([*upto, 'until ' + passed['until'], *reason])})"


Used = Mapping[str, Any]
"""A used approval: its content, the journal ``entry`` of the apply that used it, and the day ``on`` which. Erased content is left out."""


def use_of(approval: Approval, used: Iterable[Used]) -> Used | None:
    """The use of an approval with this content; None if it is unused."""
    content = approval.content
    return next((use for use in used if _is_same(use, content)), None)


def _is_same(use: Used, content: Mapping[str, Any]) -> bool:
    """Whether the use is of an approval with this content. What was erased counts as equal, to be on the safe side."""
    said = {name: value for name, value in use.items() if name not in ("entry", "on")}
    return said.items() <= content.items() and content.keys() - said.keys() <= PERSONAL


def with_uses(used: Sequence[Used], passed: Iterable[Mapping[str, Any]], entry: int, on: str) -> list[Used]:
    """Add the approvals that the apply of ``entry`` used on the day ``on`` (ISO), and drop those that had ended by then."""
    names = ("refusal", "library", "roster", "count", "is", "until", *sorted(PERSONAL))
    new = [{name: p[name] for name in names if name in p} | {"entry": entry, "on": on} for p in passed]
    return checked([*(use for use in used if use["until"] >= on), *new])


def without_words(use: Used) -> Used:
    """The use without what was erased from the journal."""
    return {name: value for name, value in use.items() if name not in PERSONAL}


def checked(used: Any) -> list[Used]:
    """Check used approvals from the database, and return them.

    Raises:
        ValueError: a value does not have the form of used approvals.
    """
    if not (isinstance(used, list) and all(isinstance(use, dict) and _is_use(use) for use in used)):
        raise ValueError("the used approvals have the wrong type")
    return used


def _is_use(use: Mapping[str, Any]) -> bool:
    texts = [value for name, value in use.items() if name not in ("count", "entry")]
    numbers = [use.get("entry"), use.get("count", 0)]
    return {"refusal", "until", "on"} <= use.keys() and all(map(is_text, texts)) and all(map(is_number, numbers))
