"""Tests of components/canary/canary.py with fake probes."""

import json
import pathlib
import sys

import pytest

from components.canary import canary

OK = """
import json, sys
model, reference, report, *more = sys.argv[1:]
said = {"problems": [], "remarks": ["needs more"], "more": more}
json.dump({**said, "model": model, "reference": reference}, open(report, "w"))
"""
REFUSES = """
import json, sys
json.dump({"problems": ["출력이 다르다", "too slow"], "remarks": []}, open(sys.argv[3], "w"))
sys.exit(1)
"""
DIES = """
import os, sys
sys.stderr.write("".join(f"line {i}\\n" for i in range(9)))
sys.stderr.flush()
os.abort()
"""


@pytest.fixture
def run(tmp_path):
    def call(program, originals=tmp_path / "none"):
        command = [sys.executable, "-c", program]
        report = tmp_path / canary.REPORT
        found = canary.run(
            command, pathlib.Path("model"), pathlib.Path("answers.npz"), report, originals
        )
        return found, json.loads(report.read_text())

    return call


def test_a_model_that_answers_well_has_no_problems(run):
    found, report = run(OK)
    assert (found.problems, found.remarks) == ([], ["needs more"])
    assert (report["model"], report["reference"]) == ("model", "answers.npz")
    assert report["more"] == []


def test_files_as_they_were_are_passed_to_the_probe_where_there_are_any(run, tmp_path):
    (tmp_path / "originals.jsonl").write_text("")
    _, report = run(OK, tmp_path / "originals.jsonl")
    assert report["more"] == ["--originals", str(tmp_path / "originals.jsonl")]


def test_what_the_probe_finds_is_passed_on(run):
    found, report = run(REFUSES)
    assert found.problems == report["problems"] == ["출력이 다르다", "too slow"]


def test_a_probe_that_dies_is_a_problem_with_its_last_words(run):
    found, report = run(DIES)
    assert found.problems == report["problems"]
    (problem,) = found.problems
    assert "died before it could answer (exit code -6)" in problem
    assert problem.endswith("It printed last: line 4 / line 5 / line 6 / line 7 / line 8")


def test_a_probe_that_says_nothing_is_a_problem(run):
    found, _ = run("")
    assert found.problems == [
        "The server process died before it could answer (exit code 0). It printed last: nothing"
    ]
