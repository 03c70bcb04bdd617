"""What sentence vectors gain by SimCSE on plain lines: Spearman's correlation on STS-B.

    python -m benchmarks.simcse PRESET LINES STSB [--rows 2000] [--epochs 1]

`PRESET` is what `model.preset` takes, `LINES` a text file, a text a line, and `STSB` a table with
tabs between `sentence1`, `sentence2` and `score`. Trains `configs/results/simcse.yaml` and prints
the correlation of the cosines of mean token vectors with the scores.
"""

import csv
import itertools
import pathlib
import subprocess
import sys

import click
import numpy as np
from scipy import stats

ROOT = pathlib.Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "results" / "simcse.yaml"
_AT_ONCE = 64
_FEWEST_WORDS = 8


@click.command()
@click.argument("preset")
@click.argument("lines", type=click.Path(exists=True, path_type=pathlib.Path))
@click.argument("stsb", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--rows", type=int, default=2000, show_default=True)
@click.option("--epochs", type=int, default=1, show_default=True)
@click.option("--workspace", type=click.Path(path_type=pathlib.Path), default="workspace/simcse")
def main(
    preset: str,
    lines: pathlib.Path,
    stsb: pathlib.Path,
    rows: int,
    epochs: int,
    workspace: pathlib.Path,
) -> None:
    """See the module."""
    pairs = read_pairs(stsb)
    print(f"before: {spearman(preset, pairs):.4f}", flush=True)
    workspace.mkdir(parents=True, exist_ok=True)
    kept = workspace.absolute() / "lines.txt"
    with lines.open(encoding="utf-8") as file:
        long = (line for line in file if len(line.split()) >= _FEWEST_WORDS)
        kept.write_text("".join(itertools.islice(long, rows)), "utf-8")
    command = [sys.executable, "-m", "pipeline", "run", str(CONFIG)]
    command += ["--workspace", str(workspace.absolute())]
    command += [
        f"--set={one}"
        for one in (
            f"data.source.path={kept}",
            f"model.preset={preset}",
            f"training.epochs={epochs}",
        )
    ]
    subprocess.run(command, check=True, cwd=ROOT)
    versions = (workspace / "served" / "simcse").iterdir()
    pushed = max(versions, key=lambda version: int(version.name)) / "assets.extra" / "preset"
    print(f"after: {spearman(str(pushed.absolute()), pairs):.4f}")


def read_pairs(path: pathlib.Path) -> list[tuple[str, str, float]]:
    """Two sentences and their score, of each row."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row["sentence1"], row["sentence2"], float(row["score"])) for row in rows]


def spearman(preset: str, pairs: list[tuple[str, str, float]]) -> float:
    """Correlation of cosines and scores.

    Args:
        preset: As `model.preset`.
        pairs: Sentences and scores.
    """
    firsts, seconds, scores = zip(*pairs, strict=True)
    found = embedded(preset, [*firsts, *seconds])
    cosines = np.sum(found[: len(pairs)] * found[len(pairs) :], axis=1)
    return float(stats.spearmanr(cosines, scores).statistic)


def embedded(preset: str, texts: list[str]) -> np.ndarray:
    """Mean token vectors at length 1, `(texts, dim)`."""
    import keras
    import tensorflow as tf

    from models.text import pretrained

    config = pretrained.PretrainedTextConfig(preset=preset, sequence_length=64)
    backbone, encode = pretrained.build(config), pretrained.encoder(config)
    model = keras.Model(backbone.inputs, backbone.vector)
    parts = [
        model(encode({"text": tf.constant(texts[at : at + _AT_ONCE])}), training=False).numpy()
        for at in range(0, len(texts), _AT_ONCE)
    ]
    vectors = np.concatenate(parts)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
