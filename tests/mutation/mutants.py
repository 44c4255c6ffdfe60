"""The mutants of a module: each changes one node of its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}
_LEFT_ALONE = ("annotation", "returns", "type_params", "format_spec")
_OPPOSITES = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)
_TYPING = ("cast", "TypeVar", "NewType", "overload", "TYPE_CHECKING")


class Mutant(NamedTuple):
    """One change. ``scope`` is the outermost function it is in (``RosterReader.take``), "" for code that an import runs."""

    line: int
    scope: str
    was: str
    now: str
    source: str
    """The source of the whole module, with the change."""


class _Slot(NamedTuple):
    """The place of a node in the tree."""

    parent: Any
    field: str
    position: int | None

    def put(self, node: ast.AST) -> None:
        if self.position is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.position] = node


def mutants(source: str) -> Iterator[Mutant]:
    """Yield all mutants of a module, in the order of its lines. Types, imports, asserts and documentation are not changed."""
    tree = ast.parse(source)
    for slot, node, scope in _nodes(tree, ""):
        for other in _changes(node):
            slot.put(other)
            changed = ast.unparse(tree)
            slot.put(node)
            line: int = getattr(node, "lineno", getattr(slot.parent, "lineno", 1))
            yield Mutant(line, scope, _line(slot, node), _line(slot, other), changed)


def _line(slot: _Slot, node: ast.AST) -> str:
    """Return the source of a node in one line."""
    text = ast.unparse(node)
    if isinstance(slot.parent, ast.keyword | ast.Dict | ast.Set | ast.Tuple | ast.List) and isinstance(
        node, ast.Constant
    ):
        around = ast.unparse(slot.parent)
        text = f"{text} in {around}" if len(around) < 80 else text
    shown = " ".join(text.split())
    return shown if len(shown) <= 120 else f"{shown[:117]}..."


def _is_sentence(parent: ast.AST) -> bool:
    """Return whether it is a sentence with values. Sentences are for people, and their words change often."""
    if not isinstance(parent, ast.JoinedStr):
        return False
    return any(" " in str(piece.value).strip() for piece in parent.values if isinstance(piece, ast.Constant))


def _nodes(parent: ast.AST, scope: str) -> Iterator[tuple[_Slot, ast.AST, str]]:
    for field, value in ast.iter_fields(parent):
        if field in _LEFT_ALONE:
            continue
        inner = scope if field == "body" or not isinstance(parent, ast.FunctionDef) else _outside(scope)
        for index, node in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(node, ast.Constant) and _is_sentence(parent):
                continue
            if isinstance(node, ast.AST) and not _is_passed_over(node):
                yield _Slot(parent, field, index if isinstance(value, list) else None), node, inner
                yield from _nodes(node, _scope(inner, node))


def _is_passed_over(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Assert() | ast.expr_context():
            return True  # documentation, names, and hints for mypy
        case ast.If(test=ast.Name(id=name)) | ast.Call(func=ast.Name(id=name)):
            return name in _TYPING
    return False


def _scope(outer: str, node: ast.AST) -> str:
    """Return the scope of the code inside ``node``. Inside a class but outside its functions, it ends with a dot."""
    if outer and not outer.endswith("."):
        return outer
    match node:
        case ast.ClassDef(name=name):
            return f"{outer}{name}."
        case ast.FunctionDef(name=name, decorator_list=how) if not any(map(_is_cache, how)):
            return f"{outer}{name}"
        case ast.FunctionDef():  # it runs only once, in the first test that needs it
            return ""
    return outer


def _is_cache(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).partition("(")[0] in ("cache", "lru_cache")


def _outside(scope: str) -> str:
    """A function's decorators and defaults, which run where the function is defined."""
    return f"{scope.rpartition('.')[0]}." if "." in scope else ""


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    return _of_expression(node) if isinstance(node, ast.expr) else _of_statement(node)


def _of_expression(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for index, op in enumerate(ops):
                yield ast.Compare(left, [*ops[:index], _swapped(op), *ops[index + 1 :]], others)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(_swapped(op), values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SWAPPED:
            yield ast.BinOp(left, _swapped(op), right)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=value):
            yield from _of_constant(value)
        case ast.IfExp(test=test, body=body, orelse=orelse) if not _has_an_opposite(test):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Call():
            yield from _of_call(node)


def _of_statement(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If(test=test, body=body, orelse=orelse) if not _has_an_opposite(test):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.comprehension(target=target, iter=iter, ifs=[_, *_], is_async=is_async):
            yield ast.comprehension(target, iter, [], is_async)
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.AugAssign():
            yield ast.Pass()
        case ast.Break() | ast.Continue():
            yield _swapped(node)


def _swapped(op: ast.AST) -> Any:
    return _SWAPPED[type(op)]()


def _of_constant(value: object) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int() | float():
            yield ast.Constant(value + 1)
        case str() if not any(map(str.isspace, value.strip())):  # sentences are for people and change often
            yield ast.Constant(f"XX{value}")
        case bytes():
            yield ast.Constant(b"XX" + value)


def _of_call(call: ast.Call) -> Iterator[ast.AST]:
    """Replace ``f(x)`` by ``x``, and leave out each keyword argument."""
    match call:
        case ast.Call(args=[ast.expr() as only], keywords=[]) if not isinstance(only, ast.Starred | ast.GeneratorExp):
            yield only
    for index, keyword in enumerate(call.keywords):
        if keyword.arg is not None:
            yield ast.Call(call.func, call.args, [*call.keywords[:index], *call.keywords[index + 1 :]])


def _has_an_opposite(test: ast.expr) -> bool:
    """Return whether another change inside ``test`` already negates it."""
    match test:
        case ast.Compare(ops=[op]):
            return isinstance(op, _OPPOSITES)
        case ast.UnaryOp(op=ast.Not()):
            return True
    return False
