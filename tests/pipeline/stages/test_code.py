"""Stages whose code changed run again: what they name is what their modules import."""

import ast
import inspect
import pathlib
import re

import pytest

from pipeline.runtime.fingerprint import ROOT
from pipeline.stages import data, judging, training

SERVER = {"serving/errors.py", "serving/execution/saved_model.py"}
"""Whose answers the Canary compares."""


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


@pytest.mark.parametrize("module", ["judge", "error_analysis", "batch_answers"])
def test_a_changed_judge_judges_again(module):
    told = re.findall(r'"((?:pipeline|components|models)/[\w/.]+)"', inspect.getsource(judging))
    reads = set(imported(f"pipeline/modules/{module}.py")) - {
        "pipeline/config/loading.py",  # Reads what the stage is told.
        "pipeline/config/batch_answers.py",  # Is what it is told.
        "pipeline/config/relative_paths.py",
        *SERVER,
    }
    assert {path for path in reads if not path.startswith(tuple(told))} == set()
    assert f"pipeline/modules/{module}.py" in told


@pytest.mark.parametrize("path", [*data.TRANSFORM_CODE, *training.EXPORT_CODE])
def test_what_is_named_exists(path):
    assert (ROOT / path).is_file()
