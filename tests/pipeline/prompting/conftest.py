"""A measurement's config from a few lines, and a model that follows a table."""

import pytest
import yaml

from pipeline.prompting import config, rows

BASE = {
    "name": "fruit",
    "data": {"source": {"kind": "csv", "path": "fruit.csv"}},
    "model": {"kind": "pushed", "name": "small"},
    "prompt": {"question": "text", "answer": "label"},
}


@pytest.fixture
def measured(tmp_path):
    """The config of a measurement: fields of its sections, and settings."""

    def call(*overrides, **sections):
        fields = {
            key: value | sections.get(key, {}) for key, value in BASE.items() if key != "name"
        }
        (tmp_path / "fruit.csv").touch()
        path = tmp_path / "fruit.yaml"
        path.write_text(yaml.safe_dump({"name": "fruit", **fields}, allow_unicode=True))
        return config.load(path, overrides)

    return call


@pytest.fixture
def row():
    def call(question, answer="red", reason=None):
        return rows.Row(question, answer, reason, f"rows.csv:{question}")

    return call


class TableModel:
    """Scores and continuations by functions; reads as many words as `length` at once."""

    which = "a table"

    def __init__(self, score=None, write=None, length=1000):
        self._score, self._write, self._length = score, write, length
        self.read = []

    def _fits(self, text):
        self.read.append(text)
        return len(text.split()) <= self._length

    def score(self, pairs):
        return [self._score(*pair) if self._fits("".join(pair)) else None for pair in pairs]

    def write(self, prompts, longest):
        return [self._write(one, longest) if self._fits(one) else None for one in prompts]

    def close(self):
        pass


@pytest.fixture
def table_model():
    return TableModel
