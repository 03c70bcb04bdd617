"""Every kind of task before the doctor: sound data passes, planted faults are named."""

import dataclasses
import json

import numpy as np
import pytest

from components.doctor.checks import data
from components.doctor.columns import Column
from tests.components.doctor.checks import test_data

TOPICS = test_data.TOPICS
WORDS = [word for words in TOPICS.values() for word in words]
TEXT = Column("body", "text", "input", "text")
IMAGE = Column("photo", "image", "input", "image")
PAIR = (Column("one", "text", "input", "first"), Column("two", "text", "input", "second"))
LABEL = Column("label", "category", "target", "label")
LABELS = Column("tags", "categories", "target", "labels")
NUMBER = Column("price", "number", "target", "target")
COLUMNS = {
    "text_regression": (TEXT, NUMBER),
    "image_regression": (IMAGE, NUMBER),
    "text_multi_label": (TEXT, LABELS),
    "image_multi_label": (IMAGE, LABELS),
    "text_pair_classification": (*PAIR, LABEL),
    "text_pair_regression": (*PAIR, NUMBER),
    "text_spans": (TEXT, Column("marks", "spans", "target", "tags")),
    "text_choices": (
        *PAIR,
        Column("third", "text", "input", "choices"),
        Column("right", "choice", "target", "label"),
    ),
    "text_pair_answers": (*PAIR, Column("answers", "answers", "target", "answers")),
}
SIZES = {"text": {"train": (300, 1), "eval": (70, 2)}, "image": {"train": (90, 1), "eval": (40, 2)}}
TEXTS = ("text_regression", "text_multi_label", "text_pair_classification", "text_pair_regression")


def sentence(draw, words, count=9):
    return f"{' '.join(draw.choice(words, count))} n{draw.integers(9999)}"


def of_number(number, seed):
    """The more words of the sea, the more it costs."""
    draw = np.random.default_rng(seed)
    found = [sentence(draw, WORDS) for _ in range(number)]
    return [(t, 2.0 * sum(w in TOPICS["sea"] for w in t.split()) + draw.normal()) for t in found]


def of_labels(number, seed):
    """Every topic of which three words are there."""
    draw = np.random.default_rng(seed)
    found = [sentence(draw, WORDS) for _ in range(number)]
    return [
        (text, tuple(k for k, w in TOPICS.items() if sum(x in w for x in text.split()) >= 3))
        for text in found
    ]


def of_pairs(number, seed):
    """Whether both texts are about one topic."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(number):
        first, other = (str(name) for name in draw.choice(list(TOPICS), 2, replace=False))
        is_same = bool(draw.integers(2))
        texts = [sentence(draw, TOPICS[topic], 7) for topic in (first, first if is_same else other)]
        rows.append((tuple(texts), "same" if is_same else "other"))
    return rows


def of_stripes(number, seed):
    draw = np.random.default_rng(seed)
    inputs, names = test_data.images(number, seed)
    return [
        (x, 20.0 * (name == "v") + draw.normal()) for x, name in zip(inputs, names, strict=True)
    ]


def of_striped_sets(number, seed):
    draw = np.random.default_rng(seed)
    inputs, names = test_data.images(number, seed)
    more = draw.random(number) < 0.4
    return [
        (x, (name, "night") if m else (name,))
        for x, name, m in zip(inputs, names, more, strict=True)
    ]


def of_similar_pairs(number, seed):
    draw = np.random.default_rng(seed)
    return [(texts, 5.0 * (n == "same") + draw.normal()) for texts, n in of_pairs(number, seed)]


def of_spans(number, seed):
    """The first word, if it is of the sea."""
    return [
        (text, ((0, text.index(" "), "sea"),) if text.split()[0] in TOPICS["sea"] else ())
        for text, _ in of_number(number, seed)
    ]


def of_answers(number, seed):
    """What stands after a word."""
    rows = []
    for text, _ in of_number(number, seed):
        one, other, *_ = text.split()
        rows.append(((f"what follows {one}", text), (other,)))
    return rows


def of_choices(number, seed):
    """Which of two texts is about the topic of the first."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(number):
        topics = [str(name) for name in draw.choice(list(TOPICS), 2, replace=False)]
        right = int(draw.integers(2))
        texts = [sentence(draw, TOPICS[one], 7) for one in (topics[right], *topics)]
        rows.append((tuple(texts), "ab"[right]))
    return rows


