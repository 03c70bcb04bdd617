"""Planted faults of texts and their labels, beside those of `doctor_faults`."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from benchmarks.doctor.case import Case, Splits
from benchmarks.doctor.faults import text


def marked(change: Callable[[bytes], bytes], share: float = 1.0) -> Callable[[Splits], Splits]:
    """Something is done to the texts of one label, or to a share of them."""

    def plant(splits: Splits) -> Splits:
        chosen, dice = splits["train"][1][0], random.Random(3)
        return {
            name: (
                [
                    change(text) if label == chosen and dice.random() < share else text
                    for text, label in zip(inputs, labels, strict=True)
                ],
                labels,
            )
            for name, (inputs, labels) in splits.items()
        }

    return plant


def changed(change: Callable[[bytes], bytes]) -> Callable[[Splits], Splits]:
    """Something is done to all texts."""
    return lambda splits: {
        name: ([change(text) for text in inputs], labels)
        for name, (inputs, labels) in splits.items()
    }


def labels_told(splits: Splits) -> Splits:
    """Each text ends with its label."""
    return {
        name: ([text + b" " + label for text, label in zip(*pair, strict=True)], pair[1])
        for name, pair in splits.items()
    }


def mislabelled(share: float, only_first: bool = False) -> Callable[[Splits], Splits]:
    """A share of the training labels, perhaps those of one class alone, are another one."""

    def plant(splits: Splits) -> Splits:
        inputs, labels = splits["train"]
        names, dice = sorted(set(labels)), random.Random(5)
        given = [
            dice.choice([name for name in names if name != label])
            if (label == names[0] or not only_first) and dice.random() < share
            else label
            for label in labels
        ]
        return {**splits, "train": (inputs, given)}

    return plant


def filled(text: bytes) -> bytes:
    """Something that means nothing stands before the text."""
    return b" ".join(b"%x" % random.Random(text + b"%d" % n).getrandbits(6) for n in range(70)) + (
        b" " + text
    )


TEXT_FAULTS: tuple[Case, ...] = (
    text("one label starts with a sign", ["shortcuts"], in_data=marked(lambda t: b"> " + t)),
    text(
        "most of one label ends in a word",
        ["shortcuts"],
        in_data=marked(lambda t: t + b" indeed", 0.9),
    ),
    text("one label in capitals", ["shortcuts"], in_data=marked(lambda t: t.upper())),
    text("one label in HTML", ["shortcuts"], in_data=marked(lambda t: b"<p>" + t + b"</p>")),
    text("one label is short", ["shortcuts"], in_data=marked(lambda t: t[:40])),
    text("texts name their label", ["shortcuts"], in_data=labels_told),
    text("a fifth of the labels wrong", ["label_noise"], in_data=mislabelled(0.2), sample="korean"),
    text(
        "wrong labels in one class",
        ["label_noise"],
        in_data=mislabelled(0.3, only_first=True),
        sample="korean",
    ),
    text(
        "UTF-8 read as Latin-1",
        ["text_damage"],
        sample="korean",
        in_data=changed(lambda t: t.decode().encode("utf-8").decode("latin-1").encode()),
    ),
    text(
        "letters lost",
        ["text_damage"],
        in_data=changed(lambda t: t.replace(b"i", "\ufffd".encode())),
    ),
    text("texts in HTML", ["text_damage"], in_data=changed(lambda t: b"<div>" + t + b"</div>")),
    text(
        "escaped JSON",
        ["text_damage"],
        in_data=changed(lambda t: json.dumps({"text": t.decode()}).encode()),
    ),
    text(
        "a footer below each text",
        ["boilerplate"],
        in_data=changed(lambda t: t + b" Sent from my phone, please excuse the errors."),
    ),
    text("signal behind the limit", ["truncation"], in_data=changed(filled), sample="korean"),
)
"""What is planted, and the checks of which one must name it."""
