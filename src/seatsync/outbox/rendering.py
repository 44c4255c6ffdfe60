"""Letters as text and HTML, by templates: an institution's own in its folder ``letters``, else those beside this file.

They are rendered in Jinja's sandbox: whoever may change a template may not run a program by it, nor read a file.
"""

from __future__ import annotations

import re
import textwrap
import traceback
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.names import did_you_mean, printable
from seatsync.domain.origin import Origin
from seatsync.outbox.letters import ASKING, LINKED, Letter
from seatsync.outbox.owed import Values, spelled
from seatsync.sources.files import Folder

FOLDER = "letters"
LAYOUT = "letter"
OURS = "seatsync/"
"""What an institution's template puts before the name of one of ours, to extend that rather than itself."""

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

_WIDTH = 76
_MOST_TEMPLATES = 200
_MOST_BYTES = 1024 * 1024
_NAMES = frozenset(f"{name}.{kind}.jinja" for name in (*Letter, LAYOUT) for kind in ("txt", "html"))


class Rendered(NamedTuple):
    """A letter in words; without ``html`` it is sent as plain text."""

    subject: str
    text: str
    html: str | None


class BadTemplate(Exception):
    """An institution's template can't be used; the finding says where and why."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


class Templates:
    """The templates that hold for a folder. ``found`` is what is wrong with its own."""

    def __init__(self, path: Path) -> None:
        folder = Folder(path)
        self.found = folder.found
        self.own = dict(_own(folder))
        self.environment = _environment(self.own)

    def render(self, letter: str, values: Values) -> Rendered:
        """A letter. Its subject is the first line of the text; where only the text is the institution's own, it has no HTML.

        Raises:
            BadTemplate: an institution's own template fails on these values.
        """
        subject, _, body = self._filled(f"{letter}.txt.jinja", values).strip().partition("\n")
        html = f"{letter}.html.jinja"
        is_text_alone = f"{letter}.txt.jinja" in self.own and html not in self.own
        return Rendered(
            " ".join(subject.split()), _wrapped(body.strip()), None if is_text_alone else self._filled(html, values)
        )

    def check(self) -> list[Diagnostic]:
        """What is wrong with the institution's own templates: they are read, their names looked up, and each is tried."""
        wrong = [*self.found]
        for name, text in self.own.items():
            finding = _misnamed(name) or _unreadable(self.environment, name, text)
            wrong += [finding] if finding else []
        return wrong or [finding for letter in Letter for finding in self._tried(letter)][:1]

    def _tried(self, letter: Letter) -> Iterator[Diagnostic]:
        for values in samples(letter):
            try:
                words = self.render(letter, values)
            except BadTemplate as bad:
                yield bad.finding
                return
            lacks = "no subject" if not words.subject else "no text" if not words.text.strip() else ""
            forms = [words.text] if words.html is None else [words.text, words.html]
            if values["link"] and not all(values["link"] in form for form in forms):
                lacks = lacks or "no link, which it is sent for"
            own = [name for name in self.own if name.startswith(f"{letter}.")] or [*self.own]
            if lacks and own:
                yield _finding(own[-1], 1, f"the letter {letter} would have {lacks}")
                return

    def _filled(self, name: str, values: Values) -> str:
        try:
            return self.environment.get_template(name).render(values)
        except (
            TemplateError,
            TypeError,
            ValueError,
            ArithmeticError,
            LookupError,
            RecursionError,
            AttributeError,
        ) as error:
            if not self.own:
                raise
            raise BadTemplate(self._blamed(error, name)) from error

    def _blamed(self, error: Exception, name: str) -> Diagnostic:
        """The innermost of the institution's own templates in which it went wrong."""
        if isinstance(error, TemplateSyntaxError) and error.name in self.own:
            return _finding(error.name, error.lineno, str(error.message))
        frames = [(Path(f.filename).name, f.lineno or 1) for f in traceback.extract_tb(error.__traceback__)]
        own = [frame for frame in frames if frame[0] in self.own]
        return _finding(*(own[-1] if own else (name, 1)), str(error) or type(error).__name__)


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


def _environment(own: Mapping[str, str]) -> Environment:
    return ImmutableSandboxedEnvironment(
        loader=_Loader(own),
        autoescape=lambda name: not (name or "").endswith(".txt.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class _Loader(BaseLoader):
    """An institution's own templates, and behind them ours."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self.own = own

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:
        if template in self.own:
            return self.own[template], f"{FOLDER}/{template}", None
        name = template.removeprefix(OURS)
        if name not in _NAMES:
            raise TemplateNotFound(template, f"there is no template {template}")
        source = files("seatsync.outbox") / "templates" / name
        return source.read_text(encoding="utf-8"), f"{OURS}{name}", None


def _own(folder: Folder) -> Iterator[tuple[str, str]]:
    """The templates in the institution's folder, by name."""
    there = sorted(path.name for path in islice((folder.path / FOLDER).glob("*.jinja"), _MOST_TEMPLATES + 1))
    if len(there) > _MOST_TEMPLATES:
        message = f"The folder {FOLDER} has more than {_MOST_TEMPLATES} templates; none of them is read."
        folder.found.append(Diagnostic("letter-template", message, "Delete those that no letter uses.", Origin(FOLDER)))
        return
    for name in there:
        if (text := folder.read(f"{FOLDER}/{name}", most=_MOST_BYTES)) is not None:
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


def _unreadable(environment: Environment, name: str, text: str) -> Diagnostic | None:
    """What of a template can't be read, or what it speaks of that no letter knows."""
    try:
        tree = environment.parse(text, name)
        environment.compile(text, name)
    except TemplateSyntaxError as error:
        return _finding(name, error.lineno, str(error.message))
    except RecursionError:
        return _finding(name, 1, "it is nested too deeply")
    unknown = find_undeclared_variables(tree) - VARIABLES.keys() - environment.globals.keys()
    places = [(node.lineno, node.name) for node in tree.find_all(nodes.Name) if node.name in unknown]
    if not places:
        return None
    line, word = min(places)
    guess = did_you_mean(word, VARIABLES)
    return _finding(name, line, f'it speaks of "{printable(word)}", which no letter knows. {guess}'.rstrip())


def _finding(name: str, line: int, said: str) -> Diagnostic:
    why = printable(said.strip(), 300).rstrip(".")
    message = f"The template {FOLDER}/{name} can't be used: {why}{'' if why.endswith('?') else '.'}"
    help = f"Correct it; it may speak of {', '.join(VARIABLES)}. `seatsync outbox preview` shows what comes of it."
    return Diagnostic("letter-template", message, help, Origin(f"{FOLDER}/{name}", max(line, 1)))


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
