"""The model of libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator

from seatsync.domain.library import MOST_ABOUT, DeliveredBy, Delivery
from seatsync.formats.fields import Closed, InvalidValue, Text, WebAddress, Whole, one_of
from seatsync.formats.grants import KindName
from seatsync.formats.purchases import PRICE, AnySlots, ContractEntry, PriceText
from seatsync.systems.registry import SYSTEMS
from seatsync.systems.system import System

if TYPE_CHECKING:
    SystemName = str
    DeliveryName = str
    DeliveredByName = str
else:
    SystemName = Literal[*SYSTEMS]
    DeliveryName = Literal[*map(str, Delivery)]
    DeliveredByName = Literal[*map(str, DeliveredBy)]


def _about(value: str) -> str:
    if len(value) > MOST_ABOUT:
        raise InvalidValue(f"it has {len(value):,} characters", f"Write at most {MOST_ABOUT}: a sentence or two.")
    return value


About = Annotated[
    Text, AfterValidator(_about), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MOST_ABOUT})
]


def _rules(system: System) -> str:
    """Return a system's name with its rules in brackets, for the list of all systems."""
    kinds = f"{system.kinds[0]} only" if len(system.kinds) == 1 else " and ".join(system.kinds)
    return f"{system.name} ({kinds}, {system.delivery.facts.short_name})"


class LibraryEntry(Closed):
    """A library: a product with a number of seats."""

    model_config = ConfigDict(
        **Closed.model_config,
        json_schema_extra={"oneOf": [{"required": ["system"]}, {"required": ["kinds", "delivery"]}]},
    )

    title: Text = Field(description="The library's title, as members know it.")
    about: About | None = Field(
        None,
        description="What it is, in a sentence or two. Members read it before and after they claim, on pages and in letters.",
    )
    slots: AnySlots = Field(
        description="The number of seats that were bought; or a list of purchases, each with its `count` and its days."
    )
    price: PriceText | None = Field(None, description=f"{PRICE} Plans then say what seats cost, and what lies idle.")
    contract: ContractEntry | None = Field(None, description="The contract under which the seats were bought.")
    warn_below: Whole | None = Field(
        None, description="Plans warn when they leave fewer seats than this: 5. Without it, they do not."
    )
    system: SystemName | None = Field(
        None,
        description=f"The system whose rules apply: {one_of([*map(_rules, SYSTEMS.values())])}.",
    )
    kinds: list[KindName] | None = Field(
        None, min_length=1, description="Instead of `system`: the kinds of license in this library."
    )
    delivery: DeliveryName | None = Field(
        None,
        description="Instead of `system`: `claim` (an invitation with a personal link) or `account` (members with an account get "
        "the seat at once).",
    )

    delivered_by: DeliveredByName | None = Field(
        None,
        description="Where the seats live. `seatsync`: members claim them on seatsync's pages. `vendor`: in the vendor's portal; each "
        "apply puts what a person must do there on the work list. By default as the institution says, else `seatsync`.",
    )
    sends_letters: bool | None = Field(
        None,
        description="Whether seatsync writes to members about this library: by default yes, and no where the vendor delivers, because "
        "its portal writes to them. Without any letters, tell them yourself where to claim.",
    )
    when_full: Literal["refuse", "wait"] = Field(
        "refuse",
        description="What happens to members for whom no seat is free: `refuse` blocks the plan, `wait` puts them in line. A higher "
        "`priority` of a grant comes first, then who waits longer, then the order of the files. Nobody who has a seat loses it to them.",
    )
    claim_url: WebAddress | None = Field(
        None,
        description="With `delivered_by: vendor`: the address of the vendor's page where members claim their seats. Letters and "
        "pages lead there.",
    )
    open_url: WebAddress | None = Field(
        None, description="The address where members use this library. Their own page has a link to it."
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> LibraryEntry:
        if self.system is None and (self.kinds is None or self.delivery is None):
            fact = f"a library needs `system` ({', '.join(SYSTEMS)}), or both `kinds` and `delivery`"
            raise InvalidValue(fact, "Add `system:` with one of these.")
        if self.system is not None and (self.kinds is not None or self.delivery is not None):
            fact = "a library has either `system`, or `kinds` and `delivery`, not all of them"
            raise InvalidValue(fact, "Delete `system`, or delete `kinds` and `delivery`.")
        return self
