"""Tests of benchmarks/mutation.py."""

import ast
import importlib.util
import inspect
import pathlib
import sys

import pytest

from benchmarks import mutation

SOURCE = '''"""Text with 1 < 2."""

LIMIT: int = 3


def 한글(values, *, most=0.5):
    """Not a number: 7."""
    if not values or len(values) <= LIMIT and "é<" < values[0]:
        raise ValueError(f"{LIMIT + 1} values")
    assert dict(zip(values, values, strict=True))
    return max(values) - most if values is not None else -1 in values
'''


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(SOURCE, "utf-8")
    return path


def test_operators_and_constants_change_but_no_text_and_no_message(path):
    changes = {(one.old, one.new) for one in mutation.mutations(path)}
    assert changes == {
        ("3", "4"),
        ("0.5", "0.75"),
        ("not ", ""),
        ("or", "and"),
        ("and", "or"),
        ("<=", "<"),
        ("<", "<="),
        ("0", "1"),
        ("max", "min"),
        ("-", "+"),
        ("is not", "is"),
        ("in", "not in"),
        ("1", "2"),
    }


def test_every_change_is_a_program_and_another_one(path):
    for change in mutation.mutations(path):
        assert ast.dump(ast.parse(change.source())) != ast.dump(ast.parse(SOURCE)), change


def test_the_nearest_tests_of_a_module_run():
    found = mutation.tests_of(pathlib.Path("models/tasks/losses.py"))
    assert found[0] == "tests/models/tasks/test_losses.py"
    assert len(found) > 1


def test_tests_that_reach_a_module_through_others_of_its_folder_run_after_its_own():
    found = mutation.tests_of(pathlib.Path("components/doctor/text/clues.py"))
    assert "tests/components/doctor/text/test_shortcuts.py" in found
    assert len(found) == len(set(found))
    similar = mutation.tests_of(pathlib.Path("components/doctor/near_duplicates.py"))
    assert similar[0] == "tests/components/doctor/test_near_duplicates.py"
    assert "tests/components/doctor/text/test_lengths.py" in similar  # Through views.py.


def test_a_module_without_tests_in_its_folder_has_those_of_modules_elsewhere():
    assert mutation.tests_of(pathlib.Path("benchmarks/mutation.py")) == [
        "tests/benchmarks/test_mutation.py"
    ]


def test_whoever_reads_the_source_of_a_function_reads_the_change(path, monkeypatch):
    # AutoGraph compiles a function anew from what `inspect` says of it.
    monkeypatch.chdir(path.parent)
    (change,) = [
        one
        for one in mutation.mutations(pathlib.Path(path.name))
        if (one.old, one.new) == ("-", "+")
    ]
    spec = mutation._Changed(change).find_spec("module")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "module", module)
    spec.loader.exec_module(module)
    assert module.한글([0.25] * 4) == 0.75
    assert "return max(values) + most" in inspect.getsource(module.한글)
    assert pathlib.Path(module.__file__).parent == path.parent.resolve()
