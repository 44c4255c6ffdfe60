"""How a roster is read: what its entry in seatsync.yaml says beyond path, tags and encoding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from seatsync.domain.origin import Origin


def _nowhere(*_path: str | int) -> Origin:
    return Origin("seatsync.yaml")


@dataclass(frozen=True)
class Take:
    """Which rows are members; None where the format decides. Case does not count."""

    roles: tuple[str, ...] | None = None
    orgs: tuple[str, ...] | None = None
    terms: tuple[str, ...] | None = None
    status: tuple[str, ...] | None = None


@dataclass(frozen=True)
class HowToRead:
    """``format`` is a name of ``FORMATS``, None if it is to be detected.

    ``map`` gives a field its column or template, None for a field that is not read. ``tags_from`` maps a tag's prefix to a template,
    None to switch the format's own off. ``place`` gives the place of a key of the entry. With ``adds_tags``, the file lists tags of
    members of other rosters; ``gives_tags`` says whether the entry itself gives some. ``today`` is the day (ISO) before which
    somebody's last day is past; empty where only the columns matter.
    """

    format: str | None = None
    map: Mapping[str, str | None] = field(default_factory=dict)
    take: Take = Take()
    tags_from: Mapping[str, str | None] = field(default_factory=dict)
    place: Callable[..., Origin] = _nowhere
    adds_tags: bool = False
    gives_tags: bool = False
    today: str = ""

    @property
    def asks(self) -> list[str]:
        """The keys of the entry that only a table can have, and this one has."""
        given = {"format": self.format, "map": self.map, "take": self.take != Take(), "tags_from": self.tags_from}
        return [name for name, value in given.items() if value]


PLAIN = HowToRead()
