"""How fast the Transformer that translates is trained, beside plain Keras of equal size.

    python -m benchmarks.translation_speed TRAIN.tsv --source en --target de [--rows 8000]

Both take the same batches of at most 3,000 tokens, grouped by length and already in memory, one
pass after the other, in turns; the first pass of each, which also prepares for each length, is left
out. Figures are tokens that are written, padding left out, a second; the ratio is of medians.
`benchmarks/decoding.py` compares how fast they write.
"""

import csv
import itertools
import pathlib
import statistics
import tempfile
import time
from typing import Any

import click
import keras
import tensorflow as tf

from benchmarks import plain_translator
from models import zoo
from models.recipe import Recipe
from models.tasks.sequence_to_sequence import SequenceToSequence
from models.tasks.task import PIECES, Facts
from models.text import subwords
from models.text.parallel import SOURCE, TARGET
from models.text.seq2seq_transformer import Seq2seqTransformerConfig
from models.training import buckets, fit
from models.training.config import TrainingConfig

_TASK = SequenceToSequence("sequence_to_sequence")
_TOKENS, _LONGEST = 3_000, 60


@click.command()
@click.argument("table", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--source", required=True, help="Column that is read.")
@click.option("--target", required=True, help="Column that is written.")
@click.option("--rows", default=8_000, show_default=True, help="First rows of the table to take.")
@click.option("--pieces", default=6_000, show_default=True, help="Size of the vocabulary.")
@click.option("--rounds", default=3, show_default=True, help="Passes that count.")
def main(
    table: pathlib.Path, source: str, target: str, rows: int, pieces: int, rounds: int
) -> None:
    """See the module."""
    with table.open(encoding="utf-8", newline="") as file:
        found = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        pairs = [(row[source], row[target]) for row in itertools.islice(found, rows)]
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "pieces")
        texts = [text for pair in pairs for text in pair]
        subwords.learn("bpe", texts, pieces, path, lowercase=False)
        config = Seq2seqTransformerConfig(
            vocabulary_size=pieces,
            sequence_length=_LONGEST,
            target_length=_LONGEST,
            tokenizer_file=str(path),
            recipe=Recipe(dropout=0.2),
        )
        batches = _batches(config, pairs)
    cut = [_cut(*batch) for batch in batches]
    contenders = {"plain Keras": (_plain(config), cut), "Maru": (_ours(config, cut), batches)}
    tokens = sum(int(tf.math.count_nonzero(targets)) for _, targets in batches)
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, (model, given) in contenders.items():
            begin = time.perf_counter()
            for inputs, targets in given:
                model.train_on_batch(inputs, targets)
            if turn:
                rates[name].append(tokens / (time.perf_counter() - begin))
    medians = {name: statistics.median(each) for name, each in rates.items()}
    for name, median in medians.items():
        size = contenders[name][0].count_params()
        click.echo(f"{name}: {median:,.0f} tokens/s, {size:,} parameters")
    click.echo(f"ratio: {medians['Maru'] / medians['plain Keras']:.2f}")


def _batches(config: Seq2seqTransformerConfig, pairs: list[tuple[str, str]]) -> list[Any]:
    """Inputs and targets of one epoch, as a training gets them."""
    encode = zoo.encoder(config, _TASK)
    read, written = zip(*pairs, strict=True)
    examples = encode.learned(encode({"text": tf.constant(read)}), tf.constant(written))
    groups, ends = buckets.plan(encode.lengths(examples[0]).numpy(), 32, _TOKENS)
    return list(buckets.order(examples, groups, ends, 0)(tf.constant(0)))


def _cut(inputs: dict[str, Any], targets: Any) -> tuple[list[Any], Any]:
    """The same without what is padding in all, which Maru's model cuts by itself."""

    def trimmed(ids: Any) -> Any:
        return ids[:, : int(tf.reduce_max(tf.math.count_nonzero(ids, axis=1)))]

    targets = trimmed(targets)
    return [trimmed(inputs[SOURCE]), inputs[TARGET][:, : targets.shape[1]]], targets


def _ours(config: Seq2seqTransformerConfig, batches: list[Any]) -> keras.Model:
    facts = Facts(sizes={PIECES: config.rows_written})
    model = zoo.build(config, _TASK, facts)
    training = TrainingConfig(label_smoothing=0.1, learning_rate=1e-3)
    fit.compile_model(model, _TASK.objective(facts, training), training, len(batches))
    return model


def _plain(config: Seq2seqTransformerConfig) -> keras.Model:
    model = plain_translator.build(config.rows_written)
    model.compile(keras.optimizers.Adam(1e-3), plain_translator.SmoothedLoss())
    return model


if __name__ == "__main__":
    main()
