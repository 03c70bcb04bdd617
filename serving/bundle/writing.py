"""Writing a bundle: everything into a folder that appears complete or not at all."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from serving.bundle import (
    compatibility,
    compose,
    kserve,
    kubernetes,
    manual,
    model,
    server_files,
    twins,
)
from serving.bundle.model import Bundled, Source
from serving.bundle.releases import RELEASES, Release
from serving.bundle.sweep import Sweep
from serving.execution import warmup
from serving.execution.saved_model import SavedModelPredictor
from serving.export import description, request_form, warm_up_file
from serving.model import DEFAULT_SIGNATURE
from serving.telemetry import metrics

MODELS = "models"
"""Folder of the SavedModels in a bundle."""
SWEEP_FILE = "sweep.json"
CHECKSUMS_FILE = "SHA256SUMS"
_NUM_REQUESTS = 2
_SPARE_BYTES = 64 * 2**20


def choose_release(sources: Sequence[Source], target: str | None) -> Release:
    """The TensorFlow Serving a bundle is for.

    Args:
        sources: What it has to load.
        target: A key of `RELEASES`; None takes the oldest that can.

    Raises:
        ValueError: If it cannot, as far as is known.
    """
    folders = [source.folder for source in sources]
    chosen = target or compatibility.oldest_release(folders)
    if chosen is not None and not any(compatibility.check(path, chosen) for path in folders):
        return RELEASES[chosen]
    newest = chosen or list(RELEASES)[-1]
    problems = [
        f"  {source.name}: {problem}"
        for source in sources
        for problem in compatibility.check(source.folder, newest)
    ]
    able = compatibility.oldest_release(folders)
    advice = f"Bundle for {able}, which can." if able else "Change the model's preprocessing."
    raise ValueError("\n".join([f"No bundle for TensorFlow Serving {newest}:", *problems, advice]))


@contextlib.contextmanager
def appearing(destination: pathlib.Path, *, replace: bool) -> Iterator[pathlib.Path]:
    """A folder to write to, renamed to its destination when all went well and removed otherwise.

    Args:
        destination: Folder to make.
        replace: Whether one that is there already is replaced.

    Raises:
        ValueError: If it is there and is not to be replaced.
    """
    if destination.exists() and not replace:
        raise ValueError(
            f"{destination} is already there. Choose another --output, or replace it with --force."
        )
    destination.parent.mkdir(parents=True, exist_ok=True)
    incoming = destination.with_name(f".{destination.name}.incoming-{os.getpid()}")
    incoming.mkdir()
    try:
        yield incoming
        outgoing = destination.with_name(f".{destination.name}.outgoing-{os.getpid()}")
        if destination.exists():
            destination.rename(outgoing)
        incoming.rename(destination)
        if outgoing.exists():
            shutil.rmtree(outgoing)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def require_room(sources: Sequence[Source], folder: pathlib.Path, copies: int) -> None:
    """Refuse before the first byte is copied, if the models do not fit.

    Args:
        sources: What is to be copied.
        folder: Where to.
        copies: How often, twins counted.

    Raises:
        ValueError: If the disk has less room than the models and their warm-up records need.
    """
    needed = copies * sum(_size(source.folder) for source in sources) + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ValueError(
            f"The bundle needs {needed / 1e6:.0f} MB and {folder} has {free / 1e6:.0f} MB left. "
            "Make room or choose another --output."
        )


def add_model(source: Source, swept: Sweep, folder: pathlib.Path) -> Bundled:
    """Copy one version into a bundle, add warm-up records, and see that it loads with them.

    Args:
        source: The version; a twin is in the bundle already and is not copied.
        swept: What was measured of it.
        folder: The bundle.

    Raises:
        ServingError: If the copy does not load or a warm-up request fails.
    """
    batching = swept.chosen.batching
    version_folder = folder / MODELS / source.name / str(source.version)
    if source.folder != version_folder:
        shutil.copytree(source.folder, version_folder)
    size = _size(version_folder)
    count = warm_up_file.write(
        version_folder, source.name, source.reference, batching.allowed_batch_sizes
    )
    text = server_files.batching_config(batching)
    (version_folder.parent / server_files.BATCHING).write_text(text, "utf-8")
    (version_folder / server_files.PER_MODEL_BATCHING).write_text(text, "utf-8")
    started = time.perf_counter()
    predictor = SavedModelPredictor(version_folder, source.version)
    try:
        warmup.run(predictor, source.name, version_folder, 1, metrics.Metrics())
    finally:
        predictor.close()
    known = source.reference[DEFAULT_SIGNATURE]
    first = {name: array[:_NUM_REQUESTS] for name, array in known["inputs"].items()}
    return Bundled(
        name=source.name,
        version=source.version,
        size=size,
        requests=tuple(request_form.rows(first)),
        outputs=description.outputs(known["outputs"]),
        batching=batching,
        throughput=swept.chosen.requests_per_second,
        p95_ms=swept.chosen.p95_ms,
        load_seconds=round(time.perf_counter() - started, 2),
        warm_up_records=count,
        cores=swept.cores,
    )


def add_files(
    models: Sequence[Bundled],
    sweeps: Mapping[str, Sweep],
    made: Sequence[twins.Twin],
    release: Release,
    folder: pathlib.Path,
) -> None:
    """Write everything around the models, and last the checksums of all of it.

    Args:
        models: What is in the bundle by now, twins included.
        sweeps: What was measured, by model name.
        made: How far the twins are from their originals.
        release: Which TensorFlow Serving it is for.
        folder: The bundle.
    """
    name = model.dns_name(models[0].name) if len(models) == 1 else "models"
    app = kubernetes.App(name, models, release)
    config = {
        server_files.MODELS: server_files.models_config(models, compose.MODELS_FOLDER),
        server_files.BATCHING: server_files.batching_config(server_files.shared_batching(models)),
        server_files.MONITORING: server_files.monitoring_config(),
    }
    documents = _manifests(app, config)
    texts = {f"config/{key}": text for key, text in config.items()}
    texts |= {path: to_yaml(content) for path, content in documents.items()}
    texts[SWEEP_FILE] = json.dumps({k: s.to_json() for k, s in sweeps.items()}, indent=2) + "\n"
    texts["README.md"] = manual.text(app, sweeps, made)
    texts |= {path: text for entry in models for path, text in manual.requests(entry).items()}
    for path, text in texts.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    (folder / CHECKSUMS_FILE).write_text(_checksums(folder), "utf-8")


def _manifests(
    app: kubernetes.App, config: dict[str, str]
) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Documents of the YAML files by path."""
    services = {
        f"kserve/{service['metadata']['name']}.yaml": [service]
        for bundled in app.models
        for on_gpu in (False, True)
        for service in [kserve.inference_service(bundled, app.release, on_gpu=on_gpu)]
    }
    return {
        "docker-compose.yml": [compose.compose(app.models, app.release)],
        "kubernetes/storage.yaml": kubernetes.storage(app),
        "kubernetes/fill.yaml": kubernetes.fill(app),
        "kubernetes/shared.yaml": kubernetes.shared(app, config),
        "kubernetes/cpu.yaml": kubernetes.cpu(app),
        "kubernetes/gpu.yaml": kubernetes.gpu(app),
        "kubernetes/prometheus-adapter-values.yaml": [kubernetes.adapter_rules()],
        **services,
    }


class _Plain(yaml.SafeDumper):
    """YAML without anchors, which people who read a manifest do not expect, and texts as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _represent_text)


def to_yaml(documents: Sequence[Mapping[str, Any]]) -> str:
    """Documents of one file, keys in the order given."""
    return yaml.dump_all(documents, Dumper=_Plain, sort_keys=False, width=100)


def _checksums(folder: pathlib.Path) -> str:
    """Lines as `sha256sum --check` reads them, for every file."""
    lines = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    return "".join(lines)


def _size(folder: pathlib.Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
