"""``seatsync.yaml``: read, checked by its model, and every fault told in plain words at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import is_slug, printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.formats import config as c
from seatsync.formats.fields import Fault
from seatsync.formats.location import Location, Path, locate
from seatsync.sources import yaml_tree
from seatsync.sources.files import NAME


def read_config(tree: yaml_tree.Node | None, found: list[Diagnostic]) -> c.SeatsyncFile | None:
    """The file by its model, of its ``tree``; ``found`` is what was wrong with the file when it was read.

    Where something is wrong with it, ``found`` says so, and the file is what is left without the faulty parts, so that the
    mistakes in other files are found in the same run. None where nothing can be made of it.
    """
    if tree is None and found:  # it could not be read
        return None
    if yaml_tree.plain(tree) is None:
        help = "`seatsync init` writes a folder to start from."
        found.append(
            Diagnostic(
                "invalid-value", f"{NAME} is empty; a mapping (key: value) is expected there.", help, Origin(NAME)
            )
        )
        return None
    values = _without_gaps(yaml_tree.plain(tree))
    try:
        return c.SeatsyncFile.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    found += _all_told(faults, tree)
    faulty = [(_located(details["loc"]).path, details["type"]) for details in faults]
    try:
        return c.SeatsyncFile.model_validate(_sound_part(values, tree, faulty))
    except ValidationError:
        return None


_STAND_INS: dict[str, Any] = {
    "version": 1,
    "institution": {
        "id": "unknown",
        "name": "Unknown",
        "admins": [{"given_name": "Nobody", "family_name": "Nobody", "email": "nobody@unknown.example"}],
    },
    "libraries": {},
}
_SOME_LIBRARY = {"title": "Unknown", "kinds": ["temporary"], "delivery": "claim", "slots": 0}


def _sound_part(values: Any, tree: yaml_tree.Node | None, faults: list[tuple[Path, str]]) -> dict[str, Any]:
    """The file without what is wrong in it, and with stand-ins for what can't be left out.

    A faulty entry of a list is taken out of the tree as well, so that the places of the others stay right.
    """
    sound = dict(values) if isinstance(values, dict) else {}
    entries: dict[str, set[int]] = {}
    for path, kind in faults:
        section, *inside = path or ("",)
        if kind == "extra_forbidden":
            _drop(sound, path)
        elif inside and isinstance(inside[0], int) and isinstance(sound.get(str(section)), list):
            entries.setdefault(str(section), set()).add(inside[0])
        elif section == "libraries" and inside and isinstance(sound.get("libraries"), dict):
            sound["libraries"] = {**sound["libraries"], inside[0]: _SOME_LIBRARY}
            if not is_slug(str(inside[0])):  # nothing can stand in for it, so the grants of it go unchecked
                del sound["libraries"][inside[0]]
                asked = sound.get("grants")
                entries.setdefault("grants", set()).update(
                    _naming(str(inside[0]), asked if isinstance(asked, list) else [])
                )
        else:
            sound.pop(str(section), None)
    for section, faulty in entries.items():
        node = tree.items.get(section) if isinstance(tree, yaml_tree.Mapping) else None
        if section in sound and isinstance(node, yaml_tree.Sequence):
            sound[section] = _without(sound[section], faulty)
            node.items = _without(node.items, faulty)
    if "libraries" not in sound:
        sound = {key: value for key, value in sound.items() if key not in ("grants", "approvals")}
    return {**_STAND_INS, **sound}


def _naming(library: str, grants: list[Any]) -> Iterator[int]:
    return (
        position for position, grant in enumerate(grants) if isinstance(grant, dict) and grant.get("library") == library
    )


def _drop(values: Any, path: Path) -> None:
    """Delete the key at ``path``, if what is around it is still there."""
    for step in path[:-1]:
        try:
            values = values[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(values, dict):
        values.pop(str(path[-1]), None)


def _without(entries: list[Any], faulty: set[int]) -> list[Any]:
    return [entry for position, entry in enumerate(entries) if position not in faulty]


def _without_gaps(value: Any) -> Any:
    """A key with nothing behind it counts as not given, so that its default holds or its lack is told.

    Not so the conditions of a grant: one that says nothing might reach too many, and is refused.
    """
    if isinstance(value, dict):
        return {key: item if key == "to" else _without_gaps(item) for key, item in value.items() if item is not None}
    return [_without_gaps(item) for item in value] if isinstance(value, list) else value


def _all_told(faults: list[ErrorDetails], tree: yaml_tree.Node | None) -> Iterator[Diagnostic]:
    """Each fault. A key that is missing beside one that is unknown is most likely the same mistake, and told with it."""
    missing: dict[Path, list[str]] = {}
    for details in faults:
        if details["type"] == "missing":
            missing.setdefault(details["loc"][:-1], []).append(str(details["loc"][-1]))
    told_there = {details["loc"][:-1] for details in faults if details["type"] == "extra_forbidden"}
    for details in faults:
        around = details["loc"][:-1]
        if details["type"] == "extra_forbidden":
            yield _unknown_key(details["loc"], missing.pop(around, []), tree)
        elif details["type"] != "missing" or around not in told_there:
            yield _told(details, tree)


def _unknown_key(loc: Path, missing: list[str], tree: yaml_tree.Node | None) -> Diagnostic:
    around, written = _located(loc[:-1]), str(loc[-1])
    path, known = (*around.path, written), list(around.model.model_fields) if around.model is not None else []
    names = " and ".join(f'"{name}"' for name in missing)
    beside = f", and {names} {'is' if len(missing) == 1 else 'are'} missing there" if missing else ""
    guess = did_you_mean(written, missing) or did_you_mean(written, known)
    message = f'"{printable(written)}" is not a key of {_spoken(around.path)}{beside}. {guess}'.rstrip()
    where = yaml_tree.place(tree, path, NAME, of_key=True)
    return Diagnostic("unknown-key", message, f"The keys here are {', '.join(known)}.", where)


def _told(details: ErrorDetails, tree: yaml_tree.Node | None) -> Diagnostic:
    path = _located(details["loc"]).path
    kind, context, given = details["type"], details.get("ctx", {}), details["input"]
    where = yaml_tree.place(tree, path, NAME, of_key="[key]" in details["loc"])
    if kind == "missing":
        if yaml_tree.find(tree, path) is not None:
            message = f'"{path[-1]}" has nothing behind it in {_spoken(path[:-1])}.'
            return Diagnostic("missing-key", message, "Write its value behind the colon.", where)
        message = f'"{path[-1]}" is missing in {_spoken(path[:-1])}.'
        return Diagnostic("missing-key", message, f"Add `{path[-1]}:`.", where)
    if kind in ("literal_error", "union_tag_invalid", "union_tag_not_found"):
        return _none_of(path, context, given, tree)
    fault = context.get("error")
    fact, mend = (str(fault), fault.mend) if isinstance(fault, Fault) else _PLAIN.get(kind, (details["msg"], _CORRECT))
    return Diagnostic("invalid-value", f"{_spoken(path)}: {fact}.", mend, where)


def _none_of(path: Path, context: Mapping[str, Any], given: Any, tree: yaml_tree.Node | None) -> Diagnostic:
    """A value that is none of a few words; for an approval the word is its ``refusal``."""
    if isinstance(given, dict):
        path, given = (*path, "refusal"), given.get("refusal")
    where = yaml_tree.place(tree, path, NAME)
    words = re.findall(r"'([^']+)'", str(context.get("expected") or context.get("expected_tags") or _APPROVABLE))
    if given is None:
        return Diagnostic(
            "missing-key", f'"refusal" is missing in {_spoken(path[:-1])}.', f"Write one of {', '.join(words)}.", where
        )
    message = (
        f'{_spoken(path)}: "{printable(str(given))}" is none of {", ".join(words)}. {did_you_mean(str(given), words)}'
    )
    return Diagnostic("invalid-value", message.rstrip(), "Write one of these.", where)


_APPROVABLE = "'too-many-revokes', 'empty-roster'"

_CORRECT = "Correct it."
_MAPPING = ("a mapping (key: value) is expected here", "Write its keys, each with a colon and a value.")
_PLAIN = {
    "bool_parsing": ("only true or false is possible here", "Write true or false."),
    "bool_type": ("only true or false is possible here", "Write true or false."),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "list_type": ("a list is expected here", "Write [a, b], or lines that begin with a hyphen."),
    "too_short": ("at least one is needed", "Add one."),
}


def _located(loc: Path) -> Location:
    return locate(c.SeatsyncFile, loc)


def _spoken(path: Path) -> str:
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if words else step
    return words or NAME
