"""Letters as text and HTML, by templates: an institution's own in its folder ``letters``, else those beside this file."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seatsync.domain.action import Letter
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.letters import ASKING, LINKED
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.ledger.queries.owed import Values, spelled
from seatsync.sources.files import Folder

if TYPE_CHECKING:
    from seatsync.outbox.confined import Confined
    from seatsync.outbox.jinja import Fault, Jinja

FOLDER = "letters"
LAYOUT = "letter"

VARIABLES = {
    "institution": "the institution's name",
    "library": "the library's title; empty in an administrator's welcome",
    "given_name": "of whom the letter is for",
    "family_name": "of whom the letter is for",
    "email": "the address the letter goes to",
    "kind": "temporary, permanent, or none once it was taken back",
    "until": "the last day of a temporary license, as 30 June 2027; empty where there is none",
    "link": "the personal link, in invitation, reminder, set-password and admin-welcome; else empty",
    "opt_out_link": "where to decline, where the institution lets its members and there is something to decline; else empty",
    "portal": "the address of the members' pages; empty where there are none",
    "contacts": "a list of the institution's contacts, each with name, email and role",
    "reply_to": "the address that answers go to, by `mail.reply_to` in seatsync.yaml; else empty",
}
"""What a template may speak of."""

MOST_FILES, MOST_BYTES = 100, 256 * 1024
"""Of an institution's templates, and of each."""

_WIDTH = 76
_NAMES = frozenset(f"{name}.{kind}.jinja" for name in (*Letter, LAYOUT) for kind in ("txt", "html"))


class Rendered(NamedTuple):
    """A letter in words; without ``html`` it is sent as plain text."""

    subject: str
    text: str
    html: str | None


class BadTemplate(Exception):
    """A template can't be used. ``finding`` says where and why, ``brief`` the same without anything of the letter."""

    def __init__(self, fault: Fault) -> None:
        self.finding = _finding(fault)
        self.brief = f"{fault.file}:{fault.line} fails on this letter: {printable(fault.kind, 200)}"
        super().__init__(self.finding.message)


class Templates:
    """The templates that hold for a folder."""

    def __init__(self, path: Path) -> None:
        folder = Folder(path)
        self.own = dict(_own(folder))
        self.found = folder.found

    @cached_property
    def _press(self) -> Jinja | Confined:
        """What fills templates. Ours are filled in this process."""
        from seatsync.outbox.confined import Confined
        from seatsync.outbox.jinja import Jinja

        return (Confined if self.own else Jinja)(self.own, _NAMES, [*VARIABLES])

    def render(self, letter: str, values: Values) -> Rendered:
        """A letter. Its subject is the first line of the text; where only the text is the institution's own, it has no HTML.

        Raises:
            BadTemplate: a template fails on these values.
        """
        words = _words(self._press.fill([(form, values) for form in self._forms(letter)]))
        if isinstance(words, Rendered):
            return words
        raise BadTemplate(words)

    def check(self) -> list[Diagnostic]:
        """What is wrong with the institution's own templates: they are read, their names looked up, and each is tried."""
        if self.found or not self.own:
            return self.found
        misnamed = {name: finding for name in self.own if (finding := _misnamed(name))}
        unreadable = self._press.read([name for name in self.own if name not in misnamed])
        wrong = [*misnamed.values(), *map(_finding, unreadable)]
        return wrong or [_finding(fault) for fault in islice(self._tried(), 1)]

    def _tried(self) -> Iterator[Fault]:
        from seatsync.outbox.jinja import Fault

        letters = [(letter, values) for letter in Letter for values in samples(letter)]
        jobs = [(form, values) for letter, values in letters for form in self._forms(letter)]
        filled = iter(self._press.fill(jobs))
        for letter, values in letters:
            words = _words([*islice(filled, len(self._forms(letter)))])
            if not isinstance(words, Rendered):
                yield words
                return
            own = [name for name in self.own if name.startswith(f"{letter}.")] or [*self.own]
            if lacks := _lacks(words, values["link"]):
                said = f"the letter {letter} would have {lacks}"
                yield Fault(f"{FOLDER}/{own[-1]}", 1, said, said)

    def _forms(self, letter: str) -> list[str]:
        """The templates of a letter: its text, and its HTML where there is any."""
        text, html = f"{letter}.txt.jinja", f"{letter}.html.jinja"
        return [text] if text in self.own and html not in self.own else [text, html]


