"""Where in a file pydantic found an error, and what may stand there."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag

Path = tuple[str | int, ...]


class Location(NamedTuple):
    """``path`` is pydantic's without the names it gives to variants and keys; ``model`` is that of the mapping there, if any."""

    path: Path
    model: type[BaseModel] | None


def locate(file: type[BaseModel], loc: Path) -> Location:
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
    """The variants of a union without None, of which pydantic says nothing; of everything else that alone."""
    bare = _bare(kind)
    if get_origin(bare) in (Union, UnionType):
        return tuple(option for option in get_args(bare) if option is not NoneType)
    return (kind,)


def _names(option: Any) -> set[Any]:
    """What pydantic may call a variant: its tag, the value that tells it from others, or its class."""
    tags = {mark.tag for mark in getattr(option, "__metadata__", ()) if isinstance(mark, Tag)}
    model = _model(option)
    if model is None:
        return tags
    told = [field.annotation for field in model.model_fields.values() if get_origin(field.annotation) is Literal]
    return tags | {model.__name__} | {value for literal in told for value in get_args(literal)}


def _inside(kind: Any, step: str | int) -> Any:
    """What is at an index, a key or a field."""
    model = _model(kind)
    if model is not None:
        field = model.model_fields.get(str(step))
        return field.annotation if field is not None else None
    return get_args(_bare(kind))[-1] if get_origin(_bare(kind)) in (list, dict) else None
