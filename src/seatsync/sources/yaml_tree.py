"""Parse YAML safely into a tree of mappings, sequences and text, each with its place.

Plain scalars are not typed (``no`` stays "no", ``0123`` stays "0123"); the reader of the tree decides what a value means.
Duplicate keys, further documents, tags and exploding aliases are errors. The tree is built from the C parser's events.
"""

from __future__ import annotations

from typing import Any

import yaml

from seatsync.domain.diagnostic import MORE_MAY_COME, Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable

MOST_ALIASED = 1_000_000
"""The most nodes that all aliases of a file may add."""
MOST_DEPTH = 60

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ScalarNode:
    """Text. ``value`` is None where nothing (or ``~``) was written. ``null`` is True for a plain ``null``, which programs
    write for nothing, but which may also be somebody's name."""

    __slots__ = ("column", "line", "null", "value")

    def __init__(self, value: str | None, line: int, column: int) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.null = False


class SequenceNode:
    """A list of nodes. ``flow`` is True for ``[a, b]``, False for lines with hyphens; ``size`` counts the nodes below."""

    __slots__ = ("column", "flow", "items", "line", "size")

    def __init__(self, line: int, column: int, flow: bool) -> None:
        self.items: list[Node] = []
        self.line = line
        self.column = column
        self.flow = flow
        self.size = 1


class MappingNode:
    """Keys with their nodes. ``keys`` has the node of each key itself, ``merges`` the value of ``<<``."""

    __slots__ = ("column", "flow", "items", "keys", "line", "merges", "size")

    def __init__(self, line: int, column: int, flow: bool) -> None:
        self.items: dict[str, Node] = {}
        self.keys: dict[str, ScalarNode] = {}
        self.merges: tuple[tuple[ScalarNode, Node], ...] = ()
        self.line = line
        self.column = column
        self.flow = flow
        self.size = 1


Node = ScalarNode | SequenceNode | MappingNode


class _Refused(Exception):
    def __init__(self, code: str, message: str, help: str, line: int, column: int) -> None:
        self.diagnostic = (code, message, help, line, column)


def parse(text: str, file: str, found: list[Diagnostic]) -> Node | None:
    """Return the tree of the one document in ``text``; None where it is empty, or can't be read (then ``found`` says why)."""
    builder = _Builder(file, found)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except _Refused as refused:
        code, message, help, line, column = refused.diagnostic
        found.append(Diagnostic(code, f"{message} {MORE_MAY_COME}", help, Origin(file, line, column)))
        return None
    except yaml.YAMLError as error:
        found.append(_syntax(error, text, file))
        return None
    return builder.root


def plain(node: Node | None) -> Any:
    """Return the tree as dicts, lists, text and None (for nothing, ``~`` and a plain ``null``)."""
    if isinstance(node, MappingNode):
        return {key: plain(value) for key, value in node.items.items()}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node.value if node is not None and not node.null else None


def place(root: Node | None, path: tuple[str | int, ...], file: str, of_key: bool = False) -> Origin:
    """Return the place of ``path`` in the tree, or of its nearest existing parent.

    With ``of_key`` the place of the last key itself instead of its value.
    """
    node, line, column = root, 1, 1
    if node is not None:
        line, column = node.line, node.column
    for step in path:
        key: ScalarNode | None = None
        if isinstance(node, MappingNode) and step in node.items:
            key, node = node.keys[str(step)], node.items[str(step)]
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
        at = key if key is not None and (of_key or (isinstance(node, ScalarNode) and node.value is None)) else node
        line, column = at.line, at.column
    return Origin(file, line, column)


def find(root: Node | None, path: tuple[str | int, ...]) -> Node | None:
    """Return the node at ``path``; a ScalarNode without value where the key has no value, None where there is no such key."""
    node = root
    for step in path:
        if isinstance(node, MappingNode):
            node = node.items.get(str(step))
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


