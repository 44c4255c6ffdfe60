"""What every rule gets to see: a draft of a plan and the seats it would use."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from seatsync.domain.action import Action
from seatsync.domain.approval import Approval, PassedLimit, Used, use_of
from seatsync.domain.calendar.distances import is_between, is_nearer
from seatsync.domain.desired import Desired, Grant
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.text.tags import split_tags
from seatsync.planning.change import Change, leaves_for_now, takes_seat
from seatsync.planning.draft import Draft, KeptLicense
from seatsync.planning.seats import SlotChange
from seatsync.refusals.whole import NotWhole, without_members


@dataclass
class Case:
    """A draft, and the seats of each library before and after it.

    A rule reads ``draft``. In a partial plan (``is_part``) only some members are loaded. The changes and counts of ``draft``
    still cover everybody, but reading its members or licenses raises ``NotWhole``, and the plan is made again from all members.
    A rule that does not depend on members unchanged since the last apply reads ``at_hand`` instead. In a partial plan it
    holds the members who changed, whom a grant names, whom the last apply left open, or to whom something happened since.

    A rule that an approval makes an exception to notes each use of one in ``passed``.
    """

    at_hand: Draft
    slots: Mapping[str, SlotChange]
    is_part: bool = False
    passed: list[PassedLimit] = field(default_factory=list)

    @cached_property
    def draft(self) -> Draft:
        return without_members(self.at_hand) if self.is_part else self.at_hand

    @property
    def desired(self) -> Desired:
        return self.draft.desired

    @property
    def count(self) -> int:
        """How many members the rosters have."""
        desired = self.at_hand.desired
        return len(desired.members) + sum(desired.counted.values())

    @cached_property
    def tags(self) -> Mapping[str, int]:
        """How many members carry each tag."""
        together = Counter(member.tags for member in self.at_hand.desired.members)
        for alike, number in self.at_hand.desired.counted.items():
            together[alike.tags] += number
        counts: dict[str, int] = {}
        for tags, number in together.items():
            for tag in split_tags(tags):
                counts[tag] = counts.get(tag, 0) + number
        return counts

    @cached_property
    def roles(self) -> set[str]:
        """The roles of the members, as written; all of them if a grant asks for a role."""
        desired = self.at_hand.desired
        return {*(member.role for member in desired.members), *(alike.role for alike in desired.counted)}

    def first_with(self, tag: str) -> RosterMember:
        """The first member in the files with ``tag``.

        Raises:
            NotWhole: it may be a member who is not loaded.
        """
        desired = self.at_hand.desired
        if any(tag in split_tags(alike.tags) for alike in desired.counted):
            raise NotWhole
        return next(member for member in desired.members if tag in split_tags(member.tags))

    def of(self, action: Action, library: str = "") -> Sequence[Change]:
        """The changes of one action, in ``library`` or without a library."""
        return self.draft.groups.get((action, library), ())

    @cached_property
    def leaving_for_now(self) -> list[Change]:
        """The changes of members who are on no roster any more, and keep seats for a grace period."""
        return [change for change in self.of(Action.MEMBER_UPDATE) if leaves_for_now(change)]

    def new_seats(self, library: str) -> list[Change]:
        """The grants of a library that take one more seat each."""
        return [change for change in self.of(Action.GRANT, library) if takes_seat(change)]

    def title(self, library: str) -> str:
        """The title of a library, with its id, for messages."""
        known = self.desired.libraries.get(library) or self.draft.snapshot.libraries.get(library)
        return f'"{known.title}" ({library})' if known else library

    @property
    def today(self) -> str:
        """The plan's day (ISO)."""
        return self.at_hand.today.isoformat()

    def has_come(self, day: str) -> bool:
        """Whether a day (ISO) has come since applies told what comes."""
        return is_between(self.at_hand.snapshot.told_on, day, self.today)

    def is_nearer(self, day: str) -> bool:
        """Whether a coming day (ISO) has come so near since then that this plan tells it."""
        return is_nearer(self.at_hand.snapshot.told_on, day, self.today)

    def approvals(self, refusal: str) -> list[Approval]:
        """The approvals of this refusal that are still in force, and unused."""
        return [approval for approval in self._in_force(refusal) if self.use_of(approval) is None]

    def use_of(self, approval: Approval) -> Used | None:
        """When an approval with this content was used; None if it was not."""
        return use_of(approval, self.draft.snapshot.approvals)

    def _in_force(self, refusal: str) -> Iterator[Approval]:
        return (a for a in self.desired.approvals if a.refusal == refusal and a.until >= self.draft.today)

    def passes(self, approval: Approval, needed: int, limit: int = 0) -> None:
        """Note that the plan passes a limit by this approval. If it passes several, what it needs is added up."""
        content = approval.content
        for position, passed in enumerate(self.passed):
            if passed.approval.content == content:
                self.passed[position] = passed._replace(needed=passed.needed + needed, limit=passed.limit + limit)
                return
        self.passed.append(PassedLimit(approval, needed, limit))

    def used_before(self, refusal: str, library: str = "", rosters: Collection[str] = ("",)) -> str:
        """A sentence for each approval that would let this limit pass but was used before."""
        return "".join(
            f" The approval at {approval.origin} {used_by(use)}, and an approval works only once."
            for approval in self._in_force(refusal)
            if approval.library == library and approval.roster in rosters and (use := self.use_of(approval))
        )

    def ask_for(self, refusal: str, what: Mapping[str, object], instead: str = "") -> str:
        """The help of a refusal that an approval with the values ``what`` lets pass. ``instead`` says what else there is to do."""
        return (
            f"{instead}If this is intended, add this under `approvals:` in seatsync.yaml:\n"
            f"  {self.approval(refusal, what)}\n"
            "It allows one plan, which must be applied by that day."
        )

    def approval(self, refusal: str, what: Mapping[str, object]) -> str:
        """The line of an approval with the values ``what``, ready to paste."""
        until = self.draft.today + APPROVED_FOR
        values = "".join(f"{name}: {as_yaml(value)}, " for name, value in what.items())
        known = {(use["refusal"], use["until"]) for use in self.draft.snapshot.approvals}
        while (refusal, until.isoformat()) in known:  # the same approval again would be a used one
            until += timedelta(days=1)
        return f"- {{refusal: {refusal}, {values}until: {until}, reason: say why}}"


APPROVED_FOR = timedelta(days=14)
"""How long the approval lasts that a refusal suggests: time enough for a review."""


def as_yaml(value: object) -> str:
    """The value as it can stand between the braces of a YAML mapping."""
    if isinstance(value, list):
        return f"[{', '.join(map(as_yaml, value))}]"
    return str(value) if re.fullmatch(r"[\w./-][\w./@+-]*", str(value)) else json.dumps(value, ensure_ascii=False)


def used_by(use: Used) -> str:
    """When an approval was used, in words."""
    return f"was used by journal entry {use['entry']:,} on {use['on']}"


def refusal(
    code: str, message: str, help: str, origin: Origin, library: str | None = None, members: list[str] | None = None
) -> Diagnostic:
    """A diagnostic that blocks the plan."""
    return Diagnostic(code, message, help, origin, Severity.REFUSAL, library, members or ())


def by_rule(held: list[KeptLicense]) -> Iterator[tuple[str, Grant | None, list[str]]]:
    """Group licenses as (library, rule, e-mails), in the order found."""
    groups: dict[tuple[str, Grant | None], list[str]] = {}
    for library, member, rule, _ in held:
        groups.setdefault((library, rule), []).append(member)
    for (library, rule), members in groups.items():
        yield library, rule, members
