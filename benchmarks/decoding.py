"""How much faster texts are written where what was read and written is kept, not computed anew.

    python -m benchmarks.decoding [--length 64] [--rows 8]

A Transformer with fresh weights, of the size of `configs/results/multi30k_transformer.yaml`, writes
the likeliest tokens of texts as long as what it reads, token by token: once by `Writer.step`, whose
state holds keys and values, as served models do, and once by the whole network on all tokens until
then. Both write the same tokens. The ratio is of medians of rounds that take turns.
"""

import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import click
import keras
import numpy as np
import tensorflow as tf

from models import zoo
from models.tasks.sequence_to_sequence import SequenceToSequence
from models.tasks.task import Facts
from models.text import parallel, seq2seq_transformer, subwords
from models.writer import Writer

_TASK = SequenceToSequence("sequence_to_sequence")
_PIECES = 6_000
"""Of the network; the tokenizer, which no token passes through here, has fewer."""
_LINES = ["the quick brown fox jumps over a lazy dog", "seven other animals look at them"]


@click.command()
@click.option("--length", default=64, show_default=True, help="Tokens that are read and written.")
@click.option("--rows", default=8, show_default=True, help="Texts at once.")
@click.option("--rounds", default=5, show_default=True)
def main(length: int, rows: int, rounds: int) -> None:
    """See the module."""
    model, writer = _made(length)
    source = tf.constant(np.random.default_rng(0).integers(2, _PIECES, (rows, length)), tf.int32)
    ways = {"kept": _kept(writer, length), "anew": _anew(model, writer, length)}
    texts = {name: way(source).numpy() for name, way in ways.items()}  # Also traces them.
    if not np.array_equal(texts["kept"], texts["anew"]):
        raise SystemExit("both ways must write the same tokens")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begin = time.perf_counter()
            way(source).numpy()
            seconds[name].append(time.perf_counter() - begin)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    for name, median in medians.items():
        click.echo(f"{name}: {rows * length / median:,.0f} tokens/s, {rows / median:.1f} texts/s")
    click.echo(f"kept is {medians['anew'] / medians['kept']:.1f} times as fast")


def _made(length: int) -> tuple[keras.Model, Writer]:
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "pieces")
        subwords.learn("bpe", _LINES * 20, 60, path)
        config = seq2seq_transformer.Seq2seqTransformerConfig(
            vocabulary_size=_PIECES,
            sequence_length=length,
            target_length=length,
            tokenizer_file=str(path),
        )
        encoder = zoo.encoder(config, _TASK)
    model = zoo.build(config, _TASK, Facts(sizes={"pieces": config.rows_written}))
    writer = zoo.writer(config, model, encoder)
    if writer is None:
        raise SystemExit("expected a model that writes")
    return model, writer


def _kept(writer: Writer, length: int) -> Callable[[Any], Any]:
    @tf.function(autograph=False)
    def write(source: Any) -> Any:
        kept, state = writer.read({parallel.SOURCE: source})
        state = {name: value[:, None] for name, value in state.items()}

        def step(place: Any, ids: Any, state: Any) -> Any:
            logits, state, _ = writer.step(ids[:, -1:], place, kept, state)
            return place + 1, tf.concat([ids, _best(logits[:, 0])], 1), state

        shapes = {
            name: tf.TensorShape([None] * (value.shape.rank - 1) + [value.shape[-1]])
            for name, value in state.items()
        }
        first = tf.fill([tf.shape(source)[0], 1], writer.begin)
        _, ids, _ = tf.while_loop(
            lambda place, *_: place < length - 1,
            step,
            (tf.constant(0), first, state),
            (tf.TensorShape([]), tf.TensorShape([None, None]), shapes),
        )
        return ids

    return write


def _anew(model: keras.Model, writer: Writer, length: int) -> Callable[[Any], Any]:
    @tf.function(autograph=False)
    def write(source: Any) -> Any:
        def step(place: Any, ids: Any) -> Any:
            # The network is told what is before each token and cuts what is padding behind it.
            told = tf.pad(tf.concat([ids, ids[:, -1:]], 1), [[0, 0], [0, length - 1 - place]])
            logits = model({parallel.SOURCE: source, parallel.TARGET: told}, training=False)
            return place + 1, tf.concat([ids, _best(logits[:, place])], 1)

        first = tf.fill([tf.shape(source)[0], 1], writer.begin)
        _, ids = tf.while_loop(
            lambda place, *_: place < length - 1,
            step,
            (tf.constant(0), first),
            (tf.TensorShape([]), tf.TensorShape([None, None])),
        )
        return ids

    return write


def _best(logits: Any) -> Any:
    """The likeliest token that is no padding."""
    return tf.argmax(logits[:, 1:], axis=-1, output_type=tf.int32)[:, None] + 1


if __name__ == "__main__":
    main()
