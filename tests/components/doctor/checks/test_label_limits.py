"""Tests of where checks of labels, lengths and sizes begin to warn and to fail."""

import io
import types
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin

from components.doctor.checks import labels, noise
from components.doctor.image import pictures
from components.doctor.rows import Sample
from components.doctor.text import lengths
from components.doctor.text.lengths import Reader


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose probabilities are its inputs and that keeps how much it was given."""

    rows: ClassVar[list[int]] = []

    def fit(self, inputs, labels):
        self.rows.append(len(labels))
        self.classes_ = np.unique(labels)
        return self

    def predict_proba(self, inputs):
        return inputs

    def predict(self, inputs):
        return inputs.argmax(1)


def noisy(count, surely_wrong, unsurely_wrong=0, only=None):
    """The finding on two classes of so many rows, whose answers are wrong in some of each."""
    sureness = np.linspace(0.99, 0.6, count)
    inputs, names = [], []
    for number, name in enumerate("ab"):
        surely = surely_wrong if only in (None, name) else 0
        places = np.arange(count)
        wrong = (places < surely) | (places >= count - unsurely_wrong)
        first = np.where((number == 0) ^ wrong, sureness, 1 - sureness)
        inputs.append(np.stack([first, 1 - first], axis=1))
        names += [name] * count
    split = noise.Labelled(np.concatenate(inputs), names, lambda row: {"row": row, "input": "x"})
    return noise.label_noise(Given(), {"train": split}, 0.25, 0)


@pytest.mark.parametrize(("wrong", "verdict"), [(4, "pass"), (5, "warn")])
def test_sure_answers_contradict_labels_more_often_than_in_a_hard_task(wrong, verdict):
    found = noisy(200, wrong)  # 8 and 10 errors in the surest 200 of 400 rows.
    assert found.verdict == verdict
    least = stats.beta.ppf(0.05, 2 * wrong, 200 - 2 * wrong + 1)
    assert found.figures["sure_errors"] == pytest.approx(least)
    assert (least > 0.02 + 0.25 * 2 * wrong / 400) == (verdict == "warn")


@pytest.mark.parametrize(("wrong", "verdict"), [(10, "pass"), (12, "warn")])
def test_of_a_weak_model_only_the_surest_fifth_counts(wrong, verdict):
    found = noisy(500, wrong, 150 - wrong)
    assert found.verdict == verdict
    least = stats.beta.ppf(0.05, 2 * wrong, 200 - 2 * wrong + 1)
    assert found.figures["sure_errors"] == pytest.approx(least)
    assert (least > 0.02 + 0.18 * 0.3) == (verdict == "warn")


@pytest.mark.parametrize(("wrong", "verdict"), [(3, "pass"), (4, "warn")])
def test_one_class_whose_sure_answers_are_wrong_is_enough(wrong, verdict):
    assert noisy(100, wrong, only="b").verdict == verdict
    least = stats.beta.ppf(0.025, wrong, 31 - wrong)  # Of the surest 30 answers.
    assert (least > 0.03) == (verdict == "warn")


def test_a_hundred_and_fifty_rows_are_needed_to_doubt_labels():
    assert noisy(75, 5).figures["noise"]["train"] > 0
    assert noisy(74, 5).figures == {"noise": {}, "by_label": {}}
    # And a model that has gone a quarter of the way from chance to perfect.
    assert noisy(200, 74).figures["noise"]["train"] > 0
    assert noisy(200, 76).figures == {"noise": {}, "by_label": {}}


def test_a_simple_model_doubts_a_fifth_of_the_labels_at_a_time(monkeypatch):
    monkeypatch.setattr(Given, "rows", [])
    noisy(100, 5)
    assert Given.rows == [160] * 5 + [200]


@pytest.mark.parametrize(
    ("errors", "sure", "let_pass", "of_other", "noisy_classes", "verdict"),
    [
        (0.0, 0.25, 0.25, 0.0, [], "pass"),
        (0.0, 0.26, 0.25, 0.0, [], "warn"),
        (0.0, 0.0, 0.25, 0.0, [1], "warn"),
        (0.0, 0.125, 0.25, 0.5, [], "pass"),  # Of another split twice as many more may be.
        (0.0, 0.125, 0.25, 0.51, [], "warn"),
        (0.375, 0.26, 0.25, 0.0, [], "warn"),
        (0.376, 0.26, 0.25, 0.0, [], "pass"),  # It knows too little.
    ],
)
def test_labels_are_doubted_where_sure_answers_err_more_than_a_hard_task_lets_them(
    errors, sure, let_pass, of_other, noisy_classes, verdict, monkeypatch
):
    said = iter(
        types.SimpleNamespace(
            errors=errors, sure_errors=share, let_pass=let_pass, wrong_answers=lambda: noisy_classes
        )
        for share in (sure, of_other)
    )
    monkeypatch.setattr(noise, "_Answers", lambda *_: next(said))
    inputs = np.tile([[0.9, 0.1], [0.2, 0.8]], (80, 1))
    split = noise.Labelled(inputs, [*"ab"] * 80, lambda row: {"row": row, "input": "x"})
    found = noise.label_noise(Given(), {"train": split, "eval": split}, 0.25, 0)
    assert found.verdict == verdict


@pytest.mark.parametrize(("rows", "is_judged"), [(9, False), (10, True)])
def test_ten_rows_of_a_label_are_needed_to_doubt_it(rows, is_judged):
    labels = ["a"] * 80 + ["b"] * 80 + ["c"] * rows
    inputs = np.full((len(labels), 2 + is_judged), 0.1)
    inputs[np.arange(len(labels)), ["abc".index(label) % (2 + is_judged) for label in labels]] = 0.8
    split = noise.Labelled(inputs, labels, lambda row: {"row": row, "input": "x"})
    found = noise.label_noise(Given(), {"train": split}, 0.25, 0)
    assert list(found.figures["by_label"]) == (["a", "b", "c"] if is_judged else ["a", "b"])


def answered(*classes):
    """Answers to rows of each class, so many, of which the surest are wrong, so many."""
    sureness = np.concatenate([np.linspace(0.9, 0.6, rows) for rows, _ in classes])
    said = np.repeat(np.arange(len(classes)), [rows for rows, _ in classes])
    is_wrong = np.concatenate([np.arange(rows) < wrong for rows, wrong in classes])
    places = np.arange(len(said))
    probabilities = np.zeros((len(said), len(classes)))
    probabilities[places, said] = sureness
    probabilities[places, said - 1] = 1 - sureness
    return noise._Answers(probabilities, np.where(is_wrong, said - 1, said) % len(classes))


@pytest.mark.parametrize(
    ("classes", "noisy_classes"),
    [
        # Of the surest three tenths of 60 answers, 18, two are wrong: twice that is let pass.
        (((60, 2), (30, 6)), [1]),  # Of nine; 0.299 at least.
        (((60, 2), (30, 5)), []),  # 0.212.
        (((60, 0), (15, 4)), [1]),
        (((60, 0), (14, 4)), []),  # Too few answers.
        (((60, 0), (99, 1)), []),  # Of 29; 0.0009.
        (((60, 0), (99, 4)), [1]),  # 0.039, and the least is 0.03.
        (((60, 0), (99, 3)), []),
        (((14, 4), (30, 9)), []),  # There is no other class to compare with.
    ],
)
def test_answers_of_a_class_are_wrong_far_more_often_than_those_of_others(classes, noisy_classes):
    assert answered(*classes).wrong_answers() == noisy_classes


def test_a_class_with_just_as_many_wrong_answers_as_are_let_pass_is_not_noisy(monkeypatch):
    answers = answered((60, 0), (99, 9))
    monkeypatch.setattr(answers, "_at_least", lambda *_: 0.03)
    assert answers.wrong_answers() == []
    monkeypatch.setattr(answers, "_at_least", lambda *_: 0.031)
    assert answers.wrong_answers() == [1]


@pytest.mark.parametrize(
    ("wrong", "let_pass"), [(0, 0.02), (25, 0.02 + 0.25 * 0.25), (26, 0.02 + 0.18 * 0.26)]
)
def test_a_model_that_errs_in_more_than_a_quarter_of_its_answers_is_weak(wrong, let_pass):
    assert answered((50, wrong), (50, 0)).let_pass == pytest.approx(let_pass)


def test_the_doubted_rows_are_shown_from_the_surest_on():
    found = noisy(100, 15, 3)
    rows = [one["row"] for one in found.figures["suspects"]]
    assert (
        rows == [row for pair in zip(range(15), range(100, 115), strict=True) for row in pair][:20]
    )


@pytest.mark.parametrize(("rows", "is_judged"), [(14, False), (15, True)])
def test_fifteen_rows_of_another_split_are_judged(rows, is_judged):
    inputs = np.tile([[0.9, 0.1], [0.2, 0.8]], (80, 1))
    splits = {
        name: noise.Labelled(inputs[:count], ([*"ab"] * 80)[:count], lambda row: {"row": row})
        for name, count in (("train", 160), ("eval", rows))
    }
    found = noise.label_noise(Given(), splits, 0.25, 0)
    assert ("eval" in found.figures["noise"]) == is_judged


def test_a_label_is_doubted_where_another_is_as_likely_as_it_is_where_it_stands():
    probabilities = np.array([[0.5, 0.5, 0.0], [0.6, 0.4, 0.0], [0.3, 0.3, 0.4], [0.0, 0.7, 0.3]])
    limits = np.array([0.6, 0.5, 0.9])
    doubted = noise._doubted(probabilities, np.array([0, 1, 1, 1]), limits)
    assert doubted.tolist() == [True, True, False, False]


def conflicting(pairs, triples=0, count=1000):
    """Rows of which some pairs and triples have one input and different labels."""
    keys = [key for key in range(pairs) for _ in range(2)]
    keys += [10**6 + key for key in range(triples) for _ in range(3)]
    names = ["ab"[place % 2] for place in range(len(keys))]
    keys += range(10**7, 10**7 + count - len(keys))
    names += ["a"] * (count - len(names))
    every = np.array(keys, np.uint64)
    sample = Sample(names, every, [f"text {key}" for key in keys], np.arange(count))
    return labels.label_conflicts({"train": sample}, {"train": sample}, {"train": every})


@pytest.mark.parametrize(
    ("pairs", "triples", "verdict"),
    [(2, 0, "pass"), (1, 1, "warn"), (49, 0, "warn"), (50, 0, "fail")],
)
def test_inputs_with_several_labels_warn_and_then_fail(pairs, triples, verdict):
    found = conflicting(pairs, triples)
    assert found.verdict == verdict
    share = (2 * pairs + 3 * triples) / 1000
    assert (found.figures["exact"], found.figures["near"]) == (share, share)
    assert len(found.figures["examples"]) == min(pairs + triples, 5)
    if verdict != "pass":
        right = 1 - (pairs + triples) / 1000  # One of each pair or triple is wrong.
        assert f"more than {right:.1%} of the rows" in found.meaning


@pytest.mark.parametrize(
    ("limit", "verdict"), [(350, "pass"), (349, "warn"), (150, "warn"), (149, "fail")]
)
def test_a_limit_that_keeps_a_third_passes_and_one_that_keeps_a_seventh_fails(limit, verdict):
    found = lengths.truncation(np.full(50, 1000), limit)
    assert found.verdict == verdict
    assert found.figures["kept"] == limit / 1000


@pytest.mark.parametrize(
    ("limit", "longer", "verdict"), [(15, 50, "pass"), (15, 51, "fail"), (16, 100, "pass")]
)
def test_fewer_than_sixteen_tokens_that_cut_most_texts_fail(limit, longer, verdict):
    found = lengths.truncation(np.array([17] * longer + [9] * (100 - longer)), limit)
    assert found.verdict == verdict
    assert found.figures["cut"] == longer / 100


@pytest.mark.parametrize(
    ("unknown", "verdict"), [(29, "pass"), (30, "warn"), (59, "warn"), (60, "fail")]
)
def test_unknown_words_warn_and_then_fail(unknown, verdict):
    texts = [" ".join(["strange"] * unknown + ["known"] * (100 - unknown))]
    assert lengths.unknown_words(["known"], {"eval": texts}).verdict == verdict
    reader = Reader(lambda part: [text.split() for text in part], 9, unknown="strange")
    found = lengths.unknown_words(["known"], {"eval": texts}, reader)
    assert (found.verdict, found.figures["unknown"]["eval"]) == (verdict, unknown / 100)


@pytest.mark.parametrize(("tokens", "verdict"), [(12, "pass"), (13, "warn")])
def test_more_than_one_token_and_a_fifth_per_character_is_taken_apart(tokens, verdict):
    reader = Reader(lambda part: [[0] * tokens for _ in part], 99, unknown=-1)
    found = lengths.unknown_words(["ten letter"], {}, reader)
    assert (found.verdict, found.figures["tokens_per_character"]) == (verdict, tokens / 10)


def sized(*sizes, model=None, grey=0):
    files = []
    for number, size in enumerate(sizes):
        file = io.BytesIO()
        Image.new("L" if number < grey else "RGB", size).save(file, "PNG")
        files.append(file.getvalue())
    return pictures.image_sizes({"train": pictures.look(files)}, model)


@pytest.mark.parametrize(("count", "verdict"), [(20, "warn"), (21, "pass")])
def test_a_twentieth_of_images_without_colour_is_mixed(count, verdict):
    found = sized(*[(9, 9)] * count, grey=1)
    assert found.verdict == verdict
    assert found.figures["channels"] == {"train": {"colour": count - 1, "grey": 1}}


@pytest.mark.parametrize(
    ("others", "size", "verdict"),
    [(9, (21, 10), "warn"), (9, (10, 21), "warn"), (9, (19, 10), "pass"), (10, (21, 10), "pass")],
)
def test_a_tenth_of_images_twice_as_wide_is_stretched(others, size, verdict):
    assert sized(size, *[(10, 10)] * others).verdict == verdict


@pytest.mark.parametrize(
    ("side", "model", "verdict"),
    [(10, 40, "pass"), (10, 41, "warn"), (160, 10, "pass"), (161, 10, "warn"), (161, None, "pass")],
)
def test_images_may_be_enlarged_four_and_shrunk_sixteen_times(side, model, verdict):
    assert sized((side, side + 1), (side, side), model=model).verdict == verdict
