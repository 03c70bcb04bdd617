"""From files to answered requests with models that learn a tokenizer or bring weights."""

import unicodedata

import numpy as np
import pytest

from serving.execution import saved_model
from tests.end_to_end import parity, running, test_image, test_text
from tests.models import tiny_image_presets, tiny_modules, tiny_presets

pytestmark = pytest.mark.tfx

KOREAN = "정말 좋은 영화 책"


def run(path, model, training="{epochs: 2, batch_size: 7, learning_rate: 1.0e-2}"):
    """Run the project of a YAML with another model and training."""
    overrides = (f"model={model}", f"training={training}")
    finished = running.run(path, path.parent / "workspace", *overrides)
    assert finished.code == 0, finished.shown
    return finished.summary


def run_text(folder, model, *training):
    return run(test_text.write_project(folder, test_text.all_rows()), model, *training)


def answer(summary, text):
    predictor = saved_model.SavedModelPredictor(summary["model"])
    found = predictor.predict("", {"text": np.array([text], object)})["probabilities"]
    predictor.close()
    return found


def test_a_learned_tokenizer_is_in_the_export_and_reads_composed_and_decomposed_hangul_alike(
    tmp_path,
):
    summary = run_text(
        tmp_path,
        "{kind: recurrent, cell: gru, units: 3, embedding_dim: 4, tokenizer: unigram, "
        "vocabulary_size: 90, sequence_length: 12}",
        "{epochs: 1}",
    )
    parity.assert_export_agrees(summary)
    decomposed = unicodedata.normalize("NFD", KOREAN)
    assert decomposed != KOREAN
    np.testing.assert_array_equal(answer(summary, KOREAN), answer(summary, decomposed))
    assert np.ptp([answer(summary, text)[0, 0] for text in (KOREAN, "dull", "great fun")]) > 0


def test_a_hub_module_is_trained_exported_and_asked(tmp_path):
    handle = tiny_modules.save_text(tmp_path / "module")
    summary = run_text(tmp_path, f"{{kind: hub_text, handle: {handle}}}")
    parity.assert_export_agrees(summary)


@pytest.mark.slow
def test_low_rank_matrices_trained_in_half_precision_are_exported_in_single(tmp_path):
    tiny_presets.save_bert(tmp_path / "preset")
    summary = run_text(
        tmp_path,
        f"{{kind: pretrained_text, preset: {tmp_path / 'preset'}, sequence_length: 6, "
        "fine_tuning: lora}",
        "{epochs: 2, precision: mixed_bfloat16, learning_rate: 1.0e-2}",
    )
    parity.assert_export_agrees(summary)
    embedding = parity.trainers_answers(summary)["embed"]["outputs"]["embedding"]
    assert embedding.dtype == np.float32
    # Numbers of half precision have sixteen zeros at the end of their bits.
    assert np.any(np.ascontiguousarray(embedding).view(np.uint32) & 0xFFFF)


def test_a_pretrained_image_model_brings_its_own_preprocessing(tmp_path):
    test_image.write_images(tmp_path / "images")
    (tmp_path / "colors.yaml").write_text(test_image.YAML, encoding="utf-8")
    preset = tiny_image_presets.save_vgg(tmp_path / "preset")
    summary = run(
        tmp_path / "colors.yaml",
        f"{{kind: pretrained_image, preset: {preset}, image_size: 10, fine_tuning: head_first}}",
    )
    parity.assert_export_agrees(summary)
