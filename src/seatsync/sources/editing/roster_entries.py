"""Add a roster to seatsync.yaml, change how one is read, and remove its entry."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from seatsync.domain.diagnostic import counted
from seatsync.domain.text.characters import printable
from seatsync.sources.editing.config import EditedConfig
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.yaml_values import Plain
from seatsync.sources.load import Loaded
from seatsync.sources.rosters.told import left_out, notices

Keys = Mapping[str, object]
"""What an entry says beside its path: text, a list of words, or a mapping of them."""


def add(config: EditedConfig, name: str, keys: Keys, files: Mapping[str, bytes]) -> None:
    """Name a roster in seatsync.yaml, and put its ``files`` (path → bytes) into the folder.

    Raises:
        CannotEdit: it is named already and read otherwise, or another file is in the place of one.
    """
    position = _position(config, name)
    keys = _as_written(keys)
    if position is not None:
        _check_says(config, position, name, keys)
        return
    for path, data in files.items():
        config.files.create(path, data)
    if files:
        config.say(f"{name} is a copy.")
    config.edits.append(("rosters",), {"path": name, **keys})
    config.afterwards(partial(_tell, config, name))


def change(config: EditedConfig, names: Collection[str], keys: Keys, drop: Sequence[str]) -> None:
    """Give a roster's entry these ``keys``, and take away those to ``drop``: ``sheet``, ``map`` or ``map.email``.

    Raises:
        CannotEdit: it is not named, or does not have such a key.
    """
    name, position = _named(config, names)
    path = ("rosters", position)
    for key, value in _as_written(keys).items():
        _give(config, (*path, key), value)
    for text in drop:
        _drop(config, path, name, text)
    if not keys and not drop:
        raise CannotEdit("Nothing was given that could be changed.", "Give --map, --take, --tag or another option.")
    config.afterwards(partial(_tell, config, name))


def remove(config: EditedConfig, names: Collection[str]) -> None:
    """Take the entry of a roster out of seatsync.yaml. Its file stays.

    Raises:
        CannotEdit: it is not named.
    """
    name, position = _named(config, names)
    config.edits.remove(("rosters",), position)
    config.say(f"{name} stays where it is, and is no roster any more. Delete it if nobody needs it.")


def _position(config: EditedConfig, *names: str) -> int | None:
    wanted = {os.path.realpath(config.files.path / name) for name in names}
    for position, entry in enumerate(_entries(config)):
        if os.path.realpath(config.files.path / str(entry.get("path"))) in wanted:
            return position
    return None


def _entries(config: EditedConfig) -> list[dict[str, Any]]:
    entries = config.written("rosters")
    return [one if isinstance(one, dict) else {} for one in entries] if isinstance(entries, list) else []


def _named(config: EditedConfig, names: Collection[str]) -> tuple[str, int]:
    position = _position(config, *names)
    if position is None:
        rosters = ", ".join(str(one.get("path")) for one in _entries(config)) or "none"
        fact = f"{printable(next(iter(names)))} is not a roster of seatsync.yaml. The rosters are {rosters}."
        raise CannotEdit(fact, "Correct the path; or add it first: `seatsync edit roster add`.")
    return str(_entries(config)[position]["path"]), position


def _check_says(config: EditedConfig, position: int, name: str, keys: Keys) -> None:
    """Check that the entry of a roster says all of these ``keys``."""
    entry = _entries(config)[position]
    place = config.line("rosters", position)
    if any(entry.get(key) != value for key, value in keys.items()):
        help = "Change how it is read: `seatsync edit roster set`, with the same options."
        raise CannotEdit(f"{name} is a roster already ({place}), and is read otherwise.", help)
    config.say(f"{name} is a roster already ({place}).")


def _give(config: EditedConfig, path: tuple[str | int, ...], value: Any) -> None:
    """Have ``value`` written at ``path`` of an entry: of a mapping only the keys that it has, a list as a whole."""
    has = config.written(*path)
    if has == value and (value is not None or _is_there(config, path)):
        return
    if isinstance(value, dict) and isinstance(has, dict) and has:
        for key, inner in value.items():
            _give(config, (*path, key), inner)
    elif isinstance(value, list) and isinstance(has, list) and has:
        gone, new = (
            [at for at, item in enumerate(has) if item not in value],
            [item for item in value if item not in has],
        )
        for at, item in zip(gone, new, strict=False):
            config.edits.give((*path, at), item)
        for at in gone[len(new) :]:
            config.edits.remove(path, at)
        for item in new[len(gone) :]:
            config.edits.append(path, item)
    elif _is_there(config, path) and not isinstance(value, dict | list):
        config.edits.give(path, value)
    elif _is_there(config, path):
        raise CannotEdit(f"`{path[-1]}` at {config.line(*path)} has no value.", "Write it by hand, or delete the key.")
    else:
        config.edits.add_key(path[:-1], str(path[-1]), value)


def _is_there(config: EditedConfig, path: tuple[str | int, ...]) -> bool:
    around = config.written(*path[:-1])
    return isinstance(around, dict) and path[-1] in around


def _drop(config: EditedConfig, entry: tuple[str | int, ...], name: str, text: str) -> None:
    path = (*entry, *text.split(".", 1))
    if path[-1] == "path" or not _is_there(config, path):
        config.say(f"The entry of {name} has no `{text}` that could go.")
        return
    around = config.written(*path[:-1])
    if len(path) > len(entry) + 1 and isinstance(around, dict) and len(around) == 1:
        path = path[:-1]
    config.edits.drop_key(path[:-1], str(path[-1]))


def _as_written(value: Any) -> Any:
    """Return the value as it is written in YAML."""
    if isinstance(value, Mapping):
        return {key: _as_written(one) for key, one in value.items()}
    return Plain("false") if value is False else value


def _tell(config: EditedConfig, name: str, loaded: Loaded) -> None:
    """Say how many members the roster has, and who was left out."""
    assert loaded.desired is not None
    for roster in loaded.desired.rosters:
        if roster.path == name:
            config.say(f"{counted(roster.count, 'member')} in {name}.")
    for reader in loaded.rosters:
        config.told += (*left_out(reader), *notices(reader)) if reader.file == name else ()
