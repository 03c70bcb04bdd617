"""Tests of deferred imports with modules that count how often they are loaded."""

import importlib
import sys

import pytest

from pipeline.runtime import deferred_imports


@pytest.fixture
def heavy(tmp_path, monkeypatch):
    """Name of a package that is on the path and not yet imported."""
    package = tmp_path / "heavy_library"
    package.mkdir()
    (package / "__init__.py").write_text("import sys\nsys.loads.append(__name__)\nVALUE = 3\n")
    (package / "part.py").write_text("OTHER = 4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "loads", [], raising=False)
    yield "heavy_library"
    for name in ("heavy_library", "heavy_library.part"):
        sys.modules.pop(name, None)


def test_a_deferred_module_is_loaded_by_its_first_attribute(heavy):
    deferred_imports.defer(heavy)
    first = importlib.import_module(heavy)
    second = importlib.import_module(heavy)
    assert sys.loads == []
    assert (first.VALUE, second.VALUE) == (3, 3)
    assert sys.loads == [heavy]


def test_it_is_loaded_once_whoever_asks(heavy):
    deferred_imports.defer(heavy)
    early = importlib.import_module(heavy)
    assert early.VALUE == 3
    late = importlib.import_module(heavy)
    late.VALUE = 5
    assert late.VALUE == 5
    assert sys.loads == [heavy]


def test_names_and_submodules_can_be_imported_from_it(heavy):
    deferred_imports.defer(heavy)
    namespace = {}
    exec(f"from {heavy} import VALUE\nfrom {heavy}.part import OTHER", namespace)
    assert (namespace["VALUE"], namespace["OTHER"]) == (3, 4)
    assert sys.loads == [heavy]


def test_an_imported_module_is_left_alone(heavy):
    module = importlib.import_module(heavy)
    deferred_imports.defer(heavy)
    assert importlib.import_module(heavy) is module


def test_a_missing_attribute_is_the_usual_error(heavy):
    deferred_imports.defer(heavy)
    with pytest.raises(AttributeError, match=f"module '{heavy}' has no attribute 'nothing'"):
        _ = importlib.import_module(heavy).nothing


def test_a_missing_library_is_missed_when_it_is_used():
    deferred_imports.defer("library_that_is_not_installed")
    module = importlib.import_module("library_that_is_not_installed")
    with pytest.raises(ModuleNotFoundError):
        _ = module.anything
