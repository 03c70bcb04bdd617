"""What pre-training by span corruption for some minutes is worth to a task of few examples.

    python -m benchmarks.t5_sst2 FILE FOLDER [--minutes 40] [--seeds 5]

The same as `benchmarks/pretraining.py` with a T5, text to text: `configs/results/enwiki_t5.yaml` is
pre-trained on FILE, then `configs/results/enwiki_t5_sst2.yaml` learns to write `positive` or
`negative` from 500 rows of FOLDER, from the pre-trained weights and from fresh ones with the same
pieces.
"""

import pathlib

import click
import yaml

from benchmarks import pretraining

_WORDS = {"0": "negative", "1": "positive"}
_RATES = {"fine-tuned": 3e-3, "fresh": 1e-2}
"""Learning rates: fresh weights need a greater one."""


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=pathlib.Path))
@click.argument("folder", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--minutes", type=float, default=40, show_default=True)
@click.option("--seeds", type=int, default=5, show_default=True)
@click.option("--workspace", type=click.Path(path_type=pathlib.Path), default="workspace/enwiki")
def main(
    file: pathlib.Path, folder: pathlib.Path, minutes: float, seeds: int, workspace: pathlib.Path
) -> None:
    """See the module."""
    workspace = workspace.absolute()
    version, _ = pretraining.pre_trained(workspace, "enwiki_t5", "accuracy", file, minutes)
    data = pretraining.task(folder, workspace, _WORDS)
    models, config = _models(version), "enwiki_t5_sst2"
    for line in pretraining.compared(workspace, config, data, models, _RATES, seeds, "exact_match"):
        click.echo(line)


def _models(version: pathlib.Path) -> dict[str, dict[str, object]]:
    """The model of the task with pre-trained and with fresh weights, and the same pieces."""
    tuned, fresh = (
        yaml.safe_load((pretraining.CONFIGS / f"{name}.yaml").read_text("utf-8"))["model"]
        for name in ("enwiki_t5_sst2", "enwiki_t5")
    )
    preset = version / "assets.extra" / "preset"
    # A preset's file of pieces is that of the tokenizer.
    pieces = preset / "assets" / "tokenizer" / "vocabulary.spm"
    lengths = {name: tuned[name] for name in ("sequence_length", "target_length")}
    return {
        "fine-tuned": {**tuned, "preset": str(preset)},
        "fresh": {**fresh, **lengths, "tokenizer_file": str(pieces), "dropout": 0.1},
    }


if __name__ == "__main__":
    main()
