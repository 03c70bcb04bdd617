"""Tests of components/doctor/text/shortcuts.py, telltale.py and clues.py."""

import numpy as np
import pytest

from components.doctor.checks import views
from components.doctor.text import clues, shortcuts

TOPICS = {
    "sea": ["wave", "sand", "salt", "shell", "gull", "tide", "boat", "sail", "fish", "reef"],
    "peak": ["rock", "snow", "rope", "tent", "goat", "path", "cliff", "wind", "cairn", "ridge"],
    "town": ["tram", "shop", "lamp", "roof", "bell", "gate", "wall", "street", "bridge", "market"],
}
PLAIN = ["the", "old", "one", "was", "near", "and", "far", "by", "day", "night", "we", "saw", "it"]


def rows(number, seed):
    """Sentences of plain words with a few of a topic."""
    rng = np.random.default_rng(seed)
    labels = [str(name) for name in rng.choice(list(TOPICS), number)]
    texts = []
    for label in labels:
        words = [*rng.choice(PLAIN, rng.integers(8, 14)), *rng.choice(TOPICS[label], 3)]
        texts.append(" ".join(rng.permutation(words)).capitalize() + ".")
    return texts, labels


def planted(fault, number, seed):
    rng = np.random.default_rng(seed + 100)
    texts, labels = rows(number, seed)
    return [fault(text, label, rng) for text, label in zip(texts, labels, strict=True)], labels


def judge(**splits):
    read = views.KINDS["text"].measure({name: texts for name, (texts, _) in splits.items()})
    given = {n: shortcuts.Texts(texts, labels, read[n]) for n, (texts, labels) in splits.items()}
    return shortcuts.shortcuts(views.KINDS["text"].model(0), given, 0)


def both(fault, eval_fault=None):
    return {"train": planted(fault, 300, 1), "eval": planted(eval_fault or fault, 90, 2)}


def test_content_is_no_shortcut():
    finding = judge(train=rows(300, 1), eval=rows(90, 2))
    assert finding.verdict == "pass"
    assert min(finding.figures["content"].values()) > 0.8
    assert max(one["gain"] for one in finding.figures["clues"]) < 0.5


def middle(text, word):
    words = text.split()
    return " ".join([*words[:4], word, *words[4:]])


SHORTCUTS = {
    "word": (lambda t, y, r: middle(t, "zorp") if y == "sea" else t, "'zorp'"),
    "words": (lambda t, y, r: f"{t} we saw far" if y == "sea" else t, "far'"),
    "start": (lambda t, y, r: f"[{y[0]}] {t}", "'p'"),
    "end": (lambda t, y, r: f"{t} #{y}", "'"),
    "length": (lambda t, y, r: f"{t[:-1]} {t.lower()}" if y == "sea" else t, "number of"),
    "case": (lambda t, y, r: t.upper() if y == "sea" else t, "capital letters"),
    "script": (
        lambda t, y, r: (
            "".join(chr(ord(c) + 0x3D0) if c.isalpha() else c for c in t.lower())
            if y == "sea"
            else t
        ),
        "letters",
    ),
    "language": (
        lambda t, y, r: f"{t} und das ist nicht der" if y == "sea" else f"{t} but that is it",
        "language is",
    ),
    "markup": (lambda t, y, r: f"<p>{t}</p>" if y == "sea" else t, "'<"),
    "invisible": (lambda t, y, r: f"\u200b{t}" if y == "sea" else t, "\\u200b"),
    "lacking": (lambda t, y, r: t.rstrip(".") if y == "sea" else t, "lack of the end '.'"),
    "numbers": (
        lambda t, y, r: middle(t, f"ref{r.integers(10, 99)}") if y == "sea" else t,
        "'ref00'",
    ),
    "source": (
        lambda t, y, r: (
            f"{t} {r.choice(['Alpha', 'Brief', 'Chronik'] if y == 'sea' else ['Rho', 'Tau'])}"
        ),
        "last",
    ),
}


@pytest.mark.parametrize("name", SHORTCUTS)
def test_what_is_no_content_is_named_with_examples(name):
    fault, named = SHORTCUTS[name]
    finding = judge(**both(fault))
    assert finding.verdict == "warn"
    assert named in finding.evidence
    assert finding.figures["clues"][0]["gain"] > 0.9
    assert finding.figures["clues"][0]["holds"]["eval"] > 0.9
    example = finding.figures["examples"][0]
    assert any(text.startswith(example) for text in both(fault)["train"][0])


def test_a_shortcut_of_most_rows_is_enough():
    def fault(text, label, rng):
        return f"* {text}" if (label == "sea") == (rng.random() < 0.9) else text

    finding = judge(**both(fault))
    assert finding.verdict == "warn"
    assert 0.7 < finding.figures["clues"][0]["gain"] < 0.9


def test_a_mark_that_some_rows_of_one_label_alone_have_is_enough():
    finding = judge(**both(lambda t, y, r: f"* {t}" if y == "sea" and r.random() < 0.5 else t))
    assert finding.verdict == "warn"
    assert finding.figures["clues"][0]["label"] == "sea"


def test_a_shortcut_that_eval_lacks_fails():
    finding = judge(**both(SHORTCUTS["start"][0], lambda t, y, r: t))
    assert finding.verdict == "fail"
    assert "does not hold in eval" in finding.evidence
    assert finding.figures["clues"][0]["holds"]["eval"] == pytest.approx(0.0, abs=0.01)


def test_marks_without_relation_to_labels_pass():
    finding = judge(**both(lambda t, y, r: f"[{r.choice(list('abc'))}] {t}"))
    assert finding.verdict == "pass"


def test_few_rows_are_not_judged():
    assert "too few" in judge(train=rows(30, 1)).evidence


def test_numbers_of_form_are_those_of_the_text():
    found = clues.measures(["Ein Haus und der Hund.", "НЕТ 12"])
    assert found["the number of words"].tolist() == [5, 2]
    assert found["the share of Cyrillic letters"].tolist() == [0, 1]
    assert found["whether the language is German"].tolist() == [1, 0]
    assert found["the share of digits"].tolist() == [0, 2 / 5]
