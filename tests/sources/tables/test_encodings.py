"""Encodings: any that Python knows for texts, and what is told of a file that is in another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.diagnostic import Severity
from seatsync.domain.text.encodings import codec_of
from seatsync.sources.files import Folder
from seatsync.sources.tables.encodings import readings

HEADER = "email,given_name,family_name\n"
NAMES = {
    "windows-1252": ("Müller", "Zoë", "Núñez", "Øberg", "Lefèvre"),
    "windows-1250": ("Wałęsa", "Dvořák", "Żółć", "Šárka", "Łukasz"),
    "windows-1251": ("Иван", "Петров", "Щукина"),
    "windows-1253": ("Γιώργος", "Παπαδόπουλος"),
    "windows-1254": ("Şule", "Yılmaz", "Ağaoğlu"),
    "windows-1255": ("דוד", "כהן"),
    "windows-1256": ("محمد", "علي"),
    "shift_jis": ("太郎", "山田", "佐藤"),
    "gb18030": ("张伟", "小明"),
    "big5": ("大文", "陳"),
    "euc_kr": ("민수", "김"),
    "koi8_u": ("Иван", "Петров"),
    "mac_roman": ("Müller", "Núñez"),
    "cp850": ("Müller", "Núñez"),
}
EACH = [(encoding, name) for encoding, names in NAMES.items() for name in names]


def text_of(data: bytes, encoding: str | None = None) -> tuple[str | None, list[tuple[Severity, str]]]:
    folder = Folder(Path())
    text = folder.text_of(data, "members.csv", encoding)
    return text, [(found.severity, found.message + " " + found.help) for found in folder.found]


@pytest.mark.parametrize(("encoding", "name"), EACH)
def test_a_file_in_another_encoding_is_told_with_how_its_name_reads_in_the_right_one(encoding: str, name: str) -> None:
    data = f"{HEADER}a@x.example,A,{name}\n".encode(encoding)
    text, [(severity, said)] = text_of(data)
    assert (text, severity) == (None, Severity.ERROR)
    assert f'for "{name}" `encoding: ' in said
    assert f"`encoding: {encoding}`" in said or name in ("Zoë", "Šárka")  # which are the same in Windows-1252 and 1250
    assert 1 <= said.count("`encoding: ") <= 3
    assert text_of(data, encoding) == (data.decode(encoding), [])


def test_where_one_name_does_not_tell_the_encodings_apart_two_are_shown() -> None:
    data = f"{HEADER}a@x.example,A,Zoë\nb@x.example,B,Łukasz\n".encode("windows-1250")
    _, [(_, said)] = text_of(data)
    assert 'for "Zoë, Łukasz" `encoding: windows-1250`' in said
    assert 'for "Zoë, £ukasz" `encoding: windows-1252`' in said


@given(
    st.lists(st.sampled_from([name for names in NAMES.values() for name in names]), min_size=1, max_size=4), st.data()
)
def test_no_two_encodings_are_offered_that_look_alike(names: list[str], data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from([*NAMES]))
    rows = "".join(f"a{at}@x.example,A,{'X' * 40 * (at % 2)}{name}\n" for at, name in enumerate(names))
    offered = [one.value for one in readings(rows.encode(encoding, "ignore"))]
    assert len({*offered}) == len(offered)


@pytest.mark.parametrize("right", ["windows-1250", "windows-1251", "shift_jis"])
def test_an_encoding_that_was_named_but_makes_no_names_is_warned_of(right: str) -> None:
    data = (HEADER + "".join(f"a{at}@x.example,A,{name}\n" for at, name in enumerate(NAMES[right]))).encode(right)
    text, said = text_of(data, "windows-1252")
    if text is not None:  # some bytes are not valid in Windows-1252
        [(severity, words)] = said
        assert severity is Severity.WARNING
        assert f"`encoding: {right}`" in words


@pytest.mark.parametrize(
    "names",
    [
        ["Müller", "Jürgen"],
        ["Zoë"],
        ["François", "Dupré"],
        ["Groß", "Jürß"],
        ["Müller"],
        ["Köhler"],
        ["Jörg"],
        ["Éva"],
        ["Ángel"],
        ["Voilà"],
    ],
)
def test_the_text_of_a_mac_that_was_named_as_that_of_windows_is_warned_of(names: list[str]) -> None:
    data = (HEADER + "".join(f"a{at}@x.example,A,{name}\n" for at, name in enumerate(names))).encode("mac_roman")
    _, [(_, words)] = text_of(data, "windows-1252")  # some bytes are not valid in Windows-1252, which is an error
    assert "`encoding: mac_roman`" in words
    assert any(f'"{name}"' in words for name in names)


@pytest.mark.parametrize(
    ("encoding", "name"), [each for each in EACH if each[0] not in ("mac_roman", "cp850", "koi8_u")]
)
def test_the_right_encoding_is_not_warned_of(encoding: str, name: str) -> None:
    data = f"{HEADER}a@x.example,A,{name}\n".encode(encoding)
    assert text_of(data, encoding) == (data.decode(encoding), [])


@pytest.mark.parametrize(
    "name", ["utf-8", "UTF8", "latin-1", "cp1250", "windows-1251", "Shift_JIS", "utf-16-le", "mac-roman", "big5hkscs"]
)
def test_any_encoding_of_texts_is_known_by_the_names_that_python_knows(name: str) -> None:
    assert codec_of(name) is not None


NO_ENCODINGS = (
    """hex rot13 base64 zlib bz2 uu quopri idna punycode unicode_escape raw_unicode_escape undefined charmap utf-7 os"""
)


@pytest.mark.parametrize("name", NO_ENCODINGS.split())
def test_what_is_no_encoding_of_files_is_none(name: str) -> None:
    assert codec_of(name) is None


@pytest.mark.parametrize("name", ["", "../utf-8", "utf_8\0", "x" * 10_000])
def test_an_odd_name_is_none_too(name: str) -> None:
    assert codec_of(name) is None


@pytest.mark.parametrize("encoding", ["shift_jis", "windows-1251", "gb18030", "utf-16"])
def test_a_file_that_is_utf_8_in_truth_is_read_as_such_with_a_warning(encoding: str) -> None:
    text = f"{HEADER}a@x.example,Ольга,Петрова\nb@x.example,山田太郎,佐藤\n"
    read, [(severity, said)] = text_of(text.encode(), encoding)
    assert (read, severity) == (text, Severity.WARNING)
    assert "Delete `encoding:`" in said


def test_two_bytes_of_a_chinese_letter_are_not_taken_for_utf_8() -> None:
    text = f"{HEADER}a@x.example,小,A\n"
    assert text_of(text.encode("gb18030"), "gb18030") == (text, [])


def test_an_email_is_shown_only_where_no_name_has_a_letter_that_counts() -> None:
    assert {reading.value for reading in readings("zoé@x.example,Zoé\n".encode("cp1252"))} == {"Zoé"}
    assert readings("zoé@x.example,Zoe\n".encode("cp1252"))[0].value == "zoé@x.example"


@given(st.binary(max_size=300))
def test_odd_bytes_never_break_it(data: bytes) -> None:
    assert len(readings(data)) <= 3
    text, said = text_of(data)
    assert text is not None or said
    assert all(words.isprintable() for _, words in said)


@given(
    st.binary(max_size=200),
    st.sampled_from(["cp1250", "shift_jis", "utf-16-le", "gb18030", "utf-32", "iso2022_jp", "utf_8_sig", "hz"]),
)
def test_odd_bytes_in_any_encoding_are_read_or_told(data: bytes, encoding: str) -> None:
    text, said = text_of(data, encoding)
    assert text is not None or said
