"""The models of what depends on days: terms, freezes, scenarios, reminders and lapses of invitations, the grace period of leavers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from seatsync.domain.calendar.freezes import ACTIONS, REVOKE
from seatsync.domain.text.guesses import nearest
from seatsync.formats.fields import Closed, Day, DayCount, InvalidValue, Tag, Text, one_of, quoted, whole_between

MOST_DAYS = 366
"""The most days of a freeze. Longer ones are a slip in the year."""
MOST_ADDED = 1_000_000
"""The most members of a scenario."""


def _must_be_some_time(first: date, last: date | None, key: str) -> None:
    if last is not None and first > last:
        raise InvalidValue(f"it begins on {first}, after its last day, {last}", f"Correct `{key}` or `until`.")


class TermEntry(Closed):
    """A term: its first and its last day."""

    from_: Day = Field(alias="from", description="The first day.")
    until: Day = Field(description="The last day.")

    @model_validator(mode="after")
    def _is_some_time(self) -> TermEntry:
        _must_be_some_time(self.from_, self.until, "from")
        return self


class ScenarioEntry(Closed):
    """Members who may come. Plans do not know them."""

    add: Annotated[int, whole_between(1, MOST_ADDED)] = Field(ge=1, le=MOST_ADDED, description="How many members more.")
    tags: list[Tag] = Field([], description="The tags that they have.")
    on: Day = Field(description="The day on which they come.")
    until: Day | None = Field(None, description="The last day on which they are members.")

    @model_validator(mode="after")
    def _is_some_time(self) -> ScenarioEntry:
        _must_be_some_time(self.on, self.until, "on")
        return self


def _actions(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _action(value: Any) -> Any:
    if isinstance(value, str) and value in ACTIONS:
        return value
    near = nearest(value, ACTIONS, 0.6) if isinstance(value, str) else ""
    guess = f"Did you mean {near}? " if near else ""
    fact = (
        f"{quoted(value)} is nothing that a freeze holds back"
        if isinstance(value, str)
        else "an action is expected here"
    )
    what = one_of([f"{action} ({words})" for action, words in ACTIONS.items()])
    raise InvalidValue(fact, f"{guess}Write {what}, or both.")


class FreezeEntry(Closed):
    """Days on which seatsync takes no seat away: what falls on them comes afterwards."""

    from_: Day = Field(alias="from", description="The first day.")
    until: Day = Field(description="The last day. What was held back comes on the day after.")
    actions: Annotated[
        list[Annotated[str, BeforeValidator(_action), WithJsonSchema({"enum": [*ACTIONS]})]],
        BeforeValidator(_actions),
        Field(min_length=1),
    ] = Field(
        [REVOKE],
        description="What is held back: `revoke` (temporary seats stay usable and can be claimed, and nobody is removed who has one), "
        "`resend` (reminders). Without it, `revoke`.",
    )
    reason: Text | None = Field(None, description="Why, for everybody who reads plans: finals.")

    @model_validator(mode="after")
    def _is_some_time(self) -> FreezeEntry:
        _must_be_some_time(self.from_, self.until, "from")
        days = (self.until - self.from_).days + 1
        if days > MOST_DAYS:
            fact = (
                f"it lasts {days:,} days, from {self.from_} to {self.until}, and a freeze may last {MOST_DAYS} at most"
            )
            raise InvalidValue(fact, "Correct the year of `from` or `until`.")
        return self


class LeaversEntry(Closed):
    """Members whom no roster has any more."""

    grace: DayCount | None = Field(
        None,
        description="For how many days who leaves keeps temporary seats: 30d. Then they are revoked. Without it, they are revoked at once.",
    )


class InvitesEntry(Closed):
    """Reminders of unclaimed invitations."""

    remind_after: list[DayCount] = Field(
        [],
        description="How many days after the invitation to remind members who have not claimed: [3d, 7d, 14d].",
    )

    reclaim_after: DayCount | None = Field(
        None,
        description="How many days after its invitation was sent an unclaimed temporary seat lapses, for example 30d: then it is free for "
        "somebody else, in every library. Invitations and reminders say it. A `resend`, `regrant` or another grant offers it again.",
    )

    @model_validator(mode="after")
    def _reminders_come_in_time(self) -> InvitesEntry:
        late = [
            days for days in self.remind_after if self.reclaim_after and int(days[:-1]) >= int(self.reclaim_after[:-1])
        ]
        if late:
            fact = f"the reminder after {late[0]} would come when the seat has lapsed (`reclaim_after: {self.reclaim_after}`)"
            raise InvalidValue(fact, "Remind earlier, or let seats lapse later.")
        return self
