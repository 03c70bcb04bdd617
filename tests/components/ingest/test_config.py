"""Tests of components/ingest/config.py."""

import subprocess
import sys

import pydantic
import pytest

from components.ingest import config

DATA = pydantic.TypeAdapter(config.DataConfig)


def test_a_source_is_chosen_by_its_kind():
    data = DATA.validate_json('{"source": {"kind": "tsv", "path": "a.tsv"}, "split": {"test": 1}}')
    assert data.source == config.TsvSource("a.tsv")
    assert data.split == config.SplitConfig(8, 2, 1)
    assert data.max_quarantined == 0.01


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{"kind": "csv", "path": "a", "encoding": "utf9"}', "Unknown `encoding` 'utf9'"),
        ('{"kind": "csv", "path": "a", "encoding": "utf-16"}', "line by line. Save the file as"),
        ('{"kind": "csv", "path": "a", "delimiter": "::"}', "`delimiter` must be one character"),
        ('{"kind": "cvs", "path": "a"}', "does not match any of the expected tags"),
        ('{"kind": "sample", "name": "imdb"}', "imdb_small"),
    ],
)
def test_impossible_sources_are_refused_in_words(source, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        DATA.validate_json(f'{{"source": {source}}}')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp949", "shift_jis"])
def test_encodings_with_single_byte_line_breaks_are_accepted(encoding):
    config.check_encoding(encoding)


def test_ratios_need_train_parts():
    with pytest.raises(ValueError, match="`train` must be at least 1.*train=0, eval=2"):
        config.SplitConfig(train=0)


def test_shares_are_between_zero_and_one():
    with pytest.raises(ValueError, match=r"`max_quarantined` must be in \[0, 1\]. Received: 5"):
        config.DataConfig(config.CsvSource("a"), max_quarantined=5)


def test_the_config_imports_without_tensorflow_beam_or_tfx():
    code = (
        "import sys, components.ingest.config, components.ingest.preview;"
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'apache_beam', 'tfx', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
