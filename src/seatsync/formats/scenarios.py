"""The model of scenarios: what may come, for the year run ahead (``seatsync year --with NAME``)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from seatsync.formats.fields import Closed, Day, InvalidValue, Tag, whole_between

_MOST = 1_000_000


class ScenarioEntry(Closed):
    """Members who may come. Plans do not know them."""

    add: Annotated[int, whole_between(1, _MOST)] = Field(ge=1, le=_MOST, description="How many members more.")
    tags: list[Tag] = Field([], description="The tags that they have.")
    on: Day = Field(description="The day on which they come.")
    until: Day | None = Field(None, description="The last day on which they are members.")

    @model_validator(mode="after")
    def _is_some_time(self) -> ScenarioEntry:
        if self.until is not None and self.on > self.until:
            raise InvalidValue(f"it begins on {self.on}, after its last day, {self.until}", "Correct `on` or `until`.")
        return self
