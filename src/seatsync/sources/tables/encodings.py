"""Say how a file would read in the encodings that fit it: nobody knows the name of an encoding, but everybody knows names."""

from __future__ import annotations

import re
from codecs import lookup
from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise
from typing import NamedTuple
from unicodedata import category
from unicodedata import name as name_of

from seatsync.domain.text.characters import printable

_CODECS = (
    *(f"windows-125{number}" for number in (2, 0, 1, 3, 4, 5, 6, 7)),
    *("koi8_u", "shift_jis", "gb18030", "euc_kr", "big5", "euc_jp", "mac_roman", "cp850", "cp852", "cp866"),
)
"""Encodings that schools' programs write, the commonest first."""
_MOST_SHOWN, _MOST_VALUES, _MOST_BYTES = 3, 500, 50_000
_LONGEST_SHOWN = 40
"""The letters of a value that are shown."""
_LONGEST_NAME, _MOST_WORDS = 50, 1_000
"""The letters of a word, and the different words, that are looked at: a hostile file may be one word, or nothing but odd ones."""
_MUCH = 2.0
"""The difference in strangeness from which an encoding is likely another than the one that was named."""
_LINE = re.compile(rb"[^\r\n]+")
_ODD, _ENOUGH = re.compile(rb"[\x80-\xff]"), 12
"""The bytes from which on frequencies say something."""
_BETWEEN = re.compile('[\t,;|"]|\\s{2,}')
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\S")


_NO_LETTERS = "ƒˆ˜"
"""Signs that count as letters, but are in no name: É, à and ò of a Mac's text that is read as Windows-1252."""
_BETWEEN_CONSONANTS = re.compile("(?<=[bcdfghjklmnpqrstvwxz])š(?=[bcdfghjklmnpqrstvwxz])", re.IGNORECASE)
"""The ö of such a text, as in Kšhler."""


class Reading(NamedTuple):
    """How a value of a file reads in an encoding; several values, where one does not tell the encodings apart."""

    encoding: str
    value: str


def readings(data: bytes) -> list[Reading]:
    """Return how a value of the file reads in the encodings that fit the whole file, the likeliest first.

    The values are the same for all; encodings in which the file reads alike, or seems to, are one: the likeliest.
    """
    lines = _odd_lines(data)
    lines = lines[: lines.rfind(b"\n")] if len(lines) == _MOST_BYTES else lines
    texts: dict[str, str] = {}
    for codec in _CODECS:
        try:
            data.decode(codec)
            text = lines.decode(codec)
        except UnicodeDecodeError:
            continue
        if text not in texts.values():
            texts[codec] = text
    likely = _by_frequency(lines, [*texts]) if len(_ODD.findall(lines)) >= _ENOUGH else {}
    strange = {codec: _strangeness(text) for codec, text in texts.items()}
    ranked = sorted(texts, key=lambda codec: (strange[codec], likely.get(codec, 99)))[:_MOST_SHOWN]
    best = strange[ranked[0]] if ranked else 0
    ranked = [codec for codec in ranked if strange[codec] <= min(best + 2, _MUCH)]
    values = [[printable(value, _LONGEST_SHOWN) for value in _values(texts[codec])] for codec in ranked]
    telling = _most_telling(values)
    shown = [", ".join(each[at] for at in telling) for each in values]
    return [
        Reading(codec, value)
        for at, (codec, value) in enumerate(zip(ranked, shown, strict=True))
        if value and value not in shown[:at]
    ]


def better(data: bytes, codec: str) -> list[Reading]:
    """Return how a value reads in the encodings that fit much better than ``codec``, the one that was named."""
    lines = _odd_lines(data)
    strange = _strangeness(lines.decode(codec, "ignore"))
    if strange < _MUCH or codec.startswith("utf"):
        return []
    return [
        one
        for one in readings(data)
        if lookup(one.encoding).name != codec and _strangeness(one.value) + _MUCH <= strange
    ]


