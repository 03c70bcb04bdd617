"""What `maru prompt` does: ask a language model with examples, measure how often it is right."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator, Sequence

from rich import console

from pipeline import artifact_files, paths
from pipeline.commands import session
from pipeline.config import relative_paths
from pipeline.display import counting, run_view
from pipeline.prompting import config as prompting_config
from pipeline.prompting import measuring, rows
from pipeline.prompting.config import EndpointModel, PresetModel, PromptingConfig, PushedModel
from pipeline.prompting.language_model import LanguageModel
from pipeline.reports import prompting as report
from pipeline.runtime import lock, logs
from pipeline.scoring import tables
from pipeline.scoring.journal import Journal

PROMPTS = "prompts.jsonl"
"""Every prompt with its answer."""
_LOG, _LOCK, _UNFINISHED = "log.txt", "lock", "unfinished.jsonl"


def run(
    path: pathlib.Path, shots: str | None, overrides: Sequence[str], workspace: pathlib.Path
) -> int:
    """Ask, then print and write accuracy by number of examples; a killed command continues.

    Args:
        path: YAML.
        shots: `prompt.shots`, parted by commas; None for those of the YAML.
        overrides: `dotted.key=value` settings of the YAML.
        workspace: Folder of everything that commands write, and of pushed models.

    Raises:
        ValueError: If the config is wrong, or model or data are not there or do not fit.
    """
    if shots is not None:
        overrides = [*overrides, f"prompt.shots=[{shots}]"]
    config = prompting_config.load(path, overrides)
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    base = relative_paths.base(path)
    folder = where.prompting / session.stamp()
    with lock.hold(where.prompting / _LOCK), logs.to_file(folder / _LOG) as terminal:
        shown = console.Console(file=terminal, highlight=False)
        (folder / artifact_files.CONFIG).write_text(prompting_config.to_yaml(config), "utf-8")
        read = rows.read(config, base, where.samples)
        with _model(config, base, where, shown) as model:
            _measure(config, read, model, where.prompting / _UNFINISHED, folder, shown)
    return 0


@contextlib.contextmanager
def _model(
    config: PromptingConfig, base: pathlib.Path, where: paths.Paths, shown: console.Console
) -> Iterator[LanguageModel]:
    with shown.status("loading the model"):
        model = _load(config, base, where)
    try:
        yield model
    finally:
        model.close()


def _load(config: PromptingConfig, base: pathlib.Path, where: paths.Paths) -> LanguageModel:
    match config.model:
        case PushedModel(name=name):
            from pipeline.prompting import pushed

            return pushed.load(paths.Paths(where.workspace, name))
        case PresetModel() as given:
            from pipeline.prompting import preset

            return preset.load(given, relative_paths.place_preset(given.preset, base))
        case EndpointModel() as given:
            from pipeline.prompting import endpoint

            return endpoint.EndpointLanguageModel(given)


def _measure(
    config: PromptingConfig,
    read: rows.Rows,
    model: LanguageModel,
    unfinished: pathlib.Path,
    folder: pathlib.Path,
    shown: console.Console,
) -> None:
    with Journal(unfinished, measuring.identity(config, read, model)) as kept:
        if kept.rows:
            shown.print(f"continuing after {kept.rows:,} prompts")
        batches = measuring.measure(config, read, model, kept)
        total = measuring.count(config, read)
        for _ in counting.shown(batches, int, shown, kept.rows, total, "prompts"):
            pass
        found = measuring.result(config, read, model, kept)
        tables.write_jsonl(folder / PROMPTS, kept.read)
        kept.remove()
    report.write(found, folder)
    shown.print(report.show(found))
    line = f"every prompt, figures and chart: {paths.shown(folder)}"
    run_view.print_line(shown, line)
