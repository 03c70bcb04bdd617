"""Stages whose code changed run again: what they name is what their modules import."""

import ast
import pathlib

import pytest

from pipeline.runtime.fingerprint import ROOT
from pipeline.stages import data, training


def imported(path):
    """Project files that a project file imports."""
    for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            file = pathlib.Path(*name.split(".")).with_suffix(".py")
            if (ROOT / file).is_file():
                yield str(file)


def test_a_changed_transform_graph_is_computed_again():
    assert set(imported("pipeline/modules/transform.py")) == {*data.TRANSFORM_CODE} - {
        "pipeline/modules/transform.py"
    }


def test_a_changed_export_is_written_again():
    found = {file for file in imported("pipeline/modules/trainer.py") if file.startswith("serving")}
    assert found == set(training.EXPORT_CODE)


@pytest.mark.parametrize("path", [*data.TRANSFORM_CODE, *training.EXPORT_CODE])
def test_what_is_named_exists(path):
    assert (ROOT / path).is_file()
