"""Tests of pipeline/reports/doctor.py: what a person sees of findings."""

import io

from rich.console import Console

from components.doctor.finding import Finding
from pipeline.reports import doctor

FINE = Finding("class_balance", "pass", "3 labels, 10 to 12 rows each.", seconds=1.2)
DOUBT = Finding("truncation", "warn", "7 of 9 texts are cut.", "Ends are lost.", "Raise it.")
WRONG = Finding("leakage", "fail", "[5] rows are in both.", "Figures are untrue.", "Remove them.")


def shown(findings, folder, width=60):
    stream = io.StringIO()
    doctor.show("mail", findings, folder, Console(file=stream, width=width))
    return stream.getvalue()


def test_what_is_worst_stands_last_and_in_full(tmp_path):
    told = shown([WRONG, FINE, DOUBT], tmp_path)
    assert "mail: 3 checks in 1 s: 1 failed, 1 warn, 1 passed" in told
    assert told.index("class_balance") < told.index("truncation") < told.index("leakage")
    for words in ("[5] rows are in both.", "Figures are untrue.", "To do: Remove them."):
        assert words in told


def test_what_passed_takes_one_line(tmp_path):
    long = Finding("drift", "pass", "No feature moved. " * 20)
    lines = shown([long], tmp_path, width=50).splitlines()
    (line,) = [line for line in lines if "drift" in line]
    assert len(line) <= 50


def test_files_are_named_where_there_are_any(tmp_path):
    (tmp_path / "findings.json").write_text("{}")
    told = shown([FINE], tmp_path, width=400)
    assert str(tmp_path / "findings.json") in told
    assert "doctor.png" not in told
