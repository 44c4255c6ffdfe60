"""The year ahead as JSON: ``seatsync year --format json`` writes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from seatsync.formats.plan import Count

_Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
"""A day as it is written: 2027-06-30."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CurveDayEntry(_Closed):
    """A library at the end of a day, and what happens on it. What does not happen is absent."""

    date: _Day = Field(description="The day.")
    used: Count = Field(description="The seats in use.")
    available: int = Field(description="The seats that are left; below zero where more are in use than there are.")
    waiting: Count = Field(description="How many wait for a seat.")
    total: Count = Field(description="The seats that there are.")
    asked: Count = Field(description="The seats that the files ask for: those in use, and those that are missing.")
    granted: Count = Field(0, description="The seats granted on that day.")
    ended: Count = Field(0, description="The seats that end: revoked on that day.")
    lapsed: Count = Field(0, description="The seats that lapse because nobody claimed them in time.")
    permanent: Count = Field(0, description="The seats granted for good or made permanent on that day.")
    letters: dict[str, Count] = Field({}, description="The letters written on that day, by kind.")


class LibraryYear(_Closed):
    """The year of a library."""

    days: list[CurveDayEntry] = Field(description="The first day, and each day on which something changes or happens.")
    full_on: _Day | None = Field(description="The first day on which no seat is left for anybody else; null for none.")
    short_on: _Day | None = Field(description="The first day on which seats are missing; null for none.")
    to_order: Count = Field(description="How many seats are missing on the day on which most are.")
    order_by: _Day | None = Field(
        description="The last day of notice by which to order, before seats are missing; null if there is none."
    )


class BlockedRefusal(_Closed):
    """A rule that is broken."""

    code: str = Field(description="The rule; `seatsync explain` knows it.")
    library: str = Field("", description="The library's id; absent if the rule is of none.")


class BlockedDays(_Closed):
    """Days on which the plan of each day is blocked, so nothing is applied."""

    since: _Day = Field(alias="from", description="The first of them.")
    until: _Day = Field(description="The last of them.")
    refusals: list[BlockedRefusal] = Field(description="The rules that are broken.")


class LettersOfDay(BaseModel):
    """The letters of all libraries, and those to administrators, that are written on a day: how many of each kind."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"additionalProperties": {"type": "integer", "minimum": 1}}
    )

    date: _Day = Field(description="The day.")


class YearFile(_Closed):
    """What `seatsync year --format json` prints of one folder; of several, a list of them. It names no member."""

    institution: str = Field(description="The institution's id.")
    since: _Day = Field(alias="from", description="The first day: today.")
    until: _Day = Field(description="The last day.")
    blocked: list[BlockedDays] = Field([], description="The days on which nothing can be applied; absent for none.")
    stops_on: _Day = Field(
        "",
        description="The day from which on nothing is known, because the files have a mistake on it; absent for none.",
    )
    scenarios: list[str] = Field([], description="The scenarios that were taken with the files; absent for none.")
    told: list[str] = Field([], description="What else a reader must know, in words; absent for nothing.")
    libraries: dict[str, LibraryYear] = Field(description="The libraries by their ids.")
    letters: list[LettersOfDay] = Field(description="The days on which letters are written.")
