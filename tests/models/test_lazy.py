"""Tests of models/lazy.py: configs without TensorFlow."""

import subprocess
import sys

import pytest

from models import lazy

PREAMBLE = """
import sys
from models.lazy import lazy_import
for name in ("keras", "keras_hub", "tensorflow"):
    lazy_import(name)
from models import zoo
from models.training import config
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + code], check=True, capture_output=True, text=True
    ).stdout


def test_configs_are_importable_without_tensorflow():
    code = """
for entry in zoo.MODELS.values():
    entry.config
config.TrainingConfig()
print("tensorflow.python" in sys.modules, "keras.src" in sys.modules)
"""
    assert run(code).split() == ["False", "False"]


def test_packages_load_on_first_use():
    code = """
entry = zoo.lookup("text_cnn")
config = entry.config(vocabulary_size=5, sequence_length=6)
print(entry.build(config, 3).name, "tensorflow.python" in sys.modules)
import tensorflow.python.framework
import keras.src
"""
    assert run(code).split() == ["text_cnn", "True"]


def test_a_missing_package_is_named():
    with pytest.raises(ModuleNotFoundError, match="No package 'no_such_package' is installed"):
        lazy.lazy_import("no_such_package")


def test_an_imported_package_is_returned_as_it_is():
    assert lazy.lazy_import("pytest") is pytest
