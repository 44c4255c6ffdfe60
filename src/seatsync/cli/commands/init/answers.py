"""What the exports do not say of an institution: given by options, or asked on a terminal. Nothing is guessed silently."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

import click

from seatsync.cli.commands.init.reading import Adopted, Source
from seatsync.cli.commands.init.values import Given, person_values, timezone_values
from seatsync.domain.diagnostic import counted
from seatsync.domain.fields import MAX_NUMBER
from seatsync.domain.library import DeliveredBy, Library
from seatsync.domain.text.characters import clean, text_fault
from seatsync.domain.text.guesses import did_you_mean
from seatsync.reports.sentences import folded, say
from seatsync.sources.tables.table import squeezed
from seatsync.systems.registry import SYSTEMS
from seatsync.systems.system import System

Value = TypeVar("Value")


class Answers(NamedTuple):
    """The libraries with system and number of seats, and the values of the institution for the new seatsync.yaml."""

    libraries: Mapping[str, Library]
    values: Mapping[str, str]


def titles_of(sources: Sequence[Source], given: Given) -> dict[str, str]:
    """Return the library's title of each export that does not name its library, by path.

    Raises:
        UsageError: a title is missing and cannot be asked, or can't be one, or there are too many.
    """
    needing = [source for source in sources if "" in source.titles]
    lists = [source for source in sources if not source.titles]  # of people, or of who holds a license of one library
    given_titles = [_title(title) for title in given.library]
    if more := given_titles[len(needing) + len(lists) :]:
        raise click.UsageError(
            f'There is no export for --library "{more[0]}". Give it once for each export that does not name its library.'
        )
    told = {source.path: title for source, title in zip([*needing, *lists], given_titles, strict=False)}
    return told | {source.path: _asked_title(source) for source in needing if source.path not in told}


def _title(title: str) -> str:
    if not clean(title) or text_fault(clean(title)):
        raise click.BadParameter("use a title with visible characters only", param_hint="--library")
    return clean(title)


def _asked_title(source: Source) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"{source.path} does not say which library its licenses are of. To fix: Give its title as the portal has it: "
            '--library "Biblical Studies".'
        )
    question = f"Which library are the licenses in {source.path} of? Its title, as the portal has it"
    answer: str = click.prompt(folded(question, sys.stderr), value_proc=_title, err=True)
    return answer


def answered(adopted: Adopted, given: Given) -> Answers:
    """Return what the exports do not say: given, clear from what somebody has, or answered on a terminal.

    Raises:
        UsageError: something is missing and cannot be asked, or cannot be true.
    """
    systems = _by_library(given.system, "--system", adopted, SYSTEMS.get)
    slots = _by_library(given.slots, "--slots", adopted, _number)
    can_ask = sys.stdin.isatty()
    libraries, missing = {}, []
    for id, library in adopted.libraries.items():
        used = len(adopted.held(id))
        system = _system(systems.get(id), adopted, id) or (_asked_system(adopted, id) if can_ask else None)
        number = slots[id] if id in slots else _asked_slots(library, used) if can_ask else None
        if system is None:
            missing.append(f"--system {id}={' or '.join(map(_with_kinds, adopted.systems(id)))}")
        if number is None:
            in_use = f"; {used:,} in use" if adopted.exports else ""
            missing.append(f"--slots {id}=NUMBER (as many as were bought{in_use})")
        elif number < used:
            in_use = f"{counted(used, 'seat')} of {library.title} are in use in the exports"
            raise click.UsageError(f"{in_use}, more than --slots {id}={number}.")
        elif system is not None:
            libraries[id] = replace(
                library, system=system.name, kinds=system.kinds, slots=number, delivered_by=DeliveredBy.VENDOR
            )
    admin = person_values(given.admin) if given.admin else _asked_admin() if can_ask else {}
    if not admin:
        missing.append('--admin "NAME <EMAIL>" (who may sign in to the pages)')
    if missing:
        fact = "The exports do not say everything" if adopted.exports else "Something is missing to start from"
        raise click.UsageError(f"{fact}. To fix: Add {', '.join(missing)}.")
    zone = _asked_timezone() if can_ask and given.timezone is None else {}
    return Answers(libraries, {**admin, **zone})


def _by_library(
    options: Iterable[str], name: str, adopted: Adopted, read: Callable[[str], Value | None]
) -> dict[str, Value]:
    """The values of an option by library. Without a library's name, the value is for the only one."""
    ids = {squeezed(library.title): id for id, library in adopted.libraries.items()}
    ids |= {squeezed(id): id for id in adopted.libraries}
    only = next(iter(adopted.libraries)) if len(adopted.libraries) == 1 else None
    found: dict[str, Value] = {}
    for option in options:
        library, _, value = option.rpartition("=")
        id = ids.get(squeezed(library)) if library else only
        if id is None:
            guess = did_you_mean(library, adopted.libraries) if library else ""
            source, theirs = ("of the exports", "Theirs") if adopted.exports else ("given by --library", "They")
            known = (
                f"{theirs} are {', '.join(adopted.libraries)}."
                if adopted.libraries
                else "They say nothing of licenses."
                if adopted.exports
                else "There is none."
            )
            fact = f'"{option}" names no library {source}. {guess}'.rstrip()
            raise click.BadParameter(f"{fact} {known}", param_hint=name)
        read_value = read(value.strip())
        if read_value is None:
            raise click.BadParameter(f'"{option}" can\'t be read. Write {id}={_LIKE[name]}.', param_hint=name)
        found[id] = read_value
    return found


