"""What a report says besides the plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seatsync.domain.diagnostic import Diagnostic, counted


@dataclass(frozen=True)
class About:
    """What a report says besides the plans.

    ``commit`` is the one that was planned, ``since`` what has changed since the commit before. ``errors`` are findings in the
    files of ``invalid`` institutions, which have no plan. Warnings stop the plans of ``stopped`` institutions. ``unplanned``
    says what else has no plan; its codes are institutions. ``failure`` says why there is no plan at all. ``others`` counts
    the institutions that this change does not touch. ``also_open`` are other pull requests that change the same institutions;
    unless ``is_all_open``, only those updated last were looked at. ``unrecorded`` counts the plans that an apply will not find in this
    comment. ``folders`` are those of the institutions, by id, in which the commands of findings run.
    """

    commit: str = ""
    since: str = ""
    errors: Sequence[Diagnostic] = ()
    invalid: int = 0
    stopped: int = 0
    unplanned: Sequence[Diagnostic] = ()
    failure: str = ""
    others: int = 0
    also_open: Sequence[str] = ()
    is_all_open: bool = True
    unrecorded: int = 0
    folders: Mapping[str, str] = field(default_factory=dict)

    @property
    def at(self) -> str:
        return f" at `{self.commit[:7]}`" if self.commit else ""


def failure(about: About) -> str:
    """What a comment says below the verdict that there is no plan."""
    if not about.failure:
        return ""
    return "What this comment showed before no longer counts. Correct the cause, then plan again.\n\n"


def remarks(about: About) -> str:
    """What a report says besides the plans, each on a line of its own."""
    told = [] if about.failure or not about.commit else [f"Planned{about.at}."]
    told += [about.since] if about.since else []
    if about.also_open:
        verb = "changes" if len(about.also_open) == 1 else "change"
        told.append(
            f"⚠️ {', '.join(about.also_open)} {verb} the same institutions and {'is' if verb == 'changes' else 'are'} "
            "open too. Whichever is merged second must be planned again."
        )
    if not about.is_all_open:
        told.append(
            "Of the other open pull requests, only those updated last were looked at: 30, and 100 files of each."
        )
    if about.others:
        told.append(f"Not touched by this change, and so not planned: {counted(about.others, 'other institution')}.")
    if about.unrecorded:
        told.append(
            f"This comment has no room to record the plans of {counted(about.unrecorded, 'institution')}: "
            "apply them with `seatsync apply --expect`."
        )
    return "".join(f"{one}\n\n" for one in told)
