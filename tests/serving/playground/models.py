"""Small models as `maru run` exports them, for each form of question and answer; quick to write."""

import tensorflow as tf

from serving.export import description
from tests.serving import served_models

v1 = tf.compat.v1
LABELS = ["짧은 글", "보통 글", "<b>long</b> 📚"]
TOPICS = ["cats 🐈", "dogs", "음식", "rain", "sun", "wind", "snow", "fog", "hail", "frost"]


def texts(folder, version, shift=0.0):
    """Write a version of a model that ranks `LABELS` by the length of a text in characters."""

    def build():
        text = v1.placeholder(tf.string, [None], "text")
        length = tf.cast(tf.strings.length(text, "UTF8_CHAR"), tf.float32)[:, None]
        scores = length * tf.constant([[-0.2, 0.0, 0.1]]) + tf.constant([[1.0 + shift, 0.5, 0.0]])
        return text, _ranked(scores, LABELS)

    about = _about("text_classification", "ranked_labels", [("text", "text", "review")])
    examples = ["다시 오고 싶다", "Never again. " * 12, "e\u0301te\u0301 👩‍👩‍👧"]
    _export(folder / str(version), build, about, [{"text": text} for text in examples])


def pairs(folder, version):
    """Write a model that answers how many characters the first of two texts has more."""

    def build():
        first, second = (v1.placeholder(tf.string, [None], key) for key in ("first", "second"))
        lengths = [tf.strings.length(text, "UTF8_CHAR") for text in (first, second)]
        return (first, second), {"value": tf.cast(lengths[0] - lengths[1], tf.float32) + 0.25}

    inputs = [("first", "text", "question"), ("second", "text", "answer")]
    about = _about("text_pair_regression", "number", inputs)
    examples = [{"first": "서울은 어디에 있나요?", "second": "In Korea."}]
    _export(folder / str(version), build, about, examples)


def topics(folder, version):
    """Write a model that chooses each of `TOPICS` whose place is at most a text's length."""

    def build():
        text = v1.placeholder(tf.string, [None], "text")
        length = tf.cast(tf.strings.length(text, "UTF8_CHAR"), tf.float32)[:, None]
        probabilities = tf.sigmoid((length - tf.range(1.0, len(TOPICS) + 1)) / 2)
        return text, {
            "labels": tf.tile(tf.constant(TOPICS)[None], [tf.size(text), 1]),
            "probabilities": probabilities,
            "is_chosen": probabilities >= 0.5,
        }

    about = _about("text_multi_label", "chosen_labels", [("text", "text", "text")])
    _export(folder / str(version), build, about, [{"text": "ab"}, {"text": "가나다"}])


def names(folder, version):
    """Write a model that finds the first two characters of a text, and the two after three more."""

    def build():
        text = v1.placeholder(tf.string, [None], "text")
        count = tf.minimum(tf.strings.length(text, "UTF8_CHAR") // 5 + 1, 2)
        starts = tf.tile(tf.constant([[0, 5]]), [tf.size(text), 1])
        return text, {
            "entity_group": tf.tile(tf.constant([["PER", "LOC"]]), [tf.size(text), 1]),
            "score": tf.tile(tf.constant([[0.75, 0.5]]), [tf.size(text), 1]),
            "start": starts,
            "end": starts + 2,
            "start_length": count * tf.cast(tf.strings.length(text) > 0, tf.int32),
        }

    about = _about("token_classification", "entities", [("text", "text", "text")])
    _export(folder / str(version), build, about, [{"text": "👩🏽 ab 서울"}])


def numbers(folder, version):
    """Write a model of others that takes numbers, which the page cannot ask about."""

    def signatures():
        x = v1.placeholder(tf.float32, [None], "x")
        return {"serving_default": served_models.signature({"x": x}, {"y": 2 * x})}

    folder.mkdir(parents=True)
    served_models.write(folder / str(version), signatures)


def images(folder, version, examples):
    """Write a model that says whether a PNG is dark or bright.

    Args:
        folder: Of the model.
        version: Its number.
        examples: PNGs in base64.
    """

    def build():
        files = v1.placeholder(tf.string, [None], "image_bytes")
        brightness = tf.map_fn(
            lambda data: tf.reduce_mean(tf.cast(tf.io.decode_png(data, 1), tf.float32)) / 255,
            files,
            fn_output_signature=tf.float32,
        )[:, None]
        return files, _ranked(4 * tf.concat([1 - brightness, brightness], 1), ["dark", "bright"])

    about = _about("image_classification", "ranked_labels", [("image_bytes", "image", "image")])
    _export(
        folder / str(version), build, about, [{"image_bytes": {"b64": one}} for one in examples]
    )


def _ranked(scores, names):
    probabilities = tf.nn.softmax(scores)
    labels = tf.constant(names)
    return {
        "label": tf.gather(labels, tf.argmax(probabilities, axis=1)),
        "probability": tf.reduce_max(probabilities, axis=1),
        "labels": tf.tile(labels[None], [tf.shape(probabilities)[0], 1]),
        "probabilities": probabilities,
    }


def _about(kind, shown_as, inputs):
    return {
        "kind": kind,
        "inputs": tuple(description.Input(*one) for one in inputs),
        "labels": {},
        "shown_as": shown_as,
        "outputs": (),
    }


def _export(path, build, about, examples):
    def signatures():
        asked, outputs = build()
        about["outputs"] = tuple(description.Output(name, "") for name in outputs)
        inputs = {one.op.name: one for one in (asked if isinstance(asked, tuple) else (asked,))}
        return {"serving_default": served_models.signature(inputs, outputs)}

    path.parent.mkdir(parents=True, exist_ok=True)
    served_models.write(path, signatures)
    description.write(path, description.Description(**about, examples=tuple(examples)))