_LIKE: Mapping[str, str] = {"--slots": "40", "--system": next(iter(SYSTEMS))}


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= MAX_NUMBER else None


def _system(given: System | None, adopted: Adopted, id: str) -> System | None:
    """The library's system: as given, the only possible one, or the one that the title names. None if it is unclear.

    Raises:
        UsageError: the given one can't be right.
    """
    library, possible = adopted.libraries[id], adopted.systems(id)
    if given is not None and given not in possible:
        kinds = " and ".join(sorted({*adopted.held(id).values()})) or "no"
        names = " or ".join(system.name for system in possible)
        raise click.UsageError(
            f"{library.title} can't be of {given.name}: the exports have {kinds} licenses of it. To fix: Give --system {id}={names}."
        )
    named = [system for system in possible if system.name.rpartition("-")[2] in squeezed(library.title)]
    clear = [given] if given is not None else named if len(named) == 1 else possible
    return clear[0] if len(clear) == 1 else None


def _asked_system(adopted: Adopted, id: str) -> System:
    possible = {system.name: system for system in adopted.systems(id)}
    lines = (f"  {_with_kinds(system)}" for system in possible.values())
    question = f"Which kinds of license can {adopted.libraries[id].title} have at the vendor?"
    say("\n".join([question, *lines]))
    return possible[click.prompt("System", type=click.Choice([*possible]), err=True)]


def _with_kinds(system: System) -> str:
    return f"{system.name} ({' and '.join(system.kinds)})"


def _asked_slots(library: Library, used: int) -> int:
    """The number of seats that a person answers: at least those in use."""
    question = f"How many seats of {library.title} did you buy? {used:,} are in use"

    def read(text: str) -> int:
        number = _number(text.strip())
        if number is None:
            raise click.BadParameter(f'"{text}" is no number of seats. Write it in digits: 40.')
        if number < used:
            raise click.BadParameter(
                f"{counted(used, 'seat')} {'is' if used == 1 else 'are'} in use, more than {number:,}."
            )
        return number

    answer: int = click.prompt(folded(question, sys.stderr), value_proc=read, err=True)
    return answer


def _asked_admin() -> dict[str, str]:
    question = "Who is the administrator? Write it as Ruth Abel <ruth@my-school.example>"
    answer: dict[str, str] = click.prompt(folded(question, sys.stderr), value_proc=person_values, err=True)
    return answer


def _asked_timezone() -> dict[str, str]:
    question = "In which time zone do the institution's days begin and end, such as America/Chicago?"
    answer: dict[str, str] = click.prompt(
        folded(question, sys.stderr), default="UTC", value_proc=timezone_values, err=True
    )
    return answer
