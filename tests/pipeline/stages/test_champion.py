"""Tests of pipeline/stages/champion.py."""

import pytest
from tfx.types import standard_artifacts

from pipeline.stages import champion

pytestmark = pytest.mark.tfx


def model(number):
    artifact = standard_artifacts.Model()
    artifact.id = number
    return artifact


def blessing(number, of, blessed=1):
    artifact = standard_artifacts.ModelBlessing()
    artifact.id = number
    artifact.set_int_custom_property("blessed", blessed)
    artifact.set_int_custom_property("current_model_id", of)
    return artifact


def resolve(candidate, models, blessings):
    found = champion.LatestBlessedBefore().resolve_artifacts(
        None,
        {
            "candidate": [model(candidate)],
            "model": [model(number) for number in models],
            "model_blessing": blessings,
        },
    )
    assert [artifact.id for artifact in found["candidate"]] == [candidate]
    return [artifact.id for artifact in found["model"]]


def test_a_first_candidate_has_no_rival():
    assert resolve(3, [3], []) == []


def test_the_latest_blessed_model_is_the_rival():
    blessings = [blessing(10, of=1), blessing(11, of=5)]
    assert resolve(7, [1, 5, 7], blessings) == [5]


def test_a_refused_model_is_no_rival():
    blessings = [blessing(10, of=1), blessing(11, of=5, blessed=0)]
    assert resolve(7, [1, 5, 7], blessings) == [1]


def test_a_cached_candidate_is_not_compared_with_itself_or_with_later_ones():
    blessings = [blessing(10, of=1), blessing(11, of=5), blessing(12, of=7)]
    assert resolve(5, [1, 5, 7], blessings) == [1]
    assert resolve(1, [1, 5, 7], blessings) == []
