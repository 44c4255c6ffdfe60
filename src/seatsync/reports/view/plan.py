"""The view of a plan that every renderer shows: verdict, counts, seats and groups of changes in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from seatsync.domain.approval import PassedLimit, in_words
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.planning.change import Change, is_impossible
from seatsync.planning.plan import Plan
from seatsync.reports.view import heading
from seatsync.reports.view.counting import actions_in_words
from seatsync.reports.view.decision import Decision, Panel, panel
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.view.facts import Fact, facts
from seatsync.reports.view.findings import shown
from seatsync.reports.view.groups import Group, groups_of
from seatsync.reports.view.lines import LineView, line_views
from seatsync.reports.view.names import Names
from seatsync.reports.view.places import address_of
from seatsync.reports.view.seats import slot_row


@dataclass(frozen=True)
class PlanView:
    """Everything that a report shows of a plan. ``folder`` is put before the file names of findings, and their commands run there or in
    ``commands_in``."""

    plan: Plan
    folder: str = ""
    commands_in: str = ""

    @property
    def title(self) -> str:
        return heading.title(self.plan.name, self.plan.institution)

    @property
    def context(self) -> str:
        """The day of the plan and the state of the ledger that it starts from."""
        return heading.context(self.plan.now, self.plan.serial)

    @property
    def refused(self) -> bool:
        return bool(self.plan.refusals)

    @cached_property
    def panel(self) -> Panel:
        return panel(self.plan)

    @cached_property
    def names(self) -> Names:
        return Names(self.plan)

    @property
    def decision(self) -> Decision:
        """The verdict in a word."""
        return self.panel.decision

    @property
    def verdict(self) -> str:
        """The verdict in one sentence, which begins with its word."""
        return heading.verdict(self.panel.word, self.panel.sentence)

    @property
    def facts(self) -> list[Fact]:
        """What a reviewer decides by, in the order in which every report shows it; none if nothing changes."""
        told = facts(self.plan, self.panel, self.names)
        return [Fact(one.label, escape_controls(one.words)) for one in told]

    @property
    def counts(self) -> str:
        """``3 people join, 2 seats granted``."""
        return actions_in_words(self.plan.possible)

    @property
    def slots(self) -> list[tuple[str, ...]]:
        return [slot_row(self.names.titles.with_id(library), change) for library, change in self.plan.slots.items()]

    @property
    def groups(self) -> list[Group]:
        """The changes that can be undone, by action and library, in the order of application."""
        return self.groups_of(
            change
            for change in self.plan.changes
            if change.kind not in change.action.facts.irreversible and not is_impossible(change)
        )

    @property
    def impossible(self) -> list[Group]:
        """The changes that are only there to be refused."""
        return self.groups_of(filter(is_impossible, self.plan.changes))

    @property
    def irreversible(self) -> list[Group]:
        """The changes that cannot be undone, by action and library."""
        return self.groups_of(self.plan.irreversible)

    @property
    def lines(self) -> list[LineView]:
        """The lines of full libraries that the plan changes."""
        return line_views(self.plan, self.names, (self.commands_in or self.folder).rstrip("/"))

    def groups_of(self, changes: Iterable[Change]) -> list[Group]:
        """Return changes of the plan by action and library."""
        return groups_of(changes, self.names, self.plan.files_at)

    def address_of(self, finding: Diagnostic) -> str:
        """Return where a code host shows the place of a finding of this view; empty if that is not known."""
        origin = finding.origin
        file = origin.file.removeprefix(self.folder) if origin else ""
        return address_of(origin._replace(file=file), self.plan.files_at) if origin else ""

    @property
    def refusals(self) -> list[Diagnostic]:
        return [shown(refusal, self.folder, self.commands_in) for refusal in self.plan.refusals]

    @property
    def warnings(self) -> list[Diagnostic]:
        """Warnings, then the limits passed by approval, then notices."""
        found = [*(_as_notice(passed, self.names) for passed in self.plan.approvals), *self.plan.warnings]
        order = (Severity.WARNING, Severity.NOTICE)
        return [shown(w, self.folder, self.commands_in) for severity in order for w in found if w.severity is severity]


def _as_notice(passed: PassedLimit, names: Names) -> Diagnostic:
    """The passed limit as a finding at its approval."""
    called = in_words(passed.as_dict(), names.titles.of(passed.approval.library))
    message = f"Limit passed by approval: {called}."
    help = "Nothing to do. The apply uses the approval up; delete it afterwards."
    origin, library = passed.approval.origin, passed.approval.library or None
    return Diagnostic("limit-approved", message, help, origin, Severity.NOTICE, library)
