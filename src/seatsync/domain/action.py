"""The table of actions: what a plan can do and what else the journal records, with the facts about each.

An action's entry says how it is shown, what it is about, what it does to a license, and which letter it causes. Where the
logic of actions differs (planning, posting, the words for one change), a ``match`` ends in ``assert_never``, so that mypy
finds every place that a new action needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any, NamedTuple, Self

from seatsync.domain.license import Effect, From, Kind, Status, Varying
from seatsync.domain.person import Person


class Sign(StrEnum):
    """The sign in front of an action in a plan."""

    ADD = "+"
    REMOVE = "-"
    CHANGE = "~"
    RAISE = "^"
    REPEAT = "»"


class Subject(Enum):
    """What an action is about."""

    INSTITUTION = "institution"
    LIBRARY = "library"
    ADMIN = "admin"
    MEMBER = "member"
    LICENSE = "license"


class Letter(StrEnum):
    """The letters to members, as the vendors' portals send them, and those to administrators: the welcome, and briefings."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    ACCESS = "access"
    REMOVED = "removed"
    PERMANENT = "permanent"
    SET_PASSWORD = "set-password"  # noqa: S105
    PLAN_ASSIGNED = "plan-assigned"
    WAITING = "waiting"
    WELCOME = "admin-welcome"
    BRIEFING = "briefing"


class Facts(NamedTuple):
    """The facts about one action.

    ``words`` are its name on the pages, in English; translations are collected from the calls below. ``letter`` is the
    letter that it usually causes (``letters.letter_for`` decides). ``license`` is its effect on a license, and so on the seats.
    It cannot be undone if the license's kind is in ``irreversible``.

    A change in a plan must have the fields ``before`` in its old values and ``after`` in its new values. With ``in_pairs``,
    every field in one of them must be in the other too.

    ``undone_by`` is the action that takes it back once the files are as before; empty if none does.
    """

    words: str
    subject: Subject
    sign: Sign
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    in_pairs: bool = False
    license: Effect | None = None
    irreversible: frozenset[str] = frozenset()
    letter: Letter | None = None
    undone_by: str = ""


class _WithFacts(StrEnum):
    """The name of an action, with its facts."""

    _value_: str
    facts: Facts

    def __new__(cls, word: str, facts: Facts) -> Self:
        action = str.__new__(cls, word)
        action._value_ = word
        action.facts = facts
        return action


ON_PAGES = "pages"
"""The journal's actor for what members do on the pages. The event itself names the member."""

_LIBRARY = ("title", "system", "kinds", "delivery", "slots")
_ADMIN = ("email", "given_name", "family_name")
_PERMANENT = frozenset({Kind.PERMANENT.value})
_ALWAYS = frozenset({"", *(kind.value for kind in Kind)})


class Action(_WithFacts):
    """What a plan can do, in the order in which it is applied."""

    INSTITUTION_UPDATE = (
        "institution-update",
        Facts("institution changed", Subject.INSTITUTION, Sign.CHANGE, in_pairs=True, undone_by="institution-update"),
    )
    LIBRARY_ADD = (
        "library-add",
        Facts("library added", Subject.LIBRARY, Sign.ADD, after=_LIBRARY, undone_by="library-remove"),
    )
    LIBRARY_UPDATE = (
        "library-update",
        Facts("library changed", Subject.LIBRARY, Sign.CHANGE, in_pairs=True, undone_by="library-update"),
    )
    ADMIN_REMOVE = (
        "admin-remove",
        Facts("administrator removed", Subject.ADMIN, Sign.REMOVE, before=("email",), undone_by="admin-add"),
    )
    ADMIN_UPDATE = (
        "admin-update",
        Facts(
            "administrator changed",
            Subject.ADMIN,
            Sign.CHANGE,
            before=("email",),
            after=_ADMIN,
            undone_by="admin-update",
        ),
    )
    ADMIN_ADD = (
        "admin-add",
        Facts(
            "administrator added",
            Subject.ADMIN,
            Sign.ADD,
            after=_ADMIN,
            letter=Letter.WELCOME,
            undone_by="admin-remove",
        ),
    )
    MEMBER_ADD = "member-add", Facts("member added", Subject.MEMBER, Sign.ADD, undone_by="member-remove")
    MEMBER_UPDATE = (
        "member-update",
        Facts("member changed", Subject.MEMBER, Sign.CHANGE, in_pairs=True, undone_by="member-update"),
    )
    OBSERVE = (
        "observe",
        Facts(
            "seen at the vendor",
            Subject.LICENSE,
            Sign.CHANGE,
            license=Effect(From.ANY, Varying.GIVEN, Varying.GIVEN),
        ),
    )
    REVOKE = (
        "revoke",
        Facts(
            "license revoked",
            Subject.LICENSE,
            Sign.REMOVE,
            license=Effect(From.TEMPORARY, Kind.NONE, Status.REVOKED),
            letter=Letter.REMOVED,
            undone_by="grant",
        ),
    )
    MEMBER_REMOVE = "member-remove", Facts("member removed", Subject.MEMBER, Sign.REMOVE, undone_by="member-add")
    UPGRADE = (
        "upgrade",
        Facts(
            "upgraded to permanent",
            Subject.LICENSE,
            Sign.RAISE,
            license=Effect(From.TEMPORARY, Kind.PERMANENT, Varying.KEPT),
            irreversible=_ALWAYS,
            letter=Letter.PERMANENT,
        ),
    )
    LICENSE_UPDATE = (
        "license-update",
        Facts(
            "end date changed",
            Subject.LICENSE,
            Sign.CHANGE,
            before=("until",),
            after=("until",),
            in_pairs=True,
            license=Effect(From.TEMPORARY, Varying.KEPT, Varying.KEPT),
            undone_by="license-update",
        ),
    )
    UNWAIT = (
        "unwait",
        Facts(
            "no longer in line",
            Subject.LICENSE,
            Sign.CHANGE,
            license=Effect(From.WAITING, Kind.NONE, Status.NONE),
            undone_by="wait",
        ),
    )
    GRANT = (
        "grant",
        Facts(
            "granted",
            Subject.LICENSE,
            Sign.ADD,
            license=Effect(From.FREE, Varying.GIVEN, Varying.GIVEN),
            irreversible=_PERMANENT,
            letter=Letter.INVITATION,
            undone_by="revoke",
        ),
    )
    WAIT = (
        "wait",
        Facts(
            "in line for a seat",
            Subject.LICENSE,
            Sign.CHANGE,
            license=Effect(From.FREE, Kind.NONE, Status.WAITING),
            letter=Letter.WAITING,
            undone_by="unwait",
        ),
    )
    RESEND = (
        "resend",
        Facts(
            "invited again",
            Subject.LICENSE,
            Sign.REPEAT,
            license=Effect(From.UNCLAIMED, Varying.KEPT, Varying.KEPT),
            letter=Letter.REMINDER,
        ),
    )
    LIBRARY_REMOVE = (
        "library-remove",
        Facts("library removed", Subject.LIBRARY, Sign.REMOVE, before=("title",), undone_by="library-add"),
    )


