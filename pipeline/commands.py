"""What the commands about pipelines do."""

import contextlib
import dataclasses
import datetime
import json
import logging
import pathlib
import shlex
import shutil
import sys
import traceback
from collections.abc import Sequence

from rich import table
from rich.console import Console

from pipeline import (
    augmentation_files,
    console,
    doubts,
    failures,
    lazy,
    lock,
    logs,
    paths,
    terminal,
)

for _module in ("tensorflow", "keras", "keras_hub", "keras_tuner"):
    lazy.defer(_module)

# After the heavy libraries are deferred.
from components import spelling  # noqa: E402
from components.ingest import preview  # noqa: E402
from pipeline import config as pipeline_config  # noqa: E402

REFUSED = 3
"""Exit code of a run that finished but whose model was refused."""

_SHOWN_LABELS = 50
_CELL = 40  # characters of a value in a table


def show(path: pathlib.Path, overrides: Sequence[str]) -> str:
    """The resolved config as YAML that standard output can take."""
    return pipeline_config.to_yaml(
        pipeline_config.load(path, overrides),
        in_ascii=not terminal.takes_any_character(sys.stdout),
    )


def layers(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> str:
    """What of the model is trained, as YAML comments; reads the data for the number of labels."""
    config = pipeline_config.load(path, overrides)
    where = paths.Paths(paths.workspace(workspace), config.name)
    with Console(stderr=True).status("reading the data and building the model"):
        seen = preview.preview(config.data, config.features, str(_base(path)), str(where.samples))
        labels = set().union(*seen.counts.classes.values())
        from models import zoo
        from models.finetuning import listing

        model = zoo.MODELS[config.model.kind].build(config.model, max(2, len(labels)))
        method = getattr(config.model, "fine_tuning", None)
        rows = listing.rows(model, method, config.training.epochs)
    total = ("total", sum(row.parameters for row in rows), sum(row.trained for row in rows), "")
    cells = [
        (name, f"{parameters:,}", f"{trained:,}", rate)
        for name, parameters, trained, rate in [*map(dataclasses.astuple, rows), total]
    ]
    cells.insert(0, ("layer", "parameters", "trained", "learning rate"))
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    lines = [
        f"# {name:{widths[0]}}  {parameters:>{widths[1]}}  {trained:>{widths[2]}}  {rate}".rstrip()
        for name, parameters, trained, rate in cells
    ]
    lines.insert(0, f"# What is trained, with {len(labels)} labels:")
    # To count the tokens would take a stage of the pipeline.
    if getattr(config.model, "tokenizer_file", "") is None:
        lines.append(
            f"# `model.vocabulary_size: {config.model.vocabulary_size}` is the most tokens there "
            "can be; training takes as many as the data has, so what depends on it can be smaller."
        )
    return "\n".join(lines) + "\n"


def schema() -> str:
    """The JSON schema of the YAML."""
    return json.dumps(pipeline_config.json_schema(), indent=2)


def check(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> int:
    """Print what the data looks like to the pipeline; exit code 2 if it cannot be used.

    Raises:
        ValueError: If the config is wrong or names files that are not there.
    """
    config = pipeline_config.load(path, overrides)
    augmentation_files.check(config.augmentation, path)
    where = paths.Paths(paths.workspace(workspace), config.name)
    shown = Console(highlight=False)
    with shown.status("reading the data"):
        seen = preview.preview(config.data, config.features, str(_base(path)), str(where.samples))
    columns = [feature.name for feature in config.features]
    rows = [
        [_cell(row.get(feature.name, b""), feature.kind) for feature in config.features]
        for row in seen.rows
    ]
    shown.print(f"{config.name}: the first rows", style="bold")
    shown.print(console.grid(columns, rows, numbers=False))
    shown.print("rows by label and split", style="bold")
    shown.print(_counts(seen, config.task.label))
    duplicates, unusable = seen.counts.duplicates, seen.counts.num_rejected
    shown.print(f"{duplicates} duplicates, {unusable} unusable rows")
    for line in _formats(seen):
        shown.print(line, soft_wrap=True, markup=False)
    for rejected in seen.rejected[:10]:
        shown.print(f"  {rejected.where}: {rejected.reason}", style="yellow", markup=False)
    for doubt in doubts.doubts(config.augmentation, sorted(seen.counts.labels)):
        shown.print(doubt, style="yellow", markup=False)
    for remark in seen.remarks:
        shown.print(remark, style="yellow", markup=False)
    for problem in seen.problems:
        shown.print(problem, style="red", markup=False)
    if not seen.problems:
        shown.print(
            f"\nready: maru run {shlex.quote(str(path))}",
            style="green",
            markup=False,
            soft_wrap=True,
        )
    return 2 if seen.problems else 0


def _formats(seen: preview.Preview) -> list[str]:
    """Which formats the images have, and which of them a server reads."""
    lines = []
    for is_converted, verdict in (
        (False, "read by a server as they are"),
        (True, "refused by a server; `maru predict` converts them, as training does"),
    ):
        found = {
            kind: n for (kind, converted), n in seen.formats.items() if converted is is_converted
        }
        if found:
            listed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.items()))
            lines.append(f"images {verdict}: {listed}")
    return lines


