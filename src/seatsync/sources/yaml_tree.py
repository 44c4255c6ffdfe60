"""YAML without its traps: a tree of mappings, sequences and text, each with its place.

Plain scalars are not typed (``no`` stays "no", ``0123`` stays "0123"); whoever reads the tree says what a value is.
Equal keys, further documents, tags and aliases that would blow up are refused. Built from the events of the C parser.
"""

from __future__ import annotations

from typing import Any

import yaml

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable

MOST_ALIASED = 1_000_000
"""Nodes that aliases may add to a file, all together."""
MOST_DEPTH = 60

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar:
    """Text; ``value`` is None where nothing was written (or ``~``); ``null`` where it is a plain ``null``, as programs
    write for nothing, which may just as well be somebody's name."""

    __slots__ = ("column", "line", "null", "value")

    def __init__(self, value: str | None, line: int, column: int) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.null = False


class Sequence:
    """A list of nodes. ``flow`` tells ``[a, b]`` from lines with hyphens, ``size`` counts the nodes below."""

    __slots__ = ("column", "flow", "items", "line", "size")

    def __init__(self, line: int, column: int, flow: bool) -> None:
        self.items: list[Node] = []
        self.line = line
        self.column = column
        self.flow = flow
        self.size = 1


class Mapping:
    """Keys with their nodes; ``keys`` has the place of each key, ``merges`` what stands behind ``<<``."""

    __slots__ = ("column", "flow", "items", "keys", "line", "merges", "size")

    def __init__(self, line: int, column: int, flow: bool) -> None:
        self.items: dict[str, Node] = {}
        self.keys: dict[str, Scalar] = {}
        self.merges: tuple[tuple[Scalar, Node], ...] = ()
        self.line = line
        self.column = column
        self.flow = flow
        self.size = 1


Node = Scalar | Sequence | Mapping


class _Refused(Exception):
    def __init__(self, code: str, message: str, help: str, line: int, column: int) -> None:
        self.diagnostic = (code, message, help, line, column)


def parse(text: str, file: str, found: list[Diagnostic]) -> Node | None:
    """The tree of the one document in ``text``; None where it is empty or can't be read, which ``found`` then says."""
    builder = _Builder(file, found)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except _Refused as refused:
        code, message, help, line, column = refused.diagnostic
        found.append(Diagnostic(code, message, help, Origin(file, line, column)))
        return None
    except yaml.YAMLError as error:
        found.append(_syntax(error, text, file))
        return None
    return builder.root


