"""Read ``seatsync.yaml``, check it against its model, and report every fault in plain words at its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seatsync.domain.diagnostic import Diagnostic, named
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import is_slug, printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.formats import config as c
from seatsync.formats.fields import InvalidValue
from seatsync.formats.location import KeyPath, Location, locate
from seatsync.sources import yaml_tree
from seatsync.sources.files import NAME


def read_config(tree: yaml_tree.Node | None, found: list[Diagnostic]) -> c.SeatsyncFile | None:
    """Return the file's model, built from its ``tree``.

    ``found`` already has the errors from reading the file; this function adds the faults of its values. Faulty parts are
    left out of the model, so that the same run finds the mistakes in other files. None where nothing usable is left.
    """
    if tree is None and found:  # the file could not be read
        return None
    values = yaml_tree.plain(tree)
    if values is None:
        help = "Run `seatsync init` to create a folder to start from."
        found.append(
            Diagnostic("invalid-value", f"{NAME} is empty; it must be a mapping (key: value).", help, Origin(NAME))
        )
        return None
    values = _without_gaps(values)
    try:
        return c.SeatsyncFile.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    found += _diagnostics(faults, tree)
    faulty = [(_located(details["loc"]).path, details["type"]) for details in faults]
    try:
        return c.SeatsyncFile.model_validate(_sound_part(values, tree, faulty))
    except ValidationError:
        return None


def unknown_library(id: str, libraries: Collection[str], where: Origin) -> Diagnostic:
    """The error that an entry names a library that the file does not have."""
    message = f'"{printable(id)}" is not a library of this file. {did_you_mean(id, libraries)}'.rstrip()
    return Diagnostic("unknown-library", message, f"The libraries are {named([*libraries], 20) or 'none'}.", where)


_STAND_INS: dict[str, Any] = {
    "version": 1,
    "institution": {
        "id": "unknown",
        "name": "Unknown",
        "admins": [{"given_name": "Nobody", "family_name": "Nobody", "email": "nobody@unknown.example"}],
    },
    "libraries": {},
}
_SOME_TERM = {"from": "2000-01-01", "until": "9999-12-31"}
_SOME_LIBRARY = {
    "title": "Unknown",
    "kinds": ["temporary"],
    "delivery": "claim",
    "slots": 0,
    "delivered_by": "seatsync",
}


def _sound_part(values: Any, tree: yaml_tree.Node | None, faults: list[tuple[KeyPath, str]]) -> dict[str, Any]:
    """Return the values without the faulty parts, with stand-ins for the required ones.

    A faulty entry of a list is also removed from the tree, so that the places of the other entries stay right.
    """
    sound = dict(values) if isinstance(values, dict) else {}
    entries: dict[str, set[int]] = {}
    for path, kind in faults:
        section, *inside = path or ("",)
        if kind == "extra_forbidden":
            _drop(sound, path)
        elif inside and isinstance(inside[0], int) and isinstance(sound.get(str(section)), list):
            entries.setdefault(str(section), set()).add(inside[0])
        elif section in _BY_ID and inside and isinstance(sound.get(section), dict):
            key, stand_in = _BY_ID[section]
            sound[section] = {**sound[section], inside[0]: stand_in}
            if not is_slug(str(inside[0])):  # it can't have a stand-in, so its grants stay unchecked
                del sound[section][inside[0]]
                entries.setdefault("grants", set()).update(_grants_of(key, str(inside[0]), sound.get("grants")))
        else:
            sound.pop(str(section), None)
    for section, faulty in entries.items():
        node = tree.items.get(section) if isinstance(tree, yaml_tree.MappingNode) else None
        if section in sound and isinstance(node, yaml_tree.SequenceNode):
            sound[section] = _without(sound[section], faulty)
            node.items = _without(node.items, faulty)
    if isinstance(values, dict) and "terms" in values and "terms" not in sound:
        sound.pop("grants", None)
    if "libraries" not in sound:
        sound = {key: value for key, value in sound.items() if key not in ("grants", "approvals", "exports")}
    return {**_STAND_INS, **sound}


_BY_ID = {"libraries": ("library", _SOME_LIBRARY), "terms": ("term", _SOME_TERM)}
"""The sections whose entries grants name: by which key, and what stands in for a faulty one."""


def _grants_of(key: str, id: str, grants: Any) -> Iterator[int]:
    entries = grants if isinstance(grants, list) else []
    return (position for position, grant in enumerate(entries) if isinstance(grant, dict) and grant.get(key) == id)


def _drop(values: Any, path: KeyPath) -> None:
    """Delete the key at ``path``, if its parents still exist."""
    for step in path[:-1]:
        try:
            values = values[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(values, dict):
        values.pop(str(path[-1]), None)


def _without(entries: list[Any], faulty: set[int]) -> list[Any]:
    return [entry for position, entry in enumerate(entries) if position not in faulty]


_GAPS_COUNT = frozenset({"to", "map", "tags_from", "brand"})


def _without_gaps(value: Any) -> Any:
    """Drop keys without a value, so that their default counts or they are reported as missing.

    The conditions of a grant (``to``) are kept: an empty one might reach too many members, so the model rejects it. So are the
    fields that a roster is told not to read (``map``), the tags that it is told not to make (``tags_from``), and the colour of a
    ``brand``, because a # without quotes begins a comment.
    """
    if isinstance(value, dict):
        return {
            key: item if key in _GAPS_COUNT else _without_gaps(item) for key, item in value.items() if item is not None
        }
    return [_without_gaps(item) for item in value] if isinstance(value, list) else value


def _diagnostics(faults: list[ErrorDetails], tree: yaml_tree.Node | None) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each fault; an unknown key and a missing one in the same mapping share one.

    They are most likely the same mistake.
    """
    missing: dict[KeyPath, list[str]] = {}
    for details in faults:
        if details["type"] == "missing":
            missing.setdefault(details["loc"][:-1], []).append(str(details["loc"][-1]))
    with_unknown_key = {details["loc"][:-1] for details in faults if details["type"] == "extra_forbidden"}
    for details in faults:
        around = details["loc"][:-1]
        if details["type"] == "extra_forbidden":
            yield _unknown_key(details["loc"], missing.pop(around, []), tree)
        elif details["type"] != "missing" or around not in with_unknown_key:
            yield _diagnostic(details, tree)