def _counts(seen: preview.Preview, heading: str) -> table.Table:
    """Rows by label and split; of very many labels, those with the most rows."""
    counts, splits = seen.counts, seen.counts.splits()
    shown = sorted(label for label, _ in counts.labels.most_common(_SHOWN_LABELS))
    rows = [
        [spelling.visible(label, _CELL), *(str(counts.classes[s][label]) for s in splits)]
        for label in shown
    ]
    if len(counts.labels) > len(shown):
        left = [sum(counts.classes[s][label] for label in shown) for s in splits]
        others = [str(counts.classes[s].total() - n) for s, n in zip(splits, left, strict=True)]
        rows.append([f"... {len(counts.labels) - len(shown):,} more", *others])
    total = ["all", *(str(counts.classes[split].total()) for split in splits)]
    return console.grid([heading, *splits], [*rows, total])


def run(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> int:
    """Run a pipeline; the exit code: 0, or 3 if the model was refused.

    Errors worded for the user are printed without a traceback and exit with 2, others with 1;
    the traceback is in the log.

    Raises:
        ValueError: If the config is wrong or names files that are not there.
    """
    config = pipeline_config.load(path, overrides)
    augmentation_files.check(config.augmentation, path)
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    # With milliseconds: a run of cached stages takes less than a second.
    folder = where.run(datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3])
    with lock.hold(where.lock), logs.to_file(folder / "log.txt") as stream:
        view = console.RunView(stream)
        console.attach(view)
        view.say(f"{config.name}: log in {paths.shown(folder / 'log.txt')}")
        (folder / "config.yaml").write_text(pipeline_config.to_yaml(config), "utf-8")
        try:
            return _run(config, where, _base(path), folder, view)
        except Exception as error:
            logging.getLogger(__name__).exception("The run failed.")
            return _report(error, folder, view.console)


def _run(
    config: pipeline_config.PipelineConfig,
    where: paths.Paths,
    base: pathlib.Path,
    folder: pathlib.Path,
    view: console.RunView,
) -> int:
    with view.console.status("starting TFX and TensorFlow"):
        from pipeline import dag, runners, summary

        pipeline = dag.build(config, where, str(base))
    results = runners.run(pipeline, view)
    _clear(where.resumable, with_searches=config.tuning is not None)
    achieved = summary.summarize(config, results)
    summary.write(achieved, folder / "summary.json")
    example = '"some text"' if config.task.input_kind == "text" else "image.png"
    summary.show(achieved, view.console, example)
    return REFUSED if achieved.refusals else 0


def _clear(unfinished: pathlib.Path, *, with_searches: bool) -> None:
    """Remove what a finished run no longer continues from, but not a search that it was not told.

    A killed `maru tune` of this pipeline may have hours of finished trials there.
    """
    # The run has succeeded, whether or not its leftovers can be removed.
    for path in unfinished.glob("*"):
        if with_searches or not path.name.startswith(paths.SEARCH):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()
    with contextlib.suppress(OSError):  # A search may be left in it.
        unfinished.rmdir()


def _report(error: Exception, folder: pathlib.Path, shown: Console) -> int:
    if (told := failures.told(error, folder)) is not None:
        shown.print(f"\n{told}", style="red", markup=False)
        return 2
    last = traceback.format_exception_only(error)[-1].strip()
    shown.print(f"\nUnexpected: {last}", style="red", markup=False)
    log = paths.shown(folder / "log.txt")
    shown.print(f"The traceback is in {log}", markup=False, soft_wrap=True)
    return 1


def _base(path: pathlib.Path) -> pathlib.Path:
    """Relative paths in a config start from its folder."""
    return path.resolve().parent


def _cell(value: bytes, kind: str, width: int = _CELL) -> str:
    if kind == "image":
        return f"<image, {len(value):,} bytes>"
    text = " ".join(value.decode("utf-8", "replace").split())
    return text if len(text) <= width else text[: width - 1] + "…"
