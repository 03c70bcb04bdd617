"""What sentence vectors gain by SimCSE on plain lines: Spearman's correlation on STS-B.

    python -m benchmarks.simcse PRESET LINES STSB [--rows 8000] [--epochs 1] [--seeds 5]

`PRESET` is what `model.preset` takes, `LINES` a text file, a text a line, perhaps in gzip, and
`STSB` a table with tabs between `sentence1`, `sentence2` and `score`. Trains
`configs/results/simcse.yaml` with each seed, on the preset and on the same network with fresh
weights, and prints the correlation of the cosines of mean token vectors with the scores.
"""

import csv
import gzip
import itertools
import pathlib
import statistics
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
@click.option("--rows", type=int, default=8000, show_default=True)
@click.option("--epochs", type=int, default=1, show_default=True)
@click.option("--seeds", type=int, default=5, show_default=True)
@click.option("--workspace", type=click.Path(path_type=pathlib.Path), default="workspace/simcse")
def main(
    preset: str,
    lines: pathlib.Path,
    stsb: pathlib.Path,
    rows: int,
    epochs: int,
    seeds: int,
    workspace: pathlib.Path,
) -> None:
    """See the module."""
    pairs, workspace = read_pairs(stsb), workspace.absolute()
    workspace.mkdir(parents=True, exist_ok=True)
    kept = workspace / "lines.txt"
    opener = gzip.open if lines.suffix == ".gz" else open
    with opener(lines, "rt", encoding="utf-8") as file:
        long = (line for line in file if len(line.split()) >= _FEWEST_WORDS)
        kept.write_text("".join(itertools.islice(long, rows)), "utf-8")
    found: dict[str, list[tuple[float, float]]] = {"preset": [], "fresh": []}
    for seed, name in itertools.product(range(seeds), found):
        given = preset if name == "preset" else fresh(preset, seed, workspace / f"fresh_{seed}")
        pushed = _trained(given, kept, workspace, [f"{epochs=}", f"{seed=}"], f"{name}_{seed}")
        found[name].append((spearman(given, pairs), spearman(str(pushed), pairs)))
        before, after = found[name][-1]
        click.echo(f"{name}, seed {seed}: {before:.4f} before, {after:.4f} after")
    for name, figures in found.items():
        for when, told in zip(("before", "after"), zip(*figures, strict=True), strict=True):
            spread = statistics.stdev(told) if seeds > 1 else 0.0
            middle = statistics.median(told)
            click.echo(f"{name}, {when}: median {middle:.4f}, deviation {spread:.4f}")


def fresh(preset: str, seed: int, folder: pathlib.Path) -> str:
    """The folder of a preset of the same network and tokenizer, its weights drawn anew.

    Args:
        preset: As `model.preset`.
        seed: Of the draw.
        folder: Where it is written.
    """
    import keras
    import keras_hub

    from models.text import presets

    keras.utils.set_random_seed(seed)
    hub = keras_hub.models
    backbone = presets.load(hub.Backbone.from_preset, preset, load_weights=False)
    backbone.save_to_preset(folder)
    presets.load(hub.TextClassifierPreprocessor.from_preset, preset).save_to_preset(folder)
    return str(folder)


def _trained(
    preset: str, lines: pathlib.Path, workspace: pathlib.Path, training: list[str], name: str
) -> pathlib.Path:
    """Run the config; returns the preset that it pushed."""
    settings = [f"name=simcse_{name}", f"data.source.path={lines}", f"model.preset={preset}"]
    settings += [f"training.{one}" for one in training]
    command = [sys.executable, "-m", "pipeline", "run", str(CONFIG), "--workspace", str(workspace)]
    subprocess.run([*command, *(f"--set={one}" for one in settings)], check=True, cwd=ROOT)
    versions = (workspace / "served" / f"simcse_{name}").iterdir()
    return max(versions, key=lambda version: int(version.name)) / "assets.extra" / "preset"


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
