"""Tests of pipeline/config/evaluation.py: which thresholds are missed."""

import math

import pytest

from models.tasks import metrics
from pipeline.config.evaluation import EvaluationConfig

METRICS = (metrics.accuracy("label"), metrics.cross_entropy("label"))


@pytest.mark.parametrize(
    ("demanded", "missed"),
    [
        ({"accuracy": 0.8}, []),
        ({"accuracy": 0.81}, ["accuracy is 0.8000, must reach 0.81"]),
        ({"cross_entropy": 0.5}, []),
        ({"cross_entropy": 0.4}, ["cross_entropy is 0.5000, may be at most 0.4"]),
        ({}, []),
    ],
)
def test_a_threshold_that_is_just_met_is_met(demanded, missed):
    figures = {"accuracy": 0.8, "cross_entropy": 0.5}
    assert EvaluationConfig(must_reach=demanded).missed(METRICS, figures) == missed


def test_a_figure_that_is_no_number_reaches_nothing():
    demanded = EvaluationConfig(must_reach={"accuracy": 0, "cross_entropy": 9})
    figures = {"accuracy": math.nan, "cross_entropy": math.nan}
    assert len(demanded.missed(METRICS, figures)) == 2
