"""Tests of components/doctor/{drift,shift}.py."""

import numpy as np
import pytest

from components.doctor.checks import drift, shift
from components.doctor.image import pictures


def test_simple_features_of_a_text():
    features = drift.text_features(["Ab 12!", "", "참 좋다"])
    assert {name: values[0] for name, values in features.items()} == {
        "characters": 6,
        "words": 2,
        "word_length": 2,
        "upper_case": 0.2,
        "digits": 0.4,
        "signs": pytest.approx(0.2),
        "non_ascii": 0,
    }
    assert features["words"].tolist() == [2, 0, 2]
    assert features["non_ascii"][2] == 1


def test_simple_features_of_an_image():
    colour = np.zeros((1, 8, 8, 3), np.uint8)
    colour[..., 0] = 200
    grey = np.full((1, 32, 32), 60, np.uint8)
    features = drift.image_features(
        pictures.Pictures(np.array([[7, 5]]), ["colour"], grey, colour, np.ones(1))
    )
    expected = {"width": 7, "height": 5, "brightness": 60, "edges": 0, "saturation": 200}
    assert {name: features[name][0] for name in expected} == expected


def compare(train, other, labels=(["a"], ["a"])):
    features = {"train": {"size": np.array(train, float)}, "eval": {"size": np.array(other, float)}}
    return drift.drift(features, {"train": labels[0], "eval": labels[1]}, None, 0)


def test_a_feature_must_differ_both_surely_and_by_much():
    many = np.arange(20_000)
    assert compare(many, many * 0.95).verdict == "pass"
    assert compare([1, 2, 3], [8, 9]).verdict == "pass"
    finding = compare(many[:200], many[100:260])
    assert finding.verdict == "warn"
    assert "size of eval (0.50)" in finding.evidence


def test_labels_in_other_proportions_are_drift():
    labels = (["a", "b"] * 200, ["a"] * 150 + ["b"] * 30)
    finding = compare([1, 2], [1, 2], labels)
    assert finding.verdict == "warn"
    assert "labels of eval (33% of them)" in finding.evidence


def test_a_small_split_in_other_proportions_is_let_pass():
    assert compare([1, 2], [1, 2], (["a", "b"] * 200, ["a"] * 6 + ["b"] * 2)).verdict == "pass"


def shifted(by, number=150):
    rng = np.random.default_rng(0)
    return {"train": rng.normal(size=(300, 5)), "eval": rng.normal(by, size=(number, 5))}


@pytest.mark.parametrize(("by", "verdict"), [(0, "pass"), (0.5, "warn"), (3, "fail")])
def test_the_area_grows_with_the_shift(by, verdict):
    finding = shift.covariate_shift(shifted(by), 0)
    assert finding.verdict == verdict
    assert list(finding.figures["auc"]) == ["eval"]


def test_test_rows_from_elsewhere_are_no_reason_to_stop():
    there, far = shifted(0), shifted(3)
    finding = shift.covariate_shift({**there, "test": far["eval"]}, 0)
    assert finding.verdict == "warn"
    assert "best epoch" not in finding.meaning


def test_a_split_of_few_rows_is_not_judged():
    finding = shift.covariate_shift(shifted(3, number=19), 0)
    assert finding.verdict == "pass"
    assert "too few" in finding.evidence
