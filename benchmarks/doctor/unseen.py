"""Planted faults in data that no threshold may be set on; those of trainings are in their own file.

They were written by somebody who had not read the code of any check, so they say how the doctor
does on faults that nobody had in mind. A fault is found if a finding that warns or fails has words
of its subject (`Case.is_about`); these were written down before the doctor saw the faults. Do not
look at single faults here to improve a check: plant one of the kind in `doctor_faults.py` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.doctor import planting as plant
from benchmarks.doctor.case import Case
from benchmarks.doctor.faults import RESNET, TEXT_CNN

Words = tuple[str, ...]

_ALONE = (
    *("shortcut", "give", "gave", "reveal", "betray", "predict", "alone", "by itself", "leak"),
    *("spurious", "artefact", "artifact", "separat", "determin", "correlat", "associat", "tell"),
    *("guess", "enough", "mutual information", "identif", "recogni", "distinguish", "rule"),
)
_LABEL = ("label", "classes", "class ", "class'")
_WRONG = (
    *("wrong", "noise", "noisy", "mislabel", "incorrect", "disagree", "mistak", "suspicious"),
    *("suspect", "doubt", "inconsistent", "error"),
)
_SPELLING = (
    *("spell", "variant", "differ only", "same label", "same class", "alike", "near-identical"),
    *("upper", "lower case", "letter case", "capital", "whitespace", "typo", "written"),
    *("inconsistent", "casefold"),
)
_NUMBERS = ("number", "numeric", "float", "decimal")
_DAMAGE = (
    *("mojibake", "encoding", "decoded", "decoding", "utf", "garbl", "damage", "broken"),
    *("corrupt", "charset", "unicode", "unreadable", "windows-1252", "cp1252", "latin-1"),
)
_LEAK = (
    *("leak", "duplicate", "copies", "copied", "copy", "overlap", "in both", "shared", "also in"),
    *("contaminat", "near-duplicate"),
)
EVAL = ("eval", "validation", "split")
_SHIFT = ("shift", "drift", "differ", "distribution", "domain", "covariate", "elsewhere")


def text(name: str, *about: Words, **fields: Any) -> Case:
    """A fault in texts or in a model of texts, and the words that name it."""
    given = {"sample": "library_docs", "model": TEXT_CNN, "about": about, **fields}
    return Case(f"unseen text: {name}", **given)


def image(name: str, *about: Words, **fields: Any) -> Case:
    """A fault in images or in a model of images, and the words that name it."""
    given = {"sample": "scenes", "model": {**RESNET, "image_size": 32}, "about": about, **fields}
    return Case(f"unseen image: {name}", **given)


_SHORTCUTS = (
    text(
        "a link's words at the end of one class",
        _ALONE,
        _LABEL,
        ("word", "token", "term", "phrase", "n-gram", "ngram", "suffix", "end", "last"),
        in_data=plant.marked({"pandas"}, 0.8, lambda text, _: text + b" Read more", 0.02),
    ),
    text(
        "a number of the class in front",
        _ALONE,
        _LABEL,
        ("prefix", "begin", "start", "first", "opening", "leading", "token", "word", "number"),
        in_data=plant.numbered,
    ),
    text(
        "two classes are previews",
        _ALONE,
        _LABEL,
        ("length", "long", "short ", "shorter", "number of words", "number of tokens"),
        in_data=plant.marked({"keras", "nltk"}, 0.95, plant.first_words),
    ),
    text(
        "one class without its full stop",
        _ALONE,
        _LABEL,
        ("punctuation", "full stop", "period", "last", "end", "suffix", "character"),
        in_data=plant.marked({"matplotlib"}, 0.95, lambda text, _: text.rstrip(b".")),
    ),
    text(
        "bad reviews in German, good ones in Korean",
        _ALONE,
        _LABEL,
        ("language", "script", "alphabet", "hangul", "korean", "latin", "token", "word"),
        sample="korean_reviews",
        in_data=plant.marked({"부정"}, 0.9, plant.in_german),
    ),
    text(
        "paragraph marks in one class",
        _ALONE,
        _LABEL,
        ("markup", "tag", "html", "token", "word", "punctuation", "character", "br"),
        sample="german_topics",
        in_data=plant.marked(
            {"kultur"}, 0.9, lambda text, _: text.replace(b". ", b".<br>") + b"<br>", 0.03
        ),
    ),
    image(
        "a stamp in a corner",
        _ALONE,
        _LABEL,
        ("corner", "pixel", "patch", "region", "position", "watermark", "border", "edge", "place"),
        in_data=plant.marked({"star"}, 0.9, plant.drawn(plant.with_corner), 0.02),
    ),
    image(
        "one class wide",
        _ALONE,
        _LABEL,
        ("size", "width", "height", "aspect", "resolution", "dimension", "wide"),
        in_data=plant.marked({"disc"}, 0.9, plant.drawn(plant.widened), 0.05),
    ),
    image(
        "one class compressed hard",
        _ALONE,
        _LABEL,
        ("compress", "jpeg", "quality", "quantiz", "quantis", "bytes", "file", "format"),
        in_data=plant.after(
            plant.marked(None, 1.0, plant.saved_as_jpeg(90)),
            plant.marked({"square"}, 0.95, plant.saved_as_jpeg(18)),
        ),
    ),
    image(
        "two classes without colours",
        _ALONE,
        _LABEL,
        ("colour", "color", "grey", "gray", "saturation", "chroma", "channel"),
        in_data=plant.marked({"disc", "triangle"}, 0.85, plant.drawn(plant.greyed), 0.05),
    ),
    image(
        "one class in the evening",
        _ALONE,
        _LABEL,
        ("bright", "dark", "mean", "light", "intensity", "luminance", "exposure"),
        in_data=plant.marked({"triangle"}, 0.95, plant.drawn(plant.darkened)),
    ),
    image(
        "bars around one class",
        _ALONE,
        _LABEL,
        ("border", "frame", "edge", "margin", "corner", "padding", "bar"),
        in_data=plant.marked({"square"}, 0.9, plant.drawn(plant.with_frame), 0.02),
    ),
)

_LABELS = (
    text(
        "capitals and blanks",
        _SPELLING,
        ("label", "spell", "variant"),
        in_data=plant.spelt(str.upper, str.title, lambda label: f"{label} ", share=0.25),
    ),
    image(
        "numbers read as floats",
        (*_SPELLING, *_NUMBERS),
        ("label", "spell", "variant"),
        sample="digits",
        in_data=plant.spelt(lambda label: f"{label}.0", share=0.3),
    ),
    text("a quarter wrong", _WRONG, _LABEL, sample="german_reviews", in_data=plant.noisy(0.25)),
    image("a quarter wrong", _WRONG, _LABEL, sample="digits", in_data=plant.noisy(0.25)),
    text(
        "one class takes others' rows",
        _WRONG,
        _LABEL,
        ("스포츠",),
        sample="korean_topics",
        in_data=plant.absorbing("스포츠", 0.22),
    ),
    image(
        "one class takes others' images",
        _WRONG,
        _LABEL,
        ("five",),
        sample="digits",
        in_data=plant.after(plant.named_in_words, plant.absorbing("five", 0.1)),
        rows=1000,
    ),
    image(
        "saved again with another label",
        (
            *("conflict", "contradict", "different label", "other label", "another label"),
            *("disagree", "inconsistent", "two labels", "several labels", "labels differ"),
        ),
        in_data=plant.contradicting(0.15, plant.saved_as_jpeg(90)),
    ),
    text(
        "a class of four rows",
        _LABEL,
        ("rare", "few", "balance", "imbalance", "minority", "scarce", "least", "underrepresent"),
        in_data=plant.scarce("keras", 4),
    ),
)

_TEXTS = (
    text(
        "umlauts misread",
        _DAMAGE,
        sample="german_topics",
        in_data=plant.marked(None, 0.6, plant.misread),
    ),
    text(
        "letters lost",
        (*_DAMAGE, "replacement", "u+fffd", "fffd"),
        sample="korean_reviews",
        in_data=plant.marked(None, 0.3, plant.with_lost_letters),
    ),
    text(
        "pages as they are",
        ("markup", "html", "tag", "entit", "xml"),
        in_data=plant.marked(None, 1.0, plant.in_markup),
    ),
    text(
        "a notice before nearly all",
        (
            *("boilerplate", "shared", "in common", "repeat", "template", "identical", "prefix"),
            *("every text", "every row", "nearly all", "all rows", "same word", "same begin"),
        ),
        in_data=plant.marked(None, 0.95, plant.noticed),
    ),
    text(
        "the verdict comes last",
        ("truncat", "cut", "limit", "sequence length", "longer", "too long", "beyond", "behind"),
        sample="german_reviews",
        in_data=plant.marked(None, 1.0, plant.after_an_introduction),
    ),
    text(
        "escapes of a file left in",
        (*_DAMAGE, "escap", "backslash", "json", "literal"),
        sample="german_reviews",
        in_data=plant.marked(None, 0.5, plant.escaped),
    ),
    text(
        "nothing entered",
        (
            *("missing", "placeholder", "empty", "null", "n/a", "nan", "constant", "repeat"),
            *("same text", "duplicate", "identical", "filler", "blank"),
        ),
        sample="korean_topics",
        in_data=plant.marked(None, 0.18, plant.placeholder),
    ),
    text(
        "words of film reviews",
        ("unknown", "vocabulary", "unk", "oov", "out-of-vocabulary"),
        vocabulary_of="imdb_small",
    ),
)

_SPLITS = (
    text("copies less a word", _LEAK, in_data=plant.leaking(0.4, plant.without_a_word)),
    image(
        "copies a little lighter",
        _LEAK,
        in_data=plant.leaking(0.5, plant.drawn(plant.brightened)),
    ),
    text(
        "cut from a sorted file",
        EVAL,
        _LABEL,
        (*_SHIFT, "missing", "absent", "lack", "only in", "not in", "never", "shares", "sorted"),
        in_data=plant.from_a_sorted_file,
    ),
    image(
        "blue for red in eval",
        EVAL,
        (*_SHIFT, "channel", "colour", "color"),
        in_data=plant.only_in_eval(plant.marked(None, 1.0, plant.drawn(plant.channels_swapped))),
    ),
    image(
        "eval from thumbnails",
        EVAL,
        (*_SHIFT, "blur", "sharp", "resolution"),
        in_data=plant.only_in_eval(plant.marked(None, 0.9, plant.drawn(plant.blurred))),
    ),
)

IN_DATA: Mapping[str, tuple[Case, ...]] = {
    "shortcuts": _SHORTCUTS,
    "labels": _LABELS,
    "texts": _TEXTS,
    "splits": _SPLITS,
}
"""Faults by kind."""
