"""Change lists and mappings of a YAML file by replacing only the characters that they mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from seatsync.sources.editing.texts.splices import Splice, without_lines
from seatsync.sources.editing.texts.yaml_spans import Span, spans

Path = tuple[str | int, ...]
_LINE_END = re.compile(r"\r\n|\n|\r")


class Unusual(Exception):
    """The layout of the file is too unusual to be changed at this place. The message says why, and has no full stop."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


class YamlFile:
    """The text of a YAML file. Each method returns the splices for one change; ``YamlEdits`` proves that they do just that."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = spans(text)
        first = _LINE_END.search(text)
        self.line_end = first[0] if first else "\n"

    def at(self, *path: str | int) -> Span | None:
        """Return the node at ``path``; None where nothing is written there.

        Raises:
            Unusual: an anchor stands on the way, so that a change would be one of other places too.
        """
        node = self.root
        for step in path:
            if node is not None and node.is_alias:
                raise Unusual("what stands there is an alias of another place", node.start)
            if node is None:
                return None
            if isinstance(step, int):
                node = node.items[step] if step < len(node.items) else None
            else:
                if node.get("<<") is not None and node.get(step) is None:
                    raise Unusual(f"`{step}` may come from an anchor (<<)", node.start)
                node = node.get(step)
        if node is not None and node.is_alias:
            raise Unusual("what stands there is an alias of another place", node.start)
        return node

    def appended(self, node: Span, items: Sequence[str]) -> list[Splice]:
        """Return the splice that adds items or pairs (in the flow style) at the end of a list or mapping that is not empty or flow."""
        if node.flow:
            return [self._into_flow(node, items)]
        last = node.parts[-1]
        indent = " " * node.column
        dash = "- " if node.kind == "list" else ""
        if node.kind == "list" and not self.text[: last.start].rstrip(" ").endswith("-"):
            raise Unusual("its last entry does not begin on the line of its hyphen", last.start)
        return [self.below(last.end, [f"{indent}{dash}{item}" for item in items])]

    def below(self, at: int, lines: Sequence[str]) -> Splice:
        """Return the splice that adds lines below the one at ``at``, which may have only a comment behind that.

        Raises:
            Unusual: it has something else there.
        """
        end = self._line_end_after(at)
        if self.text[:end].endswith(("\n", "\r")):
            return Splice(end, end, "".join(f"{line}{self.line_end}" for line in lines))
        return Splice(end, end, "".join(f"{self.line_end}{line}" for line in lines))

    def is_alone(self, node: Span) -> bool:
        """Whether the brackets of an empty list or mapping stand in a line of their own, with a comment at most."""
        start, end = self._line_start(node.start), _LINE_END.search(self.text, node.end)
        rest = self.text[node.end : end.start() if end else len(self.text)].strip()
        return not self.text[start : node.start].strip() and (not rest or rest.startswith("#"))

    def in_lines(self, node: Span, lines: Sequence[str]) -> Splice:
        """Return the splice that writes entries, in lines of their own, in place of the brackets of an empty list or mapping."""
        return Splice(node.start, node.end, (self.line_end + " " * node.column).join(lines))

    def emptied(self, node: Span) -> Splice:
        """Return the splice that leaves brackets in place of all entries of a block list or mapping."""
        return Splice(node.start, node.end, "[]" if node.kind == "list" else "{}")

    def _into_flow(self, node: Span, items: Sequence[str]) -> Splice:
        parts = node.parts
        if not parts:
            return Splice(self._inside(node), self._inside(node), ", ".join(items))
        between = self.text[parts[-2].end : parts[-1].start] if len(parts) > 1 else ", "
        if between.strip() != ",":
            between = ", "
        end = parts[-1].end
        return Splice(end, end, "".join(between + item for item in items))

    def _inside(self, node: Span) -> int:
        """Return where a flow collection opens: behind its bracket."""
        bracket = "[" if node.kind == "list" else "{"
        return self.text.index(bracket, node.start) + 1

    def removed(self, node: Span, positions: Collection[int]) -> list[Splice]:
        """Return the splices that delete these items or pairs, but not the last one of a block list or mapping."""
        parts = node.parts
        if node.flow:
            return self._out_of_flow(node, parts, positions)
        ranges = [self._range_of(node, part) for position, part in enumerate(parts) if position in positions]
        if any(not self._is_whole(start) for start, _ in ranges):
            return [Splice(start, end, "") for start, end in ranges]
        return without_lines(self.text, ranges)

    def _is_whole(self, start: int) -> bool:
        return start == 0 or self.text[start - 1] in "\r\n"

    def _out_of_flow(self, node: Span, parts: Sequence[Span], positions: Collection[int]) -> list[Splice]:
        if len(positions) == len(parts):
            end = parts[-1].end
            comma = self.text[end:].lstrip()[:1] == ","
            return [Splice(parts[0].start, self.text.index(",", end) + 1 if comma else end, "")]
        first_kept = next(position for position in range(len(parts)) if position not in positions)
        splices = []
        for position in sorted(positions):
            part = parts[position]
            start, end = (
                (part.start, parts[position + 1].start)
                if position < first_kept
                else (parts[position - 1].end, part.end)
            )
            gap = self.text[part.end : end] if position < first_kept else self.text[start : part.start]
            if "#" in gap:
                raise Unusual("a comment stands between the entries in the brackets", part.start)
            splices.append(Splice(start, end, ""))
        return splices

    def _range_of(self, node: Span, part: Span) -> tuple[int, int]:
        """Return the lines of an entry of a block list, or of a pair of a block mapping.

        Of the first pair behind a hyphen, only from there to the next pair.
        """
        start = self._line_start(part.start)
        if self.text[start : part.start].strip() == ("-" if node.kind == "list" else ""):
            return start, self._line_end_after(part.end)
        if node.kind == "list" or len(node.parts) < 2 or part.start != node.parts[0].start:
            raise Unusual("other things stand on the same line", part.start)
        following = node.parts[1]
        if "#" in self.text[part.end : following.start]:
            raise Unusual("a comment stands behind it", part.start)
        return part.start, following.start

    def _line_start(self, at: int) -> int:
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def _line_end_after(self, at: int) -> int:
        """Return where the next line begins; the rest of this line may hold a comment only.

        Raises:
            Unusual: the rest of the line has something else.
        """
        found = _LINE_END.search(self.text, at)
        end = found.end() if found else len(self.text)
        rest = self.text[at:end].strip()
        if rest and not rest.startswith("#"):
            raise Unusual("other things stand on the same line", at)
        return end
