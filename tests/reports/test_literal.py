"""Any name, e-mail or title is shown as it is, by GitHub's own Markdown renderer and by what hosts do to its result."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from seatsync.reports.literal import code, in_html, literal, prose

REFERENCES = re.compile(
    r"""(?<![0-9A-Za-z_])@[0-9A-Za-z]            # a mention
    | [#!~%$^][\w"] | &\d                          # an issue, a merge request, a label, a milestone, mathematics
    | (?<![0-9A-Za-z])[0-9a-f]{7,40}(?![0-9A-Za-z])  # a commit
    | :[\w+-]+:                                 # an emoji
    | \bGH-\d | :// | \bwww\. | \w@\w | \{[+-] | [+-]\}""",
    re.VERBOSE,
)
PLACES = {
    "paragraph": "Said: {}.",
    "start": "{}",
    "heading": "## Blocked: {}",
    "list": "- {}\n- end",
    "bold": "- **x**: {}",
    "table": "| a | b |\n| --- | --- |\n| x | {} |\n| y | z |",
}
NAMES = st.one_of(
    st.text(st.sampled_from("@#`*_~<>[]()!|\\&$^{}+-:;.,/'\"=%0189abfxyzGH é"), max_size=30),
    st.text(st.characters(min_codepoint=32, exclude_categories=("C", "Z")), max_size=20),
    st.lists(
        st.sampled_from(
            [
                "@everyone",
                "#1",
                "GH-1",
                "deadbeef",
                "https://x.example/a",
                "www.x.example",
                "ann@x.example",
                ":smile:",
                "**b**",
                "_e_",
                "<b>",
                "<!--",
                "&lt;",
                "![x](y)",
                "[x]:",
                "y",
                "|",
                "`c`",
                "``",
                "\\",
                "$x$",
                "1.",
                "-",
                "[",
                "]",
                "{+a+}",
                "!1",
                "~bug",
                "%1",
                "&1",
                "owner/repo#1",
                "/merge",
                "---",
                "===",
                "ftp://x.y",
                "Ann",
                "Lee",
            ]
        ),
        max_size=4,
    ).map(" ".join),
)


class Shown(HTMLParser):
    """The text of a page, that outside code, and the elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.cells: list[str] = []
        self.text = self.plain = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.elements.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.open.remove(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
        self.plain += "\0" if "code" in self.open else data
        if self.cells and {"td", "th"} & {*self.open}:
            self.cells[-1] += data


def rendered(source: str) -> str:
    page: str = github_flavored_markdown_to_html(source, options=Options.CMARK_OPT_UNSAFE)
    return page


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("place", PLACES)
@given(name=NAMES)
@settings(max_examples=300)
@example(name="ann.o'neil-smith_a@x.example")
@example(name="a`b|c`d | @x")
@example(name="| a")
def test_a_name_is_shown_as_it_is(place: str, name: str) -> None:
    frame = PLACES[place]
    shown, empty = (Shown(rendered(frame.format(one))) for one in (literal(name), "x"))
    assume(name.strip() or place != "start")
    assert [one for one in shown.elements if one != "code"] == [one for one in empty.elements if one != "code"]
    assert "".join(words(name)) in "".join(words(shown.text))
    assert not REFERENCES.search(shown.plain), shown.plain
    if place == "table":
        assert [shown.cells[2], "".join(words(shown.cells[3])), *shown.cells[4:]] == [
            "x",
            "".join(words(name)),
            "y",
            "z",
        ]


@given(name=NAMES)
@settings(max_examples=300)
def test_code_and_html_are_shown_as_they_are(name: str) -> None:
    table = Shown(rendered(f"| a |\n| --- |\n| x {code(name)} |"))
    assert table.cells[1].split() == ["x", *name.split()]
    folded = Shown(rendered(f"<details><summary>{in_html(name)}</summary>\n\ntext\n\n</details>"))
    assert {*folded.elements} <= {"details", "summary", "code", "p"}
    assert "".join(name.split()) in "".join(folded.text.split())
    assert not REFERENCES.search(folded.plain), folded.plain


@given(name=NAMES)
@settings(max_examples=300)
def test_our_own_words_keep_their_code_and_nothing_else(name: str) -> None:
    shown = Shown(rendered(f"- To fix: {prose(f'Run `seatsync plan` for {name}')}"))
    assert {*shown.elements} <= {"ul", "li", "code"}
    assert "`" not in shown.text.partition(" for ")[0]
    assert "".join(name.split()).replace("`", "") in "".join(shown.text.split()).replace("`", "")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Ann O'Neil-Smith, Jr.", "Ann O'Neil-Smith, Jr."),
        ("books: 46 seats end on 2026-11-27 (was: no end)", "books: 46 seats end on 2026-11-27 (was: no end)"),
        ("Chloé Martin, 0003, Professor, tags a_b", "Chloé Martin, 0003, Professor, tags a_b"),
        ("20,000 of 20,000 seats (100 %)!", "20,000 of 20,000 seats (100 %)!"),
        ("R&B and AT&T + x = y", "R&B and AT&T + x = y"),
        ("(ann@x.example, ben@x.example).", "(`ann@x.example`, `ben@x.example`)."),
    ],
)
def test_the_source_reads_like_the_text(text: str, source: str) -> None:
    assert literal(text) == source
