"""Do the tests notice when an operator or a constant of the code is changed?

    python -m benchmarks.mutation components/doctor models/training [--sample 60] [--seed 1]

Draws changes at random from the given files and folders, makes them one at a time in memory, and
runs the tests that import the changed module, then those of the modules of its component that do
and, where there are none, those of modules elsewhere.
Lists every change that no test noticed: each is a missing test, or a change that means the same.
A change whose tests ran too long is neither: it may never end, or the machine may be busy.
Heavy libraries are imported once, and each change gets a process forked from there.
"""

import ast
import collections
import dataclasses
import functools
import importlib
import importlib.abc
import importlib.util
import json
import os
import pathlib
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence

import click

_HEAVY = ("numpy", "scipy.stats", "sklearn.linear_model", "tensorflow", "keras", "pytest")
_COMPARISONS = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
_ARITHMETIC = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*",
    ast.Pow: "*",
}  # fmt: skip
_SOURCES = ("components", "models", "pipeline", "serving")
_NOTICED, _SURVIVED, _TOO_LONG = "noticed", "survived", "too long"
_LONGEST = 300  # Seconds for the tests of one change.


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One change of one file."""

    path: pathlib.Path
    line: int
    old: str
    new: str
    start: int
    """Offset in the file's characters."""

    def source(self) -> str:
        """The whole file with the change."""
        text = self.path.read_text("utf-8")
        return text[: self.start] + self.new + text[self.start + len(self.old) :]

    def __str__(self) -> str:
        text = self.path.read_text("utf-8").splitlines()[self.line - 1].strip()
        return f"{self.path}:{self.line}  {self.old} -> {self.new}    {text}"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--sample", default=60, show_default=True, help="Changes to try.")
@click.option("--seed", default=1, show_default=True, help="Of the drawing.")
@click.option("--output", type=click.Path(path_type=pathlib.Path), help="JSON file to write.")
def main(paths: Sequence[str], sample: int, seed: int, output: pathlib.Path | None) -> None:
    """Draw changes and print which of them no test noticed."""
    files = sorted(file for path in paths for file in _files(pathlib.Path(path)))
    known = [change for file in files for change in mutations(file)]
    drawn = random.Random(seed).sample(known, min(sample, len(known)))
    for name in _HEAVY:
        importlib.import_module(name)
    outcomes = []
    for change in drawn:
        begun = time.monotonic()
        outcome = _try(change, tests_of(change.path))
        outcomes.append({"change": str(change), "outcome": outcome})
        click.echo(f"{outcome:<9} {time.monotonic() - begun:5.1f} s  {change}")
    counts = collections.Counter(one["outcome"] for one in outcomes)
    others = "".join(f", {outcome}: {counts[outcome]}" for outcome in counts if outcome != _NOTICED)
    click.echo(f"\n{counts[_NOTICED]} of {len(outcomes)} changes noticed{others}")
    if output is not None:
        output.write_text(json.dumps(outcomes, indent=2), "utf-8")


def _files(path: pathlib.Path) -> list[pathlib.Path]:
    return [path] if path.is_file() else [p for p in path.rglob("*.py") if p.name != "__init__.py"]


def mutations(path: pathlib.Path) -> Iterator[Mutation]:
    """Every change of a file that is known here: comparisons, arithmetic, logic, constants."""
    text = path.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(line: int, column: int) -> int:
        # Columns of the syntax tree count bytes.
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    for node in _computing(ast.parse(text)):
        for old, new, first, last in _changes(node):
            begin, end = offset(*first), offset(*last)
            start = text.find(old, begin, end)
            if start >= 0:
                yield Mutation(path, text.count("\n", 0, start) + 1, old, new, start)


def _computing(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that compute something, neither annotations nor texts for people."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list") or _is_guard(tree):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr | ast.Raise):
                yield child
                yield from _computing(child)


