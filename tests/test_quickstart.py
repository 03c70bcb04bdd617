"""Tests of docs/quickstart.ipynb: it runs from top to bottom, and is stored without outputs."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs/quickstart.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
RUNNER = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        shell.user_ns["_exit_code"] = 0
        shell.run_cell("".join(cell["source"])).raise_error()
        if shell.user_ns["_exit_code"]:
            sys.exit("failed: " + "".join(cell["source"]))
"""
"""Runs the cells as a notebook does, `!` included, and stops at the first that fails."""


@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom(tmp_path):
    places = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(NOTEBOOK)],
        env={**os.environ, **places},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reviews.yaml: guessed from" in done.stdout
    assert "report.html" in done.stdout
    (folder,) = tmp_path.glob("quickstart-*")
    answers = (folder / "answers.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[3] for line in answers[1:]] == ["bad", "good"]


def test_the_notebook_is_stored_without_outputs():
    code = [cell for cell in CELLS if cell["cell_type"] == "code"]
    assert len(code) > 5
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []


def test_links_of_the_notebook_lead_somewhere():
    text = "".join(line for cell in CELLS for line in cell["source"])
    links = re.findall(r"\]\(([^)#\s]+)\)", text)
    assert links and [link for link in links if not (NOTEBOOK.parent / link).exists()] == []
