"""Tests of pipeline/commands.py: what a failed run leaves behind."""

import pytest

from pipeline import commands

CONFIG = """
name: broken
task: {kind: text_classification}
data: {source: {kind: csv, path: none.csv}}
model: {kind: text_cnn}
"""


@pytest.mark.parametrize(
    ("error", "code"), [(KeyError("a defect"), 1), (OSError(28, "No space left on device"), 2)]
)
def test_the_traceback_is_in_the_log_whoever_must_mend_it(tmp_path, monkeypatch, error, code):
    def fail(*_):
        raise error

    monkeypatch.setattr(commands, "_run", fail)
    (tmp_path / "broken.yaml").write_text(CONFIG)
    assert commands.run(tmp_path / "broken.yaml", [], tmp_path) == code
    (log,) = tmp_path.glob("runs/broken/log/*/log.txt")
    assert "Traceback" in log.read_text()
    assert type(error).__name__ in log.read_text()
