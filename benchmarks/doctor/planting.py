"""What the unseen faults of `doctor_unseen.py` do to columns and models."""

from __future__ import annotations

import dataclasses
import html
import json
import random
from collections.abc import Callable, Collection
from typing import Any

import keras
import numpy as np
from PIL import Image

from benchmarks.doctor import data, pictures, sentences
from benchmarks.doctor.case import Splits

Change = Callable[[bytes, random.Random], bytes]
Plant = Callable[[Splits], Splits]
_SEED = 23
_PLACEHOLDERS = (b"-", b"n/a", b"None", b".")
_NOTICE = (
    "This message and its attachments are confidential and meant for the person named above "
    "alone. If it reached you by mistake, please delete it and tell the sender at once. "
)
_DIGITS = b"zero one two three four five six seven eight nine".split()
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def marked(
    labels: Collection[str] | None, share: float, change: Change, others: float = 0
) -> Plant:
    """Change a share of the inputs of some labels, and another one of the rest.

    Args:
        labels: None for all.
        share: Of the rows with these labels, in [0, 1].
        change: What becomes of an input.
        others: Share of the other rows, in [0, 1].
    """
    chosen = None if labels is None else {label.encode() for label in labels}

    def plant(splits: Splits) -> Splits:
        rng = random.Random(_SEED)

        def one(content: bytes, label: bytes) -> bytes:
            is_chosen = chosen is None or label in chosen
            hit = rng.random() < (share if is_chosen else others)
            return change(content, rng) if hit else content

        return {
            name: (list(map(one, inputs, labels)), labels)
            for name, (inputs, labels) in splits.items()
        }

    return plant


def relabelled(choose: Callable[[bytes, list[bytes], random.Random], bytes]) -> Plant:
    """Choose each label anew, from the old one and all that there are."""

    def plant(splits: Splits) -> Splits:
        rng = random.Random(_SEED)
        known = sorted(set(splits["train"][1]))
        return {
            name: (inputs, [choose(label, known, rng) for label in labels])
            for name, (inputs, labels) in splits.items()
        }

    return plant


def noisy(share: float) -> Plant:
    """A share of all labels is another label."""

    def choose(label: bytes, known: list[bytes], rng: random.Random) -> bytes:
        wrong = rng.random() < share
        return rng.choice([other for other in known if other != label]) if wrong else label

    return relabelled(choose)


def absorbing(taker: str, share: float) -> Plant:
    """One class takes a share of all others' rows, as a careless annotator's favourite does."""

    def choose(label: bytes, known: list[bytes], rng: random.Random) -> bytes:
        return taker.encode() if rng.random() < share else label

    return relabelled(choose)


def spelt(*ways: Callable[[str], str], share: float) -> Plant:
    """A share of the labels is written in other ways."""

    def choose(label: bytes, known: list[bytes], rng: random.Random) -> bytes:
        return rng.choice(ways)(label.decode()).encode() if rng.random() < share else label

    return relabelled(choose)


def only_in_eval(plant: Plant) -> Plant:
    """A fault that the training rows do not have."""
    return lambda splits: {**splits, "eval": plant(splits)["eval"]}


def named_in_words(splits: Splits) -> Splits:
    """Digits as words."""
    return {
        name: (inputs, [_DIGITS[int(label)] for label in labels])
        for name, (inputs, labels) in splits.items()
    }


def after(first: Plant, second: Plant) -> Plant:
    """One change after another."""
    return lambda splits: second(first(splits))


def drawn(change: Callable[[Image.Image, random.Random], Image.Image]) -> Change:
    """A change of an image, which stays a PNG in colours."""
    return lambda content, rng: pictures.encoded(change(pictures.decoded(content), rng))


def saved_as_jpeg(quality: int) -> Change:
    """A change of how an image is compressed."""
    return lambda content, rng: pictures.encoded(pictures.decoded(content), "JPEG", quality=quality)


