"""Tests of pipeline/runtime/fingerprint.py."""

import pathlib
import re

import pytest

from pipeline.runtime import fingerprint

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A project of two packages."""
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    for name in ("models/a.py", "models/text/b.py", "serving/c.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return tmp_path


def test_it_changes_with_every_source_below_the_packages(code):
    seen = {fingerprint.hash_code("models")}
    (code / "models/text/b.py").write_text("x = 1\n")
    seen.add(fingerprint.hash_code("models"))
    (code / "models/new.py").write_text("")
    seen.add(fingerprint.hash_code("models"))
    (code / "models/new.py").rename(code / "models/renamed.py")
    seen.add(fingerprint.hash_code("models"))
    (code / "models/a.py").unlink()
    seen.add(fingerprint.hash_code("models"))
    assert len(seen) == 5
    assert all(re.fullmatch("[0-9a-f]{16}", value) for value in seen)


def test_it_does_not_change_with_anything_else(code):
    before = fingerprint.hash_code("models")
    (code / "serving/c.py").write_text("y = 2\n")
    (code / "models/__pycache__").mkdir()
    (code / "models/__pycache__/a.pyc").write_bytes(b"compiled")
    (code / "models/notes.txt").write_text("notes")
    assert fingerprint.hash_code("models") == before
    assert fingerprint.hash_code("models", "serving") != before


def test_the_stages_name_files_and_folders_that_exist():
    text = "".join(path.read_text() for path in (ROOT / "pipeline/stages").glob("*.py"))
    calls = re.findall(r"fingerprint\.hash_code\(([^)]*)\)", text)
    folders = [folder for call in calls for folder in re.findall('"([^"]+)"', call)]
    assert {"components/ingest", "models", "pipeline/modules", "serving"} <= set(folders)
    assert all((ROOT / folder).exists() for folder in folders)


def test_a_single_file_can_be_named(code):
    before = fingerprint.hash_code("models/a.py")
    (code / "models/text/b.py").write_text("x = 1\n")
    assert fingerprint.hash_code("models/a.py") == before
    (code / "models/a.py").write_text("x = 1\n")
    assert fingerprint.hash_code("models/a.py") != before
