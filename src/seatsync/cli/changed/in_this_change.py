"""Notices about exceptions that a change gives itself: approvals that it adds and uses, limits that it raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from seatsync.cli.changed.task import Task
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.text.characters import printable

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan
    from seatsync.sources.yaml_tree import Node


def with_own_exceptions(plan: Plan, task: Task) -> Plan:
    """The plan, with a notice for each approval that it uses and each limit, if seatsync.yaml did not have them before."""
    if task.before is None and not (plan.approvals and task.files):
        return plan
    from seatsync.sources.institution_folder import InstitutionFolder

    now = InstitutionFolder.open(task.folder).tree
    before = InstitutionFolder.open(task.before).tree if task.before is not None else now
    told = [*_approvals(plan, now, before, task.files), *_limit(now, before)]
    return replace(plan, warnings=[*plan.warnings, *told]) if told else plan


def _approvals(plan: Plan, now: Node | None, before: Node | None, files: frozenset[str]) -> Iterator[Diagnostic]:
    """A notice for each approval that the plan uses and that was not there, or whose file of members was another."""
    known = [content for _, content in _items(before)]
    new = {line for line, content in _items(now) if content not in known or _lists_in(content) in files}
    for passed in plan.approvals:
        approval = passed.approval
        if approval.origin.line in new:
            of = (
                f" for {printable(approval.library or approval.roster, 200)}"
                if approval.library or approval.roster
                else ""
            )
            message = f"This change adds the approval of {approval.refusal}{of} that lets it pass a limit."
            library = approval.library or None
            yield Diagnostic("approval-in-this-change", message, _REVIEW, approval.origin, Severity.NOTICE, library)


_REVIEW = "Let somebody who may approve this review it."


def _items(tree: Node | None) -> list[tuple[int, Any]]:
    """The approvals of a seatsync.yaml: the line and the content of each."""
    from seatsync.sources.yaml_tree import MappingNode, SequenceNode, plain

    approvals = tree.items.get("approvals") if isinstance(tree, MappingNode) else None
    return [(item.line, plain(item)) for item in approvals.items] if isinstance(approvals, SequenceNode) else []


def _lists_in(content: Any) -> str:
    """The file that lists an approval's members; empty without one."""
    file = content.get("file") if isinstance(content, dict) else None
    return normpath(str(file)) if file else ""


def _limit(now: Node | None, before: Node | None) -> Iterator[Diagnostic]:
    """A notice if ``limits.max_revokes`` is higher than before."""
    from seatsync.sources.files import NAME
    from seatsync.sources.yaml_tree import place

    old, new = _max_revokes(before), _max_revokes(now)
    if _is_raised(old, new):
        message = f"This change raises limits.max_revokes from {printable(old, 20)} to {printable(new, 20)}."
        yield Diagnostic(
            "limit-in-this-change", message, _REVIEW, place(now, ("limits", "max_revokes"), NAME), Severity.NOTICE
        )


def _max_revokes(tree: Node | None) -> str:
    from seatsync.sources.yaml_tree import MappingNode, plain

    limits = plain(tree.items.get("limits")) if isinstance(tree, MappingNode) else None
    value = limits.get("max_revokes") if isinstance(limits, dict) else None
    return str(value or "10%")


def _is_raised(old: str, new: str) -> bool:
    """Whether the limit is higher. A number and a percentage can't be compared, so such a change counts."""
    if old.endswith("%") != new.endswith("%"):
        return True
    try:
        return float(new.rstrip("% ")) > float(old.rstrip("% "))
    except ValueError:  # the files say why it is none
        return old != new
