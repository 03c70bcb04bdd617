"""Translators of Multi30k, trained for some minutes each: the whole history in one table.

    python -m benchmarks.translation FOLDER --out OUT [--minutes 12] [--only NAME]...

FOLDER has train.tsv, val.tsv and test.tsv, which is test_2016_flickr.tsv, with columns en and de.
Trains `configs/results/multi30k_recurrent.yaml` with each attention and
`configs/results/multi30k_transformer.yaml`, all with the same pieces and batches, until an epoch
ends after the minutes; the last weights are judged. After each epoch 200 validation captions are
written greedily, outside the minutes: BLEU by training minute. The test captions are written
greedily and by 5 beams, with the p of the difference by a paired bootstrap, and judged by the
length of what is read. Beside them stand copying, IBM model 1 and Bayes' rule. Each model's figures
are a JSON in OUT, which a second run takes as they are; `translation.png` draws all.
"""

import csv
import dataclasses
import json
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
import keras
import numpy as np
import tensorflow as tf
from matplotlib import figure

from components.baseline import baseline
from models import zoo
from models.ngrams import levels
from models.tasks import endpoints
from models.tasks.endpoints import Network
from models.tasks.sequence_to_sequence import SequenceToSequence
from models.tasks.task import PIECES, Facts
from models.tasks.writing import metrics
from models.text import subwords
from models.training import buckets, callbacks, fit
from models.training.inputs import Batches
from pipeline.comparison import paired_difference
from pipeline.config import loading

CONFIGS = pathlib.Path(__file__).parents[1] / "configs" / "results"
NETS = {
    "LSTM": ("multi30k_recurrent", ["model.attention=none"]),
    "LSTM, dot": ("multi30k_recurrent", ["model.attention=dot"]),
    "LSTM, general": ("multi30k_recurrent", ["model.attention=general"]),
    "LSTM, additive": ("multi30k_recurrent", ["model.attention=additive"]),
    "Transformer": ("multi30k_transformer", []),
}
_PIECES = 6_000
_WATCHED = 200
"""Validation captions that are written after each epoch."""
_AT_ONCE = 50
_EDGES = (9, 12, 15, 19)
"""Most words of what is read, of all groups but the last."""

Pairs = Sequence[tuple[str, str]]


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--out", type=click.Path(path_type=pathlib.Path), required=True)
@click.option("--minutes", type=float, default=12, show_default=True)
@click.option("--only", multiple=True, type=click.Choice([*NETS]), help="Leave out the others.")
def main(folder: pathlib.Path, out: pathlib.Path, minutes: float, only: Sequence[str]) -> None:
    """See the module."""
    out.mkdir(parents=True, exist_ok=True)
    *splits, test = (captions(folder / f"{name}.tsv") for name in ("train", "val", "test"))
    pieces = learned_pieces(splits[0], out)
    found = {
        name: {"greedy": written, "curve": []} for name, written in _simple(splits[0], test).items()
    }
    for name in only or NETS:
        path = out / f"{name}.json"
        if not path.exists():
            net, asked = train(name, folder, pieces, splits, minutes), [en for en, _ in test]
            told = {
                "parameters": net.parameters,
                "curve": net.curve,
                "greedy": net.answering(1)(asked),
                "beam 5": net.answering(5)(asked),
            }
            path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        found[name] = json.loads(path.read_text("utf-8"))
    _tell(found, test)
    draw(found, test, out / "translation.png")


def learned_pieces(train: Pairs, out: pathlib.Path) -> pathlib.Path:
    """Pieces of both languages, learned once."""
    path = out / "pieces"
    if not path.exists():
        texts = [text for pair in train for text in pair]
        subwords.learn("bpe", texts, _PIECES, path, lowercase=False)
    return path


