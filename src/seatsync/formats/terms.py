"""The model of terms."""

from __future__ import annotations

from pydantic import Field, model_validator

from seatsync.formats.fields import Closed, Day, InvalidValue


class TermEntry(Closed):
    """A term: its first and its last day."""

    from_: Day = Field(alias="from", description="The first day.")
    until: Day = Field(description="The last day.")

    @model_validator(mode="after")
    def _is_some_time(self) -> TermEntry:
        if self.from_ > self.until:
            raise InvalidValue(
                f"it begins on {self.from_}, after its last day, {self.until}", "Correct `from` or `until`."
            )
        return self
