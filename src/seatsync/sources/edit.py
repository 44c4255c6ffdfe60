"""Adding an entry to a list of ``seatsync.yaml`` without touching anything else in it, comments included."""

from __future__ import annotations

from seatsync.sources import yaml_tree
from seatsync.sources.config import NAME


def with_entry(text: str, section: str, entry: str) -> str | None:
    """``text`` with ``entry`` (one line of YAML) in the list ``section``; None where the file is shaped too unusually."""
    root = yaml_tree.parse(text, NAME, [])
    if not isinstance(root, yaml_tree.Mapping) or root.flow:
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    node = root.items.get(section)
    if node is None:
        return f"{text.rstrip()}{newline}{newline}{section}:{newline}  - {entry}{newline}"
    lines = text.splitlines(keepends=True)
    if isinstance(node, yaml_tree.Scalar):
        lines[root.keys[section].line - 1] += f"  - {entry}{newline}"
        return "".join(lines)
    if not isinstance(node, yaml_tree.Sequence):
        return None
    row, column = node.line - 1, node.column - 1
    before, after = lines[row][:column], lines[row][column:]
    if node.flow:
        lines[row] = f"{before}[{entry}{', ' if node.items else ''}{after[1:]}"
    else:
        lines[row] = f"{before}- {entry}{newline}{before}{after}"
    return "".join(lines)
