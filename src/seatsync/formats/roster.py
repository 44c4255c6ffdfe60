"""The model of YAML rosters, used for their schema. The fields come from ``Person``; ``sources`` reads the rows."""

from __future__ import annotations

from types import GenericAlias
from typing import Any, get_type_hints

from pydantic import BaseModel, Field, RootModel, create_model

from seatsync.domain.person import REQUIRED, Person
from seatsync.formats.fields import AnyText, Closed, Email, Tag


def _field(name: str, description: str) -> Any:
    """Return a field's type and its pydantic ``Field``."""
    if name == "tags":
        return list[Tag], Field([], description=description)
    if name in REQUIRED:
        return Email if name == "email" else AnyText, Field(description=description)
    return AnyText | None, Field(None, description=description)


_FIELDS: Any = {
    name: _field(name, *hint.__metadata__) for name, hint in get_type_hints(Person, include_extras=True).items()
}
_ENTRY = create_model("RosterMemberEntry", __base__=Closed, __doc__="One member.", **_FIELDS)
_ENTRIES: Any = GenericAlias(list, (_ENTRY,))

RosterFile: type[BaseModel] = create_model(
    "RosterFile",
    __base__=RootModel,
    __doc__="A YAML roster: a list of members.",
    root=(_ENTRIES, ...),
)
