"""Tests of components/ingest/config.py."""

import subprocess
import sys

import pydantic
import pytest

from components.ingest import config
from pipeline.config.problems import ConfigError
from tests import strict

DATA = pydantic.TypeAdapter(config.DataConfig)


def test_a_source_is_chosen_by_its_kind():
    data = DATA.validate_json('{"source": {"kind": "tsv", "path": "a.tsv"}, "split": {"test": 1}}')
    assert data.source == config.TsvSource("a.tsv")
    assert data.split == config.SplitConfig(8, 2, 1)
    assert data.max_quarantined == 0.01


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            '{"kind": "csv", "path": "a", "encoding": "utf9"}',
            "a Python codec name such as .* Received: 'utf9'",
        ),
        (
            '{"kind": "csv", "path": "a", "encoding": "utf-16"}',
            "line by line. Received: 'utf-16'. Save the file",
        ),
        ('{"kind": "csv", "path": "a", "delimiter": "::"}', "must be one character"),
        ('{"kind": "cvs", "path": "a"}', "does not match any of the expected tags"),
        ('{"kind": "sample", "name": "imdb"}', "imdb_small"),
    ],
)
def test_impossible_sources_are_refused_in_words(source, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        DATA.validate_json(f'{{"source": {source}}}')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp949", "shift_jis"])
def test_encodings_with_single_byte_line_breaks_are_accepted(encoding):
    source = strict.read(config.CsvSource, {"path": "a", "encoding": encoding})
    assert source.encoding == encoding


def test_ratios_need_train_parts():
    with pytest.raises(ConfigError, match="train: must be at least 1. Received: 0"):
        strict.read(config.SplitConfig, {"train": 0})


def test_shares_are_between_zero_and_one():
    source = {"kind": "csv", "path": "a"}
    with pytest.raises(ConfigError, match="max_quarantined: must be from 0 to 1. Received: 5"):
        strict.read(config.DataConfig, {"source": source, "max_quarantined": 5})


def test_the_config_imports_without_tensorflow_beam_or_tfx():
    code = (
        "import sys, components.ingest.config, components.ingest.preview;"
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'apache_beam', 'tfx', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
