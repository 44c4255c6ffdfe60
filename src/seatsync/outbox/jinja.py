"""Templates filled, in Jinja's sandbox: whoever may change a template may not run a program by it, nor read a file.

Nothing of the ledger is imported here, since this is also what runs ``confined``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from traceback import walk_tb
from typing import Any, NamedTuple, NoReturn

from jinja2 import BaseLoader, BytecodeCache, StrictUndefined, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.meta import TrackingCodeGenerator
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean

FOLDER = "letters"
OURS = "seatsync/"
"""What an institution's template puts before the name of one of ours, to extend that rather than itself."""

MOST_CHARACTERS = 500_000
"""Of a letter in one form; mail programs cut off far less."""

Job = tuple[str, Mapping[str, Any]]
"""A template's name, and what it is filled with."""


class Fault(NamedTuple):
    """What is wrong with a template: its file, the line, and what to say of it; ``kind`` says it without anything of the letter."""

    file: str
    line: int
    said: str
    kind: str


class TooMuch(Exception):
    """A template takes more time or room than a letter may. The text says of which."""


class Jinja:
    """The templates of an institution, ``own``, and behind them ours, of the names ``ours``; they speak of ``words``."""

    def __init__(self, own: Mapping[str, str], ours: Collection[str], words: Collection[str]) -> None:
        self.own = own
        self.words = words
        self.environment = _Sandbox(
            loader=_Loader(own, frozenset(ours)),
            autoescape=lambda name: not (name or "").endswith(".txt.jinja"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
            cache_size=0,
            bytecode_cache=_Compiled(),
        )

    def read(self, names: Sequence[str]) -> list[Fault]:
        """What of these templates of the institution can't be read, or speaks of what no letter knows."""
        return [fault for name in names if (fault := self._unreadable(name))]

    def _unreadable(self, name: str) -> Fault | None:
        try:
            tree = self.environment.parse(self.own[name], name)
            self.environment.compile(tree, name)
            asked = _Asked(self.environment)
            asked.visit(tree)
        except Exception as error:
            return self._fault(error, name)
        unknown = asked.undeclared_identifiers - {*self.words} - self.environment.globals.keys()
        places = [(node.lineno, node.name) for node in tree.find_all(nodes.Name) if node.name in unknown]
        if not places:
            return None
        line, word = min(places)
        said = f'it speaks of "{printable(word)}", which no letter knows. {did_you_mean(word, self.words)}'.rstrip()
        return Fault(f"{FOLDER}/{name}", line, said, said)

    def fill(self, jobs: Sequence[Job]) -> list[str | Fault]:
        """What comes of the templates, as far as the first that can't be filled."""
        done: list[str | Fault] = []
        for name, values in jobs:
            try:
                done.append(self._filled(name, values))
            except Exception as error:
                return [*done, self._fault(error, name)]
        return done

    def _filled(self, name: str, values: Mapping[str, Any]) -> str:
        stream: Any = self.environment.get_template(name).generate(values)
        pieces, room = [], MOST_CHARACTERS
        for piece in stream:
            pieces.append(piece)
            room -= len(piece)
            try:
                piece.encode()
            except UnicodeEncodeError as error:
                stream.throw(error)  # at the place that it came from, so that its line is known
            if room < 0:
                stream.throw(TooMuch(f"it makes more than {MOST_CHARACTERS:,} characters"))
        return "".join(pieces)

    def _fault(self, error: Exception, name: str) -> Fault:
        """At the innermost of the institution's own templates in which it went wrong."""
        said, kind = _why(error)
        if isinstance(error, TemplateSyntaxError) and error.name in self.own:
            return Fault(f"{FOLDER}/{error.name}", error.lineno, said, kind)
        file, line = name, 1
        for frame, at in walk_tb(error.__traceback__):
            template = frame.f_globals.get("__jinja_template__")
            if template is not None and template.name in self.own:
                file, line = template.name, template.get_corresponding_lineno(at)
        return Fault(f"{FOLDER if file in self.own else OURS.rstrip('/')}/{file}", line, said, kind)


def _why(error: Exception) -> tuple[str, str]:
    """What is said of an error, and what without anything of the letter, which an error's own words may quote."""
    match error:
        case TooMuch():
            said = str(error)
        case RecursionError() | SyntaxError():  # Python's own: of what was made of the template, too deep for it
            said = "it is nested too deeply"
        case MemoryError():
            said = "it takes more memory than a letter may"
        case TemplateSyntaxError():
            return str(error.message), "it is no Jinja"
        case _:
            return str(error) or type(error).__name__, type(error).__name__
    return said, said


class _AsWritten(CodeGenerator):
    """Works nothing out while a template is read: what takes too much is then found where it is filled, with its line."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class _Asked(_AsWritten, TrackingCodeGenerator):
    """What a template speaks of, as ``jinja2.meta.find_undeclared_variables`` finds it."""

    def __init__(self, environment: ImmutableSandboxedEnvironment) -> None:
        super().__init__(environment)
        self.optimizer = None


class _Sandbox(ImmutableSandboxedEnvironment):
    code_generator_class = _AsWritten

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Leave it as it is: Jinja would dress up the frames, for which there may be no memory any more."""
        raise


class _Compiled(BytecodeCache):
    """Templates are compiled once and loaded for each letter, since one that is kept keeps what it imports: what a template
    notes there of one member would be there for the next."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.code


class _Loader(BaseLoader):
    """An institution's own templates, and behind them ours."""

    def __init__(self, own: Mapping[str, str], ours: frozenset[str]) -> None:
        self.own = own
        self.ours = ours
        self.read: dict[str, str] = {}

    def get_source(self, environment: Any, template: str) -> tuple[str, str, None]:
        if template in self.own:
            return self.own[template], f"{FOLDER}/{template}", None
        name = template.removeprefix(OURS)
        if name not in self.ours:
            raise TemplateNotFound(template, f"there is no template {template}")
        if name not in self.read:
            self.read[name] = (files("seatsync.outbox") / "templates" / name).read_text(encoding="utf-8")
        return self.read[name], f"{OURS}{name}", None
