"""What the commands `maru show` and `maru schema` do."""

import dataclasses
import json
import pathlib
import sys
from collections.abc import Sequence

from rich.console import Console
from tabulate import tabulate

from components.ingest import preview
from models import zoo
from models.tasks import task as tasks
from models.tasks.task import Facts
from pipeline import paths
from pipeline.config import loading, relative_paths
from pipeline.display import terminal
from pipeline.prompting import config as prompting_config

_SCHEMAS = {"run": loading.json_schema, "prompt": prompting_config.json_schema}


def show(path: pathlib.Path, overrides: Sequence[str]) -> str:
    """The resolved config as YAML that standard output can take."""
    return loading.to_yaml(
        loading.load(path, overrides),
        in_ascii=not terminal.takes_any_character(sys.stdout),
    )


def layers(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> str:
    """What of the model is trained, as YAML comments; reads the data for the number of labels.

    Raises:
        ValueError: If a row has several labels or a text, which are not counted before a run.
    """
    config = loading.load(path, overrides)
    learned = tasks.learned(config.task)
    if learned in ("categories", "spans", "answers", "written"):
        raise ValueError(
            "`--layers` needs the number of labels or of pieces of words, and where a cell has "
            "several they are counted during a run only. Received: "
            f"task.kind={config.task.kind}. Leave out `--layers`; `maru run` counts the parameters."
        )
    where = paths.Paths(paths.workspace(workspace), config.name)
    with Console(stderr=True).status("reading the data and building the model"):
        seen = preview.preview(
            config.data, config.features, str(relative_paths.base(path)), str(where.samples)
        )
        labels = sorted(set().union(*seen.counts.classes.values()))
        from models.finetuning import listing

        names = [column.name for column in tasks.targets(config.task)]
        facts = Facts(dict.fromkeys(names, tuple(labels)))
        model = zoo.build(config.model, config.task, facts)
        entry = zoo.MODELS[config.model.kind]
        rows = listing.rows(model, entry.fine_tuning(config.model), config.training.epochs)
        if entry.estimator is not None:
            rows = [
                dataclasses.replace(row, rate="counted" if row.trained else row.rate)
                for row in rows
            ]
    total = ("total", sum(row.parameters for row in rows), sum(row.trained for row in rows), "")
    cells = [
        (name, f"{parameters:,}", f"{trained:,}", rate)
        for name, parameters, trained, rate in [*map(dataclasses.astuple, rows), total]
    ]
    table = tabulate(
        cells,
        ("layer", "parameters", "trained", "learning rate"),
        tablefmt="plain",
        colalign=("left", "right", "right", "left"),
        disable_numparse=True,
    )
    lines = [f"# {line}".rstrip() for line in table.splitlines()]
    heads = f", with {len(labels)} labels" if learned == "category" else ""
    lines.insert(0, f"# What is trained{heads}:")
    # To count the tokens would take a stage of the pipeline.
    if entry.tokenizer == "fitted" and not entry.tokenizer_files(config.model):
        size = entry.vocabulary_size(config.model)
        lines.append(
            f"# `model.vocabulary_size: {size}` is the most tokens there can be; "
            "training takes as many as the data has, so what depends on it can be smaller."
        )
    return "\n".join(lines) + "\n"


def schema(of: str) -> str:
    """The JSON schema of the YAML of a command: `run` or `prompt`."""
    return json.dumps(_SCHEMAS[of](), indent=2)
