"""Tests of components/evaluation/executor.py: which split is evaluated."""

import json

import pytest
from tfx.components.evaluator import executor as evaluator
from tfx.types import artifact_utils, standard_artifacts

from components.evaluation import component, executor

pytestmark = pytest.mark.tfx


@pytest.mark.parametrize(
    ("splits", "evaluated"),
    [(["train", "eval"], ["eval"]), (["train", "eval", "test"], ["test"])],
)
def test_the_held_out_split_is_evaluated_where_there_is_one(monkeypatch, splits, evaluated):
    given = {}
    monkeypatch.setattr(evaluator.Executor, "Do", lambda self, i, o, p: given.update(p))
    examples = standard_artifacts.Examples()
    examples.split_names = artifact_utils.encode_split_names(splits)
    properties = {"example_splits": "null", "eval_config": "{}"}
    executor.Executor().Do({"examples": [examples]}, {}, properties)
    assert json.loads(given["example_splits"]) == evaluated
    assert given["eval_config"] == "{}"
    assert properties["example_splits"] == "null"  # The caller's are left as they were.


def test_the_component_runs_this_executor():
    assert component.Evaluation.EXECUTOR_SPEC.executor_class is executor.Executor