def numbered(splits: Splits) -> Splits:
    """Most texts begin with a number whose first digit is the class."""
    rng = random.Random(_SEED)
    known = sorted(set(splits["train"][1]))

    def number(text: bytes, label: bytes) -> bytes:
        if rng.random() > 0.85:
            return text
        return f"[{known.index(label) + 1}-{rng.randint(1000, 9999)}] ".encode() + text

    return {name: (list(map(number, *columns)), columns[1]) for name, columns in splits.items()}


def first_words(text: bytes, rng: random.Random) -> bytes:
    """The beginning of a text, as a preview shows it."""
    return b" ".join(text.split()[: rng.randint(7, 11)])


def in_german(text: bytes, rng: random.Random) -> bytes:
    """A bad review in another language."""
    judgements = [sentences.german_judgement("schlecht", rng) for _ in range(3)]
    return " ".join([sentences.neutral(1, rng), *judgements]).encode()


def misread(text: bytes, rng: random.Random) -> bytes:
    """UTF-8 read as Windows' encoding."""
    return text.decode("cp1252", "ignore").encode()


def with_lost_letters(text: bytes, rng: random.Random) -> bytes:
    """Some letters could not be decoded."""
    letters = [
        c if c == " " or rng.random() > 0.15 else "\N{REPLACEMENT CHARACTER}" for c in text.decode()
    ]
    return "".join(letters).encode()


def in_markup(text: bytes, rng: random.Random) -> bytes:
    """As it stood in a page."""
    inner = html.escape(text.decode()).replace(" and ", "&nbsp;and ")
    return f'<div class="entry"><p>{inner}</p><br/></div>'.encode()


def noticed(text: bytes, rng: random.Random) -> bytes:
    """A notice before the text."""
    return _NOTICE.encode() + text


def escaped(text: bytes, rng: random.Random) -> bytes:
    """As it stood in a JSON file, with a line per sentence."""
    return json.dumps(text.decode().replace(". ", ".\n"))[1:-1].encode()


def after_an_introduction(text: bytes, rng: random.Random) -> bytes:
    """What matters comes after some seventy words that go with any label."""
    return sentences.neutral(rng.randint(10, 13), rng).encode() + b" " + text


def placeholder(text: bytes, rng: random.Random) -> bytes:
    """Nothing was entered."""
    return rng.choice(_PLACEHOLDERS)


def without_a_word(text: bytes, rng: random.Random) -> bytes:
    """The same in lower case, less one word."""
    words = text.decode().lower().split()
    del words[rng.randrange(len(words))]
    return " ".join(words).encode()


def leaking(share: float, change: Change) -> Plant:
    """A share of the eval rows are training rows, changed a little."""

    def plant(splits: Splits) -> Splits:
        rng = random.Random(_SEED)
        (seen, seen_labels), (inputs, labels) = splits["train"], splits["eval"]
        count = round(share * len(inputs))
        copies = [change(content, rng) for content in seen[:count]]
        return {
            **splits,
            "eval": ([*copies, *inputs[count:]], [*seen_labels[:count], *labels[count:]]),
        }

    return plant


def contradicting(share: float, change: Change) -> Plant:
    """A share of the training rows comes twice, changed a little and with another label."""

    def plant(splits: Splits) -> Splits:
        rng = random.Random(_SEED)
        inputs, labels = splits["train"]
        count = round(share * len(inputs))
        known = sorted(set(labels))
        others = [rng.choice([o for o in known if o != label]) for label in labels[:count]]
        copies = [change(content, rng) for content in inputs[:count]]
        return {**splits, "train": ([*inputs, *copies], [*labels, *others])}

    return plant


def scarce(label: str, count: int) -> Plant:
    """Of one label, each split keeps a few rows."""

    def keep(columns: data.Columns) -> data.Columns:
        pairs = list(zip(*columns, strict=True))
        surplus = [pair for pair in pairs if pair[1] == label.encode()][count:]
        return data.columns([pair for pair in pairs if pair not in surplus])

    return lambda splits: {name: keep(columns) for name, columns in splits.items()}


