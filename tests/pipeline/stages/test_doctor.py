"""Tests of pipeline/stages/doctor.py."""

import pytest

from components.doctor.setting import Setting
from pipeline.config import loading
from pipeline.stages import doctor

pytestmark = pytest.mark.tfx

CONFIG = """
name: told
task: {kind: text_classification, label: stars}
data: {source: {kind: csv, path: none.csv}, split: {stratify: true, column: part}}
model: {kind: pretrained_text, preset: minilm, truncate: middle}
training: {class_weights: balanced}
evaluation: {must_reach: {macro_f1: 0.5}}
"""


def test_the_doctor_is_told_what_is_done_already(tmp_path):
    (tmp_path / "a.yaml").write_text(CONFIG)
    told = doctor._setting(loading.load(tmp_path / "a.yaml"))
    assert Setting(**{**told, "must_reach": tuple(told["must_reach"])}) == Setting(
        source="csv",
        split_column="part",
        is_stratified=True,
        is_weighted=True,
        must_reach=("macro_f1",),
        truncate="middle",
    )
