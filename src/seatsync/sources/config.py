"""``seatsync.yaml``: read, checked by its model, and every fault told in plain words at its place."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.names import did_you_mean, printable
from seatsync.formats import config as c
from seatsync.sources import yaml_tree
from seatsync.sources.files import Folder

NAME = "seatsync.yaml"
_VARIANTS = frozenset({"rule", "file", "too-many-revokes", "empty-roster"})

Path = tuple[str | int, ...]


def read_config(folder: Folder) -> tuple[c.SeatsyncFile | None, yaml_tree.Node | None]:
    """The file by its model, and its tree (for places).

    Where something is wrong with it, ``folder.found`` says so, and the file is what is left without the faulty parts, so
    that the mistakes in other files are found in the same run. None where nothing can be made of it.
    """
    text = folder.read(NAME)
    if text is None:
        return None, None
    before = len(folder.found)
    tree = yaml_tree.parse(text, NAME, folder.found)
    if tree is None and len(folder.found) > before:
        return None, None
    values = _without_gaps(yaml_tree.plain(tree))
    try:
        return c.SeatsyncFile.model_validate(values), tree
    except ValidationError as error:
        faults = error.errors(include_url=False)
    folder.found += [_told(details, tree) for details in faults]
    try:
        return c.SeatsyncFile.model_validate(
            _sound_part(values, tree, [_path(details["loc"], tree) for details in faults])
        ), tree
    except ValidationError:
        return None, tree


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


def _sound_part(values: Any, tree: yaml_tree.Node | None, faults: list[Path]) -> dict[str, Any]:
    """The file without what is wrong in it, and with stand-ins for what can't be left out.

    A faulty entry of a list is taken out of the tree as well, so that the places of the others stay right.
    """
    sound = dict(values) if isinstance(values, dict) else {}
    entries: dict[str, set[int]] = {}
    for path in faults:
        section, *inside = path or ("",)
        if inside and isinstance(inside[0], int) and isinstance(sound.get(str(section)), list):
            entries.setdefault(str(section), set()).add(inside[0])
        elif section == "libraries" and inside and isinstance(sound.get("libraries"), dict):
            sound["libraries"] = {**sound["libraries"], inside[0]: _SOME_LIBRARY}
        else:
            sound.pop(str(section), None)
    for section, faulty in entries.items():
        if section not in sound:
            continue
        sound[section] = _without(sound[section], faulty)
        node = tree.items[section] if isinstance(tree, yaml_tree.Mapping) else None
        if isinstance(node, yaml_tree.Sequence):
            node.items = _without(node.items, faulty)
    if "libraries" not in sound:
        sound = {key: value for key, value in sound.items() if key not in ("grants", "approvals")}
    return {**_STAND_INS, **sound}


def _without(entries: list[Any], faulty: set[int]) -> list[Any]:
    return [entry for position, entry in enumerate(entries) if position not in faulty]


def _without_gaps(value: Any) -> Any:
    """A key with nothing behind it counts as not given, so that its default holds or its lack is told."""
    if isinstance(value, dict):
        return {key: _without_gaps(item) for key, item in value.items() if item is not None}
    return [_without_gaps(item) for item in value] if isinstance(value, list) else value


def _told(details: ErrorDetails, tree: yaml_tree.Node | None) -> Diagnostic:
    path = _path(details["loc"], tree)
    kind, context, given = details["type"], details.get("ctx", {}), details["input"]
    name = str(path[-1]) if path else "the file"
    if kind == "extra_forbidden":
        known = _known_keys(path[:-1])
        message = f'"{printable(name)}" is not a key of {_spoken(path[:-1])}. {did_you_mean(name, known)}'.rstrip()
        return Diagnostic("unknown-key", message, _one_of(known), yaml_tree.place(tree, path, NAME, of_key=True))
    if kind == "missing":
        message = f'"{name}" is missing {_within(path[:-1])}.'
        return Diagnostic("missing-key", message, f"Add `{name}:`.", yaml_tree.place(tree, path, NAME))
    where = yaml_tree.place(tree, path, NAME)
    if kind == "value_error":
        said = str(context["error"])
        return Diagnostic("invalid-value", f"{_spoken(path)}: {said}.", "Correct the value.", where)
    if kind in ("literal_error", "union_tag_invalid"):
        allowed = str(context.get("expected") or context.get("expected_tags"))
        message = f'{_spoken(path)}: "{printable(str(given))}" is none of the values that are known: {allowed}.'
        if kind == "union_tag_invalid":
            message = f"{_spoken(path)}: `refusal` must be one of {allowed}."
        near = did_you_mean(str(given), [word.strip("' ") for word in allowed.replace(" or ", ",").split(",")])
        return Diagnostic("invalid-value", message, near or "Write one of these.", where)
    if kind == "union_tag_not_found":
        return Diagnostic(
            "missing-key", f'{_spoken(path)}: "refusal" is missing.', "Say which refusal this lets pass.", where
        )
    return Diagnostic(
        "invalid-value", f"{_spoken(path)}: {_PLAIN.get(kind, details['msg'])}.", "Correct the value.", where
    )


_PLAIN = {
    "bool_parsing": "only true or false is possible here",
    "bool_type": "only true or false is possible here",
    "dict_type": "a mapping (key: value) is expected here",
    "model_type": "a mapping (key: value) is expected here",
    "list_type": "a list is expected here: [a, b], or lines that begin with a hyphen",
    "too_short": "at least one is needed",
    "model_attributes_type": "a mapping (key: value) is expected here",
}


def _path(loc: Path, tree: yaml_tree.Node | None) -> Path:
    """Pydantic's location without the names it gives to variants and to keys."""
    path: list[str | int] = []
    node = tree
    for step in loc:
        inside = (isinstance(node, yaml_tree.Mapping) and step in node.items) or isinstance(step, int)
        if (step in _VARIANTS and not inside) or step == "[key]":
            continue
        path.append(step)
        if isinstance(node, yaml_tree.Mapping) and isinstance(step, str):
            node = node.items.get(step)
        elif isinstance(node, yaml_tree.Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            node = None
    return tuple(path)


_MODELS: dict[str, list[type[BaseModel]]] = {
    "institution": [c.InstitutionEntry],
    "contacts": [c.ContactEntry],
    "admins": [c.AdminEntry],
    "libraries": [c.LibraryEntry],
    "rosters": [c.RosterEntry],
    "grants": [c.GrantEntry, c.GrantsFile],
    "to": [c.To],
    "invites": [c.InvitesEntry],
    "limits": [c.LimitsEntry],
    "approvals": [c.RevokesApproval, c.EmptyRosterApproval],
}


def _known_keys(path: Path) -> list[str]:
    """The keys that a mapping at ``path`` may have."""
    if not path:
        return list(c.SeatsyncFile.model_fields)
    nearest = next((_MODELS[str(step)] for step in reversed(path) if step in _MODELS), [])
    return list(dict.fromkeys(name for model in nearest for name in model.model_fields))


def _within(path: Path) -> str:
    return f"in {_spoken(path)}"


def _spoken(path: Path) -> str:
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if words else step
    return words or NAME


def _one_of(known: list[str]) -> str:
    return f"The keys here are {', '.join(known)}." if known else "Delete it."
