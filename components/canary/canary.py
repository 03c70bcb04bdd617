"""Load an export in a fresh process and see whether it answers as the trainer did."""

import dataclasses
import json
import pathlib
import subprocess
from collections.abc import Sequence

REPORT = "canary.json"
"""Name of the report inside the artifact."""


@dataclasses.dataclass(frozen=True)
class Findings:
    """What a probe says of a model, in words."""

    problems: Sequence[str]
    """Why it must not be served; empty if it is fit to be."""
    remarks: Sequence[str]
    """What its operators should know."""


def run(
    command: Sequence[str],
    model: pathlib.Path,
    reference: pathlib.Path,
    report: pathlib.Path,
    originals: pathlib.Path,
) -> Findings:
    """Probe a model.

    Args:
        command: Program that takes a SavedModel, reference answers and a report to write, such as
            `python -m serving.probe`.
        model: SavedModel.
        reference: The trainer's own answers to real examples.
        report: Where the program writes its JSON report, with `problems` and `remarks`.
        originals: Files as they were before Ingest, which the program gets as `--originals`; it
            need not exist.
    """
    arguments = [*command, str(model), str(reference), str(report)]
    if originals.is_file():
        arguments += ["--originals", str(originals)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if not report.is_file():
        problem = (
            f"The server process died before it could answer (exit code {done.returncode}). "
            f"It printed last: {_last_lines(done.stderr)}"
        )
        report.write_text(json.dumps({"problems": [problem], "remarks": []}, indent=2))
    written = json.loads(report.read_text())
    return Findings(written["problems"], written["remarks"])


def _last_lines(text: str, count: int = 5) -> str:
    return " / ".join(text.strip().splitlines()[-count:]) or "nothing"
