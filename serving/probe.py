"""`python -m serving.probe`: does an export answer as the model did when it was exported?

Run in a fresh process: it loads the export the way the server does, sends
real examples through every signature, compares, and measures.
"""

import json
import math
import pathlib
import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import click
import numpy as np

from serving import errors, process
from serving.export import originals, reference
from serving.model import DEFAULT_SIGNATURE, Predictor

# Written by TensorFlow for itself; no client calls it.
_INTERNAL_SIGNATURES = {"__saved_model_init_op"}
# Measured on ten kinds of models, up to 50 layers and logits of 1e5: fused, and in batches of
# another size, they answered at most 11 units of the last place of an output's largest number, and
# at most twice what rounding the weights anew does, from the answers to compare with.
_UNITS = 64
_MARGIN = 32
# Beyond this share of an output's largest number, rounding is worth a remark.
_SENSITIVE = 0.01
_CALLS = 30
_SECONDS_PER_MEASUREMENT = 0.5

Arrays = reference.Arrays
_ADVICE = (
    "So the export computes something else than the trained model did. Run again: the Canary asks "
    "anew. If it stays so, the export is wrong: report it with the Canary's report, and train "
    "another `model.kind` meanwhile."
)


def probe(
    model_dir: pathlib.Path, expected: reference.Reference, files: pathlib.Path | None = None
) -> dict[str, Any]:
    """Load, ask and compare.

    Args:
        model_dir: Folder with `saved_model.pb`.
        expected: From `serving.export.reference.load`.
        files: For `serving.export.originals.ask`.

    Returns:
        `signatures` (per name `max_abs_difference`, `tolerances` by output, `labels_equal`,
        `p50_ms`, `p95_ms` at batch 1, `batch`, `batch_p50_ms`, `batch_p95_ms`), `load_seconds`,
        `formats` (what became of files as they are), `memory_mib` (the
        process's peak), `remarks` about where it can be served, and `problems`, a list of
        sentences that is empty if all is well.
    """
    from serving.bundle import compatibility
    from serving.execution import saved_model  # Late: a process of its own skips Keras first.

    report: dict[str, Any] = {"signatures": {}, "load_seconds": None, "remarks": [], "problems": []}
    started = time.perf_counter()
    try:
        predictor = saved_model.SavedModelPredictor(model_dir)
    except errors.ServingError as error:
        report["problems"].append(f"The export does not load: {error.text}")
        return report
    report["load_seconds"] = round(time.perf_counter() - started, 3)
    report["remarks"] = compatibility.remarks(model_dir)
    report["problems"] += _compare_names(
        "signature", "the export", set(expected), set(predictor.signatures) - _INTERNAL_SIGNATURES
    )
    for name in sorted(expected.keys() & predictor.signatures.keys()):
        allowed = _allowed(expected[name])
        findings, problems = _probe_signature(predictor, name, expected[name], allowed)
        report["signatures"][name] = findings
        report["problems"] += problems
        report["remarks"] += _remarks(name, expected[name]["outputs"], allowed)
    if files is not None and not report["problems"]:
        report["formats"], problems = originals.ask(predictor, files, _comparison(expected))
        report["problems"] += problems
        report["remarks"] += originals.remark(report["formats"])
    predictor.close()
    report["memory_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return report


def _allowed(expected: Mapping[str, Arrays]) -> dict[str, float]:
    """Largest difference of each numeric output of a signature."""
    return {
        alias: _tolerance(want, float(expected.get("rounding", {}).get(alias, 0.0)))
        for alias, want in expected["outputs"].items()
        if want.dtype.kind != "O"
    }


def _comparison(expected: reference.Reference) -> originals.Compare:
    """How answers of the default signature to other inputs are compared."""
    allowed = _allowed(expected[DEFAULT_SIGNATURE])
    return lambda want, got: _compare(DEFAULT_SIGNATURE, want, got, allowed)[1]


def _probe_signature(
    predictor: Predictor, name: str, expected: Mapping[str, Arrays], allowed: Mapping[str, float]
) -> tuple[dict[str, Any], list[str]]:
    inputs = expected["inputs"]
    first = {alias: array[:1] for alias, array in inputs.items()}
    try:
        received = predictor.predict(name, inputs)
        findings, problems = _compare(name, expected["outputs"], received, allowed)
        p50, p95 = _latency(lambda: predictor.predict(name, first))
        findings |= {"p50_ms": p50, "p95_ms": p95}
        p50, p95 = _latency(lambda: predictor.predict(name, inputs))
    except errors.ServingError as error:
        return {}, [f"Signature {name} refused the examples: {error.text}"]
    batch = max((len(array) for array in inputs.values()), default=0)
    return findings | {"batch": batch, "batch_p50_ms": p50, "batch_p95_ms": p95}, problems


def _tolerance(want: np.ndarray, rounding: float) -> float:
    """Largest difference that rounding explains; none of whole numbers."""
    if want.dtype.kind in "iub":
        return 0.0
    unit = float(np.spacing(np.ones((), want.dtype)))
    return max(_UNITS * unit * _scale(want), _MARGIN * rounding)


def _scale(array: np.ndarray) -> float:
    """The largest finite number of an output, without its sign."""
    numbers = np.abs(array.astype(np.float64))
    return float(numbers[np.isfinite(numbers)].max(initial=0.0))


def _remarks(name: str, outputs: Arrays, allowed: Mapping[str, float]) -> list[str]:
    return [
        f"Signature {name}, output {alias}: rounding alone may move it by {tolerance:.2g}, where "
        f"it reaches {_scale(outputs[alias]):.3g}, so that it differs between machines. Longer "
        "training at a lower learning rate usually helps."
        for alias, tolerance in allowed.items()
        if tolerance > _SENSITIVE * _scale(outputs[alias]) > 0
    ]


def _compare(
    name: str, expected: Arrays, received: Arrays, allowed: Mapping[str, float]
) -> tuple[dict[str, Any], list[str]]:
    problems = _compare_names("output", f"signature {name}", set(expected), set(received))
    largest, labels_equal = 0.0, True
    for alias in sorted(expected.keys() & received.keys()):
        want, got = expected[alias], received[alias]
        where = f"Signature {name}, output {alias}"
        if want.shape != got.shape or want.dtype != got.dtype:
            problems.append(
                f"{where}: expected {want.dtype} of shape {want.shape}, "
                f"received {got.dtype} of shape {got.shape}."
            )
        elif want.dtype.kind == "O":
            problem = _compare_strings(where, want, got, _ties(want, expected, allowed))
            labels_equal = labels_equal and not problem
            problems += problem
        else:
            difference, problem = _compare_numbers(where, want, got, allowed[alias])
            largest = max(largest, difference)
            problems += problem
    # JSON has no infinity; the problem beside it says what happened.
    shown = largest if math.isfinite(largest) else None
    found = {"max_abs_difference": shown, "tolerances": allowed, "labels_equal": labels_equal}
    return found, problems


def _ties(want: np.ndarray, expected: Arrays, allowed: Mapping[str, float]) -> np.ndarray:
    """Rows `(n,)` whose two best classes are as good as each other, within the tolerance."""
    probabilities = expected.get("probabilities")
    if want.ndim != 1 or probabilities is None or probabilities.shape[-1] < 2:
        return np.zeros(want.shape[:1], bool)
    best = np.sort(probabilities.astype(np.float64), axis=-1)[:, -2:]
    return best[:, 1] - best[:, 0] <= 2 * allowed["probabilities"]


def _compare_strings(where: str, want: np.ndarray, got: np.ndarray, ties: np.ndarray) -> list[str]:
    differs = want != got
    differs[ties] = False  # Either label is right there.
    wrong = np.argwhere(differs)
    if not len(wrong):
        return []
    first = tuple(wrong[0].tolist())
    return [
        f"{where}: {len(wrong)} of {want.size} strings differ; at {list(first)} expected "
        f"{_show(want[first])}, received {_show(got[first])}. {_ADVICE}"
    ]


def _compare_numbers(
    where: str, want: np.ndarray, got: np.ndarray, tolerance: float
) -> tuple[float, list[str]]:
    with np.errstate(invalid="ignore"):
        differences = np.abs(want.astype(np.float64) - got.astype(np.float64))
    # Equal infinities, and NaN where NaN was, are no difference; NaN instead of a number is.
    same = (want == got) | ((want != want) & (got != got))
    differences = np.where(same, 0.0, np.nan_to_num(differences, nan=np.inf, posinf=np.inf))
    wrong = np.argwhere(differences > tolerance)
    largest = float(differences.max(initial=0.0))
    if not len(wrong):
        return largest, []
    first = tuple(np.argwhere(differences == largest)[0].tolist())
    return largest, [
        f"{where}: {len(wrong)} of {want.size} numbers differ by more than {tolerance:.2g}, which "
        f"rounding explains of an output that reaches {_scale(want):.3g}; most at {list(first)}, "
        f"expected {want[first]}, received {got[first]}. {_ADVICE}"
    ]


def _compare_names(what: str, where: str, expected: set[str], received: set[str]) -> list[str]:
    missing = [f"{_capital(where)} lacks the {what} {n}." for n in sorted(expected - received)]
    extra = [
        f"{_capital(where)} has one {what} too many: {n}." for n in sorted(received - expected)
    ]
    return missing + extra


def _latency(call: Callable[[], object]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds; the warm-up call is not counted."""
    call()
    milliseconds: list[float] = []
    deadline = time.perf_counter() + _SECONDS_PER_MEASUREMENT
    while len(milliseconds) < _CALLS and (not milliseconds or time.perf_counter() < deadline):
        started = time.perf_counter()
        call()
        milliseconds.append((time.perf_counter() - started) * 1000)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return round(float(p50), 3), round(float(p95), 3)


def _show(value: bytes) -> str:
    text = value.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


@click.command()
@click.argument("saved_model_dir", type=click.Path(path_type=pathlib.Path))
@click.argument("reference_npz", type=click.Path(path_type=pathlib.Path, exists=True))
@click.argument("report_json", type=click.Path(path_type=pathlib.Path))
@click.option(
    "--originals",
    "files",
    type=click.Path(path_type=pathlib.Path, exists=True),
    help="Files as they were before training's copies of them.",
)
def main(
    saved_model_dir: pathlib.Path,
    reference_npz: pathlib.Path,
    report_json: pathlib.Path,
    files: pathlib.Path | None,
) -> None:
    """Compare an export with reference answers; exit 1 if something differs."""
    process.skip_keras()
    report = probe(saved_model_dir, reference.load(reference_npz), files)
    report_json.write_text(json.dumps(report, indent=2) + "\n")
    sys.exit(1 if report["problems"] else 0)


if __name__ == "__main__":
    main()
