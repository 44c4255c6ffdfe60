"""Find the place in a file, and its model, for an error from pydantic."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag

KeyPath = tuple[str | int, ...]


class Location(NamedTuple):
    """A place. ``path`` is pydantic's path without its names for variants and keys; ``model`` is the model of a mapping there."""

    path: KeyPath
    model: type[BaseModel] | None


def locate(file: type[BaseModel], loc: KeyPath) -> Location:
    """Follow pydantic's location ``loc`` through the fields of the model ``file``."""
    path: list[str | int] = []
    kind: Any = file
    for step in loc:
        options = _options(kind)
        chosen = [option for option in options if len(options) > 1 and step in _names(option)]
        if chosen:
            kind = chosen[0]
        elif step != "[key]":
            path.append(step)
            kind = _inside(options[0], step) if len(options) == 1 else None
    return Location(tuple(path), _model(kind))


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _model(kind: Any) -> type[BaseModel] | None:
    options = [_bare(option) for option in _options(kind)]
    is_one = len(options) == 1 and isinstance(options[0], type) and issubclass(options[0], BaseModel)
    return options[0] if is_one else None


def _options(kind: Any) -> tuple[Any, ...]:
    """Return the variants of a union, without None (pydantic's paths never name it); for other types the type itself."""
    bare = _bare(kind)
    if get_origin(bare) in (Union, UnionType):
        return tuple(option for option in get_args(bare) if option is not NoneType)
    return (kind,)


def _names(option: Any) -> set[Any]:
    """Return the names that pydantic may use for a variant: its tag, its discriminator value, or its class."""
    tags = {mark.tag for mark in getattr(option, "__metadata__", ()) if isinstance(mark, Tag)}
    model = _model(option)
    if model is None:
        return tags
    literals = [field.annotation for field in model.model_fields.values() if get_origin(field.annotation) is Literal]
    return tags | {model.__name__} | {value for literal in literals for value in get_args(literal)}


def _inside(kind: Any, step: str | int) -> Any:
    """Return the type at an index, a key or a field; None where there is none."""
    model = _model(kind)
    if model is not None:
        field = model.model_fields.get(str(step))
        return field.annotation if field is not None else None
    return get_args(_bare(kind))[-1] if get_origin(_bare(kind)) in (list, dict) else None
