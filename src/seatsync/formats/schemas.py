"""Generate the files' JSON Schemas (2020-12) from the models."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from seatsync.formats.config import SeatsyncFile
from seatsync.formats.outcome import OutcomeFile
from seatsync.formats.plan import PlanFile
from seatsync.formats.roster import RosterFile
from seatsync.formats.year import YearFile

HOME = "https://raw.githubusercontent.com/seatsync/seatsync/main/schemas"
SCHEMAS: dict[str, type[BaseModel]] = {
    "seatsync": SeatsyncFile,
    "roster": RosterFile,
    "plan": PlanFile,
    "outcome": OutcomeFile,
    "year": YearFile,
}


def schema(name: str) -> dict[str, Any]:
    """Return the schema called ``name``.

    Raises:
        KeyError: there is no such schema.
    """
    document = SCHEMAS[name].model_json_schema(mode="validation", schema_generator=_Titled)
    place = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{HOME}/{name}.schema.json"}
    return {**place, **document, "title": f"seatsync {name} file"}


def schema_text(name: str) -> str:
    """Return the schema's text, as in the files in ``schemas/``."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


class _Titled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes from field names: they are noise in an editor's help."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
