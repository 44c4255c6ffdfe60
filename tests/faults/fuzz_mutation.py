"""Damage to valid files, as editors, spreadsheets, disks and attackers cause it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from random import Random

MOST = 64 * 1024
"""The largest input in bytes. It is large enough to show work that grows faster than the input."""

STRANGE = (
    *(
        "",
        " ",
        "\0",
        "\x07",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\xa0",
        "\xad",
        "\u200b",
        "\u200d",
        "\u2028",
        "\u202e",
        "\ufeff",
    ),
    *("\ufffd", "\uffff", "\U0001f600", "e\u0301", "İ", "ß", "ﷺ", "ﬁ", "Ａ", "\u0661", "²", "\U0010ffff", "אבג", "𝔸"),
    *(
        "0",
        "-1",
        "1",
        "1.0",
        "0x10",
        "1e5",
        "1e999",
        "NaN",
        "Infinity",
        "-Infinity",
        "4294967296",
        "9" * 30,
        "9" * 5000,
    ),
    *("2027-06-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2027-02-29", "2027-W01-1", "٢٠٢٧-٠٦-٣٠"),
    *(
        "null",
        "~",
        "true",
        "no",
        "None",
        "=1+1",
        "=cmd|'/c calc'!A0",
        "+1",
        "-",
        "@x",
        "'=1",
        "'",
        '"',
        '""',
        "`",
        "\\",
    ),
    *(
        ",",
        ";",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        ":",
        ": ",
        "- ",
        "#",
        " #",
        "|",
        ">",
        "&",
        "*",
        "!",
        "%",
        "?",
        "? ",
        "---",
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        "[]",
        "{}",
        "<<",
        "<<: *a",
        "&a ",
        "*a",
        "!!str ",
        "!!python/object:os.system ",
        "%YAML 9.9\n",
    ),
    *(
        "...\n",
        "--- \n",
        "sep=;\n",
        "<<<<<<< HEAD\n",
        "PK\x03\x04",
        "../../x",
        "/dev/stdin",
        ".",
        "a/" * 150,
        "x" * 300,
    ),
    *("a@b", "@", "a@b.c", "ann@grace.example", "ANN@GRACE.EXAMPLE", "a" * 65 + "@b.example", "imported:2026-01-01"),
    *("email", "library", "institution", "version", "slots", "tags", "until", "permanent", "temporary", "100%", "3d"),
    *("\\ud800", '"\\ud800"', "\\u0000", '{"a":', "{{7*7}}", "<script>", "<!-- -->", "%s%n", "${x}", "$(x)", "‮⁦"),
)

_TOKEN = re.compile(rb"[^\s,;:{}\[\]\"]+")
_CELL = re.compile(rb"[,;\t]")
_CHARSETS = (
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-7",
    "cp1252",
    "cp037",
    "shift_jis",
    "mac-roman",
)


def mutate(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Damage ``data`` one to four times. ``others`` are files to splice it with."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        data = random.choice(_ACCIDENTS)(random, data, others)[:MOST]
    return data


def strange(random: Random) -> str:
    """Return something that does not belong in any file."""
    text = random.choice(STRANGE)
    return text if random.random() < 0.9 else (text or "x") * random.choice((2, 60, 100, 1000))


def _piece(random: Random, data: bytes, most: int = 400) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.randint(0, most))


def _flip(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    changed = bytearray(data or b"\0")
    for _ in range(random.choice((1, 1, 2, 8))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _piece(random, data)
    return data[:start] + data[end:]


def _truncate(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    return data[: random.randint(0, len(data))]


def _repeat(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _piece(random, data, 120)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 100)) + data[end:]


def _insert(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    place = random.randint(0, len(data))
    raw = random.randbytes(random.randint(1, 4)) if random.random() < 0.1 else strange(random).encode()
    return data[:place] + raw + data[place:]


def _replace(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replace a word by something strange or by another word of the file, in one place or everywhere."""
    words = _TOKEN.findall(data) or [b""]
    word = random.choice(words)
    other = strange(random).encode() if random.random() < 0.7 else random.choice(words)
    start = data.find(word, random.randint(0, len(data)))
    if start < 0 or random.random() < 0.1:
        return data.replace(word, other, 20)
    return data[:start] + other + data[start + len(word) :]


def _lines(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Swap a line with another, double it, drop it, move it, or change its indentation."""
    lines = data.splitlines(keepends=True) or [b""]
    here, there = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(5):
        case 0:
            lines[here], lines[there] = lines[there], lines[here]
        case 1:
            lines.insert(there, lines[here])
        case 2:
            del lines[here]
        case 3:
            lines.insert(there, lines.pop(here))
        case _:
            lines[here] = random.choice((b" ", b"  ", b"\t", b"    ")) + lines[here].lstrip(b" ")
    return b"".join(lines)


def _cells(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Swap cells of a line, drop them, or replace them by something strange."""
    lines = data.splitlines(keepends=True) or [b""]
    row = random.randrange(len(lines))
    cells = _CELL.split(lines[row])
    match random.randrange(3):
        case 0:
            random.shuffle(cells)
        case 1:
            del cells[random.randrange(len(cells))]
        case _:
            cells[random.randrange(len(cells))] = strange(random).encode()
    lines[row] = random.choice((b",", b",", b";", b"\t")).join(cells)
    return b"".join(lines)


def _splice(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = random.choice(others)
    start, end = _piece(random, other, 2000)
    place = random.randint(0, len(data))
    return data[:place] + other[start:end] + random.choice((b"", data[place:]))


def _encode(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    text = data.decode("utf-8", "replace")
    bom = random.choice((b"", b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return bom + text.encode(random.choice(_CHARSETS), "replace")


def _newlines(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    end = random.choice(("\r\n", "\r", "\r\r\n", "\x85", "\u2028", "\x0b", "\x0c", " ", "\n\n"))
    return data.replace(b"\n", end.encode())


def _quote(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _piece(random, data, 40)
    return data[:start] + b'"' + data[start:end] + random.choice((b'"', b'""', b"'", b"")) + data[end:]


def _bomb(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Repeat something many times: it may be harmless once, but not a thousand times."""
    piece = random.choice((random.choice(STRANGE).encode() or b"x", *data.splitlines(keepends=True)[1:8]))
    place = random.randint(0, len(data))
    room = max(1, (MOST - len(data)) // len(piece))
    return data[:place] + piece * min(room, random.choice((50, 500, 5_000, 50_000))) + data[place:]


_Accident = Callable[[Random, bytes, Sequence[bytes]], bytes]
_OFTEN: tuple[_Accident, ...] = (_flip, _cut, _truncate, _repeat, _insert, _replace, _lines, _cells, _splice, _quote)
_SELDOM: tuple[_Accident, ...] = (_encode, _newlines)
_ACCIDENTS: tuple[_Accident, ...] = (*_OFTEN * 30, *_SELDOM * 18, _bomb)