def _odd_lines(data: bytes) -> bytes:
    """The first lines with other than ASCII signs."""
    odd = (match[0] for match in _LINE.finditer(data) if not match[0].isascii())
    return b"\n".join(islice(odd, _MOST_VALUES))[:_MOST_BYTES]


def _by_frequency(lines: bytes, codecs: list[str]) -> dict[str, int]:
    """Rank the encodings by how frequent their letters are in the languages that use them."""
    from charset_normalizer import from_bytes

    found = from_bytes(lines, cp_isolation=codecs, threshold=1.0) if codecs else ()
    named = {codec.replace("-", "_").replace("windows_", "cp"): codec for codec in codecs}
    order = [named[match.encoding] for match in found if match.encoding in named]
    return {codec: rank for rank, codec in enumerate(order)}


def _strangeness(text: str) -> float:
    """How unlike names the words with a letter that is not ASCII are: 0 for quite like names."""
    words = Counter(word[:_LONGEST_NAME] for word in _WORD.findall(text) if not word.isascii())
    looked_at = words.most_common(_MOST_WORDS)
    return round(sum(number * _strange(word) for word, number in looked_at) / max(1, sum(dict(looked_at).values())), 1)


def _strange(word: str) -> int:
    if not word[0].isalpha():
        return 1 if word == "’" else 4
    letters = [character for character in word if not character.isascii() and character != "’"]
    strange = sum(4 for character in letters if category(character)[0] not in "LM")
    strange += sum(3 for one, next in pairwise(word) if one.islower() and next.isupper())
    strange += sum(
        3
        for one, two, three in zip(word, word[1:], word[2:], strict=False)
        if not two.isascii() and one.isupper() and two.isupper() and three.islower()
    )
    strange += 4 * sum(map(word.count, _NO_LETTERS)) + 3 * bool(_BETWEEN_CONSONANTS.search(word))
    strange += 2 * (letters[:1] == [word[0]] and word[0].islower())
    scripts = {name_of(character, "?").split()[0] for character in word if character.isalpha()}
    strange += 4 * (len(scripts - {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}) > 1)
    strange += 3 * ("HALFWIDTH" in scripts)
    if scripts == {"LATIN"} and len(letters) * 2 > len(word) > 2:
        strange += 3 if len(letters) == len(word) > 4 else 1
    return strange


def _values(text: str) -> list[str]:
    """The values with a letter that is not ASCII, e-mails only where there is nothing else; equally many in all encodings."""
    values = [value.strip() for value in _BETWEEN.sub("\n", text).split("\n") if not value.isascii()]
    return [value for value in values if "@" not in value] or values


def _most_telling(texts: Sequence[list[str]]) -> list[int]:
    """The positions of the fewest values that read differently in the most encodings."""

    def told(at: Sequence[int]) -> int:
        return len({tuple(values[one] for one in at) for values in texts})

    telling: list[int] = []
    for _ in texts:
        more = [[*telling, at] for at in range(min(map(len, texts)))]
        best = max(more, key=told, default=[])  # of equals the first
        if telling and told(best) == told(telling):
            break
        telling = best
    return telling


def as_text(codec: str) -> str:
    """Return the name of a codec for messages."""
    return codec.removesuffix("-sig").upper() if codec.startswith("utf") else codec.replace("cp125", "Windows-125")


def is_utf8(data: bytes, named: str) -> bool:
    """Whether the data is UTF-8 although the encoding ``named`` is given. Text in other encodings is hardly ever valid UTF-8.

    ASCII is valid in most encodings, so it does not count; UTF-16 has zero bytes in every header. Two bytes of a Chinese
    letter can be valid UTF-8, so in such encodings only a text with several letters counts.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    if named.startswith(("utf-16", "utf-32")):
        return "\0" not in text
    return sum(map(len, _NOT_ASCII.findall(text))) > (4 if named in _OF_SEVERAL_BYTES else 0)


_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_OF_SEVERAL_BYTES = frozenset(
    {
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
        "big5hkscs",
        "cp950",
        "shift_jis",
        "cp932",
        "euc_jp",
        "euc_kr",
        "cp949",
        "johab",
    }
)