class _Builder:
    """Builds the tree from the parser's events, one by one."""

    def __init__(self, file: str, found: list[Diagnostic]) -> None:
        self.file = file
        self.found = found
        self.root: Node | None = None
        self.documents = 0
        self.stack: list[tuple[SequenceNode | MappingNode, str | None]] = []
        self.key: ScalarNode | None = None
        self.anchors: dict[str, Node] = {}
        self.aliased = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, MappingNode if kind is yaml.MappingStartEvent else SequenceNode)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                self._refuse(
                    "yaml-unsupported",
                    "A second document starts here.",
                    "Delete the ---: a file can hold one document only.",
                    event,
                )

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        if event.tag is not None and event.tag not in ("!", "tag:yaml.org,2002:str"):
            self._tagged(event)
        value = event.value
        if event.implicit[0] and event.tag is None and value in ("", "~"):
            value = None
        node = ScalarNode(value, mark.line + 1, mark.column + 1)
        node.null = value == "null" and event.implicit[0] and event.tag is None
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        if self.stack and self.key is None and type(self.stack[-1][0]) is MappingNode:
            node.value = event.value
            self.key = node
        else:
            self._put(node, 1)

    def _open(self, event: Any, kind: type[MappingNode] | type[SequenceNode]) -> None:
        if event.tag is not None:
            self._tagged(event)
        if len(self.stack) >= MOST_DEPTH:
            self._refuse(
                "yaml-unsupported",
                f"This is nested more than {MOST_DEPTH} levels deep.",
                "Write it with fewer levels: nothing in seatsync's files needs as many.",
                event,
            )
        if self.stack and self.key is None and type(self.stack[-1][0]) is MappingNode:
            self._refuse(
                "yaml-unsupported", "A key must be plain text.", "Write a single word before the colon.", event
            )
        node = kind(event.start_mark.line + 1, event.start_mark.column + 1, event.flow_style)
        self._put(node, 0)
        self.stack.append((node, event.anchor))
        self.key = None

    def _close(self) -> None:
        node, anchor = self.stack.pop()
        if type(node) is MappingNode and node.merges:
            self._merge(node)
        if anchor is not None:
            self.anchors[anchor] = node
        if self.stack:
            self.stack[-1][0].size += node.size

    def _alias(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is None:
            self._refuse(
                "yaml-syntax",
                f'The anchor "&{printable(event.anchor)}" is not defined above.',
                "Define it above; or if the asterisk is part of the value, put the value in quotes.",
                event,
            )
        size = 1 if isinstance(node, ScalarNode) else node.size  # type: ignore[union-attr]
        self.aliased += size
        if self.aliased > MOST_ALIASED:
            message = f"The aliases of this file stand for more than {MOST_ALIASED:,} values."
            self._refuse(
                "yaml-unsupported", message, "Write the values out; a file like this is made to exhaust memory.", event
            )
        assert node is not None
        if self.stack and self.key is None and type(self.stack[-1][0]) is MappingNode:
            self._refuse("yaml-unsupported", "An alias can't be a key.", "Write the key out.", event)
        self._put(node, size)

    def _put(self, node: Node, size: int) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1][0]
        parent.size += size
        if type(parent) is SequenceNode:
            parent.items.append(node)
            return
        assert type(parent) is MappingNode
        key, self.key = self.key, None
        assert key is not None
        name = key.value or ""
        if name == "<<" and not parent.merges:
            parent.merges = ((key, node),)
        elif name in parent.keys or name == "<<":
            self._twice(parent, key)
        else:
            parent.items[name] = node
            parent.keys[name] = key

    def _merge(self, mapping: MappingNode) -> None:
        """Add merged keys. The mapping's own keys win over merged ones, and earlier merges win over later ones."""
        for key, node in mapping.merges:
            for source in node.items if isinstance(node, SequenceNode) else [node]:
                if not isinstance(source, MappingNode):
                    self._refuse("yaml-unsupported", "<< merges mappings only.", "Name an anchor of a mapping.", key)
                    return
                new = source.items.keys() - mapping.items.keys()
                mapping.items.update({name: value for name, value in source.items.items() if name in new})
                mapping.keys.update({name: source.keys[name] for name in new})

    def _twice(self, parent: MappingNode, key: ScalarNode) -> None:
        first = parent.merges[0][0].line if key.value == "<<" else parent.keys[key.value or ""].line
        message = (
            f'The key "{printable(key.value or "")}" is here again; it is already on line {first}. Only one can count.'
        )
        self.found.append(
            Diagnostic("yaml-duplicate-key", message, "Delete one of the two.", Origin(self.file, key.line, key.column))
        )

    def _tagged(self, event: Any) -> None:
        help = "Delete it; or if the exclamation mark is part of the value, put the value in quotes."
        self._refuse("yaml-unsupported", f'The YAML tag "{printable(event.tag)}" is not supported.', help, event)

    def _refuse(self, code: str, message: str, help: str, at: Any) -> None:
        line, column = (
            (at.line, at.column) if isinstance(at, ScalarNode) else (at.start_mark.line + 1, at.start_mark.column + 1)
        )
        raise _Refused(code, message, help, line, column)


_PLAIN_WORDS = {
    "mapping values are not allowed": (
        "a colon is not possible here",
        'Put a value that contains a colon in quotes: "like: this". Otherwise check the indentation here and above.',
    ),
    "found character that cannot start": ("a value can't begin with this character", "Put the value in quotes."),
    "did not find expected alphabetic": ("an asterisk can't stand alone", "Put the value in quotes."),
    "found unknown escape character": (
        "a backslash in double quotes has a special meaning",
        "Write the value in single quotes; in a path, write / instead.",
    ),
    "could not find expected ':'": ("this line has no colon after a key", "Write it as key: value."),
    "did not find expected ',' or": (
        "a comma or a closing bracket is missing",
        "Check brackets and commas on this line and the lines above.",
    ),
    "did not find expected key": (
        "this does not fit the lines above it",
        "Check indentation, quotes and brackets on this line and the one above.",
    ),
    "did not find expected '-'": (
        "this does not fit the list above it",
        "Begin it with a hyphen, or check the indentation.",
    ),
    "found unexpected end of stream": ("a quote opens here and is never closed", "Close it."),
}
"""The parser's commonest messages → (what they mean, what to do)."""


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    problem = str(getattr(error, "problem", None) or "it ends too early")
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if opened is not None and "end of" in problem:
        mark = opened  # something never closes: point at its beginning
    if mark is None:
        position = getattr(error, "position", None)
        above = text.encode()[:position].decode(errors="replace") if isinstance(position, int) else ""
        where = Origin(file, above.count("\n") + 1, len(above) - (above.rfind("\n") + 1) + 1)
        problem = getattr(error, "reason", None) or problem
        help = "Delete the character, or type the line again."
        return Diagnostic("yaml-syntax", f"This is not valid YAML: {problem}. {MORE_MAY_COME}", help, where)
    lines = text.rstrip().split("\n")
    line, column = (mark.line, mark.column) if mark.line < len(lines) else (len(lines) - 1, len(lines[-1]))
    if "\t" in lines[line][: column + 1]:
        fact, help = "there is a tab here", "Indent with spaces; YAML does not allow tabs there."
    else:
        help = "Check indentation, colons, quotes and brackets on this line and the one above."
        in_plain_words = (plain for words, plain in _PLAIN_WORDS.items() if problem.startswith(words))
        fact, help = next(in_plain_words, (problem, help))
    where = Origin(file, line + 1, column + 1)
    return Diagnostic("yaml-syntax", f"This is not valid YAML: {fact}. {MORE_MAY_COME}", help, where)
