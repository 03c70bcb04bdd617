"""What `maru runs` does: list runs, and compare some of them."""

from __future__ import annotations

import datetime
import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich import console

from pipeline import past_runs, paths
from pipeline.display import run_view
from pipeline.past_runs import PastRun

_NONE = "–"
_STAMP = "%Y%m%d-%H%M%S-%f"


def show(workspace: pathlib.Path, name: str | None, chosen: Sequence[str], *, as_json: bool) -> str:
    """Print the runs of a workspace or of a pipeline, or some of them side by side.

    Args:
        workspace: Where they ran.
        name: Of a pipeline; None for all.
        chosen: Times of the runs to compare, or their beginnings; none for a list.
        as_json: Whether to give JSON for programs.

    Raises:
        ValueError: If there is no such pipeline or run.
    """
    folder = paths.workspace(workspace)
    which = [name] if name else past_runs.names(folder)
    runs = [run for each in which for run in past_runs.find(folder, each)]
    if chosen:
        runs = [past_runs.choose(runs, started) for started in chosen]
    if as_json:
        return json.dumps([_plain(run) for run in runs], ensure_ascii=False, indent=2)
    if not runs:
        return f"No runs in {paths.shown(folder)} yet. `maru run CONFIG` makes one."
    return "\n".join(_compared(runs) if chosen else _listed(runs))


def _plain(run: PastRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "run": run.started,
        "command": run.command,
        "outcome": run.outcome,
        "is_served": run.is_served,
        "seconds": run.ending.seconds if run.ending else None,
        "failure": run.ending.failure if run.ending else None,
        "folder": str(run.folder.resolve()),
        "summary": run.summary,
    }


def _listed(runs: Sequence[PastRun]) -> Iterator[str]:
    rows = [
        [run.name, run.started, run.command, _outcome(run), _headline(run), _took(run)]
        for run in runs
    ]
    headings = ["pipeline", "run", "command", "outcome", "headline", "took"]
    yield _drawn(headings, rows)
    for run in runs:
        if run.ending and run.ending.failure:
            yield f"{run.name} {run.started}: {run.ending.failure}"
        for refusal in run.summary["refusals"] if run.summary else []:
            yield f"{run.name} {run.started}: {refusal}"


def _outcome(run: PastRun) -> str:
    version = f" as version {run.version}" if run.version else ""
    return f"{run.outcome}{version}{', served' if run.is_served else ''}"


def _headline(run: PastRun) -> str:
    if not run.summary:
        return _NONE
    name, (low, high) = run.summary["shown"][0], run.summary["interval"]
    value = run.summary["metrics"]["all"][name]
    return f"{name} {value:.3f} ({low:.3f} to {high:.3f})"


def _took(run: PastRun) -> str:
    return f"{run.ending.seconds:,.0f} s" if run.ending else _NONE


def _compared(runs: Sequence[PastRun]) -> Iterator[str]:
    yield _drawn(["", *(run.started for run in runs)], list(_figures(runs)))
    differences = list(_differences([_leaves(run.config) for run in runs]))
    if differences:
        yield "what differs between their configs"
        yield _drawn(["field", *(run.started for run in runs)], differences)
    else:
        yield "Their configs are the same."


def _figures(runs: Sequence[PastRun]) -> Iterator[list[str]]:
    yield ["outcome", *(_outcome(run) for run in runs)]
    yield ["started", *(_shown(run.started) for run in runs)]
    yield ["took", *(_took(run) for run in runs)]
    yield ["headline", *(_headline(run) for run in runs)]
    metrics = [run.summary["metrics"]["all"] if run.summary else {} for run in runs]
    shown = {name: None for run in runs if run.summary for name in run.summary["shown"]}
    for name in shown:
        yield [name, *(f"{all_[name]:.4f}" if name in all_ else _NONE for all_ in metrics)]
    yield ["examples", *(f"{all_['example_count']:.0f}" if all_ else _NONE for all_ in metrics)]
    yield ["simple baseline", *(_of(run, "baseline", "simple", "{:.4f}") for run in runs)]
    yield ["trained parameters", *(_of(run, "parameters", "trainable", "{:,}") for run in runs)]


def _of(run: PastRun, group: str, field: str, form: str) -> str:
    return form.format(run.summary[group][field]) if run.summary else _NONE


def _shown(started: str) -> str:
    # A search adds what it searched to the time.
    stamp = "-".join(started.split("-")[:3])
    return f"{datetime.datetime.strptime(stamp, _STAMP):%Y-%m-%d %H:%M:%S}"


def _leaves(value: Any, path: str = "") -> dict[str, str]:
    """Values of a config by dotted field; a list's elements by their place."""
    inner: Iterable[tuple[Any, Any]]
    if isinstance(value, Mapping) and value:
        inner = value.items()
    elif isinstance(value, list) and value:
        inner = enumerate(value)
    else:
        return {path: json.dumps(value, ensure_ascii=False)}
    return {
        leaf: text
        for key, each in inner
        for leaf, text in _leaves(each, f"{path}.{key}" if path else str(key)).items()
    }


def _differences(configs: Sequence[Mapping[str, str]]) -> Iterator[list[str]]:
    for field in {field: None for config in configs for field in config}:
        values = [config.get(field, _NONE) for config in configs]
        if len(set(values)) > 1:
            yield [field, *values]


def _drawn(headings: list[str], rows: list[list[str]]) -> str:
    """A table as text, as wide as it must be: a cell that is cut compares with nothing."""
    wide = console.Console(width=10_000, highlight=False)
    with wide.capture() as captured:
        wide.print(run_view.grid(headings, rows, numbers=False))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