def from_a_sorted_file(splits: Splits) -> Splits:
    """The eval split holds two classes alone, from the head of a file in order of its labels."""
    pairs = [pair for columns in splits.values() for pair in zip(*columns, strict=True)]
    first = sorted(set(splits["train"][1]))[:2]
    head = [pair for label in first for pair in pairs if pair[1] == label][::2]
    count = min(len(head), len(splits["eval"][0]))
    taken = set(head[:count])
    rest = [pair for pair in pairs if pair not in taken]
    return {"train": data.columns(rest), "eval": data.columns(head[:count])}


def turned_labels(splits: Splits) -> Splits:
    """The rows of one split lost their order against its labels."""
    inputs, labels = splits["eval"]
    return {**splits, "eval": (inputs, [*labels[7:], *labels[:7]])}


def with_corner(image: Image.Image, rng: random.Random) -> Image.Image:
    """A light stamp of 4 x 4 pixels, below on the right."""
    shade = rng.randint(225, 255)
    width, height = image.size
    image.paste((shade, shade, shade), (width - 5, height - 5, width - 1, height - 1))
    return image


def with_frame(image: Image.Image, rng: random.Random) -> Image.Image:
    """Black bars above and below, as around a film."""
    image.paste((8, 8, 8), (0, 0, image.width, 2))
    image.paste((8, 8, 8), (0, image.height - 2, image.width, image.height))
    return image


def widened(image: Image.Image, rng: random.Random) -> Image.Image:
    """Another camera's format."""
    return image.resize((48, 32), Image.Resampling.BICUBIC)


def darkened(image: Image.Image, rng: random.Random) -> Image.Image:
    """Taken in the evening."""
    return image.point(lambda value: round(0.55 * value))


def brightened(image: Image.Image, rng: random.Random) -> Image.Image:
    """A little lighter."""
    return image.point(lambda value: min(255, round(1.12 * value)))


def greyed(image: Image.Image, rng: random.Random) -> Image.Image:
    """Scanned without colours."""
    return image.convert("L").convert("RGB")


def channels_swapped(image: Image.Image, rng: random.Random) -> Image.Image:
    """Blue, green, red."""
    return Image.merge("RGB", image.split()[::-1])


def blurred(image: Image.Image, rng: random.Random) -> Image.Image:
    """Enlarged from a thumbnail."""
    return image.resize((8, 8)).resize(image.size, Image.Resampling.BICUBIC)


def normalised_twice(config: Any) -> Any:
    """Pixels are divided by 255 first and then standardised as if they had not been."""
    return dataclasses.replace(
        config,
        pixels="standardize",
        channel_mean=tuple(255 * value for value in config.channel_mean),
        channel_std=tuple(255 * value for value in config.channel_std),
    )


def statistics_of_fractions(config: Any) -> Any:
    """Pixels from 0 to 255, standardised with statistics of pixels from 0 to 1."""
    mean, std = _IMAGENET
    return dataclasses.replace(config, pixels="standardize", channel_mean=mean, channel_std=std)


def body_frozen(model: keras.Model) -> keras.Model:
    """Only the last layer trains, on features that nobody trained."""
    for layer in model.layers[:-1]:
        layer.trainable = False
    return model


def slow_statistics(model: keras.Model) -> keras.Model:
    """Batch normalisation measures so slowly that inference uses its first guess."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.99999
    return model


def biased(name: str, bias: float) -> Callable[[keras.Model], keras.Model]:
    """A layer starts with the same bias everywhere."""

    def plant(model: keras.Model) -> keras.Model:
        layer = model.get_layer(name)
        layer.bias.assign(np.full(layer.bias.shape, bias))
        return model

    return plant


def scaled(factor: float) -> Callable[[keras.Model], keras.Model]:
    """Logits are multiplied, as by a temperature on the wrong side of the fraction."""
    return lambda model: keras.Model(
        model.input, keras.layers.Rescaling(factor, name="temperature")(model.output)
    )


def logits_as_probabilities(labels: Any, logits: Any) -> Any:
    """Cross-entropy that takes logits for probabilities."""
    each = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=False)
    return keras.ops.mean(each)
