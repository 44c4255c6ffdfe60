"""Renders letters as text and HTML, from an institution's templates in its folder ``letters`` or the built-in templates."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seatsync.domain.action import Letter
from seatsync.domain.brand.colors import shades
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.letters import ASKING, CLAIMED, LINKED, TO_ADMINS, Values
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.domain.text.languages import NO_BREAK, spelled
from seatsync.sources.files import Folder

if TYPE_CHECKING:
    from seatsync.outbox.confined import Confined
    from seatsync.outbox.jinja import Jinja, TemplateProblem

FOLDER = "letters"
LAYOUT = "letter"

VARIABLES = {
    "institution": "the institution's name",
    "library": "the library's title; empty in letters to administrators",
    "given_name": "the recipient's given name",
    "family_name": "the recipient's family name",
    "email": "the address the letter goes to",
    "role": "the recipient's role in the institution; empty if there is none",
    "tags": "a list of the recipient's tags, also imported:YYYY-MM-DD; empty in letters to administrators",
    "kind": "temporary, permanent, or none after a revoke",
    "until": "the last day of a temporary license, such as 30 June 2027; empty if there is none",
    "claim_by": "the last day to claim the seat, where unclaimed seats lapse, in invitation, reminder and set-password, such as "
    "30 September 2026; else empty",
    "left": "whether the license ends on that day because the recipient is on no roster any more (`leavers.grace`)",
    "link": "the personal link, in invitation, reminder, set-password and admin-welcome; the vendor's claim page in an invitation or "
    "reminder of a library that the vendor delivers; else empty",
    "at_vendor": "whether the vendor delivers the library; then `link` is the same for all members",
    "about": "what the library is; empty if the files do not say it",
    "open_url": "the address where members use the library; empty if the files give none",
    "place": "in the letter waiting, the recipient's number in the line of the library, such as 4; else empty",
    "account": "after a claim, the e-mail of the member's own account that the seat is in; else empty",
    "opt_out_link": "the link to decline, if the institution allows it and there is something to decline; else empty",
    "decline_until": "the last day to decline, such as 7 September 2026; empty if there is none",
    "portal": "the address of the members' pages; empty if there are none",
    "contacts": "a list of the institution's contacts at the vendor, each with name, email and role",
    "help": "whom members may ask, with name and either email or url; empty if the files name nobody",
    "language": "the language of the letter: en, de, es, ko or pt",
    "colors": "two shades of the institution's colour that can be read: colors.light on white, colors.dark on black",
    "briefing": "in the letter briefing, what it says (docs/letters.md); else empty",
    "reply_to": "the address for replies, from `mail.reply_to` in seatsync.yaml; else empty",
}
"""The variables that a template can use, with their meaning."""

MOST_FILES, MOST_BYTES = 100, 256 * 1024
"""The most templates of an institution, and the most bytes of each."""

_WIDTH = 76
_NAMES = frozenset(f"{name}.{kind}.jinja" for name in (*Letter, LAYOUT) for kind in ("txt", "html"))


class Rendered(NamedTuple):
    """A rendered letter; without ``html`` it is sent as plain text."""

    subject: str
    text: str
    html: str | None


class BadTemplate(Exception):
    """A template cannot be used. ``finding`` says where and why, ``brief`` the same without content of the letter."""

    def __init__(self, problem: TemplateProblem) -> None:
        self.finding = _finding(problem)
        self.brief = f"{problem.file}:{problem.line} fails on this letter: {printable(problem.public, 200)}"
        super().__init__(self.finding.message)


class Templates:
    """The templates for an institution's folder: its ``custom`` ones by name, and the built-in ones."""

    def __init__(self, path: Path) -> None:
        folder = Folder(path)
        self.custom = dict(_custom(folder))
        self.found = folder.found

    @cached_property
    def _renderer(self) -> Jinja | Confined:
        """Fills the templates: in a confined process if there are custom ones, else in this process."""
        from seatsync.outbox.confined import Confined
        from seatsync.outbox.jinja import Jinja

        return (Confined if self.custom else Jinja)(self.custom, _NAMES, [*VARIABLES])

    def rest(self) -> None:
        """End the process that fills the templates; the next letter starts another."""
        vars(self).pop("_renderer", None)

    def render(self, letter: str, values: Values) -> Rendered:
        """Return a letter. Its subject is the first line of the text. If only the text template is custom, it has no HTML.

        Raises:
            BadTemplate: a template fails on these values.
        """
        rendered = _rendered(self._renderer.fill([(name, values) for name in self._template_names(letter)]))
        if isinstance(rendered, Rendered):
            return rendered
        raise BadTemplate(rendered)

    def check(self) -> list[Diagnostic]:
        """Return the problems of the custom templates: of their names, their source, and the first one of sample letters."""
        if self.found or not self.custom:
            return self.found
        misnamed = {name: finding for name in self.custom if (finding := _misnamed(name))}
        unreadable = self._renderer.read([name for name in self.custom if name not in misnamed])
        findings = [*misnamed.values(), *map(_finding, unreadable)]
        return findings or [_finding(problem) for problem in islice(self._problems_of_samples(), 1)]

    def _problems_of_samples(self) -> Iterator[TemplateProblem]:
        from seatsync.outbox.jinja import TemplateProblem

        letters = [(letter, values) for letter in Letter for values in samples(letter)]
        jobs = [(name, values) for letter, values in letters for name in self._template_names(letter)]
        filled = iter(self._renderer.fill(jobs))
        for letter, values in letters:
            rendered = _rendered([*islice(filled, len(self._template_names(letter)))])
            if not isinstance(rendered, Rendered):
                yield rendered
                return
            names = [name for name in self.custom if name.startswith(f"{letter}.")] or [*self.custom]
            if missing := _missing(rendered, values["link"]):
                message = f"the letter {letter} would have {missing}"
                yield TemplateProblem(f"{FOLDER}/{names[-1]}", 1, message, message)

    def _template_names(self, letter: str) -> list[str]:
        """Return a letter's templates: its text, and its HTML if there is one."""
        text, html = f"{letter}.txt.jinja", f"{letter}.html.jinja"
        return [text] if text in self.custom and html not in self.custom else [text, html]