def plain(node: Node | None) -> Any:
    """The tree as dicts, lists, text and None (for nothing, ``~`` and a plain ``null``)."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value if node is not None and not node.null else None


def place(root: Node | None, path: tuple[str | int, ...], file: str, of_key: bool = False) -> Origin:
    """Where ``path`` stands in the tree, or the nearest thing above it that is there.

    ``of_key`` points at the last key itself instead of its value.
    """
    node, line, column = root, 1, 1
    if node is not None:
        line, column = node.line, node.column
    for step in path:
        key: Scalar | None = None
        if isinstance(node, Mapping) and step in node.items:
            key, node = node.keys[str(step)], node.items[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
        at = key if key is not None and (of_key or (isinstance(node, Scalar) and node.value is None)) else node
        line, column = at.line, at.column
    return Origin(file, line, column)


def find(root: Node | None, path: tuple[str | int, ...]) -> Node | None:
    """What stands at ``path``: a Scalar without value where a key has nothing behind it, None where there is no key."""
    node = root
    for step in path:
        if isinstance(node, Mapping):
            node = node.items.get(str(step))
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


class _Builder:
    """Takes the parser's events one by one."""

    def __init__(self, file: str, found: list[Diagnostic]) -> None:
        self.file = file
        self.found = found
        self.root: Node | None = None
        self.documents = 0
        self.stack: list[tuple[Sequence | Mapping, str | None]] = []
        self.key: Scalar | None = None
        self.anchors: dict[str, Node] = {}
        self.aliased = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, Mapping if kind is yaml.MappingStartEvent else Sequence)
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
                    "Keep one document a file: delete the ---.",
                    event,
                )

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        if event.tag is not None and event.tag not in ("!", "tag:yaml.org,2002:str"):
            self._tagged(event)
        value = event.value
        if event.implicit[0] and event.tag is None and value in ("", "~"):
            value = None
        node = Scalar(value, mark.line + 1, mark.column + 1)
        node.null = value == "null" and event.implicit[0] and event.tag is None
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        if self.stack and self.key is None and type(self.stack[-1][0]) is Mapping:
            node.value = event.value
            self.key = node
        else:
            self._put(node, 1)

    def _open(self, event: Any, kind: type[Mapping] | type[Sequence]) -> None:
        if event.tag is not None:
            self._tagged(event)
        if len(self.stack) >= MOST_DEPTH:
            self._refuse(
                "yaml-unsupported",
                f"This is nested more than {MOST_DEPTH} deep.",
                "Nothing in seatsync's files is.",
                event,
            )
        if self.stack and self.key is None and type(self.stack[-1][0]) is Mapping:
            self._refuse(
                "yaml-unsupported", "A key must be plain text.", "Write a single word before the colon.", event
            )
        node = kind(event.start_mark.line + 1, event.start_mark.column + 1, event.flow_style)
        self._put(node, 0)
        self.stack.append((node, event.anchor))
        self.key = None

    def _close(self) -> None:
        node, anchor = self.stack.pop()
        if type(node) is Mapping and node.merges:
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
                f'The anchor "&{printable(event.anchor)}" is not there above.',
                "Define it before its use; if the asterisk belongs to the value, put it in quotes.",
                event,
            )
        size = 1 if isinstance(node, Scalar) else node.size  # type: ignore[union-attr]
        self.aliased += size
        if self.aliased > MOST_ALIASED:
            message = f"The aliases of this file stand for more than {MOST_ALIASED:,} values."
            self._refuse(
                "yaml-unsupported", message, "Write the values out; a file like this is made to exhaust memory.", event
            )
        assert node is not None
        if self.stack and self.key is None and type(self.stack[-1][0]) is Mapping:
            self._refuse("yaml-unsupported", "An alias can't be a key.", "Write the key out.", event)
        self._put(node, size)

    def _put(self, node: Node, size: int) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1][0]
        parent.size += size
        if type(parent) is Sequence:
            parent.items.append(node)
            return
        assert type(parent) is Mapping
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

    def _merge(self, mapping: Mapping) -> None:
        """What is written in the mapping itself counts before what is merged, and the first merged before the next."""
        for key, node in mapping.merges:
            for source in node.items if isinstance(node, Sequence) else [node]:
                if not isinstance(source, Mapping):
                    self._refuse("yaml-unsupported", "<< merges mappings only.", "Name an anchor of a mapping.", key)
                    return
                new = source.items.keys() - mapping.items.keys()
                mapping.items.update({name: value for name, value in source.items.items() if name in new})
                mapping.keys.update({name: source.keys[name] for name in new})

    def _twice(self, parent: Mapping, key: Scalar) -> None:
        first = parent.merges[0][0].line if key.value == "<<" else parent.keys[key.value or ""].line
        message = f'The key "{printable(key.value or "")}" stands here again; it is already on line {first}. Only one could count.'
        self.found.append(
            Diagnostic("yaml-duplicate-key", message, "Delete one of the two.", Origin(self.file, key.line, key.column))
        )

    def _tagged(self, event: Any) -> None:
        help = "Delete it; if the exclamation mark belongs to the value, put it in quotes."
        self._refuse("yaml-unsupported", f'The YAML tag "{printable(event.tag)}" is not read.', help, event)

    def _refuse(self, code: str, message: str, help: str, at: Any) -> None:
        line, column = (
            (at.line, at.column) if isinstance(at, Scalar) else (at.start_mark.line + 1, at.start_mark.column + 1)
        )
        raise _Refused(code, message, help, line, column)


_PLAINLY = {
    "mapping values are not allowed": (
        "a colon stands where none can",
        'Put a value that has a colon in it in quotes: "like: this". Else check the indentation here and above.',
    ),
    "found character that cannot start": ("a value can't begin with this sign", "Put the value in quotes."),
    "did not find expected alphabetic": ("an asterisk can't stand alone", "Put the value in quotes."),
    "found unknown escape character": (
        "a backslash in double quotes means something else",
        "Write the value in single quotes; a path has / in place of it.",
    ),
    "could not find expected ':'": ("this line has no colon behind a key", "Write it as key: value."),
    "did not find expected ',' or": (
        "a comma or the closing bracket is missing",
        "Check brackets and commas on this line and those above.",
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
"""The commonest of the parser's words: what they mean, and the mend."""


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    said = str(getattr(error, "problem", None) or "it ends too early")
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if opened is not None and "end of" in said:
        mark = opened  # what was never closed is found where it was opened
    if mark is None:
        position = getattr(error, "position", None)
        above = text.encode()[:position].decode(errors="replace") if isinstance(position, int) else ""
        where = Origin(file, above.count("\n") + 1, len(above) - (above.rfind("\n") + 1) + 1)
        said = getattr(error, "reason", None) or said
        return Diagnostic(
            "yaml-syntax", f"This is not YAML: {said}.", "Delete the character; type the line anew.", where
        )
    lines = text.rstrip().split("\n")
    line, column = (mark.line, mark.column) if mark.line < len(lines) else (len(lines) - 1, len(lines[-1]))
    if "\t" in lines[line][: column + 1]:
        fact, help = "a tab stands here", "Indent with spaces; YAML takes no tabs for that."
    else:
        help = "Check indentation, colons, quotes and brackets on this line and the one above."
        fact, help = next((plain for words, plain in _PLAINLY.items() if said.startswith(words)), (said, help))
    return Diagnostic("yaml-syntax", f"This is not YAML: {fact}.", help, Origin(file, line + 1, column + 1))
