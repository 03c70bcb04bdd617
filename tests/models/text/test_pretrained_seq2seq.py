"""Tests of models/text/pretrained_seq2seq.py."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from models.tasks.endpoints import DEFAULT, Network
from models.tasks.sequence_to_sequence import SequenceToSequence
from models.tasks.task import PIECES, Facts
from models.tasks.writing import losses
from models.text import pretrained_seq2seq
from tests.models import tiny_presets

READ = {
    "t5": ["an old map", "a new map of old maps and more", ""],
    "bart": ["a b", "a b a b b a c c b", ""],
}
WRITTEN = {"t5": ["a map", "old map", ""], "bart": ["b a", "a b c", ""]}
SAVE = {"t5": tiny_presets.save_t5, "bart": tiny_presets.save_bart}


@pytest.fixture(scope="module", params=sorted(SAVE))
def family(request):
    return request.param


@pytest.fixture(scope="module")
def config(family, tmp_path_factory):
    folder = SAVE[family](tmp_path_factory.mktemp(family))
    return pretrained_seq2seq.PretrainedSeq2seqConfig(
        preset=folder, sequence_length=10, target_length=7
    )


@pytest.fixture(scope="module")
def model(config):
    backbone = pretrained_seq2seq.build(config)
    return backbone.model(backbone.decoder)


@pytest.fixture(scope="module")
def encoder(config):
    return pretrained_seq2seq.encoder(config)


@pytest.fixture(scope="module")
def seq2seq(config):
    """KerasHub's own model of the preset, which packs the texts itself."""
    task = keras_hub.models.Seq2SeqLM.from_preset(config.preset)
    task.preprocessor.encoder_sequence_length = config.sequence_length
    task.preprocessor.decoder_sequence_length = 8
    return task


def examples(encoder, family):
    inputs = encoder({"text": tf.constant(READ[family])})
    return encoder.learned(inputs, tf.constant(WRITTEN[family]))


def test_texts_are_packed_as_the_family_was_pre_trained(encoder, family, seq2seq):
    inputs, _ = examples(encoder, family)
    given = {"encoder_text": READ[family], "decoder_text": WRITTEN[family]}
    theirs, _, _ = seq2seq.preprocessor(given)
    np.testing.assert_array_equal(inputs["source_ids"], theirs["encoder_token_ids"])
    ours = inputs["target_ids"].numpy()[:, :-1]
    width = min(ours.shape[1], theirs["decoder_token_ids"].shape[1])
    np.testing.assert_array_equal(ours[:, :width], theirs["decoder_token_ids"][:, :width])


def test_targets_are_what_follows_without_signs_before_a_text(encoder, family):
    inputs, targets = examples(encoder, family)
    tokenizer = encoder.trackable[0]
    for row, text in zip(targets.numpy(), WRITTEN[family], strict=True):
        pieces = np.array(tokenizer(text)).tolist()
        assert [one for one in row.tolist() if one] == [*pieces, tokenizer.end_token_id]
    assert targets.shape[1] == inputs["target_ids"].shape[1] - 1


def test_logits_are_those_of_keras_hub(model, encoder, family, seq2seq):
    inputs, targets = examples(encoder, family)
    logits = model(inputs).numpy()
    theirs = seq2seq(
        {
            "encoder_token_ids": inputs["source_ids"],
            "encoder_padding_mask": seq2seq.preprocessor(
                {"encoder_text": READ[family], "decoder_text": WRITTEN[family]}
            )[0]["encoder_padding_mask"],
            "decoder_token_ids": inputs["target_ids"][:, :-1],
            "decoder_padding_mask": tf.ones_like(inputs["target_ids"][:, :-1]),
        }
    )
    found = targets.numpy()[:, : logits.shape[1]] != 0
    np.testing.assert_allclose(
        logits[found], np.array(theirs)[:, : logits.shape[1]][found], rtol=1e-4, atol=1e-4
    )


def test_written_token_by_token_it_is_the_same_as_at_once(config, model, encoder, family):
    inputs, targets = examples(encoder, family)
    whole, ids = model(inputs).numpy(), inputs["target_ids"].numpy()
    writer = pretrained_seq2seq.writer(config, model, encoder)
    lead = ids.shape[1] - 1 - config.target_length
    kept, state = writer.read(inputs)
    # Two texts of each are written side by side: the right one, and one that begins otherwise.
    state = {name: tf.repeat(value[:, None], 2, axis=1) for name, value in state.items()}
    for place in range(whole.shape[1] - lead):
        last = ids[:, place + lead]
        both = np.stack([last if place else last * 0 + 4, last], axis=1)
        logits, state, _ = writer.step(tf.constant(both), tf.constant(place), kept, state)
        there = targets.numpy()[:, place + lead] != 0
        np.testing.assert_allclose(
            logits.numpy()[there, 1], whole[there, place + lead], rtol=1e-3, atol=1e-4
        )