def captions(path: pathlib.Path) -> Pairs:
    """English and German captions of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["en"], row["de"]) for row in rows]


def _simple(train: Pairs, test: Pairs) -> dict[str, list[str]]:
    """What needs no network."""
    rows, targets = [(en.encode(),) for en, _ in train], [de for _, de in train]
    queries = [(en.encode(),) for en, _ in test]
    ways = baseline.ways("text", "written", levels.learn)
    return {
        name: [metrics.written(answer) for answer in way(rows, targets, queries)]
        for name, way in ways.items()
    }


@dataclasses.dataclass(frozen=True)
class Trained:
    """A net that was trained for some minutes."""

    task: SequenceToSequence
    facts: Facts
    network: Network
    resources: tuple[Any, ...]
    """What an export has to keep."""
    parameters: int
    curve: list[list[float]]
    """Minutes, tokens and BLEU of some validation captions after each epoch."""

    def answering(self, beams: int) -> Callable[[Sequence[str]], list[str]]:
        """A function of texts to what is written of them."""
        return _answering(self.task, beams, self.facts, self.network)


def train(
    name: str, folder: pathlib.Path, pieces: pathlib.Path, splits: Sequence[Pairs], minutes: float
) -> Trained:
    """Train a net.

    Args:
        name: In `NETS`.
        folder: With the tables.
        pieces: Learned ones.
        splits: Captions of train and validation.
        minutes: After which the epoch is the last one.
    """
    file, overrides = NETS[name]
    settings = [*overrides, f"data.source.path={folder}", f"model.tokenizer_file={pieces}"]
    config = loading.load(CONFIGS / f"{file}.yaml", settings)
    training, (learned, val) = config.training, splits
    keras.utils.set_random_seed(training.seed)
    encoder = zoo.encoder(config.model, config.task)
    facts = Facts(sizes={PIECES: config.model.rows_written})
    model = zoo.build(config.model, config.task, facts)
    read, written = zip(*learned, strict=True)
    examples = encoder.learned(encoder({"text": tf.constant(read)}), tf.constant(written))
    lengths = encoder.lengths(examples[0]).numpy()
    groups, ends = buckets.plan(lengths, training.batch_size, training.batch_tokens)
    order = buckets.order(examples, groups, ends, training.seed)
    batches = Batches(order, len(learned), training.batch_size, True, planned=len(ends))
    objective = config.task.objective(facts, training)
    fit.compile_model(model, objective, training, training.epochs * len(ends))
    writer = zoo.writer(config.model, model, encoder)
    network = Network(None, None, encode=encoder, writer=writer)
    write = _answering(config.task, 1, facts, network)
    seconds, curve = 0.0, []
    for epoch in range(training.epochs):
        begin = time.perf_counter()
        model.fit(
            batches.epoch(epoch),
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=[callbacks.SeedEpoch(training.seed, len(ends))],
            shuffle=False,
            verbose=0,
        )
        seconds += time.perf_counter() - begin
        tokens = int(lengths[:, 0].sum()) * (epoch + 1)
        score = _bleu(val[:_WATCHED], write([en for en, _ in val[:_WATCHED]]))
        curve.append([seconds / 60, tokens, score])
        click.echo(f"{name}: {seconds / 60:.1f} minutes, {tokens:,} tokens, BLEU {score:.1f}")
        if seconds >= 60 * minutes:
            break
    resources = (model, *encoder.trackable)
    return Trained(config.task, facts, network, resources, model.count_params(), curve)


def _answering(
    task: SequenceToSequence, beams: int, facts: Facts, network: Network
) -> Callable[[Sequence[str]], list[str]]:
    """A function of texts to what is written of them."""
    task = dataclasses.replace(task, beams=beams)
    write = task.endpoints(network, facts).functions[endpoints.DEFAULT]

    def written(texts: Sequence[str]) -> list[str]:
        found: list[str] = []
        for place in range(0, len(texts), _AT_ONCE):
            answers = write({"text": tf.constant(texts[place : place + _AT_ONCE])})
            found += [text.decode() for text in answers["text"].numpy()]
        return found

    return written


def _statistics(pairs: Pairs, texts: Sequence[str]) -> np.ndarray:
    metric = metrics.bleu("de", "13a")
    return np.stack(
        [
            metric.statistics({"de": de}, {"text": text})
            for (_, de), text in zip(pairs, texts, strict=True)
        ]
    )


def _bleu(pairs: Pairs, texts: Sequence[str]) -> float:
    return metrics.bleu("de", "13a").figure(_statistics(pairs, texts))


def _groups(pairs: Pairs) -> np.ndarray:
    """Of each pair, by the words that are read."""
    return np.searchsorted(_EDGES, [len(en.split()) for en, _ in pairs])


def _by_length(pairs: Pairs, texts: Sequence[str]) -> list[float]:
    rows, groups = _statistics(pairs, texts), _groups(pairs)
    metric = metrics.bleu("de", "13a")
    return [metric.figure(rows[groups == group]) for group in range(len(_EDGES) + 1)]


def _tell(found: Mapping[str, Mapping[str, Any]], test: Pairs) -> None:
    metric = metrics.bleu("de", "13a")
    click.echo(metrics.signature("13a"))
    for name, told in found.items():
        greedy = _statistics(test, told["greedy"])
        line = f"{name}: greedy {metric.figure(greedy):.1f}"
        if "beam 5" in told:
            beam = _statistics(test, told["beam 5"])
            (low, high), p = paired_difference.tested(metric, beam, greedy)
            line += f", beam 5 {metric.figure(beam):.1f} ({low:+.1f} to {high:+.1f}, p {p:.3f})"
            minutes, tokens, _ = told["curve"][-1]
            line += f", {told['parameters']:,} parameters, {minutes:.1f} min, {tokens:,} tokens"
        groups = ", ".join(f"{value:.1f}" for value in _by_length(test, told["greedy"]))
        click.echo(f"{line}; by length {groups}")


def draw(found: Mapping[str, Mapping[str, Any]], test: Pairs, path: pathlib.Path) -> None:
    """BLEU by the length of what is read, and by training minute.

    Args:
        found: What is in the JSON files, by name.
        test: Captions that were written.
        path: Of the PNG.
    """
    drawn = figure.Figure(figsize=(11, 5.5), layout="constrained")
    by_length, by_minute = drawn.subplots(1, 2)
    counts = np.bincount(_groups(test), minlength=len(_EDGES) + 1)
    names = [f"≤ {_EDGES[0]}"]
    names += [f"{low + 1}–{high}" for low, high in zip(_EDGES, _EDGES[1:], strict=False)]
    names += [f"> {_EDGES[-1]}"]
    ticks = [f"{name}\n{count} captions" for name, count in zip(names, counts, strict=True)]
    for place, (name, told) in enumerate(found.items()):
        line = {"color": f"C{place}", "marker": "o", "label": name}
        if not told["curve"]:
            line |= {"linestyle": "--"}
        by_length.plot(range(len(ticks)), _by_length(test, told["greedy"]), **line)
        if told["curve"]:
            minutes, _, scores = zip(*told["curve"], strict=True)
            by_minute.plot(minutes, scores, **line)
    by_length.set_xticks(range(len(ticks)), ticks)
    by_length.set_xlabel("words of the English caption")
    by_length.set_title("test 2016, greedy", loc="left")
    by_minute.set_xlabel("minutes of training")
    by_minute.set_title(f"{_WATCHED} validation captions, greedy", loc="left")
    for axes in (by_length, by_minute):
        axes.set_ylabel("BLEU")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    lines, labels = by_length.get_legend_handles_labels()
    drawn.legend(lines, labels, loc="outside lower center", ncols=3)
    drawn.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
