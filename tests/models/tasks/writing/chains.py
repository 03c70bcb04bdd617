"""A model whose next token depends on the last one alone, so that all texts can be listed."""

import itertools

import numpy as np
import tensorflow as tf

from models.writer import Writer

BEGIN = 0
END = 1


def writer(shares, begin=BEGIN, end=END):
    """A writer of tables of probabilities, `(n, vocabulary, vocabulary)`: one for each text read.

    Its attention is to one token, and its state counts what was written.
    """
    logits = tf.constant(np.log(np.maximum(np.asarray(shares, np.float32), 1e-30)))

    def read(inputs):
        rows = tf.gather(logits, inputs["text"])
        return {"rows": rows, "mask": tf.ones_like(rows[:, :2, 0])}, {
            "written": tf.zeros((tf.shape(rows)[0], 1))
        }

    def step(last, place, kept, state):
        written = state["written"] + tf.cast(last, tf.float32)[..., None]
        attention = tf.concat([written, tf.zeros_like(written)], 2)
        return tf.gather(kept["rows"], last, batch_dims=1), {"written": written}, attention

    return Writer(
        read=read,
        step=step,
        begin=begin,
        end=end,
        never=(begin,),
        longest=99,
        sizes=lambda inputs: tf.fill(tf.shape(inputs["text"]), 2),
        text=lambda ids: tf.strings.reduce_join(tf.strings.as_string(ids), -1, separator=" "),
        pieces=tf.strings.as_string,
        pieces_read=tf.strings.as_string,
    )


def texts(table, limit, begin=BEGIN, end=END):
    """Every text of at most `limit` tokens, its end included, and the logarithm of its share."""
    words = [word for word in range(len(table)) if word not in (begin, end)]
    for size in range(limit):
        for inner in itertools.product(words, repeat=size):
            whole = (begin, *inner, end)
            yield whole[1:], sum(np.log(table[a][b]) for a, b in itertools.pairwise(whole))