MAKERS = {
    "text_regression": of_number,
    "image_regression": of_stripes,
    "text_multi_label": of_labels,
    "image_multi_label": of_striped_sets,
    "text_pair_classification": of_pairs,
    "text_pair_regression": of_similar_pairs,
    "text_spans": of_spans,
    "text_pair_answers": of_answers,
    "text_choices": of_choices,
}


def sound(kind):
    sizes = SIZES[kind.split("_")[0]]
    return {split: MAKERS[kind](*size) for split, size in sizes.items()}


def examined(kind, splits):
    return data.examine(COLUMNS[kind], splits)


def bad(kind, splits):
    return {one.check for one in examined(kind, splits).findings if one.verdict != "pass"}


def with_targets(rows, change):
    return [(given, change(place, target)) for place, (given, target) in enumerate(rows)]


@pytest.mark.parametrize("kind", MAKERS)
def test_sound_data_raises_no_alarm(kind):
    found = examined(kind, sound(kind))
    assert {one.check: one.evidence for one in found.findings if one.verdict != "pass"} == {}
    json.dumps([one.figures for one in found.findings], allow_nan=False)
    said = {one.check for one in found.findings}
    skipped = {one.check for one in found.not_applicable}
    assert not said & skipped
    assert {"class_balance", "target_values", "label_frequencies", "image_sizes"} <= said | skipped


@pytest.mark.parametrize("kind", TEXTS)
def test_targets_of_other_rows_have_no_signal(kind):
    splits = {"train": MAKERS[kind](900, 1), "eval": MAKERS[kind](70, 2)}
    order = np.random.default_rng(3).permutation(900)
    shuffled = with_targets(splits["train"], lambda place, _: splits["train"][order[place]][1])
    signal = "label_signal" if COLUMNS[kind][-1] == LABEL else "target_signal"
    assert signal in bad(kind, {**splits, "train": shuffled})


NUMBER_FAULTS = {
    "target_outliers": ("train", lambda place, number: 1e6 if place == 7 else number),
    "target_values": ("train", lambda place, number: float(number > 3)),
    "target_range": ("eval", lambda place, number: 1000 * number),
    "target_signal": ("eval", lambda place, number: 9.0 - number),
}


@pytest.mark.parametrize(
    ("kind", "checks"),
    [
        ("text_regression", NUMBER_FAULTS),
        ("image_regression", ("target_outliers", "target_range")),
        ("text_pair_regression", ("target_outliers", "target_values", "target_range")),
    ],
)
def test_faults_of_numbers_are_named(kind, checks):
    splits = sound(kind)
    for check in checks:
        split, change = NUMBER_FAULTS[check]
        assert check in bad(kind, {**splits, split: with_targets(splits[split], change)})


LABEL_FAULTS = {
    "label_frequencies": ("eval", lambda place, labels: (*labels, "new")),
    "unlabelled_rows": ("train", lambda place, labels: () if place % 2 else labels),
    "label_cooccurrence": ("train", lambda place, labels: (*labels, *(f"{x}2" for x in labels))),
    "label_names": ("train", lambda place, labels: labels if place % 2 else (labels[0].title(),)),
    "drift": ("eval", lambda place, labels: labels[:1]),
}