def _rendered(filled: Sequence[str | TemplateProblem]) -> Rendered | TemplateProblem:
    """Return the letter made of its filled templates, or the problem of one of them."""
    texts = []
    for text in filled:
        if not isinstance(text, str):
            return text
        texts.append(text)
    subject, _, body = texts[0].strip().partition("\n")
    return Rendered(" ".join(subject.split()), _wrapped(body.strip()), texts[1] if texts[1:] else None)


def _missing(letter: Rendered, link: str) -> str:
    """Return what a letter must have but does not, such as "no subject"; empty if it is complete."""
    if not letter.subject or not letter.text.strip():
        return "no text" if letter.subject else "no subject"
    bodies = [letter.text] if letter.html is None else [letter.text, letter.html]
    return "" if all(link in body for body in bodies) else "no link, but its purpose is to bring the link"


def samples(letter: str, language: str = "en") -> Iterator[Values]:
    """Yield values for letters in a language: with every value, with as few as possible, and of an invitation by the vendor's page."""
    base = "https://seats.school.example"
    full = dict.fromkeys(VARIABLES, "") | {
        "institution": "Example School",
        "library": "" if letter in TO_ADMINS else "Biblical Studies",
        "given_name": "Ann",
        "family_name": "Example",
        "email": "ann@school.example",
        "role": "" if letter in TO_ADMINS else "Student",
        "tags": [] if letter in TO_ADMINS else ["student", "imported:2026-09-01"],
        "kind": "temporary" if letter != Letter.WAITING else "none",
        "until": spelled("2027-06-30", language),
        "claim_by": spelled("2026-09-30", language) if letter in ASKING else "",
        "at_vendor": False,
        "left": False,
        "about": "" if letter in TO_ADMINS else "Commentaries and study tools for every book of the Bible.",
        "open_url": "" if letter in TO_ADMINS else "https://app.vendor.example/",
        "place": "4" if letter == Letter.WAITING else "",
        "account": "ann@home.example" if letter in CLAIMED else "",
        "link": f"{base}/l/school/EXAMPLE" if letter in LINKED else "",
        "opt_out_link": f"{base}/l/school/EXAMPLE/opt-out" if letter in ASKING else "",
        "decline_until": spelled("2026-09-07", language) if letter in ASKING else "",
        "portal": base,
        "contacts": [{"name": "Dana Fox", "email": "dana@vendor.example", "role": "Customer Success"}],
        "help": {"name": "Example Library", "email": "help@school.example", "url": ""},
        "language": language,
        "colors": shades("")._asdict(),
        "briefing": _briefing(language) if letter == Letter.BRIEFING else {},
        "reply_to": "library@school.example",
    }
    yield full
    less = {
        "role": "",
        "tags": [],
        "kind": "permanent",
        "until": "",
        "opt_out_link": "",
        "decline_until": "",
        "portal": "",
        "contacts": [],
        "help": {},
        "reply_to": "",
        "open_url": "",
        "about": "",
        "account": "",
        "place": "",
        "claim_by": "",
        "briefing": _briefing(language) | _QUIET if letter == Letter.BRIEFING else {},
    }
    yield full | less
    if letter in (Letter.INVITATION, Letter.REMINDER):
        yield full | less | {"at_vendor": True, "link": "https://claim.vendor.example/EXAMPLE", "left": True}


