"""Tests of components/doctor/checks/data.py."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from components.doctor.checks import data, views
from components.doctor.columns import Column
from components.doctor.text.lengths import Reader

TOPICS = {
    "sea": ["wave", "sand", "salt", "shell", "gull", "tide", "boat", "sail", "fish", "reef"],
    "peak": ["rock", "snow", "rope", "tent", "goat", "path", "cliff", "wind", "cairn", "pass"],
    "town": ["tram", "shop", "lamp", "roof", "bell", "gate", "wall", "yard", "arch", "fair"],
}


def texts(number, seed):
    rng = np.random.default_rng(seed)
    labels = [str(name) for name in rng.choice(list(TOPICS), number)]
    words = [rng.choice(TOPICS[label], 9).tolist() + [f"n{rng.integers(99)}"] for label in labels]
    return [" ".join(found) for found in words], labels


def images(number, seed, shade=90):
    """Bright stripes: upright ones are `v`, level ones `h`."""
    rng = np.random.default_rng(seed)
    labels = [str(name) for name in rng.choice(["v", "h"], number)]
    inputs = []
    for label in labels:
        pixels = rng.integers(shade, shade + 40, (16, 20)).astype(np.uint8)
        place = rng.integers(2, 14)
        pixels[(slice(None), place) if label == "v" else place] += 80
        inputs.append(png(pixels))
    return inputs, labels


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def examine(kind, splits, **options):
    columns = (Column("content", kind), Column("label", "category", "target", "label"))
    given = {name: zip(*pair, strict=True) for name, pair in splits.items()}
    return data.examine(columns, given, **options).findings


def found(kind, splits, **options):
    return {finding.check: finding for finding in examine(kind, splits, **options)}


def problems(findings):
    return {name for name, finding in findings.items() if finding.verdict != "pass"}


def split(make, **options):
    return {"train": make(240, 1, **options), "eval": make(60, 2, **options)}


@pytest.mark.parametrize(("kind", "make"), [("text", texts), ("image", images)])
def test_sound_data_passes_every_check(kind, make):
    findings = found(kind, split(make))
    assert problems(findings) == set()
    assert {"class_balance", "constant_input", "leakage", "label_signal", "drift"} <= set(findings)
    assert all(finding.seconds >= 0 for finding in findings.values())
    json.dumps([finding.figures for finding in findings.values()], allow_nan=False)


def test_findings_come_in_a_fixed_order():
    reader = Reader(lambda part: [text.split() for text in part], 12)
    names = [finding.check for finding in examine("text", split(texts), reader=reader)]
    assert names == [
        "class_balance",
        "label_names",
        "constant_input",
        "exact_duplicates",
        "near_duplicates",
        "leakage",
        "label_conflicts",
        "label_signal",
        "label_noise",
        "shortcuts",
        "text_damage",
        "boilerplate",
        "truncation",
        "unknown_words",
        "drift",
        "covariate_shift",
    ]


def test_one_split_alone_is_not_compared():
    findings = found("image", {"train": images(40, 1), "eval": ([], [])})
    assert not {"leakage", "drift", "covariate_shift"} & set(findings)
    assert "image_sizes" in findings


@pytest.mark.parametrize(("kind", "make"), [("text", texts), ("image", images)])
def test_rows_to_measure_on_that_are_trained_on_are_leaks(kind, make):
    splits = split(make)
    for part, more in zip(splits["train"], splits["eval"], strict=True):
        part[:30] = more[:30]
    leak = found(kind, splits)["leakage"]
    assert leak.verdict == "fail"
    assert "50.0% of eval exactly" in leak.evidence
    assert "`data.split" in leak.fix


def test_case_and_spacing_do_not_hide_a_leak():
    splits = split(texts)
    splits["train"][0][:60] = [f"  {text.upper()}\n" for text in splits["eval"][0]]
    assert found("text", splits)["leakage"].figures["exact"] == {"eval": 1.0}


def test_texts_with_a_word_changed_are_leaks():
    splits = split(texts)
    long = [" ".join([text, *splits["train"][0][:4]]) for text in splits["eval"][0]]
    splits["eval"] = (long, splits["eval"][1])
    splits["train"][0][:60] = [text + " and so on" for text in long]
    leak = found("text", splits)["leakage"]
    assert leak.figures == {"exact": {"eval": 0.0}, "near": {"eval": 1.0}}
    assert leak.verdict == "fail"


@pytest.mark.parametrize(("kind", "make"), [("text", texts), ("image", images)])
def test_shuffled_labels_have_nothing_to_do_with_inputs(kind, make):
    splits = {name: make(number, number) for name, number in (("train", 900), ("eval", 60))}
    np.random.default_rng(7).shuffle(splits["train"][1])
    finding = found(kind, splits)["label_signal"]
    assert finding.verdict == "warn"
    assert "task.label" in finding.fix


def test_labels_that_are_off_by_one_in_a_split_are_named():
    splits = split(texts)
    after = {"peak": "sea", "sea": "town", "town": "peak"}
    splits["eval"] = (splits["eval"][0], [after[label] for label in splits["eval"][1]])
    finding = found("text", splits)["label_signal"]
    assert finding.verdict == "fail"
    assert finding.figures["renamed"] == after
    assert "eval has 'sea' for 'peak'" in finding.evidence


def test_eval_of_another_domain_is_told_apart():
    splits = {"train": images(120, 1), "eval": images(60, 2, shade=10)}
    findings = found("image", splits)
    assert findings["covariate_shift"].verdict == "fail"
    assert findings["drift"].verdict == "warn"
    assert "brightness of eval" in findings["drift"].evidence


def test_words_of_other_splits_are_looked_for_in_the_training_texts():
    strange = [f"wave zorp quux n{row}" for row in range(20)], ["sea", "peak"] * 10
    findings = found("text", {"train": texts(60, 1), "eval": strange})
    unknown = findings["unknown_words"].figures["unknown"]
    assert list(unknown) == ["eval"]
    assert unknown["eval"] >= 0.5


def test_blank_rows_are_reported_once():
    splits = split(texts)
    splits["train"][0][:30] = ["", " ", "nan", "NULL", "...", "N/A"] * 5
    splits["eval"][0][:9] = ["None"] * 9
    findings = found("text", splits)
    assert problems(findings) == {"constant_input"}
    assert findings["constant_input"].figures["blank"] == {"train": 0.125, "eval": 0.15}


def test_images_of_one_shade_are_blank():
    splits = split(images)
    splits["train"][0][:6] = [png(np.full((5, 7), shade, np.uint8)) for shade in range(6)]
    findings = found("image", splits)
    assert problems(findings) == {"constant_input"}
    assert findings["constant_input"].figures["blank"]["train"] == 6 / 240


def test_nothing_more_is_asked_of_rows_that_are_all_blank():
    findings = found("text", {"train": (["", "nan", "-"], ["a", "b", "a"])})
    assert list(findings) == ["class_balance", "label_names", "constant_input"]
    assert findings["constant_input"].verdict == "fail"


def test_a_sample_is_stated_and_exact_checks_see_all_rows():
    findings = found("text", split(texts), limit=50)
    assert "a sample of 50 of 240 train rows, 50 of 60 eval rows" in findings["drift"].evidence
    assert "240 training rows" in findings["class_balance"].evidence
    assert "240 train" in findings["exact_duplicates"].evidence


def test_embeddings_that_differ_are_drift():
    def embed(part):
        lengths = np.array([len(text) for text in part])
        return np.stack([lengths % 5, lengths > 0], axis=1) + (len(part) == 60)

    findings = found("text", split(texts), embed=embed)
    assert findings["drift"].figures["embeddings"]["eval"]["p"] == pytest.approx(1 / 500)
    assert "embeddings of eval" in findings["drift"].evidence


def test_only_a_sample_of_the_inputs_is_kept_in_memory():
    class Text(bytes):
        alive = 0

        def __init__(self, _):
            Text.alive += 1

        def __del__(self):
            Text.alive -= 1

    def rows():
        for number in range(300):
            assert Text.alive <= 13
            yield Text(f"text {number}".encode()), b"xy"[number % 2 :][:1]

    every, sample = views.KINDS["image"].read(rows(), 11, 0)
    assert (len(every), len(sample), len(sample.inputs)) == (300, 11, 11)
    places = [int(content.split()[1]) for content in sample.inputs]
    assert places == sorted(places)
    assert places[-1] > 11
    np.testing.assert_array_equal(sample.keys, every.keys[places])
    assert sample.targets == [every.targets[place] for place in places]


def test_the_same_data_gives_the_same_findings():
    first, second = (
        [(f.check, f.evidence, f.figures) for f in examine("text", split(texts), limit=99)]
        for _ in range(2)
    )
    assert first == second


def test_utf8_bytes_are_texts():
    inputs, labels = texts(40, 3)
    encoded = ([text.encode() for text in inputs], [label.encode() for label in labels])
    first, second = (examine("text", {"train": pair}) for pair in (encoded, (inputs, labels)))
    assert [finding.evidence for finding in first] == [finding.evidence for finding in second]


@pytest.mark.parametrize(
    ("kind", "splits", "message"),
    [
        ("text", {"eval": (["a"], ["b"])}, "no training rows.*Received the splits: eval"),
        ("sound", {"train": (["a"], ["b"])}, "'text', or one of 'image'.*'sound'"),
    ],
)
def test_what_cannot_be_examined_is_refused(kind, splits, message):
    with pytest.raises(ValueError, match=message):
        examine(kind, splits)
