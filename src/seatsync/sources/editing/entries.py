"""Add an entry to a list in ``seatsync.yaml`` and leave everything else as it is, comments included."""

from __future__ import annotations

import yaml

from seatsync.sources import yaml_tree
from seatsync.sources.editing.texts.splices import spliced
from seatsync.sources.editing.texts.yaml_edits import YamlEdits
from seatsync.sources.editing.texts.yaml_file import Unusual
from seatsync.sources.editing.texts.yaml_values import Plain


def with_entry(text: str, section: str, entry: str) -> str | None:
    """Return ``text`` with ``entry`` (one line of YAML, a mapping) added to the list ``section``.

    None where the layout of the text is too unusual.
    """
    written = yaml_tree.plain(yaml_tree.parse(entry, "", []))
    try:
        edits = YamlEdits(text)
        edits.append((section,), {key: Plain(value) for key, value in written.items()})
        return spliced(text, edits.splices())
    except (Unusual, yaml.YAMLError):
        return None
