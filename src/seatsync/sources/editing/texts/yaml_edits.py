"""Several changes of one YAML file, made at once and proved by reading the result."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from seatsync.domain.diagnostic import Diagnostic
from seatsync.sources import yaml_tree
from seatsync.sources.editing.texts.splices import Splice, spliced
from seatsync.sources.editing.texts.yaml_file import Path, Unusual, YamlFile
from seatsync.sources.editing.texts.yaml_spans import Span
from seatsync.sources.editing.texts.yaml_values import flow


class YamlEdits:
    """Collects changes of lists and mappings by their paths in the file as it was, and turns them into splices."""

    def __init__(self, text: str) -> None:
        self.file = YamlFile(text)
        self.tree = yaml_tree.parse(text, "", [])
        self._added: dict[Path, list[Any]] = {}
        self._removed: dict[Path, set[int]] = {}
        self._keys: dict[Path, dict[str, Any]] = {}
        self._dropped: dict[Path, set[str]] = {}
        self._set: dict[Path, str | None] = {}
        self._indents: dict[tuple[Path, str], int | None] = {}

    def append(self, path: Path, value: Any) -> None:
        """Add an entry at the end of the list at ``path``; the list is written where there is none."""
        self._added.setdefault(path, []).append(value)

    def remove(self, path: Path, position: int) -> None:
        """Remove an entry of the list at ``path``. Of an indented list without any entry left the key goes too."""
        self._removed.setdefault(path, set()).add(position)

    def add_key(self, path: Path, key: str, value: Any) -> None:
        """Add a key at the end of the mapping at ``path``."""
        self._keys.setdefault(path, {})[key] = value

    def drop_key(self, path: Path, key: str) -> None:
        """Remove a key of the mapping at ``path``."""
        self._dropped.setdefault(path, set()).add(key)

    def give(self, path: Path, value: str | None) -> None:
        """Give the key at ``path`` another value, which was one value before and not a list."""
        self._set[path] = value

    def entries(self, path: Path) -> list[Any]:
        """Return the entries of the list at ``path`` as they would be, with what was added and removed."""
        node = yaml_tree.plain(yaml_tree.find(self.tree, path)) or []
        gone = self._removed.get(path, set())
        return [item for position, item in enumerate(node) if position not in gone] + self._added.get(path, [])

    def splices(self) -> list[Splice]:
        """Return the splices for all changes.

        Raises:
            Unusual: the layout is too unusual, or a change would be one of other places too.
        """
        for path in [path for path in self._removed if path and not self.entries(path)]:
            if not self._keeps_its_key(path):
                del self._removed[path]
                self.drop_key(path[:-1], str(path[-1]))
        made = [
            *(splice for path in self._added for splice in self._appending(path)),
            *(splice for path, at in self._removed.items() for splice in self._removing(path, at)),
            *(splice for path, keys in self._keys.items() for splice in self._keying(path, keys)),
            *(splice for path, keys in self._dropped.items() for splice in self._dropping(path, keys)),
            *(self._setting(path, value) for path, value in self._set.items()),
        ]
        splices = sorted({splice for splice in made if not self._is_inside_removed(splice)})
        if splices:
            self._prove(splices)
        return splices

    def _keeps_its_key(self, path: Path) -> bool:
        """Whether a list without entries is written as ``key: []``, or as ``key:``.

        The latter where its hyphens stood below the key's begin, or where comments stand in lines of their own.
        """
        node = self._node(path)
        return node.flow or node.column == 0 or self._has_comments(path, node) or self._leaves_brackets(path)

    def _leaves_brackets(self, path: Path) -> bool:
        """Whether nothing is left of an indented section of the file but brackets in a line below its key."""
        node = self._node(path)
        is_indented = not node.flow and node.column > 0
        return is_indented and self._can_be_empty(path) and not (self.entries(path) or self._has_comments(path, node))

    def _can_be_empty(self, path: Path) -> bool:
        """Whether a section of the file may be there without entries: not the last one, which may have come with its first entry."""
        root = self.file.root
        return len(path) == 1 and root is not None and root.pairs[-1][0].value != path[0]

    def _has_comments(self, path: Path, node: Span) -> bool:
        around = self.file.at(*path[:-1])
        assert around is not None
        key = next((key for key, value in around.pairs if value is node), node)
        lines = self.file.text[key.end : node.end].splitlines()[1:]
        return any(line.lstrip().startswith("#") for line in lines)

    def _node(self, path: Path) -> Span:
        node = self.file.at(*path)
        assert node is not None
        return node

    def _appending(self, path: Path) -> list[Splice]:
        node, values = self.file.at(*path), self._added[path]
        if node is None and not path:  # nothing but comments
            return [self._at_the_end("".join(f"- {flow(value)}{self.file.line_end}" for value in values))]
        if node is None:
            return self._section(path, values)
        if node.kind == "list":
            if node.parts:
                return self.file.appended(node, [self._like_last(path, node, value) for value in values])
            if self._can_be_empty(path) and self.file.is_alone(node):
                return [self.file.in_lines(node, [f"- {flow(value)}" for value in values])]
            return self.file.appended(node, [*map(flow, values)])
        if node.kind == "scalar" and node.start == node.end and len(path) == 1:
            return [self.file.below(node.start, [f"- {flow(value)}" for value in values])]
        if node.kind == "scalar" and not node.quote and node.value in ("~", "null"):
            return [Splice(node.start, node.end, flow(values))]
        raise Unusual("it is not a list", node.start)

    def _section(self, path: Path, values: Sequence[Any]) -> list[Splice]:
        """Return the splice that adds a list under a new key of the file's own mapping, in lines of its own."""
        root = self.file.root
        if len(path) != 1 or root is None or root.kind != "mapping" or root.flow:
            raise Unusual(f"`{path[-1]}` can't be added to it", 0)
        end = self.file.line_end
        lines = "".join(f"  - {flow(value)}{end}" for value in values)
        return [self._at_the_end(f"{path[0]}:{end}{lines}")]

    def _at_the_end(self, lines: str) -> Splice:
        text, end = self.file.text, self.file.line_end
        if not text or text.endswith(("\n", "\r")):
            return Splice(len(text), len(text), lines)
        return Splice(len(text), len(text), end + lines.removesuffix(end))

    def _like_last(self, path: Path, node: Span, value: Any) -> str:
        """Return the value as the entries of the list are written: their quotes, and their lines if they are mappings in lines."""
        last = node.parts[-1]
        if not isinstance(value, dict) or last.kind != "mapping" or last.is_alias:
            return flow(value, last.quote if last.kind == "scalar" else "")
        quotes = {key.value: item.quote for key, item in last.pairs if item.kind == "scalar" and not item.is_alias}
        pairs = [
            self._list_in_lines(path, last, key, item) or f"{key}: {flow(item, quotes.get(key, ''))}"
            for key, item in value.items()
        ]
        if last.flow:
            text = self.file.text
            opening, closing = text[last.start + 1 : last.pairs[0][0].start], text[last.pairs[-1][1].end : last.end - 1]
            space = opening if set(opening) <= {" "} and opening == closing else ""
            return f"{{{space}{', '.join(pairs)}{space}}}"
        indent = " " * (last.column - node.column)
        return (self.file.line_end + " " * node.column + indent).join(pairs)

    def _keying(self, path: Path, keys: dict[str, Any]) -> list[Splice]:
        node = self._node(path)
        if node.kind != "mapping":
            raise Unusual("it is not a mapping", node.start)
        pairs = [
            self._list_in_lines(path[:-1], node, key, value) or self._pair_like_last(node, key, value)
            for key, value in keys.items()
        ]
        if not node.parts and self.file.is_alone(node):
            return [self.file.in_lines(node, pairs)]
        return self.file.appended(node, pairs)

    def _pair_like_last(self, node: Span, key: str, value: Any) -> str:
        """Return the pair as those of the mapping are written: in lines of its own if the last one's value is."""
        last = node.pairs[-1][1] if node.pairs and not node.flow else None
        if last is None or last.kind != "mapping" or last.flow or last.is_alias or not isinstance(value, dict):
            return f"{key}: {flow(value)}"
        between = self.file.line_end + " " * last.column
        return between.join([f"{key}:", *(f"{inner}: {flow(item)}" for inner, item in value.items())])

    def _list_in_lines(self, path: Path, node: Span, key: str, value: Any) -> str:
        """Return the pair with its list in lines of its own, if the entries of the list at ``path`` have theirs so; else nothing."""
        if node.flow or not isinstance(value, list) or (indent := self._indent_of(path, key)) is None:
            return ""
        between = self.file.line_end + " " * (node.column + indent)
        return between.join([f"{key}:", *(f"- {flow(item)}" for item in value)])

    def _indent_of(self, path: Path, key: str) -> int | None:
        """How far the hyphens under ``key`` are indented in the entries of a list, None where they are in brackets: as in the first one."""
        if (path, key) not in self._indents:
            around = self.file.at(*path)
            entries = [one for one in around.items if one.kind == "mapping"] if around is not None else []
            lists = ((one.column, inner) for one in entries if (inner := one.get(key)) and inner.items)
            column, first = next(lists, (0, None))
            self._indents[path, key] = None if first is None or first.flow else first.column - column
        return self._indents[path, key]

    def _setting(self, path: Path, value: str | None) -> Splice:
        node = self.file.at(*path)
        if node is None or node.kind != "scalar" or self.file.text[node.start : node.start + 1] in ("&", "!"):
            raise Unusual("it is not one value", self._node(path[:-1]).start if node is None else node.start)
        space = " " if node.start == node.end else ""
        return Splice(node.start, node.end, space + flow(value, node.quote))

    def _removing(self, path: Path, positions: set[int]) -> list[Splice]:
        node = self._node(path)
        return [self.file.emptied(node)] if self._leaves_brackets(path) else self.file.removed(node, positions)

    def _dropping(self, path: Path, keys: set[str]) -> list[Splice]:
        node = self._node(path)
        positions = {position for position, (key, _) in enumerate(node.pairs) if key.value in keys}
        if len(positions) == len(node.pairs) and not node.flow:
            if len(path) != 1:
                raise Unusual("nothing would be left of it", node.start)
            return [self.file.emptied(node)]
        return self.file.removed(node, positions)

    def _is_inside_removed(self, splice: Splice) -> bool:
        """Whether what the splice changes goes away with an entry around it."""
        for path, positions in self._removed.items():
            parts = self._node(path).parts
            if any(parts[at].start < splice.start and splice.end < parts[at].end for at in positions):
                return True
        return False

    def _expected(self) -> Any:
        """Return the values that the changed file must have, and no others."""
        around: dict[str, Any] = {"": deepcopy(yaml_tree.plain(self.tree))}
        changed = {*self._added, *self._removed, *self._keys, *self._dropped, *self._set}
        for path in sorted(changed, key=len, reverse=True):  # inner ones first: positions are those before the changes
            at, name = _parent(around, ("", *path))
            if path in self._set:
                at[name] = self._set[path]
            elif path in self._added or path in self._removed:
                gone = self._removed.get(path, set())
                kept = [item for position, item in enumerate(_value(at, name) or []) if position not in gone]
                left = kept + self._added.get(path, [])
                keeps = left or not path or self._node(path).flow or self._leaves_brackets(path)
                at[name] = left if keeps else None
            elif isinstance(_value(at, name), dict):
                at[name].update(self._keys.get(path, {}))
                for key in self._dropped.get(path, set()):
                    at[name].pop(key, None)
        return around[""]

    def _prove(self, splices: Sequence[Splice]) -> None:
        found: list[Diagnostic] = []
        at = splices[0].start
        try:
            changed = spliced(self.file.text, splices)
        except AssertionError as error:
            raise Unusual("two of the changes meet there", at) from error
        tree = yaml_tree.parse(changed, "", found)
        if found or (yaml_tree.plain(tree) or None) != (self._expected() or None):
            raise Unusual("a change there would change other things too", at)


def _parent(value: Any, path: Path) -> tuple[Any, str | int]:
    """Return what is around the value at ``path``, and its name or position there."""
    for step in path[:-1]:
        value = value[step]
    return value, path[-1]


def _value(around: Any, name: str | int) -> Any:
    return around.get(name) if isinstance(around, dict) else around[int(name)]
