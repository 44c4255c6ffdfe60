"""What the people and the libraries of a plan are called."""

from __future__ import annotations

from functools import cached_property

from seatsync.domain.action import Action, Subject
from seatsync.domain.library import Titles
from seatsync.planning.change import Change
from seatsync.planning.plan import Plan


class Names:
    """Who and what the changes of a plan are about. A redacted plan names nobody."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known = dict(plan.names)
        self.titles = Titles(plan.titles)
        self._new: dict[str, str] = {}
        for change in () if plan.redacted else plan.changes:
            if change.action in (Action.MEMBER_ADD, Action.MEMBER_REMOVE) and (name := _in(change)):
                if change.record:
                    self._known[change.record] = name
                else:
                    self._new[change.member] = name

    def beside(self, change: Change) -> str:
        """Return the e-mail of the member in a change with the name behind it, which the change itself does not say; or the library.

        Empty for a change of neither.
        """
        if not change.member:
            return self.titles.of(change.library) if change.library else ""
        name = "" if change.action.facts.subject is Subject.MEMBER and _in(change) else self._of(change)
        return _with(change.member, name)

    def of(self, record: int, email: str) -> str:
        """Return the e-mail of the member with this number (0: new), with the name behind it."""
        return _with(email, (self._known.get(record) if record else self._new.get(email)) or "")

    def person(self, email: str) -> str:
        """Return an e-mail of the plan with the name behind it."""
        return _with(email, self._by_email.get(email, ""))

    def _of(self, change: Change) -> str:
        return (self._known.get(change.record) if change.record else self._new.get(change.member)) or ""

    @cached_property
    def _by_email(self) -> dict[str, str]:
        """The names of those who get or lose something, and of administrators."""
        people = {change.member: self._of(change) for change in self._plan.changes if change.member}
        admins = (change for change in self._plan.changes if change.action.facts.subject is Subject.ADMIN)
        return people if self._plan.redacted else {**people, **{_email(change): _in(change) for change in admins}}


def _with(email: str, name: str) -> str:
    return f"{email} ({name})" if name and email else email


def _email(change: Change) -> str:
    return str((change.after or change.before or {}).get("email", ""))


def _in(change: Change) -> str:
    """The name that a change itself says; empty if it says only a part of one."""
    fields = change.after or change.before or {}
    return f"{fields.get('given_name', '')} {fields.get('family_name', '')}".strip() if "family_name" in fields else ""
