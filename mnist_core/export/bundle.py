"""Functions of the lab as code that needs nothing of the lab: their source, and that of all of ours that they use.

A file that leaves the lab, a notebook or a web app, does the same as the lab because it holds the lab's own lines.
"""

import ast
import functools
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mnist_core.parsing import parse

_PACKAGE = __name__.partition(".")[0]
_FOR_TOOLS = re.compile(r"  # (type: ignore|noqa).*")


@dataclass(frozen=True)
class Bundle:
    """What `bundle` gives.

    Attributes
    ----------
    imports : lines that bring what comes from other libraries
    code : the definitions, each after those that it uses
    given : the names that the code uses and that the caller defines
    """

    imports: tuple[str, ...]
    code: str
    given: frozenset[str]


def bundle(*wanted: Callable[..., Any] | str, given: Collection[str] = ()) -> Bundle:
    """The source of functions, classes and constants of this package, and of all of this package that they use.

    Annotations are left out, and of a docstring all but its first line; comments stay.

    Parameters
    ----------
    *wanted : a function or class, or "module:name"
    given : names that the caller defines: their source is not looked for

    Raises
    ------
    ValueError
        If two things of the same name are needed, which one file cannot hold.
    """
    collector = _Collector(frozenset(given))
    for each in wanted:
        collector.add(*reference(each))
    code = "\n\n\n".join(dict.fromkeys(text for _, text in collector.found.values()))
    return Bundle(tuple(_import_lines(collector.imports)), code, frozenset(collector.asked))


def reference(thing: Callable[..., Any] | str) -> tuple[str, str]:
    """Module and name of a function or class, or of "module:name"."""
    module, name = thing.split(":") if isinstance(thing, str) else (thing.__module__, thing.__qualname__)
    return module, name


@dataclass
class _Collector:
    """Follows names from module to module.

    Attributes
    ----------
    found : name -> the module that defines it and its source; a name's own comes after what it uses
    imports : (module, name in it or "", name here)
    asked : which of `given` were met
    """

    given: frozenset[str]
    found: dict[str, tuple[str, str]] = field(default_factory=dict)
    imports: set[tuple[str, str, str]] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    _open: set[tuple[str, str]] = field(default_factory=set)

    def add(self, module: str, name: str) -> None:
        """Find what a name means in a module; a builtin and a local name mean nothing there."""
        if name in self.given:
            self.asked.add(name)
            return
        node = _names(module).get(name)
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._add_import(node, name)
        elif node is not None and (module, name) not in self._open:
            self._open.add((module, name))
            self._add_definition(module, name, node)

    def _add_import(self, node: ast.Import | ast.ImportFrom, name: str) -> None:
        alias = next(alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) == name)
        if isinstance(node, ast.Import):
            self.imports.add((alias.name, "", alias.asname or ""))
            return
        assert node.module is not None, "imports are absolute here"
        if node.module.partition(".")[0] != _PACKAGE:
            self.imports.add((node.module, alias.name, alias.asname or ""))
        elif not _is_module(node.module, alias.name):
            self.add(node.module, alias.name)

    def _add_definition(self, module: str, name: str, node: ast.stmt) -> None:
        ours = {prefix: place for prefix in _loaded(node) if (place := _module_meant(module, prefix))}
        for attribute in (each for each in ast.walk(node) if isinstance(each, ast.Attribute)):
            if isinstance(attribute.value, ast.Name) and attribute.value.id in ours:
                self.add(ours[attribute.value.id], attribute.attr)
        for used in _loaded(node):
            self.add(module, used)
        if name in self.found:
            raise ValueError(f"{name} is defined in {self.found[name][0]} and in {module}: rename one of them.")
        self.found[name] = module, _without_types(_text(module), node, prefixes=ours)


