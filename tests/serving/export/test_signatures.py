"""Tests of serving/export/signatures.py: what an export holds."""

import keras
import numpy as np
import tensorflow as tf

from serving.execution.saved_model import SavedModelPredictor
from serving.export import signatures


def build():
    keras.utils.set_random_seed(0)
    lengths = keras.Input((1,), name="lengths")
    x = keras.layers.Dense(200, activation="relu")(lengths)
    x = keras.layers.BatchNormalization()(keras.layers.Dense(300, name="features")(x))
    return keras.Model(lengths, {"logits": keras.layers.Dense(3)(x), "features": x})


def served(model):
    """Signatures of a model that reads the lengths of two texts together."""

    def outputs(inputs):
        joined = tf.strings.join([inputs["first"], inputs["second"]])
        return model(tf.cast(tf.strings.length(joined), tf.float32)[:, None], training=False)

    answer = signatures.Signature(
        lambda inputs: {"probabilities": tf.nn.softmax(outputs(inputs)["logits"])},
        ("first", "second"),
    )
    columns = {"first": "review", "second": "제목"}
    return {
        signatures.DEFAULT: answer,
        signatures.OF_EXAMPLES: signatures.of_examples(answer, columns),
        "embed": signatures.Signature(
            lambda inputs: {"embedding": outputs(inputs)["features"]}, ("first", "second")
        ),
    }


def example(**columns):
    features = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
        for name, value in columns.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def test_an_export_holds_each_weight_once_and_answers_by_every_signature(tmp_path):
    model = build()
    signatures.export(served(model), [model], tmp_path / "1")
    size = sum(file.stat().st_size for file in (tmp_path / "1" / "variables").glob("*.data*"))
    assert 4 * model.count_params() <= size < 4.1 * model.count_params()
    predictor = SavedModelPredictor(tmp_path / "1")
    inputs = {
        "first": np.array([b"", b"good", b"rather"], object),
        "second": np.array([b"", b"", b" long"], object),
    }
    expected = model(np.array([[0.0], [4.0], [11.0]], "float32"))
    answer = predictor.predict("", inputs)
    np.testing.assert_allclose(
        answer["probabilities"], tf.nn.softmax(expected["logits"]), atol=1e-6
    )
    np.testing.assert_allclose(
        predictor.predict("embed", inputs)["embedding"], expected["features"], rtol=1e-5
    )
    rows = [{"review": "rather", "제목": " long"}, {"review": "", "제목": "", "more": "x"}]
    examples = np.array([example(**row) for row in rows], object)
    np.testing.assert_allclose(
        predictor.predict("serve_examples", {"examples": examples})["probabilities"],
        answer["probabilities"][[2, 0]],
        atol=1e-6,
    )
    predictor.close()
