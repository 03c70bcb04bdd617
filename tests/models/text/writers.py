"""What every model that writes promises."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from models.encoder import Encoder
from models.recipe import Recipe


def model(module, config):
    keras.utils.set_random_seed(5)
    backbone = module.build(config)
    return backbone.model(backbone.decoder)


class _Tokenizer:
    def __init__(self, size):
        self.size = size

    def get_vocabulary(self):
        return [f"p{n}" for n in range(self.size)]

    def detokenize(self, ids):
        return tf.strings.reduce_join(tf.strings.as_string(ids), -1)


def writer(module, config, built):
    tokenizers = (_Tokenizer(config.rows_read - 2), _Tokenizer(config.rows_written - 2))
    return module.writer(config, built, Encoder(lambda features: features, tokenizers))


def source(config):
    """Three texts of unequal length, one of them its end alone."""
    end = config.rows_read - 1
    rows = [[3, 4, 5, 2, 6, 3, 4, end], [2, 5, end], [end]]
    return _padded(rows, config.sequence_length)


def target(config):
    begin, end = config.rows_written - 2, config.rows_written - 1
    rows = [[begin, 2, 5, 3, 4, end], [begin, 4, end], [begin, 3, 3, 2, 4, 5, 2]]
    return _padded(rows, config.target_length + 1)


def inputs(config):
    return {"source_ids": source(config), "target_ids": target(config)}


def _padded(rows, length):
    return np.array([row + [0] * (length - len(row)) for row in rows], "int32")


def check_steps(module, config):
    built = model(module, config)
    found = writer(module, config, built)
    whole = built(inputs(config)).numpy()
    kept, state = found.read({"source_ids": tf.constant(source(config))})
    # Two texts of each are written side by side: the right one, and one that begins otherwise.
    state = {name: tf.repeat(value[:, None], 2, axis=1) for name, value in state.items()}
    for place in range(whole.shape[1]):
        last = target(config)[:, place]
        both = np.stack([last if place else last * 0 + 2, last], axis=1)
        logits, state, _ = found.step(tf.constant(both), tf.constant(place), kept, state)
        there = target(config)[:, place + 1] != 0
        np.testing.assert_allclose(
            logits.numpy()[there, 1], whole[there, place], rtol=1e-3, atol=1e-4
        )


def check_causality(module, config):
    built, given = model(module, config), inputs(config)
    before = built(given).numpy()
    changed = given["target_ids"].copy()
    changed[:, 4] = 5
    after = built({**given, "target_ids": changed}).numpy()
    np.testing.assert_array_equal(before[:, :4], after[:, :4])


def check_padding(module, config):
    built, given = model(module, config), inputs(config)
    whole = built(given).numpy()
    for row in range(3):
        alone = built({name: value[row : row + 1] for name, value in given.items()}).numpy()
        count = np.count_nonzero(given["target_ids"][row, 1:])
        np.testing.assert_allclose(alone[0, :count], whole[row, :count], rtol=1e-3, atol=1e-4)


def check_learning(module, config, rate=0.01, steps=150):
    from models.tasks.writing import losses

    config = dataclasses.replace(config, recipe=Recipe(dropout=0.0))
    built, given = model(module, config), inputs(config)
    built.compile(keras.optimizers.Adam(rate), losses.TokenCrossEntropy(), jit_compile=False)
    wanted = given["target_ids"][:, 1:]
    data = tf.data.Dataset.from_tensors((given, wanted)).repeat(steps)
    built.fit(data, epochs=1, steps_per_epoch=steps, verbose=0)
    logits = built(given).numpy()
    wanted = wanted[:, : logits.shape[1]]
    assert np.all((logits.argmax(-1) == wanted)[wanted != 0])