def test_greedy_texts_are_those_of_keras_hub(config, model, encoder, family, seq2seq):
    write = _answers(config, model, encoder, beams=1)
    writer = pretrained_seq2seq.writer(config, model, encoder)
    lead = model.input["target_ids"].shape[1] - config.target_length
    seq2seq.compile(sampler="greedy")
    compared = 0
    for text in READ[family]:
        given = seq2seq.preprocessor.generate_preprocess(
            {"encoder_text": [text], "decoder_text": [""]}
        )
        found = seq2seq.generate_step(given, stop_token_ids=[writer.end])["decoder_token_ids"]
        ids = np.array(found)[0, lead:].tolist()
        ids = ids[: ids.index(writer.end)] if writer.end in ids else ids
        ids = ids[: config.target_length - 1]
        if not set(ids) & set(writer.never):  # Which theirs may write.
            (wanted,) = np.array(encoder.trackable[0].detokenize([ids])).tolist()
            assert write([text]) == [wanted]
            compared += 1
    assert compared


def test_beams_are_no_worse_than_greed(config, model, encoder, family):
    scores = [
        _answers(config, model, encoder, beams=beams, name="score")(READ[family])
        for beams in (1, 4)
    ]
    assert np.all(np.array(scores[1]) >= np.array(scores[0]) - 1e-4)


def test_it_learns_to_write(family, tmp_path):
    folder = SAVE[family](tmp_path, hidden_dim=16, dropout=0.0)
    config = pretrained_seq2seq.PretrainedSeq2seqConfig(
        preset=folder, sequence_length=10, target_length=7
    )
    backbone = pretrained_seq2seq.build(config)
    encoder = pretrained_seq2seq.encoder(config)
    model = backbone.model(backbone.decoder)
    inputs, targets = examples(encoder, family)
    model.compile(keras.optimizers.Adam(0.003), losses.TokenCrossEntropy(), jit_compile=False)
    data = tf.data.Dataset.from_tensors((inputs, targets)).repeat(200)
    model.fit(data, epochs=1, steps_per_epoch=200, verbose=0)
    assert _answers(config, model, encoder, beams=2)(READ[family]) == WRITTEN[family]


def test_another_family_is_refused(tmp_path):
    folder = tiny_presets.save_bert(tmp_path)
    config = pretrained_seq2seq.PretrainedSeq2seqConfig(preset=folder)
    with pytest.raises(ValueError, match=r"expected T5 or BART. Received: Bert"):
        pretrained_seq2seq.build(config)


def test_too_few_places_are_told(tmp_path):
    folder = tiny_presets.save_bart(tmp_path)
    config = pretrained_seq2seq.PretrainedSeq2seqConfig(preset=folder, sequence_length=5)
    with pytest.raises(ValueError, match=r"has 12 places.*target_length=128"):
        pretrained_seq2seq.build(config)


def test_untied_and_gated_t5_has_the_logits_of_keras_hub(tmp_path):
    folder = tiny_presets.save_t5(tmp_path, tie_embedding_weights=False, use_gated_activation=True)
    config = pretrained_seq2seq.PretrainedSeq2seqConfig(
        preset=folder, sequence_length=10, target_length=7
    )
    encoder = pretrained_seq2seq.encoder(config)
    backbone = pretrained_seq2seq.build(config)
    inputs, _ = examples(encoder, "t5")
    logits = backbone.model(backbone.decoder)(inputs).numpy()
    task = keras_hub.models.Seq2SeqLM.from_preset(folder)
    theirs = task(
        {
            "encoder_token_ids": inputs["source_ids"],
            "encoder_padding_mask": tf.cast(inputs["source_ids"] != 0, tf.int32),
            "decoder_token_ids": inputs["target_ids"][:, :-1],
            "decoder_padding_mask": tf.ones_like(inputs["target_ids"][:, :-1]),
        }
    )
    np.testing.assert_allclose(logits[:2, :4], np.array(theirs)[:2, :4], rtol=1e-4, atol=1e-4)


def _answers(config, model, encoder, beams, name="text"):
    task = SequenceToSequence("sequence_to_sequence", beams=beams, length_penalty=0.0)
    writer = pretrained_seq2seq.writer(config, model, encoder)
    network = Network(None, None, encode=encoder, writer=writer)
    write = task.endpoints(network, Facts(sizes={PIECES: encoder.written})).functions[DEFAULT]

    def answers(texts):
        found = write({"text": tf.constant(texts)})[name].numpy().tolist()
        return [one.decode() if isinstance(one, bytes) else one for one in found]

    return answers
