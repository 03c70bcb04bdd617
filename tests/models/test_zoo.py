"""Tests of models/zoo.py."""

import pathlib
import subprocess
import sys
import typing

import pytest

from models import zoo

WITHOUT_TENSORFLOW = """
import sys
from pipeline.runtime import deferred_imports
for name in ("keras", "keras_hub", "keras_tuner", "tensorflow"):
    deferred_imports.defer(name)
from models import tuning, zoo
from models.training import config
zoo.lookup("resnet").config(depth=18), zoo.lookup("pretrained_text").config()
zoo.lookup("text_cnn").config(), config.TrainingConfig()
print([name for name in ("tensorflow.python", "keras.src") if name in sys.modules])
"""


def test_configs_are_importable_without_tensorflow():
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stdout.strip(), result.stderr) == (0, "[]", "")


def test_unknown_model_is_named_with_the_closest():
    message = r"Unknown model 'text_cn'\. Did you mean 'text_cnn'\? Known models: alexnet, "
    with pytest.raises(ValueError, match=message):
        zoo.lookup("text_cn")


def test_a_name_like_no_other_gets_no_hint():
    with pytest.raises(ValueError, match=r"Unknown model 'xyz'\. Known models"):
        zoo.lookup("xyz")


@pytest.mark.parametrize("name", zoo.MODELS)
def test_the_kind_of_a_config_is_its_name(name):
    kind = typing.get_type_hints(zoo.MODELS[name].config)["kind"]
    assert typing.get_args(kind) == (name,)


@pytest.mark.parametrize(
    "name", [name for name, entry in zoo.MODELS.items() if "vector" in entry.provides]
)
def test_every_model_of_vectors_runs_the_conformance_checks(name):
    module = pathlib.Path(zoo.MODELS[name].build.__code__.co_filename)
    test = pathlib.Path(__file__).parent / module.parent.name / f"test_{module.name}"
    assert "conformance.CHECKS" in test.read_text()
