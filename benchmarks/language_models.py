"""Language models of plain text, trained for some minutes each: bits per byte.

    python -m benchmarks.language_models FILE --out OUT [--minutes 40]

FILE is plain text, a paragraph a line, perhaps in gzip. Its last lines are the test split of all;
the first ones, as many as the minutes last for, which a short run measures, are learned from:
`configs/results/enwiki_lstm.yaml` and `enwiki_gpt.yaml`, with the same pieces, and interpolated
Kneser-Ney of up to five pieces on the lines of the one that read more. `language_models.png` draws
what each minute of training costs, `samples.md` has what the models write.
"""

import gzip
import json
import math
import pathlib
import time
from collections.abc import Sequence
from typing import Any

import click
import numpy as np
import sentencepiece
from matplotlib import figure

from benchmarks import pretraining
from models.ngrams import levels
from models.text import continuing, subwords
from serving import ragged
from serving.execution.saved_model import SavedModelPredictor

NETS = {"LSTM": "enwiki_lstm", "GPT": "enwiki_gpt"}
_TESTED = 2_000
_PROBED = 4_000
"""Lines of the run that measures how fast it goes."""
_PIECES, _TAUGHT = 8_000, 40_000
"""How many, and lines that they are learned from."""
_ORDER = 5
_PROMPTS = ("The city of", "In 1969 ,", "The species is", "She was born in", "The film")
_DRAWN = {"temperature": 0.8, "top_k": 0, "top_p": 0.95, "longest": 40}


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--out", type=click.Path(path_type=pathlib.Path), required=True)
@click.option("--minutes", type=float, default=40, show_default=True)
def main(file: pathlib.Path, out: pathlib.Path, minutes: float) -> None:
    """See the module."""
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8") as text:
        lines = [line for line in text if line.strip()]
    lines, test = lines[:-_TESTED], lines[-_TESTED:]
    pieces = out / "pieces"
    if not pieces.exists():
        subwords.learn(
            "bpe", lines[:_TAUGHT], _PIECES, pieces, lowercase=False, special=continuing.SPECIAL
        )
    curves, told, most, versions = {}, {}, 0, {}
    for name, config in NETS.items():
        settings = [f"model.tokenizer_file={pieces}"]
        data = _data(out / f"{config}_probe", lines[:_PROBED], test)
        log = pretraining.run(out, config, "probe", source=data, settings=settings)
        probe = list(pretraining.steps_of(log, "loss"))
        count = min(len(lines), int(_PROBED * pretraining.lasting(probe, minutes)))
        most = max(most, count)
        data = _data(out / f"{config}_trained", lines[:count], test)
        log = pretraining.run(out, config, "trained", source=data, settings=settings)
        summary = json.loads((log.parent / "summary.json").read_text("utf-8"))
        told[name] = summary["metrics"]["all"]
        versions[name] = summary["model"]
        curves[name] = _curve(log, pieces, lines[:count])
        click.echo(f"{name}: {count:,} lines, {told[name]['bits_per_byte']:.3f} bits per byte")
    begin = time.perf_counter()
    counted = _kneser_ney(pieces, lines[:most], test)
    seconds = time.perf_counter() - begin
    click.echo(f"Kneser-Ney: {most:,} lines, {counted:.3f} bits per byte, {seconds:.0f} s")
    content = {"nets": told, "kneser_ney": counted, "lines": most, "curves": curves}
    (out / "figures.json").write_text(json.dumps(content, indent=1), "utf-8")
    draw(curves, counted, out / "language_models.png")
    _write_samples(versions, out / "samples.md")


def _data(folder: pathlib.Path, train: Sequence[str], test: Sequence[str]) -> pathlib.Path:
    folder.mkdir(exist_ok=True)
    for name, lines in (("train", train), ("test", test)):
        (folder / f"{name}.txt").write_text("".join(lines), "utf-8")
    return folder


def _curve(log: pathlib.Path, pieces: pathlib.Path, lines: Sequence[str]) -> list[float]:
    """Bits per byte of what is learned from, by minute, before it is learned."""
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
    some = [line.rstrip("\n") for line in lines[: _TESTED * 2]]
    each = sum(map(len, tokenizer.encode(some))) / sum(len(line.encode()) for line in some)
    steps = list(pretraining.steps_of(log, "loss"))
    return [loss / math.log(2) * each for loss, _ in pretraining.by_minute(steps)]


def _kneser_ney(pieces: pathlib.Path, train: Sequence[str], test: Sequence[str]) -> float:
    """Bits per byte of the test lines."""
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(pieces))

    def split(lines: Sequence[str]) -> list[np.ndarray]:
        found = tokenizer.encode([line.rstrip("\n") for line in lines])
        return [np.array(ids, np.int64) for ids in found]

    counted = levels.learn(split(train), tokenizer.vocab_size(), _ORDER)
    lost = -sum(float(counted.log_probabilities(ids).sum()) for ids in split(test))
    return lost / math.log(2) / sum(len(line.rstrip("\n").encode()) for line in test)


def draw(curves: dict[str, list[float]], counted: float, path: pathlib.Path) -> None:
    """Bits per byte by minute of training.

    Args:
        curves: Of each net.
        counted: Of Kneser-Ney, on the test split.
        path: Of the PNG.
    """
    drawn = figure.Figure(figsize=(8, 5), layout="constrained")
    axes = drawn.subplots()
    for name, values in curves.items():
        axes.plot(range(1, len(values) + 1), values, marker=".", label=name)
    axes.axhline(counted, color="black", linestyle="--", label="Kneser-Ney, test")
    axes.set_xlabel("minutes of training")
    axes.set_ylabel("bits per byte")
    axes.set_title("what is read, before it is learned", loc="left")
    axes.grid(alpha=0.3)
    axes.legend()
    drawn.savefig(path, dpi=120)


def _write_samples(versions: dict[str, Any], path: pathlib.Path) -> None:
    """How each model goes on with the prompts: the likeliest way, and two that are drawn."""
    parts = ["# How they go on\n"]
    for name, folder in versions.items():
        predictor = SavedModelPredictor(pathlib.Path(folder))
        texts = np.array([prompt.encode() for prompt in _PROMPTS], object)
        whole = [predictor.predict("serving_default", {"text": texts})["text"]]
        for seed in (1, 2):
            settings = {**_DRAWN, "seed": seed}
            given = {
                name: np.full(len(texts), value, np.float32 if name in _SHARES else np.int64)
                for name, value in settings.items()
            }
            rows = ragged.rows(predictor.predict("sample", {"text": texts, **given}))
            whole.append([row["text"] for row in rows])
        predictor.close()
        parts.append(f"\n## {name}\n")
        for prompt, *answers in zip(_PROMPTS, *whole, strict=True):
            ways = zip(("likeliest", "drawn", "drawn"), answers, strict=True)
            parts += [f"- {way}: **{prompt}**{text.decode()}\n" for way, text in ways]
    path.write_text("".join(parts), "utf-8")


_SHARES = frozenset({"temperature", "top_p"})
"""Settings that are no whole numbers."""


if __name__ == "__main__":
    main()
