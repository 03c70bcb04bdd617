"""Load an export in a fresh process and see whether it answers as the trainer did."""

import json
import pathlib
import subprocess
from collections.abc import Sequence

REPORT = "canary.json"
"""Name of the report inside the artifact."""


def run(
    command: Sequence[str], model: pathlib.Path, reference: pathlib.Path, report: pathlib.Path
) -> list[str]:
    """Probe a model and return what is wrong with it, in words; nothing if it is fit to serve.

    Args:
        command: Program that takes a SavedModel, reference answers and a report to write, such as
            `python -m serving.probe`.
        model: SavedModel.
        reference: The trainer's own answers to real examples.
        report: Where the program writes its JSON report, whose `problems` are returned.
    """
    arguments = [*command, str(model), str(reference), str(report)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if not report.is_file():
        problem = (
            f"The server process died before it could answer (exit code {done.returncode}). "
            f"It printed last: {_last_lines(done.stderr)}"
        )
        report.write_text(json.dumps({"problems": [problem]}, indent=2))
        return [problem]
    return list(json.loads(report.read_text())["problems"])


def _last_lines(text: str, count: int = 5) -> str:
    return " / ".join(text.strip().splitlines()[-count:]) or "nothing"
