"""The models of what was bought: purchases, prices, contracts."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, WithJsonSchema, model_validator
from pydantic import Tag as Variant

from seatsync.domain.money.price import parse_price
from seatsync.formats.fields import Closed, Day, DayCount, InvalidValue, Text, Whole, quoted

_HOW = "Write an amount, a currency and for how long: 42 USD/year, 42 USD/term or 42 USD once."


def _price(value: str) -> str:
    if (price := parse_price(value)) is None:
        fact = "has more than two decimals" if re.match(r"\d+\.\d{3,}", value) else "is not a price"
        raise InvalidValue(f"{quoted(value)} {fact}", _HOW)
    from babel.numbers import list_currencies  # only who writes prices needs the currencies of the world

    if price.currency not in list_currencies():
        raise InvalidValue(
            f"{quoted(price.currency)} is not the code of a currency", f"{_HOW} USD, EUR, KRW and so on."
        )
    return str(price)


PriceText = Annotated[
    Text,
    AfterValidator(_price),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,2})? [A-Z]{3}(/year|/term| once)$"}),
]


class ContractEntry(Closed):
    """The contract under which seats were bought."""

    until: Day = Field(description="The last day of the contract.")
    notice: DayCount | None = Field(
        None, description="How many days before its end notice must be given: 60d. From that day on, plans warn."
    )
    order: Text | None = Field(None, description="The number of the order or of the contract, for example PO-1187.")


PRICE = "What one seat costs: `42 USD/year`, `42 USD/term` or `42 USD once`."


class PurchaseEntry(Closed):
    """Some seats that were bought together."""

    count: Whole = Field(description="The number of seats.")
    from_: Day | None = Field(None, alias="from", description="The first day on which they count; without it, at once.")
    until: Day | None = Field(None, description="The last day on which they count; without it, for good.")
    price: PriceText | None = Field(None, description=f"{PRICE} Without it, as the library says.")
    contract: ContractEntry | None = Field(None, description="Their contract. Without it, as the library says.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> PurchaseEntry:
        if isinstance(self.from_, date) and self.until is not None and self.until < self.from_:
            raise InvalidValue(
                f"it ends on {self.until}, before it begins on {self.from_}", "Correct `from` or `until`."
            )
        return self


def _variant(value: Any) -> str:
    return "purchases" if isinstance(value, list | tuple) else "number"


AnySlots = Annotated[
    Annotated[Whole, Variant("number")] | Annotated[list[PurchaseEntry], Field(min_length=1), Variant("purchases")],
    Discriminator(_variant),
]