@functools.cache
def _text(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None, f"there is no module {module}"
    return Path(spec.origin).read_text(encoding="utf-8")


@functools.cache
def _names(module: str) -> dict[str, ast.stmt]:
    """Name -> the statement at the top of a module that defines or imports it."""
    names: dict[str, ast.stmt] = {}
    for node in parse(_text(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0]: node for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {each.id: node for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return names


def _is_module(package: str, name: str) -> bool:
    if not hasattr(find_spec(package), "submodule_search_locations") or name in _names(package):
        return False
    spec = find_spec(package)
    return bool(spec and spec.submodule_search_locations and find_spec(f"{package}.{name}"))


def _module_meant(module: str, name: str) -> str:
    """The module of ours that a name means in a module, as `losses` after `from mnist_core.chapter import losses`."""
    node = _names(module).get(name)
    if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == _PACKAGE:
        alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
        if _is_module(node.module, alias.name):
            return f"{node.module}.{alias.name}"
    return ""


def _loaded(node: ast.stmt) -> list[str]:
    """The names that a definition reads and does not bind itself, in their order; types of arguments do not count."""
    skipped = {id(each) for annotation in _annotations(node) for each in ast.walk(annotation)}
    names = [each for each in ast.walk(node) if isinstance(each, ast.Name) and id(each) not in skipped]
    bound = {each.id for each in names if not isinstance(each.ctx, ast.Load)}
    bound |= {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    return list(dict.fromkeys(each.id for each in names if each.id not in bound))


def _annotations(node: ast.stmt) -> Iterator[ast.expr]:
    """The types of arguments, results and variables, but not of a class's fields, which a dataclass is made of."""
    fields = {id(each) for owner in ast.walk(node) if isinstance(owner, ast.ClassDef) for each in owner.body}
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef) and each.returns:
            yield each.returns
        elif isinstance(each, ast.arg | ast.AnnAssign) and each.annotation and id(each) not in fields:
            yield each.annotation


def _without_types(text: str, node: ast.stmt, *, prefixes: Collection[str]) -> str:
    """The lines of a definition without its annotations, with short docstrings, and names of ours without a module."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = text.encode()

    def at(line: int, column: int) -> int:
        return starts[line - 1] + column

    cuts: list[tuple[int, int, bytes]] = []
    kinds = [each.annotation for each in ast.walk(node) if isinstance(each, ast.arg)]
    for kind in _annotations(node):
        end = at(kind.end_lineno or 0, kind.end_col_offset or 0)
        start = at(kind.lineno, kind.col_offset)
        before = data[:start].rstrip()
        default = b" = " if data[end:].startswith(b" = ") and kind in kinds else b""
        cuts.append((len(before.removesuffix(b":").removesuffix(b"->").rstrip()), end + len(default), default.strip()))
    for owner in ast.walk(node):
        if isinstance(owner, ast.FunctionDef | ast.ClassDef) and (words := ast.get_docstring(owner)):
            said = owner.body[0]
            span = at(said.lineno, said.col_offset), at(said.end_lineno or 0, said.end_col_offset or 0)
            cuts.append((*span, b'"""%s"""' % words.splitlines()[0].encode()))
        if isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name) and owner.value.id in prefixes:
            start = at(owner.lineno, owner.col_offset)
            cuts.append((start, start + len(owner.value.id) + 1, b""))
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
    start, end = at(first, 0), at(node.end_lineno or 0, node.end_col_offset or 0)
    for begin, stop, new in sorted(cuts, reverse=True):
        data = data[:begin] + new + data[stop:]
        end += len(new) - (stop - begin)
    return _FOR_TOOLS.sub("", data[start:end].decode())


def _import_lines(imports: Collection[tuple[str, str, str]]) -> Iterator[str]:
    """One line for each module: `import` first, then `from`, in the order of the alphabet."""
    for module, _, here in sorted(each for each in imports if not each[1]):
        yield f"import {module} as {here}" if here else f"import {module}"
    for module in sorted({module for module, name, _ in imports if name}):
        names = sorted((name, here) for place, name, here in imports if place == module and name)
        yield f"from {module} import " + ", ".join(f"{name} as {here}" if here else name for name, here in names)