def _is_guard(node: ast.AST) -> bool:
    """Whether it asks `zip` to fail where lengths differ, which sound code never sees."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


Place = tuple[int, int]


def _changes(node: ast.AST) -> Iterator[tuple[str, str, Place, Place]]:
    """Old text, new text, and between which places (line, column) the old one is looked for."""
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, operands, operands[1:], strict=False):
            new = _COMPARISONS[type(operator)]
            yield _text(operator), new, _end(left), _begin(right)
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield _text(node.op), _ARITHMETIC[type(node.op)], _end(node.left), _begin(node.right)
    elif isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield old, new, _end(left), _begin(right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not ", "", _begin(node), _begin(node.operand)
    elif isinstance(node, ast.Name) and node.id in ("min", "max"):
        yield node.id, "max" if node.id == "min" else "min", _begin(node), _end(node)
    elif isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes | complex):
        if node.value is not None and node.value is not ...:
            yield ast.unparse(node), _other(node.value), _begin(node), _end(node)


def _text(operator: ast.cmpop | ast.operator) -> str:
    if isinstance(operator, ast.cmpop):
        return ast.unparse(ast.Compare(ast.Name("a"), [operator], [ast.Name("b")]))[2:-2]
    return ast.unparse(ast.BinOp(ast.Name("a"), operator, ast.Name("b")))[2:-2]


def _other(value: bool | int | float) -> str:
    if isinstance(value, bool):
        return str(not value)
    return repr(value + 1) if isinstance(value, int) else repr(value * 1.5 or 0.5)


def _begin(node: ast.AST) -> Place:
    return node.lineno, node.col_offset


def _end(node: ast.AST) -> Place:
    return node.end_lineno, node.end_col_offset


def tests_of(path: pathlib.Path) -> list[str]:
    """Files of tests of a module, the nearest by imports first; none of whole pipelines.

    Its own come first, then those of the modules of its component that import it, and so on; those
    of modules elsewhere only where there are none nearer. Of tests as near, those of its own name
    come first, then those of its own part of the code, and of these those that import least.
    """
    tests = [
        one for one in pathlib.Path("tests").rglob("test_*.py") if "end_to_end" not in str(one)
    ]
    sources = [one for folder in _SOURCES for one in pathlib.Path(folder).rglob("*.py")]
    home = pathlib.Path("tests", path.parts[0])
    modules, seen, found = {_module(path)}, set(), []
    while modules:
        near = [test for test in tests if modules & _imported(test) and test not in found]
        own = f"test_{path.stem}"
        found += sorted(
            near,
            key=lambda test: (test.stem != own, home not in test.parents, _breadth(test), test),
        )
        importers = [one for one in sources if modules & _imported(one)]
        seen |= modules
        modules = {
            _module(one) for one in importers if not found or one.parts[:2] == path.parts[:2]
        } - seen
    return [str(test) for test in found]


def _breadth(test: pathlib.Path) -> int:
    """How many names of ours a file of tests imports: few if it is about one module."""
    return sum(name.split(".")[0] in _SOURCES for name in _imported(test))


def _module(path: pathlib.Path) -> str:
    return ".".join(path.with_suffix("").parts)


@functools.cache
def _imported(path: pathlib.Path) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return frozenset(names)


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Gives the changed source for one module."""

    def __init__(self, change: Mutation):
        self._name = _module(change.path)
        # Not the name of a file that is there: AutoGraph would take the unchanged source from it.
        self._path, self._source = f"{change.path.resolve()}.changed", change.source()

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: str) -> bytes:
        return self._source.encode()


def _try(change: Mutation, tests: Sequence[str]) -> str:
    """Run the tests with the change in a forked process."""
    if not tests:
        return "no tests"
    child = os.fork()
    if child == 0:
        _run_tests(change, tests)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(_LONGEST)
    _, status = os.waitpid(child, 0)
    signal.alarm(0)
    code = os.waitstatus_to_exitcode(status)
    return {0: _SURVIVED, -signal.SIGKILL: _TOO_LONG}.get(code, _NOTICED)


def _run_tests(change: Mutation, tests: Sequence[str]) -> None:
    import pytest

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.meta_path.insert(0, _Changed(change))
    code = 1
    try:
        code = pytest.main(["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", *tests])
    finally:
        os._exit(int(code))


if __name__ == "__main__":
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
