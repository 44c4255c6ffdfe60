"""One institution: its verdict, and as much of its plan as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.reports.literal import literal, prose
from seatsync.reports.markdown.about import About, remarks
from seatsync.reports.markdown.sections import (
    changes_section,
    drift_section,
    finding_sections,
    folded_section,
    line_sections,
    seats_section,
    seen_section,
)
from seatsync.reports.room import fit
from seatsync.reports.view.decision import Effect, Panel, by_effect
from seatsync.reports.view.plan import PlanView

_OWN = ("approval-in-this-change", "limit-in-this-change")  # exceptions that a change gives itself


def institution_section(view: PlanView, facts: Panel, start: str, most: int, about: About | None = None) -> str:
    """One institution: panel, seats, broken rules and what they refuse, what cannot be undone, losses, earlier ends, warnings, then the
    other changes (folded).

    Its heading begins with ``start``. ``about`` is given for the only institution.
    """
    view = _without_links(view) if _needs_room(view, most) else view
    head = f"{start} {facts.word}: {literal(view.title)}\n\n"
    head += f"{sentence(view, facts)} {literal(view.context)}{f',{about.at}' if about and about.commit else ''}.\n\n"
    head += remarks(replace(about, commit="")) if about else ""
    told = _panel(view)
    final = f"\nFingerprint: `{view.plan.fingerprint}`\n\n" if view.plan.changes and view.plan.fingerprint else ""
    if len(head + told + final) > most // 2:
        told, final = "", final if len(head + final) <= most // 2 else ""
    changes = by_effect(view.plan.changes)
    losses = changes[Effect.LOSS]
    warnings = [one for one in view.warnings if one.code not in _OWN]
    below = f"{start.split()[0]}#"
    sections = [
        seats_section(view.slots),
        *finding_sections(view.refusals, ("rule broken", "rules broken"), "Rules broken", below, view),
        changes_section(changes[Effect.REFUSED], view, "Refused", below),
        changes_section(changes[Effect.FINAL], view, "Cannot be undone", below),
        changes_section([one for one in losses if one.action is not Action.LICENSE_UPDATE], view, "Taken away", below),
        changes_section([one for one in losses if one.action is Action.LICENSE_UPDATE], view, "Ends earlier", below),
        *finding_sections(_with(warnings, Severity.WARNING), ("warning", "warnings"), "Warnings", below, view),
        *finding_sections(_with(warnings, Severity.NOTICE), ("notice", "notices"), "Worth knowing", below, view),
        folded_section(changes[Effect.UPDATE], view, "Changed"),
        folded_section(changes[Effect.ADDITION], view, "Added"),
        seen_section(changes[Effect.SEEN], view),
        *line_sections(view, below),
        drift_section(view, below),
    ]
    return head + told + fit(sections, most - len(head + told + final)) + final


_PER_LINK = 150  # characters


def _needs_room(view: PlanView, most: int) -> bool:
    """Whether there are links that would take the room of changes: names matter more."""
    if not view.plan.files_at:
        return False
    places = len(view.plan.changes) + len(view.refusals) + len(view.warnings) + len(view.plan.drift)
    return places * _PER_LINK > most // 2


def _without_links(view: PlanView) -> PlanView:
    return replace(view, plan=replace(view.plan, files_at=""))


def _with(found: Sequence[Diagnostic], severity: Severity) -> list[Diagnostic]:
    return [one for one in found if one.severity is severity]


def sentence(view: PlanView, facts: Panel) -> str:
    """Return the verdict in a sentence, with the exceptions that the change itself brings."""
    return f"{facts.sentence} **This change makes its own exceptions.**" if own_exceptions(view) else facts.sentence


def _panel(view: PlanView) -> str:
    """The facts that a reviewer decides by, as a list."""
    told = [f"⚠️ **This change makes its own exception**: {prose(one)}" for one in own_exceptions(view)]
    told += [f"**{one.label}**: {literal(one.words)}" for one in view.facts]
    return "".join(f"- {one}\n" for one in told) + "\n" if told else ""


def own_exceptions(view: PlanView) -> list[str]:
    """The exceptions that this change itself brings, with what they let pass."""
    passed = {f"{one.origin}": one.message for one in view.warnings if one.code == "limit-approved"}
    return [f"{one.message} {passed.get(str(one.origin), '')}".rstrip() for one in view.warnings if one.code in _OWN]
