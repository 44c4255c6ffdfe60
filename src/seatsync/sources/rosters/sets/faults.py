"""Mistakes in the rows of a set, told once for each value, with the number of rows that have it."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field

from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.days import day_as_written
from seatsync.sources.rosters.sets.words import SAYS

_MOST = 20
"""The most values of one column that are told one by one."""
_ENTITIES = {
    "class": ("class", "classes", "these rows give no tags"),
    "session": ("session", "sessions", "the tags of their classes have no end"),
    "user": ("person", "people", "these rows give nobody tags"),
}


@dataclass
class Faults:
    """Faults by what is wrong (a name in ``SAYS``, ``day``, or the kind of what is named and missing), file of the set and value."""

    found: list[Diagnostic]
    values: dict[tuple[str, str], dict[str, list[int]]] = field(default_factory=dict)

    def note(self, what: str, file: str, value: str, line: int = 0) -> None:
        self.values.setdefault((what, file), {}).setdefault(value, []).append(line)

    def has(self, what: str, file: str, value: str) -> bool:
        return value in self.values.get((what, file), {})

    def report(self, name_of: Callable[[str], str], secret: Container[str]) -> None:
        """Turn the faults into diagnostics; ``name_of`` gives the path of a file of the set. Of ``secret`` files no value is told."""
        for (what, file), values in self.values.items():
            name = name_of(file)
            if what in _ENTITIES:
                self._missing(what, name, values)
                continue
            for value, lines in [*values.items()][:_MOST]:
                shown = printable(value, 60) if file not in secret else "…"
                rows, where = counted(len(lines), "row"), Origin(name, lines[0])
                if what in SAYS:
                    says = "says" if len(lines) == 1 else "say"
                    message = f'{rows} of {name} {says} "{shown}" as {what}; seatsync does not know whether that means here or gone.'
                    help = f'If it means here, write `take: {{status: ["{shown}"]}}` under the roster. Else leave these rows out.'
                    self.found.append(Diagnostic("unknown-status", message, help, where))
                else:
                    has = "has" if len(lines) == 1 else "have"
                    message = f'{rows} of {name} {has} the end date "{shown}", which is no day.'
                    self.found.append(
                        Diagnostic("invalid-value", message, f"Write it as {day_as_written(shown)}.", where)
                    )

    def _missing(self, what: str, name: str, values: dict[str, list[int]]) -> None:
        one, several, effect = _ENTITIES[what]
        names = named([f'"{printable(value, 60)}"' for value in values], 3)
        message = (
            f"{name} names the {one if len(values) == 1 else several} {names}, which the set does not have; {effect}."
        )
        first = min(line for lines in values.values() for line in lines)
        help = "Export the whole set again, all files at the same time."
        self.found.append(Diagnostic("set-incomplete", message, help, Origin(name, first or 1), Severity.WARNING))
