"""What is measured: the commands, and the inputs they share."""

import dataclasses
import pathlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from components.ingest import config as ingest_config
from components.ingest import preview
from components.ingest.samples import table as samples

ROOT = pathlib.Path(__file__).resolve().parent.parent
"""Folder of the project."""
KERAS_3 = {"TF_USE_LEGACY_KERAS": "0"}
TFX_EVAL_BATCH = 5
"""Batch size that TFX's example validates with."""


@dataclasses.dataclass(frozen=True)
class Contender:
    """One thing to measure."""

    name: str
    """Key in the results."""
    title: str
    """What it is, for people."""
    command: Callable[[pathlib.Path], list[str]]
    """Its command, given an empty folder to write to."""
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Variables it needs."""


@dataclasses.dataclass(frozen=True)
class Load:
    """Data and a net; the same for every contender."""

    config: pathlib.Path
    """Maru's YAML."""
    num_train: int
    """Rows to train on."""
    num_eval: int
    """Rows to evaluate on."""
    steps: int
    """Training steps."""
    batch_size: int
    """Rows per step."""


def prepare(source: pathlib.Path, folder: pathlib.Path, steps: int | None) -> Load:
    """Write the sample as a CSV and a config that reads it, and count the rows.

    Args:
        source: YAML whose data is a sample.
        folder: Receives both files.
        steps: Training steps, rounded up to whole epochs; None keeps the YAML's epochs.
    """
    config = yaml.safe_load(source.read_text(encoding="utf-8"))
    table = samples.materialise(config["data"]["source"]["name"], str(folder / "samples"))
    config["data"]["source"] = {"kind": "csv", "path": table.path}
    task = config["task"]
    features = [
        ingest_config.Feature(task.get("text", "text"), "text"),
        ingest_config.Feature(task.get("label", "label"), "category"),
    ]
    data = ingest_config.DataConfig(table, ingest_config.SplitConfig(**config["data"]["split"]))
    seen = preview.preview(data, features, str(folder), str(folder / "samples"))
    num_train, num_eval = (seen.counts.classes[split].total() for split in ("train", "eval"))
    training = config["training"]
    per_epoch = -(-num_train // training["batch_size"])
    if steps is not None:
        training["epochs"] = -(-steps // per_epoch)
    path = folder / f"{config['name']}.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return Load(path, num_train, num_eval, training["epochs"] * per_epoch, training["batch_size"])


def imports() -> list[Contender]:
    """Start-up alone: what TFX adds to TensorFlow and Keras."""
    return [
        _import("import_keras", "import tensorflow, keras", KERAS_3),
        _import("import_maru", "import tensorflow, keras; import pipeline.dag", KERAS_3),
        _import("import_tfx", "import tensorflow, keras; import tfx.v1", KERAS_3),
    ]


def of_load(load: Load, *, with_tfx: bool) -> list[Contender]:
    """Whole runs, from a cold start to an export.

    Args:
        load: What they work on.
        with_tfx: Whether TFX's example is one of them; its data is always imdb_small.
    """

    def maru(folder: pathlib.Path) -> list[str]:
        return _python("pipeline", "run", load.config, "--workspace", folder)

    def bare(folder: pathlib.Path) -> list[str]:
        return _python("benchmarks.bare_keras", load.config, folder, load.num_train)

    def tfx(folder: pathlib.Path) -> list[str]:
        eval_steps = -(-load.num_eval // TFX_EVAL_BATCH)
        return _python("benchmarks.tfx_imdb", folder, load.steps, eval_steps)

    found = [
        Contender("bare", "bare Keras script", bare, KERAS_3),
        Contender("maru", "Maru", maru),
    ]
    return [*found, Contender("tfx", "TFX's imdb example", tfx)] if with_tfx else found


def _import(name: str, code: str, env: Mapping[str, str]) -> Contender:
    return Contender(name, code, lambda folder: [sys.executable, "-c", code], env)


def _python(module: str, *arguments: Any) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]
