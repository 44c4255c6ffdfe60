"""How a new roster is to be read, as options: for ``init --roster`` and ``edit roster``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple, cast

import click

from seatsync.cli.options import Command, option, with_options


class Reading(NamedTuple):
    """How the rosters are to be read: ``KEY=VALUE`` for each key of `map:`, `take:` and `tags_from:`, a sheet and a format."""

    map: Sequence[str] = ()
    take: Sequence[str] = ()
    tags_from: Sequence[str] = ()
    sheet: str | None = None
    format: str | None = None

    def keys(self, encoding: str | None) -> dict[str, object]:
        """Return the keys of a roster's entry in seatsync.yaml."""
        take = {key: [word.strip() for word in words.split(",")] for key, words in _pairs("--take", self.take)}
        map = {key: value or None for key, value in _pairs("--map", self.map)}
        tags = {key: value or False for key, value in _pairs("--tags-from", self.tags_from)}
        keys: Mapping[str, object] = {
            "encoding": encoding,
            "sheet": self.sheet,
            "format": self.format,
            "map": map,
            "take": take,
            "tags_from": tags,
        }
        return {key: value for key, value in keys.items() if value}


HOW_TO_SAY = (
    "What a message wants under `map:`, `take:` or `tags_from:`, say here: --map 'email={Username}@school.example', "
    "--map status= (not read), --take 'status=active,on leave', --tags-from 'class={Class}'; and `encoding:`, `sheet:` and "
    "`format:` as --encoding, --sheet and --format."
)


class FormatName(click.ParamType[str]):
    """The name of a format of rosters."""

    name = "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from seatsync.domain.text.guesses import did_you_mean
        from seatsync.formats.roster_entry import FORMATS

        if value not in FORMATS:
            guess = did_you_mean(str(value), FORMATS)
            self.fail(f'"{value}" is not a format. {guess} The formats are {", ".join(FORMATS)}.', param, ctx)
        return str(value)


def reading_options(of: str, when: str = "") -> Callable[[Command], Command]:
    """Add the options that say how rosters are read; the command gets them as ``reading``.

    ``of`` is the part of their environment variables, ``when`` begins their help.
    """

    def one(*names: str, help: str, **settings: Any) -> Callable[[Any], Any]:
        return option(*names, of=of, help=f"{when}{help}" if when else help[0].upper() + help[1:], **settings)

    def decorate(command: Command) -> Command:
        @wraps(command)
        def wrapper(*args: Any, roster_format: str | None, **rest: Any) -> Any:
            given = {name: rest.pop(name) for name in ("map", "take", "tags_from", "sheet")}
            return command(*args, reading=Reading(**given, format=roster_format), **rest)

        options = [
            one("--map", multiple=True, metavar="FIELD=COLUMN", help="where a field is, as under `map:`."),
            one("--take", multiple=True, metavar="WHAT=WORD[,WORD]", help="who is a member, as under `take:`."),
            one("--tags-from", multiple=True, metavar="TAG=COLUMN", help="tags from columns, as under `tags_from:`."),
            one("--sheet", metavar="NAME", help="the sheet of a workbook, if several have a header that fits."),
            one("--format", "roster_format", type=FormatName(), help="the format, if another one is recognized."),
        ]
        return with_options(cast(Command, wrapper), options)

    return decorate


def _pairs(option: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    """Take ``KEY=VALUE`` apart.

    Raises:
        BadParameter: there is no `=`.
    """
    pairs = [text.partition("=") for text in texts]
    for text, (key, equals, _) in zip(texts, pairs, strict=True):
        if not key.strip() or not equals:
            raise click.BadParameter(f'"{text}" can\'t be read. Write KEY=VALUE.', param_hint=option)
    return [(key.strip(), value.strip()) for key, _, value in pairs]
