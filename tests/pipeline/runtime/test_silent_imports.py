"""Tests of silent imports with a module that prints as C libraries do."""

import importlib
import importlib.util
import sys

import pytest

from pipeline.runtime import deferred_imports, silent_imports

NAME = "noisy_library"


@pytest.fixture
def noisy(tmp_path, monkeypatch):
    """Writes the module; its lines go to the descriptor, past Python's own streams."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])

    def write(*lines):
        text = ["import os", "os.write(2, b'noise\\n')", *lines]
        (tmp_path / f"{NAME}.py").write_text("\n".join(text))
        importlib.invalidate_caches()

    yield write
    sys.modules.pop(NAME, None)


def test_what_a_module_prints_while_it_is_imported_is_not_seen(noisy, capfd):
    noisy("VALUE = 3")
    silent_imports.silence(NAME)
    module = importlib.import_module(NAME)
    assert (module.VALUE, capfd.readouterr().err) == (3, "")


def test_a_module_that_was_looked_for_or_deferred_before_is_silent_too(noisy, capfd):
    noisy("VALUE = 3")
    silent_imports.silence(NAME)
    assert importlib.util.find_spec(NAME) is not None
    deferred_imports.defer(NAME)
    assert importlib.import_module(NAME).VALUE == 3
    assert capfd.readouterr().err == ""


def test_what_it_prints_later_is_seen(noisy, capfd):
    noisy("def tell():", "    os.write(2, b'later')")
    silent_imports.silence(NAME)
    importlib.import_module(NAME).tell()
    assert capfd.readouterr().err == "later"


def test_a_failing_import_is_told_with_its_lines(noisy, capfd):
    noisy("raise ImportError('no such processor')")
    silent_imports.silence(NAME)
    with pytest.raises(ImportError, match="no such processor"):
        importlib.import_module(NAME)
    assert capfd.readouterr().err == "noise\n"


def test_a_module_that_is_imported_already_is_left_alone(noisy, capfd):
    noisy("VALUE = 3")
    module = importlib.import_module(NAME)
    finders = sys.meta_path[:]
    silent_imports.silence(NAME)
    assert (importlib.import_module(NAME), sys.meta_path) == (module, finders)
    assert capfd.readouterr().err == "noise\n"


def test_other_modules_are_found_as_before(noisy, capfd):
    noisy("VALUE = 3")
    silent_imports.silence("library_that_is_not_installed")
    assert importlib.import_module(NAME).VALUE == 3
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("library_that_is_not_installed")