class Unplanned(_WithFacts):
    """What else the journal records: the institution (at the first apply), claims and opt-outs of members, imports from a
    portal, accounts of members who get a seat at once, briefings of administrators, and erasures."""

    INSTITUTION_ADD = "institution-add", Facts("institution added", Subject.INSTITUTION, Sign.ADD)
    CLAIM = (
        "claim",
        Facts(
            "claimed",
            Subject.LICENSE,
            Sign.CHANGE,
            license=Effect(From.UNCLAIMED, Varying.KEPT, Status.DELIVERED),
            letter=Letter.ACCESS,
        ),
    )
    OPT_OUT = (
        "opt-out",
        Facts(
            "opted out",
            Subject.LICENSE,
            Sign.REMOVE,
            license=Effect(From.OFFERED, Kind.NONE, Status.OPTED_OUT),
        ),
    )
    IMPORT = (
        "import",
        Facts(
            "imported from the vendor's portal",
            Subject.LICENSE,
            Sign.CHANGE,
            license=Effect(From.ANY, Varying.GIVEN, Varying.GIVEN),
        ),
    )
    ACCOUNT = "account", Facts("account e-mail recorded", Subject.MEMBER, Sign.CHANGE)
    BRIEFING = "briefing", Facts("administrator briefed", Subject.ADMIN, Sign.REPEAT, letter=Letter.BRIEFING)
    ERASE = "erase", Facts("erased", Subject.MEMBER, Sign.REMOVE)


AnyAction = Action | Unplanned
"""The action of an event in the journal."""

ORDER = {action: position for position, action in enumerate(Action)}
ACTIONS: Mapping[str, Action] = {action.value: action for action in Action}
EVENTS: Mapping[str, AnyAction] = {action.value: action for action in (*Action, *Unplanned)}


def about(subject: Subject) -> frozenset[str]:
    """The names of the actions about this subject."""
    return frozenset(word for word, action in EVENTS.items() if action.facts.subject is subject)


class Event(NamedTuple):
    """One event of the journal: ``action`` happened to ``member`` (the number in the ledger) and ``library``.

    Personal data is only in ``person``, which can be erased without breaking the hash chain; ``detail`` has none.
    """

    action: AnyAction
    library: str = ""
    member: int = 0
    detail: Mapping[str, Any] = {}
    person: Mapping[str, Any] | None = None


class Grants(NamedTuple):
    """The same grant to many ``members``, in place of one event for each."""

    library: str
    members: Sequence[int]
    detail: Mapping[str, Any]

    def one_by_one(self) -> Iterator[Event]:
        """The events in whose place this stands."""
        return (Event(Action.GRANT, self.library, number, self.detail) for number in self.members)


class Arrivals(NamedTuple):
    """Members who are new in the ledger, in place of one event for each. They are numbered from ``first`` on, and ``places`` has the file
    and line of each as ``str(Origin)``."""

    first: int
    people: Sequence[Person]
    places: Sequence[str]
    detail: Mapping[str, Any]

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + len(self.people))

    def one_by_one(self) -> Iterator[Event]:
        """The events in whose place this stands."""
        for number, person, place in zip(self.numbers, self.people, self.places, strict=True):
            yield Event(Action.MEMBER_ADD, "", number, self.detail, {**person._asdict(), "from": place})


Several = Grants | Arrivals
"""Many events of one kind, told at once."""
