"""The README of a bundle: the commands, and the figures they came with."""

import pathlib
import string
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from tabulate import tabulate

from serving.bundle import compose, kubernetes, model, server_files
from serving.bundle.model import Bundled
from serving.bundle.sweep import Sweep
from serving.bundle.twins import Twin

_TEMPLATE = pathlib.Path(__file__).with_name("manual.md")
_ROWS, _COLUMNS = "requests/{}.rows.json", "requests/{}.columns.json"
_PER_MODEL = (
    "Each model batches by `batching_params.pbtxt` in its version's folder "
    "(`--enable_per_model_batching_parameters`); of `config/batching.config` only the threads "
    "count, for all models together."
)
_TWINS = (
    "Twins have the weights of their originals and as many bytes; their matrix products and "
    "convolutions run in the low precision, which pays where the hardware has it. Compared with "
    "the trainer's float32 answers to the reference examples, all of them in one batch here:"
)


def text(app: kubernetes.App, sweeps: Mapping[str, Sweep], made: Sequence[Twin]) -> str:
    """Fill the template.

    Args:
        app: Names, models and release.
        sweeps: What was measured, by model name.
        made: The twins among the models.
    """
    first = app.models[0]
    measured = sweeps[first.name]
    service = model.dns_name(first.name)
    twin_names = {twin.source.name for twin in made}
    values = {
        "title": ", ".join(entry.name for entry in app.models),
        "tag": app.release.tag,
        "text": app.release.text,
        "models_table": _table(app.models),
        "twins": _twins(made),
        "originals": " ".join(entry.name for entry in app.models if entry.name not in twin_names),
        "machine": measured.machine,
        "callers": str(measured.callers),
        "seconds": f"{measured.seconds:g}",
        "sweep_file": "sweep.json",
        "checksums_file": "SHA256SUMS",
        "docker_flags": _docker_flags(app.models),
        "name": first.name,
        "version": str(first.version),
        "rows_file": _ROWS.format(first.name),
        "columns_file": _COLUMNS.format(first.name),
        "answers": "\n".join(_answer(entry) for entry in app.models),
        "metrics_path": server_files.METRICS_PATH,
        "app": app.name,
        "app_file": service,
        "isvc": service,
        "memory_request": str(model.memory_request(app.models)),
        "memory_limit": str(model.memory_limit(app.models)),
        "start_seconds": str(model.start_seconds(app.models)),
        "per_model": _PER_MODEL if len(app.models) > 1 else "",
    }
    filled = string.Template(_TEMPLATE.read_text("utf-8")).substitute(values)
    return filled.replace("\n\n\n", "\n\n")


def requests(entry: Bundled) -> dict[str, str]:
    """Bodies for REST in both of its forms, by path in the bundle.

    Args:
        entry: A model.
    """
    columns = {name: [row[name] for row in entry.requests] for name in entry.requests[0]}
    return {
        _ROWS.format(entry.name): _json({"instances": entry.requests}),
        _COLUMNS.format(entry.name): _json({"inputs": columns}),
    }


def _table(models: Sequence[Bundled]) -> str:
    rows = [
        {
            "model": entry.name,
            "version": entry.version,
            "MB": f"{entry.size / 1e6:.1f}",
            "batch sizes": ", ".join(map(str, entry.batching.allowed_batch_sizes)),
            "threads": entry.batching.num_batch_threads,
            "timeout": f"{entry.batching.batch_timeout_micros} µs",
            "examples/s": f"{entry.throughput:.0f}",
            "p95": f"{entry.p95_ms:.0f} ms",
            "loads in": f"{entry.load_seconds:.1f} s",
        }
        for entry in models
    ]
    return tabulate(rows, "keys", "pipe", disable_numparse=True)


def _twins(made: Sequence[Twin]) -> str:
    if not made:
        return ""
    headers = ("twin", "in low precision", "largest difference", "equal answers", "float32", "twin")
    rows = [
        (
            twin.source.name,
            f"{twin.products} products in {twin.dtype}",
            f"{twin.difference:.1e}",
            "-" if twin.agreement is None else f"{twin.agreement:.1%}",
            f"{twin.original_ms:.1f} ms",
            f"{twin.twin_ms:.1f} ms",
        )
        for twin in made
    ]
    return f"{_TWINS}\n\n{tabulate(rows, headers, 'pipe', disable_numparse=True)}"


def _docker_flags(models: Sequence[Bundled]) -> str:
    arguments = server_files.flags(models, compose.CONFIG_FOLDER)
    return " \\\n".join(f"  {argument}" for argument in arguments)


def _answer(entry: Bundled) -> str:
    """What a model answers, and what of it only fills up."""
    named = ", ".join(f"`{output.name}` ({output.dtype})" for output in entry.outputs)
    filled = [
        f" Of each row of `{output.name}` only the first `{output.length}` values count: the rest "
        "fills it up to the longest row."
        for output in entry.outputs
        if output.length
    ]
    return f"- `{entry.name}` answers {named}.{''.join(filled)}"


def _json(content: Mapping[str, Any]) -> str:
    option = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(content, option=option).decode()