def _unknown_key(loc: KeyPath, missing: list[str], tree: yaml_tree.Node | None) -> Diagnostic:
    around, written = _located(loc[:-1]), str(loc[-1])
    path, known = (*around.path, written), _keys(around.model) if around.model is not None else []
    names = " and ".join(f'"{name}"' for name in missing)
    lacks = f", and {names} {'is' if len(missing) == 1 else 'are'} missing there" if missing else ""
    guess = did_you_mean(written, missing) or did_you_mean(written, known)
    message = f'"{printable(written)}" is not a key of {_as_text(around.path)}{lacks}. {guess}'.rstrip()
    where = yaml_tree.place(tree, path, NAME, of_key=True)
    return Diagnostic("unknown-key", message, f"The keys here are {', '.join(known)}.", where)


def _keys(model: type[BaseModel]) -> list[str]:
    """The keys of a mapping, as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _diagnostic(details: ErrorDetails, tree: yaml_tree.Node | None) -> Diagnostic:
    path, model = _located(details["loc"])
    kind, context, given = details["type"], details.get("ctx", {}), details["input"]
    where = yaml_tree.place(tree, path, NAME, of_key="[key]" in details["loc"])
    if kind == "missing":
        if yaml_tree.find(tree, path) is not None:
            message = f'"{path[-1]}" has no value in {_as_text(path[:-1])}.'
            return Diagnostic("missing-key", message, "Write its value after the colon.", where)
        message = f'"{path[-1]}" is missing in {_as_text(path[:-1])}.'
        return Diagnostic("missing-key", message, f"Add `{path[-1]}:`.", where)
    if kind in ("literal_error", "union_tag_invalid", "union_tag_not_found"):
        return _not_one_of(path, context, given, tree)
    error = context.get("error")
    if isinstance(error, InvalidValue):
        fact, help = str(error), error.help
    else:
        fact, help = _PLAIN.get(kind, (details["msg"], "Correct it."))
        if kind in _OF_A_MAPPING and model is not None:
            help += f" The keys here are {', '.join(_keys(model))}."
    return Diagnostic("invalid-value", f"{_as_text(path)}: {fact}.", help, where)


def _not_one_of(path: KeyPath, context: Mapping[str, Any], given: Any, tree: yaml_tree.Node | None) -> Diagnostic:
    """Report a value that is not one of the allowed words; of an approval, the value is its ``refusal``."""
    if isinstance(given, dict):
        path, given = (*path, "refusal"), given.get("refusal")
    where = yaml_tree.place(tree, path, NAME)
    words = re.findall(r"'([^']+)'", str(context.get("expected") or context.get("expected_tags") or _APPROVABLE))
    if given is None:
        return Diagnostic(
            "missing-key", f'"refusal" is missing in {_as_text(path[:-1])}.', f"Write one of {', '.join(words)}.", where
        )
    message = (
        f'{_as_text(path)}: "{printable(str(given))}" is not one of {", ".join(words)}. '
        f"{did_you_mean(str(given), words)}"
    )
    return Diagnostic("invalid-value", message.rstrip(), "Write one of these.", where)


_APPROVABLE = "'too-many-revokes', 'empty-roster', 'identity-changed'"

_MAPPING = ("a mapping (key: value) is expected here", "Write its keys, each with a colon and a value.")
_OF_A_MAPPING = ("dict_type", "model_type", "model_attributes_type")
_PLAIN = {
    "bool_parsing": ("the value must be true or false", "Write true or false."),
    "bool_type": ("the value must be true or false", "Write true or false."),
    **dict.fromkeys(_OF_A_MAPPING, _MAPPING),
    "list_type": ("a list is expected here", "Write [a, b], or lines that begin with a hyphen."),
    "too_short": ("at least one is needed", "Add one."),
}


def _located(loc: KeyPath) -> Location:
    return locate(c.SeatsyncFile, loc)


def _as_text(path: KeyPath) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text or NAME
