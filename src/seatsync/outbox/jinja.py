"""Fills templates in Jinja's sandbox, so that a template cannot run programs or read files.

This module imports nothing of the ledger, because it also runs in the process of ``confined``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from traceback import walk_tb
from typing import Any, NamedTuple, NoReturn

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.meta import TrackingCodeGenerator
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.domain.text.languages import LANGUAGES

FOLDER = "letters"
BUILTIN_PREFIX = "seatsync/"
"""With this prefix a template of an institution extends the built-in template instead of itself."""

MOST_CHARACTERS = 500_000
"""The most characters of a letter's text or HTML. Mail programs cut off much shorter ones."""

Job = tuple[str, Mapping[str, Any]]
"""A template's name and the values to fill it with."""


class TemplateProblem(NamedTuple):
    """A problem in a template: file, line and message. ``public`` is the message without content of the letter."""

    file: str
    line: int
    message: str
    public: str


class TooMuch(Exception):
    """A template takes more time or space than a letter may use. The text says which."""


class Jinja:
    """An institution's ``custom`` templates, and the ``builtin`` ones by name. Templates can use ``variables``."""

    def __init__(self, custom: Mapping[str, str], builtin: Collection[str], variables: Collection[str]) -> None:
        self.custom = custom
        self.variables = variables
        self.environment = _Sandbox(
            loader=_Loader(custom, frozenset(builtin)),
            autoescape=lambda name: not (name or "").endswith(".txt.jinja"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
            cache_size=0,
            bytecode_cache=_CodeCache(),
            extensions=["jinja2.ext.i18n"],
        )
        self.environment.install_gettext_callables(translated, _only_singular, newstyle=True)  # type: ignore[attr-defined]

    def read(self, names: Sequence[str]) -> list[TemplateProblem]:
        """Return the custom templates' syntax errors and uses of unknown variables."""
        return [problem for name in names if (problem := self._problem_in_source(name))]

    def _problem_in_source(self, name: str) -> TemplateProblem | None:
        try:
            tree = self.environment.parse(self.custom[name], name)
            self.environment.compile(tree, name)
            finder = _VariableFinder(self.environment)
            finder.visit(tree)
        except Exception as error:
            return self._problem(error, name)
        unknown = finder.undeclared_identifiers - {*self.variables} - self.environment.globals.keys()
        places = [(node.lineno, node.name) for node in tree.find_all(nodes.Name) if node.name in unknown]
        if not places:
            return None
        line, word = min(places)
        message = f'"{printable(word)}" is not a placeholder that letters can use. {did_you_mean(word, self.variables)}'.rstrip()
        return TemplateProblem(f"{FOLDER}/{name}", line, message, message)

    def fill(self, jobs: Sequence[Job]) -> list[str | TemplateProblem]:
        """Return the filled templates, up to and including the first problem."""
        done: list[str | TemplateProblem] = []
        for name, values in jobs:
            try:
                done.append(self._fill(name, values))
            except Exception as error:
                return [*done, self._problem(error, name)]
        return done

    def _fill(self, name: str, values: Mapping[str, Any]) -> str:
        stream: Any = self.environment.get_template(name).generate(values)
        pieces, room = [], MOST_CHARACTERS
        for piece in stream:
            pieces.append(piece)
            room -= len(piece)
            try:
                piece.encode()
            except UnicodeEncodeError as error:
                stream.throw(error)  # raise it in the template, so that the line is known
            if room < 0:
                stream.throw(TooMuch(f"it makes more than {MOST_CHARACTERS:,} characters"))
        return "".join(pieces)

    def _problem(self, error: Exception, name: str) -> TemplateProblem:
        """Return the problem, located in the innermost custom template in which the error occurred."""
        message, public = _describe(error)
        if isinstance(error, TemplateSyntaxError) and error.name in self.custom:
            return TemplateProblem(f"{FOLDER}/{error.name}", error.lineno, message, public)
        file, line = name, 1
        for frame, at in walk_tb(error.__traceback__):
            template = frame.f_globals.get("__jinja_template__")
            if template is not None and template.name in self.custom:
                file, line = template.name, template.get_corresponding_lineno(at)
        folder = FOLDER if file in self.custom else BUILTIN_PREFIX.rstrip("/")
        return TemplateProblem(f"{folder}/{file}", line, message, public)


def _describe(error: Exception) -> tuple[str, str]:
    """Return an error's message, and one without content of the letter, because the first may quote it."""
    match error:
        case TooMuch():
            message = str(error)
        case RecursionError() | SyntaxError():  # from Python, which compiles the template's code
            message = "it is nested too deeply"
        case MemoryError():
            message = "it takes more memory than a letter may use"
        case TemplateSyntaxError():
            return str(error.message), "it is not valid Jinja"
        case _:
            return str(error) or type(error).__name__, type(error).__name__
    return message, message


class _Unoptimized(CodeGenerator):
    """Computes nothing while a template is compiled, so that an expression that takes too much fails with its line later."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class _VariableFinder(_Unoptimized, TrackingCodeGenerator):
    """Finds the variables that a template uses, like ``jinja2.meta.find_undeclared_variables``."""

    def __init__(self, environment: ImmutableSandboxedEnvironment) -> None:
        super().__init__(environment)
        self.optimizer = None


class _Sandbox(ImmutableSandboxedEnvironment):
    code_generator_class = _Unoptimized

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Raise the error as it is. Jinja would rewrite the traceback, and there may be no memory left for that."""
        raise


_BUILTIN_CODE: dict[str, Any] = {}
"""The code of built-in templates, which are the same for all institutions of a run."""


class _CodeCache(BytecodeCache):
    """Keeps compiled code, so that templates are compiled once but loaded again for each letter.

    A template that stays loaded keeps the modules it imports, and could pass data of one member to the next letter.
    """

    def __init__(self) -> None:
        self.custom_code: dict[str, Any] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"{filename} as {name}"

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code(bucket).get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code(bucket)[bucket.key] = bucket.code

    def _code(self, bucket: Bucket) -> dict[str, Any]:
        return _BUILTIN_CODE if bucket.key.startswith(BUILTIN_PREFIX) else self.custom_code


@pass_context
def translated(context: Context, text: str) -> str:
    """Return one of our texts in the letter's language; ``_("Open %(library)s", library=library)`` in a template fills it in."""
    return _catalog(str(context.get("language") or "en")).gettext(text)


@pass_context
def _only_singular(context: Context, one: str, many: str, number: int) -> str:
    return translated(context, one if number == 1 else many)


@cache
def _catalog(language: str) -> NullTranslations:
    """Our texts in a language; English is in the templates themselves."""
    place = files("seatsync.outbox") / "translations" / language / "LC_MESSAGES" / "messages.mo"
    if language not in LANGUAGES or language == "en":
        return NullTranslations()
    with place.open("rb") as file:
        return GNUTranslations(file)


class _Loader(BaseLoader):
    """Loads custom templates first, then built-in ones."""

    def __init__(self, custom: Mapping[str, str], builtin: frozenset[str]) -> None:
        self.custom = custom
        self.builtin = builtin

    def get_source(self, environment: Any, template: str) -> tuple[str, str, None]:
        if template in self.custom:
            return self.custom[template], f"{FOLDER}/{template}", None
        name = template.removeprefix(BUILTIN_PREFIX)
        if name not in self.builtin:
            raise TemplateNotFound(template, f"there is no template {template}")
        return _builtin_source(name), f"{BUILTIN_PREFIX}{name}", None


@cache
def _builtin_source(name: str) -> str:
    return (files("seatsync.outbox") / "templates" / name).read_text(encoding="utf-8")
