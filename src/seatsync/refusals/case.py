"""What every rule looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from seatsync.domain.action import Action
from seatsync.domain.desired import Approval, Desired, Grant
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.planning.change import Change
from seatsync.planning.draft import Draft, Held
from seatsync.planning.plan import SlotChange


@dataclass
class Case:
    """A draft and the slots that would come of it."""

    draft: Draft
    slots: Mapping[str, SlotChange]

    @property
    def desired(self) -> Desired:
        return self.draft.desired

    def of(self, action: Action, library: str = "") -> Sequence[Change]:
        """The changes of one action, in one library or in none."""
        return self.draft.groups.get((action, library), ())

    def title(self, library: str) -> str:
        """A library as a person knows it: its title, and its id."""
        known = self.desired.libraries.get(library) or self.draft.snapshot.libraries.get(library)
        return f'"{known.title}" ({library})' if known else library

    def approvals(self, refusal: str) -> Iterator[Approval]:
        """The approvals for a refusal whose date has not passed."""
        return (a for a in self.desired.approvals if a.refusal == refusal and a.until >= self.draft.today)


APPROVED_FOR = timedelta(days=14)
"""How long an approval lasts that a refusal offers to be pasted: time enough for a review."""


def refusal(
    code: str, message: str, help: str, origin: Origin, library: str | None = None, members: list[str] | None = None
) -> Diagnostic:
    """A diagnostic that stops the plan."""
    return Diagnostic(code, message, help, origin, Severity.REFUSAL, library, tuple(members or ()))


def by_rule(held: list[Held]) -> Iterator[tuple[str, Grant | None, list[str]]]:
    """(library, rule, its members), in the order found."""
    groups: dict[tuple[str, Grant | None], list[str]] = {}
    for library, member, rule, _ in held:
        groups.setdefault((library, rule), []).append(member)
    for (library, rule), members in groups.items():
        yield library, rule, members