def _words(filled: Sequence[str | Fault]) -> Rendered | Fault:
    """The letter that its templates, filled, make; or what is wrong with the last."""
    forms = []
    for form in filled:
        if not isinstance(form, str):
            return form
        forms.append(form)
    subject, _, body = forms[0].strip().partition("\n")
    return Rendered(" ".join(subject.split()), _wrapped(body.strip()), forms[1] if forms[1:] else None)


def _lacks(words: Rendered, link: str) -> str:
    """What a letter can't be without."""
    if not words.subject or not words.text.strip():
        return "no text" if words.subject else "no subject"
    forms = [words.text] if words.html is None else [words.text, words.html]
    return "" if all(link in form for form in forms) else "no link, which it is sent for"


def samples(letter: str) -> Iterator[Values]:
    """Made-up letters: one with all that there can be, and one with as little as there can be."""
    base = "https://seats.school.example"
    full = dict.fromkeys(VARIABLES, "") | {
        "institution": "Example School",
        "library": "" if letter == Letter.WELCOME else "Biblical Studies",
        "given_name": "Ann",
        "family_name": "Example",
        "email": "ann@school.example",
        "kind": "temporary",
        "until": spelled("2027-06-30"),
        "link": f"{base}/l/school/EXAMPLE" if letter in LINKED else "",
        "opt_out_link": f"{base}/l/school/EXAMPLE/opt-out" if letter in ASKING else "",
        "portal": base,
        "contacts": [{"name": "Dana Fox", "email": "dana@vendor.example", "role": "Customer Success"}],
        "reply_to": "library@school.example",
    }
    yield full
    yield full | {"kind": "permanent", "until": "", "opt_out_link": "", "portal": "", "contacts": [], "reply_to": ""}


def _own(folder: Folder) -> Iterator[tuple[str, str]]:
    """The templates in the institution's folder, by name. There are few, and small: they are letters."""
    there = sorted(path.name for path in islice((folder.path / FOLDER).glob("*.jinja"), MOST_FILES + 1))
    if len(there) > MOST_FILES:
        message = f"The folder {FOLDER} has more than {MOST_FILES} templates; none of them is read."
        folder.found.append(Diagnostic("letter-template", message, "Delete those that no letter uses.", Origin(FOLDER)))
        return
    for name in there:
        if (text := folder.read(f"{FOLDER}/{name}", most=MOST_BYTES)) is not None:
            yield name, text


def _misnamed(name: str) -> Diagnostic | None:
    """Whether a template would never be used."""
    if name in _NAMES or re.fullmatch(r"_[\w.-]+\.(txt|html)\.jinja", name):
        return None
    known = ", ".join(sorted({name.partition(".")[0] for name in _NAMES}))
    message = f"{FOLDER}/{name} is no letter's template, so it would never be used. {did_you_mean(name, _NAMES)}"
    help = (
        f"Name it LETTER.txt.jinja or LETTER.html.jinja (LETTER is {known}), or _NAME.txt.jinja for parts of letters."
    )
    return Diagnostic("letter-template", message.rstrip(), help, Origin(f"{FOLDER}/{name}"))


def _finding(fault: Fault) -> Diagnostic:
    why = printable(fault.said.strip(), 300).rstrip(".")
    message = f"The template {fault.file} can't be used: {why}{'' if why.endswith('?') else '.'}"
    help = f"Correct it; it may speak of {', '.join(VARIABLES)}. `seatsync outbox preview` shows what comes of it."
    return Diagnostic("letter-template", message, help, Origin(fault.file, max(fault.line, 1)))


def _wrapped(text: str) -> str:
    """Long lines broken between words, and no more than one line empty; links stay whole."""
    filled = (
        textwrap.fill(line.rstrip(), _WIDTH, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )
    return re.sub(r"\n{3,}", "\n\n", "\n".join(filled)) + "\n"


def with_links(values: Values, portal: str, institution: str, token: str, reply_to: str) -> dict[str, Any]:
    """All that a letter speaks of, with links to the institution's pages; without a ``token`` it has none."""
    link = f"{portal}/l/{institution}/{token}" if portal and token else ""
    may_decline = values["may_decline"] and link
    own = {name: value for name, value in values.items() if name != "may_decline"}
    return own | {
        "link": link,
        "opt_out_link": f"{link}/opt-out" if may_decline else "",
        "portal": portal,
        "reply_to": reply_to,
    }
