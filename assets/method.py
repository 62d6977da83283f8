"""The method of a computed table as a number: it changes when what is computed may change."""

import ast
import hashlib
import inspect
from functools import cache
from importlib import import_module
from types import ModuleType

from assets.declaration import Declaration
from infra.errors import TwinError
from quality.differential.policy import Noisy

# What is published of an open table is made by this as much as by its function.
_GATE = ("quality.disclosure.gate", "clear")
_OURS = ("assets", "quality", "infra")


def method_mark(declaration: Declaration) -> int:
    """A number that changes with the declared version, and with the function and all it uses.

    That is every function, class and constant of ours it names, wherever it stands, as code:
    comments, docstrings, layout, and what a module holds besides, change nothing.
    """
    function = declaration.function
    declared = (
        sorted(declaration.reads.items()),
        declaration.window_by,
        declaration.lookback_days,
        sorted(declaration.looks_back.items()),
        sorted(declaration.with_history),
    )
    texts = [f"{declaration.method_version} {declared}"]
    waiting, seen = [(function.__module__, function.__name__)], set()
    if declaration.release is not None:
        texts.append(repr(declaration.release))
        # Each computation with noise spends of a budget that is never given back: it is made anew
        # when its declaration says so, and not because code was tidied up.
        waiting = [] if isinstance(declaration.release, Noisy) else [*waiting, _GATE]
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        module, name = place
        said, used = _told(import_module(module), name)
        texts += said
        waiting += used
    return int(hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:15], 16)


@cache
def _told(module: ModuleType, name: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What a name of a module is bound to, as code, and what that uses.

    Kept while the process lives: a module that was imported does not change, and most tables share
    most of what they use.
    """
    statements = _statements(module).get(name, [])
    return (
        tuple(f"{module.__name__}.{name} {ast.dump(statement)}" for statement in statements),
        tuple(place for statement in statements for place in _used(statement, module)),
    )


def _used(statement: ast.stmt, module: ModuleType) -> list[tuple[str, str]]:
    """What a statement of a module names, as modules and names; what is not ours is left out."""
    used: list[tuple[str, str]] = []
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name):
                used.append((module.__name__, name))
            case ast.ImportFrom(module=str(origin), level=0) if _is_ours(origin):
                used += [(origin, alias.name) for alias in node.names]
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                value = vars(module).get(name)
                if isinstance(value, ModuleType) and _is_ours(value.__name__):
                    used.append((value.__name__, attribute))
    return used


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in _OURS


@cache
def _statements(module: ModuleType) -> dict[str, list[ast.stmt]]:
    """The statements at the top of a module by the names they bind, without docstrings."""
    found: dict[str, list[ast.stmt]] = {}
    try:
        tree = ast.parse(inspect.getsource(module))
    except OSError:
        raise TwinError(
            f"{module.__name__}: its text cannot be read; install gemello with its sources"
        ) from None
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                node.body = node.body[1:] or [ast.Pass()]
        for name in _bound(statement):
            found.setdefault(name, []).append(statement)
    return found


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name for alias in aliases]
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            return [
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            ]
        case _:
            return []