_DONE = ("applies", "changes", "granted", "revoked", "claimed", "declined")


_QUIET: Values = {"done": dict.fromkeys(_DONE, ""), "waits": [], "comes": []}


def _briefing(language: str) -> dict[str, Any]:
    """What a briefing can say, an example of each line."""
    books = {"library": "Biblical Studies", "page": "libraries", "command": "seatsync status"}
    day = spelled("2027-06-30", language)
    return {
        "id": "school",
        "day": spelled("2027-05-03", language),
        "since": spelled("2027-04-26", language),
        "done": dict(zip(_DONE, ("2", "14", "12", "3", "9", "1"), strict=True)),
        "waits": [
            {
                "what": "blocked",
                **books,
                "number": "1",
                "day": spelled("2027-04-30", language),
                "reasons": "Biblical Studies: slots-exceeded",
            },
            {"what": "line", **books, "number": "4"},
            {"what": "unclaimed", **books, "number": "7", "day": spelled("2027-04-10", language)},
            {"what": "bounced", **books, "number": "2"},
            {"what": "worklist", **books, "number": "12"},
            {"what": "held", **books, "number": "5"},
        ],
        "comes": [
            {"what": "retire", **books, "day": day},
            {"what": "ends", **books, "number": "120", "day": day},
            {"what": "ends-later", **books, "number": "3", "day": day},
            {"what": "falls", **books, "before": "250", "number": "50", "day": day},
            {"what": "notice", **books, "day": spelled("2027-06-01", language)},
            {"what": "contract", **books, "day": day},
            {"what": "low", **books, "number": "3", "total": "40"},
            {"what": "full", **books, "day": day},
        ],
        "days": "60",
    }


def _custom(folder: Folder) -> Iterator[tuple[str, str]]:
    """Yield the names and sources of the templates in the institution's folder."""
    names = sorted(path.name for path in islice((folder.path / FOLDER).glob("*.jinja"), MOST_FILES + 1))
    if len(names) > MOST_FILES:
        message = f"The folder {FOLDER} has more than {MOST_FILES} templates, so none of them is used."
        folder.found.append(Diagnostic("letter-template", message, "Delete the unused templates.", Origin(FOLDER)))
        return
    for name in names:
        if (text := folder.read(f"{FOLDER}/{name}", most=MOST_BYTES)) is not None:
            yield name, text


def _misnamed(name: str) -> Diagnostic | None:
    """Return the finding for a template whose name no letter uses, or None."""
    if name in _NAMES or re.fullmatch(r"_[\w.-]+\.(txt|html)\.jinja", name):
        return None
    known = ", ".join(sorted({name.partition(".")[0] for name in _NAMES}))
    message = f"{FOLDER}/{name} is not named like a letter, so it would never be used. {did_you_mean(name, _NAMES)}"
    help = (
        f"Name it LETTER.txt.jinja or LETTER.html.jinja (LETTER is {known}), or _NAME.txt.jinja for parts of letters."
    )
    return Diagnostic("letter-template", message.rstrip(), help, Origin(f"{FOLDER}/{name}"))


def _finding(problem: TemplateProblem) -> Diagnostic:
    why = printable(problem.message.strip(), 300).rstrip(".")
    message = f"The template {problem.file} cannot be used: {why}{'' if why.endswith('?') else '.'}"
    help = f"Correct it. It can use {', '.join(VARIABLES)}. `seatsync outbox preview` shows the result."
    return Diagnostic("letter-template", message, help, Origin(problem.file, max(problem.line, 1)))


def _wrapped(text: str) -> str:
    """Break long lines between words, and reduce empty lines to one at a time. Links and days stay whole; spaces are plain ones."""
    filled = (
        textwrap.fill(line.rstrip(), _WIDTH, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )
    return re.sub(r"\n{3,}", "\n\n", "\n".join(filled)).replace(NO_BREAK, " ") + "\n"


def with_links(values: Values, portal: str, institution: str, token: str, reply_to: str) -> dict[str, Any]:
    """Return all values of a letter, with links to the institution's pages or the vendor's claim page. Without a ``token`` and
    such a page the links are empty."""
    link = f"{portal}/l/{institution}/{token}" if portal and token else values["claim_url"]
    may_decline = values["may_decline"] and link
    others = {name: value for name, value in values.items() if name not in ("may_decline", "claim_url")}
    return others | {
        "link": link,
        "opt_out_link": f"{link}/opt-out" if may_decline else "",
        "portal": portal,
        "reply_to": reply_to,
    }
