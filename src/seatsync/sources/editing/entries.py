"""Add an entry to a list in ``seatsync.yaml`` and leave everything else as it is, comments included."""

from __future__ import annotations

from seatsync.domain.diagnostic import Diagnostic
from seatsync.sources.files import NAME
from seatsync.sources.yaml_tree import MappingNode, ScalarNode, SequenceNode, parse, plain


def with_entry(text: str, section: str, entry: str) -> str | None:
    """Return ``text`` with ``entry`` (one line of YAML) added to the list ``section``; None where its layout is too unusual."""
    root = parse(text, NAME, [])
    if not isinstance(root, MappingNode) or root.flow:
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    changed = _changed(text, root, section, entry, newline)
    return changed if changed is not None and _is_right(changed, root, section, entry) else None


def _changed(text: str, root: MappingNode, section: str, entry: str, newline: str) -> str | None:
    node = root.items.get(section)
    lines = text.splitlines(keepends=True)
    if node is None:
        return f"{text.rstrip()}{newline}{newline}{section}:{newline}  - {entry}{newline}"
    key = root.keys[section]
    if isinstance(node, ScalarNode):
        lines[key.line - 1] = f"{lines[key.line - 1].rstrip()}{newline}  - {entry}{newline}"
        return "".join(lines)
    if not isinstance(node, SequenceNode):
        return None
    row, column = node.line - 1, node.column - 1
    if node.flow:
        before, after = lines[row][:column], lines[row][column:]
        lines[row] = f"{before}[{entry}{', ' if node.items else ''}{after[1:]}"
    else:  # directly below the key, so that a comment above the first entry stays with it
        lines[key.line - 1] = f"{lines[key.line - 1].rstrip()}{newline}{' ' * column}- {entry}{newline}"
    return "".join(lines)


def _is_right(changed: str, before: MappingNode, section: str, entry: str) -> bool:
    """Whether the changed text has the old values and the new entry, and nothing else."""
    found: list[Diagnostic] = []
    root = parse(changed, NAME, found)
    old = plain(before)
    expected = {**old, section: [plain(parse(entry, NAME, [])), *(old.get(section) or [])]}
    return not found and isinstance(root, MappingNode) and plain(root) == expected
