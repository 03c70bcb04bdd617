"""Tests of pipeline/commands/report.py: what the end of a run makes of a page that fails."""

import errno
import json

import pytest

from pipeline import artifact_files, paths
from pipeline.commands import report
from pipeline.config import loading
from pipeline.reports.page import page

STARTED = "20260101-000000-000"


@pytest.fixture
def where(tmp_path):
    """A pipeline with one run, whose summary is of a version without reports."""
    where = paths.Paths(tmp_path, "mail")
    folder = where.run(STARTED)
    folder.mkdir(parents=True)
    fields = {
        "name": "mail",
        "task": {"kind": "text_classification"},
        "data": {"source": {"kind": "csv", "path": "mail.csv"}},
        "model": {"kind": "text_cnn"},
    }
    config = loading.from_mapping(fields, source="the test")
    (folder / artifact_files.CONFIG).write_text(loading.to_yaml(config))
    (folder / artifact_files.RUN_SUMMARY).write_text(json.dumps({"version": 1, "refusals": []}))
    return where


def test_a_full_disk_leaves_a_run_without_its_page_and_says_so(where, monkeypatch, capfd):
    def fail(run):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(page, "write", fail)
    report.write(where, STARTED)
    assert "no report: The disk is full" in capfd.readouterr().out


def test_a_defect_of_the_page_stays_one(where, monkeypatch):
    monkeypatch.setattr(page, "write", lambda run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.write(where, STARTED)


def test_a_run_of_a_version_without_reports_is_told(where):
    with pytest.raises(ValueError, match="is of a version without reports.*Run the pipeline again"):
        report.report(where.workspace, "mail", None)


def test_an_unknown_run_is_told(where):
    with pytest.raises(ValueError, match="no run begins so. Received: '1999'"):
        report.report(where.workspace, "mail", "1999")
