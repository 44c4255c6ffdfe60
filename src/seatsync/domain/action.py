"""The table of actions: what a plan can do, what else the journal records, and the facts of each.

An entry is the one place for what is so of an action everywhere: how it is drawn, what it is about, what it does to a
license, which letter it causes. Where actions differ by their logic (planning, posting, the words of one change), a
``match`` ends in ``assert_never``, so that mypy names each place that a new entry needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any, NamedTuple, Self

from seatsync.domain.license import Effect, From, Kind, Now, Status


class Sign(StrEnum):
    """What stands before an action in a plan."""

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
    """The letters that the portals send, and an administrator's welcome."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    ACCESS = "access"
    REMOVED = "removed"
    PERMANENT = "permanent"
    SET_PASSWORD = "set-password"  # noqa: S105
    PLAN_ASSIGNED = "plan-assigned"
    WELCOME = "admin-welcome"


class Facts(NamedTuple):
    """What is so of one action.

    ``words`` are what the pages call it, in English; they are gathered for translation from the calls below. ``letter`` is
    the letter it causes; in some states another one, or none (``letters.letter_for``). ``license`` is what it does to a
    license, from which the seats follow. It cannot be undone where the license is of a kind in ``irreversible``.

    A change of a plan must have the fields ``before`` and ``after`` in what was and what will be; with ``in_pairs`` each
    field that stands in one of them must stand in both.
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


class _Told(StrEnum):
    """A word of plans and of the journal, with its facts."""

    _value_: str
    facts: Facts

    def __new__(cls, word: str, facts: Facts) -> Self:
        told = str.__new__(cls, word)
        told._value_ = word
        told.facts = facts
        return told


_LIBRARY = ("title", "system", "kinds", "delivery", "slots")
_ADMIN = ("email", "given_name", "family_name")
_PERMANENT = frozenset({Kind.PERMANENT.value})
_ALWAYS = frozenset({"", *(kind.value for kind in Kind)})


class Action(_Told):
    """What a plan can do, in the order in which it is applied."""

    INSTITUTION_UPDATE = (
        "institution-update",
        Facts("institution changed", Subject.INSTITUTION, Sign.CHANGE, in_pairs=True),
    )
    LIBRARY_ADD = "library-add", Facts("library added", Subject.LIBRARY, Sign.ADD, after=_LIBRARY)
    LIBRARY_UPDATE = "library-update", Facts("library changed", Subject.LIBRARY, Sign.CHANGE, in_pairs=True)
    ADMIN_REMOVE = "admin-remove", Facts("administrator removed", Subject.ADMIN, Sign.REMOVE, before=("email",))
    ADMIN_UPDATE = (
        "admin-update",
        Facts("administrator changed", Subject.ADMIN, Sign.CHANGE, before=("email",), after=_ADMIN),
    )
    ADMIN_ADD = (
        "admin-add",
        Facts("administrator added", Subject.ADMIN, Sign.ADD, after=_ADMIN, letter=Letter.WELCOME),
    )
    MEMBER_ADD = "member-add", Facts("member added", Subject.MEMBER, Sign.ADD)
    MEMBER_UPDATE = "member-update", Facts("member changed", Subject.MEMBER, Sign.CHANGE, in_pairs=True)
    REVOKE = (
        "revoke",
        Facts(
            "license revoked",
            Subject.LICENSE,
            Sign.REMOVE,
            license=Effect(From.TEMPORARY, Kind.NONE, Status.REVOKED),
            letter=Letter.REMOVED,
        ),
    )
    MEMBER_REMOVE = "member-remove", Facts("member removed", Subject.MEMBER, Sign.REMOVE)
    UPGRADE = (
        "upgrade",
        Facts(
            "made permanent",
            Subject.LICENSE,
            Sign.RAISE,
            license=Effect(From.TEMPORARY, Kind.PERMANENT, Now.KEPT),
            irreversible=_ALWAYS,
            letter=Letter.PERMANENT,
        ),
    )
    GRANT = (
        "grant",
        Facts(
            "granted",
            Subject.LICENSE,
            Sign.ADD,
            license=Effect(From.FREE, Now.GIVEN, Now.GIVEN),
            irreversible=_PERMANENT,
            letter=Letter.INVITATION,
        ),
    )
    RESEND = (
        "resend",
        Facts(
            "invited again",
            Subject.LICENSE,
            Sign.REPEAT,
            license=Effect(From.UNCLAIMED, Now.KEPT, Now.KEPT),
            letter=Letter.REMINDER,
        ),
    )
    LIBRARY_REMOVE = "library-remove", Facts("library removed", Subject.LIBRARY, Sign.REMOVE, before=("title",))


class Unplanned(_Told):
    """What the journal records besides: the first apply brings the institution, members claim and opt out, a portal
    reported something, a member to whom an apply delivers a seat has an account, somebody was forgotten."""

    INSTITUTION_ADD = "institution-add", Facts("institution added", Subject.INSTITUTION, Sign.ADD)
    CLAIM = (
        "claim",
        Facts(
            "claimed",
            Subject.LICENSE,
            Sign.CHANGE,
            license=Effect(From.UNCLAIMED, Now.KEPT, Status.DELIVERED),
            letter=Letter.ACCESS,
        ),
    )
    OPT_OUT = (
        "opt-out",
        Facts(
            "declined",
            Subject.LICENSE,
            Sign.REMOVE,
            license=Effect(From.UNCLAIMED, Kind.NONE, Status.OPTED_OUT),
        ),
    )
    IMPORT = (
        "import",
        Facts(
            "taken over from a portal",
            Subject.LICENSE,
            Sign.CHANGE,
            license=Effect(From.ANY, Now.GIVEN, Now.GIVEN),
        ),
    )
    ACCOUNT = "account", Facts("account known", Subject.MEMBER, Sign.CHANGE)
    ERASE = "erase", Facts("erased", Subject.MEMBER, Sign.REMOVE)


What = Action | Unplanned
"""What an event of the journal says was done."""

ORDER = {action: position for position, action in enumerate(Action)}
ACTIONS: Mapping[str, Action] = {action.value: action for action in Action}
EVENTS: Mapping[str, What] = {what.value: what for what in (*Action, *Unplanned)}


def about(subject: Subject) -> frozenset[str]:
    """The words of the events that are about this."""
    return frozenset(word for word, what in EVENTS.items() if what.facts.subject is subject)


class Event(NamedTuple):
    """One line of the journal: ``action`` happened to ``member`` (the ledger's number) and ``library``.

    ``detail`` names nobody; whatever names a person is in ``person``, which can be erased without breaking the chain.
    """

    action: What
    library: str = ""
    member: int = 0
    detail: Mapping[str, Any] = {}
    person: Mapping[str, Any] | None = None


class Grants(NamedTuple):
    """One and the same grant to each of many ``members``: as many events, told at once."""

    library: str
    members: Sequence[int]
    detail: Mapping[str, Any]
