"""How to change something for the members of a list: commands, and the lines to commit. Nothing is changed on these pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any, NamedTuple

from seatsync.domain.filters import Filters
from seatsync.domain.library import Library
from seatsync.domain.posting.no_seat import to_grant
from seatsync.domain.text.tags import IMPORTED
from seatsync.sources.editing.texts.yaml_values import Plain, flow

_VERBS = ("grant", "revoke")


class Edits(NamedTuple):
    """The ``commands`` that change the files for some members, and the ``lines`` that say the same under ``grants``, one for each
    library. ``file`` is the CSV that names the members; empty if their tags do."""

    commands: Sequence[str]
    lines: Sequence[str]
    file: str = ""


def edits_of_file(name: str, libraries: Sequence[Library], verbs: Sequence[str] = _VERBS) -> Edits:
    """The changes for whom the file ``name`` lists."""
    whom = f"--select {quote(name if not name.startswith('-') else f'./{name}')}"
    edits = _edits(whom, {"file": name}, libraries, name, verbs)
    return edits._replace(commands=[*edits.commands, f"seatsync edit tag TAG {whom}"])


def edits_of_list(filters: Filters, institution: str, libraries: Sequence[Library]) -> Edits | None:
    """The changes for the members whom a list shows; None where it shows others than those on a roster, whom alone grants reach."""
    if filters.roster != "on":
        return None
    if not _is_group(filters):
        return edits_of_file(f"{institution}-members.csv", libraries, _fitting(filters))
    if not filters.tag:
        return _edits("--everyone", {"everyone": Plain("true")}, libraries)
    whom = " ".join(f"--tag {quote(tag)}" for tag in filters.tag)
    return _edits(whom, {"tags": list(filters.tag)}, libraries)


def _fitting(filters: Filters) -> Sequence[str]:
    """What can be done for members of whom all have a seat of the chosen library, or none have any."""
    if filters.licensed == "without":
        return ["grant"]
    return ["revoke"] if filters.licensed == "with" and filters.library else _VERBS


def _is_group(filters: Filters) -> bool:
    """Whether the list has everybody, or everybody with some tags of the files."""
    is_of_tags = filters == Filters(roster=filters.roster, library=filters.library, tag=filters.tag)
    return is_of_tags and not any(tag.startswith((IMPORTED, "-")) for tag in filters.tag)


def _edits(
    whom: str, to: Mapping[str, Any], libraries: Sequence[Library], file: str = "", verbs: Sequence[str] = _VERBS
) -> Edits:
    commands, lines = [], []
    for library in libraries:
        kinds = {"kind": library.kinds[0].value} if len(library.kinds) > 1 else {}
        by_verb = {"grant": to_grant(library, whom), "revoke": f"seatsync edit revoke {library.id} {whom}"}
        commands += [by_verb[verb] for verb in verbs]
        if "grant" in verbs:
            lines.append(f"  - {flow({'library': library.id, **kinds, 'to': to})}")
    return Edits(commands, lines, file)