@pytest.mark.parametrize(
    ("kind", "checks"),
    [
        ("text_multi_label", LABEL_FAULTS),
        ("image_multi_label", ("label_frequencies", "label_cooccurrence")),
    ],
)
def test_faults_of_label_sets_are_named(kind, checks):
    splits = sound(kind)
    for check in checks:
        split, change = LABEL_FAULTS[check]
        assert check in bad(kind, {**splits, split: with_targets(splits[split], change)})


@pytest.mark.parametrize("kind", ["text_pair_classification", "text_pair_regression"])
def test_faults_of_pairs_are_named(kind):
    splits = sound(kind)
    train = splits["train"]
    same = [((texts[0], texts[0]), target) for texts, target in train]
    assert "identical_texts" in bad(kind, {**splits, "train": same})
    marks = {True: "really", False: "never"}
    threshold = "same" if COLUMNS[kind][-1] == LABEL else 2.5
    told = [((a, f"{b} {marks[target >= threshold]}"), target) for (a, b), target in train]
    assert "one_text_alone" in bad(kind, {**splits, "train": told})


def test_a_pair_leaks_when_both_its_texts_are_the_same():
    kind = "text_pair_classification"
    splits = sound(kind)
    one_alone = [((a, splits["train"][n][0][1]), x) for n, ((a, _), x) in enumerate(splits["eval"])]
    assert "leakage" not in bad(kind, {**splits, "eval": one_alone})
    assert "leakage" in bad(kind, {**splits, "eval": splits["eval"] + splits["train"][:9]})


def test_checks_of_single_texts_name_their_column():
    kind = "text_pair_classification"
    splits = sound(kind)
    broken = [((a, f"{b} caf\u00c3\u00a9 <b>bold</b>"), x) for (a, b), x in splits["train"]]
    found = examined(kind, {**splits, "train": broken}).findings
    damage = {one.figures["column"]: one for one in found if one.check == "text_damage"}
    assert damage["one"].verdict == "pass"
    assert damage["two"].verdict != "pass"
    assert damage["two"].evidence.startswith("Column 'two': ")


def test_one_column_that_is_always_the_same_is_named():
    kind = "text_pair_classification"
    splits = sound(kind)
    same = [((a, "as before"), x) for (a, _), x in splits["train"]]
    found = examined(kind, {**splits, "train": same}).findings
    constant = {one.figures["column"]: one for one in found if one.check == "constant_input"}
    assert {name: one.verdict for name, one in constant.items()} == {"one": "pass", "two": "fail"}


def test_what_does_not_apply_says_which_column_is_the_reason():
    reasons = {
        one.check: one.reason
        for one in examined("image_regression", sound("image_regression")).not_applicable
    }
    assert reasons["class_balance"] == "'price' holds numbers"
    assert reasons["shortcuts"] == "'price' holds numbers"
    assert reasons["text_damage"] == "no column holds text"
    assert reasons["text_order"] == "there is one input only"
    assert "target_values" not in reasons


@pytest.mark.parametrize("kind", TEXTS)
def test_a_split_that_says_nothing_is_compared_with_nothing(kind):
    splits = sound(kind)
    blank = ("", "...") if len(COLUMNS[kind]) > 2 else ""
    found = examined(kind, {**splits, "eval": [(blank, target) for _, target in splits["eval"]]})
    reasons = {one.check: one.reason for one in found.not_applicable}
    for check in ("leakage", "drift", "covariate_shift"):
        assert reasons[check] == "fewer than two splits have rows that say something"
    said = {one.check: one.verdict for one in found.findings}
    assert said["constant_input"] == "fail"
    assert not said.keys() & reasons.keys()
    assert ("target_range" in said) == (COLUMNS[kind][-1] == NUMBER)


def test_one_target_at_most_is_examined():
    several = [dataclasses.replace(NUMBER, name=name) for name in ("first", "second")]
    with pytest.raises(ValueError, match="one target. Received: .*first.*second"):
        data.examine((TEXT, *several), {"train": []})
