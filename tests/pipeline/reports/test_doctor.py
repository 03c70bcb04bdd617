"""Tests of pipeline/reports/doctor.py: what a person sees of findings."""

import io

from rich.console import Console

from components.doctor.finding import Examination, Finding, NotApplicable
from pipeline.reports import doctor

FINE = Finding("class_balance", "pass", "3 labels, 10 to 12 rows each.", seconds=1.2)
DOUBT = Finding("truncation", "warn", "7 of 9 texts are cut.", "Ends are lost.", "Raise it.")
WRONG = Finding("leakage", "fail", "[5] rows are in both.", "Figures are untrue.", "Remove them.")


def shown(findings, folder, width=60, not_applicable=()):
    stream = io.StringIO()
    examined = Examination(findings, list(not_applicable))
    doctor.show("mail", examined, folder, Console(file=stream, width=width))
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


def test_what_does_not_apply_is_listed_by_its_reason(tmp_path):
    skipped = [
        NotApplicable("class_balance", "'price' holds numbers"),
        NotApplicable("image_sizes", "no column holds images"),
        NotApplicable("label_noise", "'price' holds numbers"),
    ]
    told = shown([FINE], tmp_path, width=99, not_applicable=skipped)
    assert "not applicable: class_balance, label_noise ('price' holds numbers)" in told
    assert "not applicable: image_sizes (no column holds images)" in told
