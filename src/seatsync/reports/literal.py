"""Text that Markdown shows as it is, on GitHub and GitLab, and that a person can still read in the source of a mail.

What Markdown or the host would turn into something (markup, a mention, a link, a reference to an issue or a commit, an
emoji) stands as code: hosts look for references in the rendered text, where backslashes have no effect, but not in code.
"""

from __future__ import annotations

import html
import re

_SPECIAL = re.compile(
    r"""[@#<\[\]`*~^$\\{}]                        # markup, HTML, mentions, references, mathematics
    | (?<![^\W_])_ | _(?![^\W_])                  # an underscore that is not inside a word
    | ://                                         # addresses: scheme, then host
    | (?<![^\W_])www\.
    | [!%][\w"] | &(?:[\d#]|\w+;)                # GitLab: !1, %"a milestone", &1; also entities
    | :[\w+-]+:                                   # :emoji:
    | (?<![A-Za-z0-9])[0-9a-f]{7,64}(?![A-Za-z0-9])  # a commit
    | (?<![A-Za-z0-9])GH-\d                       # GitHub: GH-1
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"""(?P<before>[("']*)(?P<word>.*?)(?P<after>[)"',.;:!?]*)""", re.DOTALL)
_QUOTED = re.compile(r"""(?:(?<=\s)|(?<=\s\()|^)`([^`]+)`(?=[)"',.;:!?]*(?:\s|$))""")
_AT_BLOCK_START = re.compile(r"[-+>=]|\d+[.)]")
_PIPE = "\\|"  # separates a table's cells, in code too, unless it is escaped


def literal(text: str) -> str:
    """Return one line of text that Markdown shows literally, in a paragraph, a list, a heading or a table."""
    words = [_word(word) for word in text.replace("\n", " ").split(" ")]
    if words and _AT_BLOCK_START.match(words[0]):
        words[0] = code(text.split(" ")[0])
    return " ".join(words)


def prose(text: str) -> str:
    """Return one line of our own words, in which words between backticks are code."""
    pieces = _QUOTED.split(text)
    return "".join(code(piece) if number % 2 else literal(piece) for number, piece in enumerate(pieces))


def code(text: str) -> str:
    """Return one line of text as code."""
    return _PIPE.join(_span(piece) if piece else "" for piece in text.replace("\n", " ").split("|"))


def fence_of(block: str) -> str:
    """Return the fence that nothing in a block of code can close."""
    return "`" * max(3, _longest_run(block) + 1)


def in_html(text: str) -> str:
    """Return text for use inside an HTML element, where Markdown is not read, but references are still found."""
    return " ".join(
        f"<code>{html.escape(word, quote=False)}</code>" if _SPECIAL.search(word) else html.escape(word, quote=False)
        for word in text.split(" ")
    )


def _word(word: str) -> str:
    return _PIPE.join(map(_piece, word.split("|")))


def _piece(text: str) -> str:
    """Return a word, as code if it needs to be; punctuation around the word stays outside."""
    if not _SPECIAL.search(text):
        return text
    found = _WORD.fullmatch(text)
    assert found is not None
    return found["before"] + _span(found["word"]) + found["after"]


def _span(text: str) -> str:
    """Return text as one code span. Its fence is longer than any run of backticks in it.

    Backticks at its ends stand before and after the span: inside, they would need spaces, which split an e-mail in two.
    """
    inner = text.strip("`")
    if not inner:
        return _escaped(text)
    fence = "`" * (_longest_run(inner) + 1)
    pad = " " if " " in (inner[0], inner[-1]) else ""  # one space on each side is dropped again
    before, after = text.split(inner)
    return f"{_escaped(before)}{fence}{pad}{inner}{pad}{fence}{_escaped(after)}"


def _longest_run(text: str) -> int:
    """The length of the longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


def _escaped(backticks: str) -> str:
    return "\\`" * len(backticks)
