"""Finished Markdown of others, cut to a host's limit."""

from __future__ import annotations

import re

_FENCE = re.compile(r"(?P<before>[ >]*(?:[-*+] +|\d+[.)] +)?)(?P<signs>`{3,}(?=[^`]*$)|~{3,})[ \t]*(?P<rest>[^\n]*)")
_CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_OPENS = re.compile(r"<!--|-->|</?details\b", re.IGNORECASE)
_FOR_THE_COUNT = 170  # characters reserved for the line that counts what is left out


def cut(text: str, most: int) -> str:
    """Return finished Markdown in at most ``most`` characters: whole lines, open elements closed, and the rest counted."""
    if len(text) <= most:
        return text
    lines = [f"{line}\n" for line in text.split("\n")]
    open_elements = _OpenElements()
    kept, end, left = 0, "", most - _FOR_THE_COUNT
    for line in lines:
        left -= len(line)
        open_elements.read(line)
        if left < len(open_elements.closing):
            break
        kept, end = kept + 1, open_elements.closing
    return "".join(lines[:kept]) + end + f"\n*Left out to save space: {len(lines) - kept:,} lines.*\n"


class _OpenElements:
    """The elements that are still open after some lines of Markdown: a code fence, a comment, ``<details>``."""

    def __init__(self) -> None:
        self.fence = ""
        self.before_fence = ""
        self.comment = False
        self.folds = 0

    def read(self, line: str) -> None:
        fence = _FENCE.match(line)
        if self.fence:
            if fence and fence["signs"].startswith(self.fence) and not fence["rest"]:
                self.fence = ""
        elif fence and not self.comment:
            self.fence = fence["signs"]
            self.before_fence = re.sub(r"[^ >]", " ", fence["before"])
        else:
            for sign in _OPENS.findall(_CODE.sub("", line)):
                if sign == "-->":
                    self.comment = False
                elif sign == "<!--":
                    self.comment = True
                elif not self.comment:
                    self.folds = max(0, self.folds + (-1 if sign.startswith("</") else 1))

    @property
    def closing(self) -> str:
        """The text that closes all open elements."""
        code = f"{self.before_fence}{self.fence}\n" if self.fence else ""
        return code + ("-->\n" if self.comment else "") + "\n</details>\n" * self.folds
