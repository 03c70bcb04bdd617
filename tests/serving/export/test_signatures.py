"""Tests of serving/export/signatures.py: what an export holds."""

import keras
import numpy as np
import tensorflow as tf

from serving.execution.saved_model import SavedModelPredictor
from serving.export import signatures

LABELS = ("짧다", "medium", "long")


def build():
    keras.utils.set_random_seed(0)
    lengths = keras.Input((1,), name="lengths")
    x = keras.layers.Dense(200, activation="relu")(lengths)
    x = keras.layers.BatchNormalization()(keras.layers.Dense(300, name="features")(x))
    return keras.Model(lengths, {"logits": keras.layers.Dense(3)(x), "features": x})


def classifier(model):
    words = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(LABELS, tf.range(3, dtype=tf.int64)), -1
    )

    def encode(raw):
        return tf.cast(tf.strings.length(raw), tf.float32)[:, None]

    holder = tf.Module()
    holder.table = words
    return signatures.Classifier(
        input_name="text",
        input_column="review",
        label_column="stars",
        labels=LABELS,
        logits=lambda raw: model(encode(raw), training=False)["logits"],
        embedding=lambda raw: model(encode(raw), training=False)["features"],
        label_id=words.lookup,
        resources=[model, holder],
    )


def example(**columns):
    features = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
        for name, value in columns.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def test_an_export_holds_each_weight_once_and_answers_by_every_signature(tmp_path):
    model = build()
    made = classifier(model)
    signatures.export(made, tmp_path / "1")
    size = sum(file.stat().st_size for file in (tmp_path / "1" / "variables").glob("*.data*"))
    assert 4 * model.count_params() <= size < 4.1 * model.count_params()
    predictor = SavedModelPredictor(tmp_path / "1")
    texts = np.array([b"", b"good", b"rather long"], object)
    expected = model(np.array([[0.0], [4.0], [11.0]], "float32"))
    answer = predictor.predict("", {"text": texts})
    np.testing.assert_allclose(
        answer["probabilities"], tf.nn.softmax(expected["logits"]), atol=1e-6
    )
    np.testing.assert_allclose(
        predictor.predict("embed", {"text": texts})["embedding"], expected["features"], rtol=1e-5
    )
    rows = np.array([example(review="good", stars="long"), example(review="", stars="x")], object)
    known, unknown = predictor.predict("label_ids", {"examples": rows})["label_id"]
    assert known == 2 and unknown < 0
    np.testing.assert_allclose(
        predictor.predict("serve_examples", {"examples": rows})["probabilities"],
        answer["probabilities"][[1, 0]],
        atol=1e-6,
    )
    predictor.close()
