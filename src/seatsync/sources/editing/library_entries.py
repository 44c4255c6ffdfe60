"""Add a library to seatsync.yaml, change its seats or title, and remove it."""

from __future__ import annotations

from collections.abc import Mapping

from seatsync.domain.text.characters import is_slug, printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.sources.editing.config import EditedConfig
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.yaml_values import Plain

_SECTION = "libraries"


def add(config: EditedConfig, id: str, values: Mapping[str, str]) -> None:
    """Add a library with these values: title, system, slots and delivered_by. Without a title it is called like its id.

    Where all libraries so far say the same `delivered_by`, so does this one.

    Raises:
        CannotEdit: the id can't be one, or is that of a library with other values.
    """
    if not is_slug(id):
        help = "Use lower-case letters, digits and single hyphens, at most 63 characters."
        raise CannotEdit(f'"{printable(id)}" can\'t be the id of a library.', help)
    libraries = _libraries(config)
    if id in libraries:
        place = config.line(_SECTION, id)
        if any(libraries[id].get(key) != value for key, value in values.items()):
            help = "Change it: `seatsync edit library set`."
            raise CannotEdit(f"{id} is a library already ({place}), and is described otherwise.", help)
        config.say(f"{id} is a library already ({place}).")
        return
    entry = {"title": id.replace("-", " ").title(), **values}
    deliveries = {one.get("delivered_by") for one in libraries.values()}
    if "delivered_by" not in entry and len(deliveries) == 1 and (same := next(iter(deliveries))):
        entry["delivered_by"] = same
        config.say(f"{id} is delivered by {same}, like the other libraries.")
    written = {key: entry[key] for key in ("title", "system", "slots", "delivered_by") if key in entry}
    config.edits.add_key((_SECTION,), id, {**written, "slots": Plain(entry["slots"])})


def change(config: EditedConfig, id: str, values: Mapping[str, str]) -> None:
    """Give a library these values: slots, title or delivered_by.

    Raises:
        CannotEdit: there is no such library, or its seats are a list of purchases.
    """
    has = _library(config, id)
    for key, value in values.items():
        if has.get(key) == value:
            config.say(f"{id} has `{key}: {value}` already.")
        elif key in has:
            if not isinstance(has[key], str):
                raise CannotEdit(
                    f"{id} has a list of purchases under `{key}`.", "Change the purchase by hand, or add another one."
                )
            config.edits.give((_SECTION, id, key), Plain(value) if key == "slots" else value)
        else:
            config.edits.add_key((_SECTION, id), key, value)


def remove(config: EditedConfig, id: str) -> None:
    """Remove a library. Grants of it must be gone before, which the check of the changed files says.

    Raises:
        CannotEdit: there is no such library.
    """
    _library(config, id)
    config.edits.drop_key((_SECTION,), id)


def _libraries(config: EditedConfig) -> dict[str, dict[str, str]]:
    libraries = config.written(_SECTION)
    entries = libraries if isinstance(libraries, dict) else {}
    return {id: entry if isinstance(entry, dict) else {} for id, entry in entries.items()}


def _library(config: EditedConfig, id: str) -> dict[str, str]:
    libraries = _libraries(config)
    if id not in libraries:
        fact = f'"{printable(id)}" is not a library of seatsync.yaml. {did_you_mean(id, libraries)}'.rstrip()
        raise CannotEdit(fact, f"The libraries are {', '.join(libraries) or 'none'}.")
    return libraries[id]
