"""What every rule gets to see: a draft of a plan and the seats it would use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from seatsync.domain.action import Action
from seatsync.domain.desired import Approval, Desired, Grant
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.text.tags import split_tags
from seatsync.planning.change import Change
from seatsync.planning.draft import Draft, KeptLicense
from seatsync.planning.plan import SlotChange
from seatsync.refusals.whole import NotWhole, without_members


@dataclass
class Case:
    """A draft, and the seats of each library before and after it.

    A rule reads ``draft``. In a partial plan (``is_part``) only some members are loaded. The changes and counts of ``draft``
    still cover everybody, but reading its members or licenses raises ``NotWhole``, and the plan is made again from all members.
    A rule that does not depend on members unchanged since the last apply reads ``at_hand`` instead. In a partial plan it
    holds the members who changed, whom a grant names, whom the last apply left open, or to whom something happened since.
    """

    at_hand: Draft
    slots: Mapping[str, SlotChange]
    is_part: bool = False

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
        for (tags, _), number in self.at_hand.desired.counted.items():
            together[tags] += number
        counts: dict[str, int] = {}
        for tags, number in together.items():
            for tag in split_tags(tags):
                counts[tag] = counts.get(tag, 0) + number
        return counts

    def first_with(self, tag: str) -> RosterMember:
        """The first member in the files with ``tag``.

        Raises:
            NotWhole: it may be a member who is not loaded.
        """
        desired = self.at_hand.desired
        if any(tag in split_tags(tags) for tags, _ in desired.counted):
            raise NotWhole
        return next(member for member in desired.members if tag in split_tags(member.tags))

    def of(self, action: Action, library: str = "") -> Sequence[Change]:
        """The changes of one action, in ``library`` or without a library."""
        return self.draft.groups.get((action, library), ())

    def title(self, library: str) -> str:
        """The title of a library, with its id, for messages."""
        known = self.desired.libraries.get(library) or self.draft.snapshot.libraries.get(library)
        return f'"{known.title}" ({library})' if known else library

    def approvals(self, refusal: str) -> Iterator[Approval]:
        """The approvals of this refusal that are still in force."""
        return (a for a in self.desired.approvals if a.refusal == refusal and a.until >= self.draft.today)


APPROVED_FOR = timedelta(days=14)
"""How long the approval lasts that a refusal suggests: time enough for a review."""


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
