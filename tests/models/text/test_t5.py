"""T5 with fresh weights: its pieces, pre-training, what it fills in, its preset."""

import dataclasses

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from models import pieces, sentinels, zoo
from models.tasks import endpoints
from models.tasks.corrupting import spans
from models.tasks.endpoints import Network
from models.tasks.sequence_to_sequence import SequenceToSequence
from models.tasks.span_corruption import JUDGE, SpanCorruption
from models.tasks.task import Facts
from models.text import pretrained_seq2seq, subwords, t5
from models.training.config import TrainingConfig

TEXTS = ["The cat sat on the mat.", "Cats play, dogs bark.", "고양이가 잔다", "the cat sat on the"]
TASK = SpanCorruption("span_corruption", longest=12)
SMALL = t5.T5Config(
    num_layers=2, num_heads=2, hidden_dim=16, sequence_length=12, target_length=14, dropout=0.0
)
GATED = dataclasses.replace(SMALL, activation="gated-gelu", key_value_dim=3)
FIRST = sentinels.TEXTS[0]


def learn(path, kind="unigram"):
    subwords.learn(
        kind,
        TEXTS * 3,
        400,
        path,
        lowercase=False,
        special=sentinels.SPECIAL,
        last=sentinels.TEXTS[::-1],
    )
    return str(path)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return learn(tmp_path_factory.mktemp("pieces") / "unigram")


@dataclasses.dataclass
class Made:
    config: object
    model: keras.Model
    encoder: object
    facts: Facts

    @property
    def network(self):
        both = {"outputs": self.model.output, "features": self.model.get_layer("features").output}
        whole = keras.Model(self.model.input, both)
        return Network(
            of_inputs=lambda raw: {},
            of_units=lambda units: ({}, {}),
            pieces=self.encoder.pieces,
            encode=self.encoder,
            of_encoded=lambda encoded: endpoints.outputs(whole, encoded),
            writer=zoo.writer(self.config, whole, self.encoder),
        )

    def answers(self, name, texts, task=TASK):
        functions = task.endpoints(self.network, self.facts).functions
        found = functions[name]({"text": tf.constant(texts)})
        return {key: value.numpy() for key, value in found.items()}


@pytest.fixture(scope="module", params=[SMALL, GATED], ids=["relu", "gated"])
def made(request, path):
    keras.utils.set_random_seed(3)
    size = subwords.load("unigram", path, None).vocabulary_size()
    config = dataclasses.replace(request.param, tokenizer_file=path, vocabulary_size=size)
    facts = Facts(sizes={"pieces": size, "units": 12})
    model = zoo.build(config, TASK, facts)
    encoder = zoo.encoder(config, TASK)
    objective = TASK.objective(facts, TrainingConfig())
    encoded = encoder({pieces.PACKED: tf.constant(TEXTS)})
    model.compile(keras.optimizers.Adam(0.01), objective.loss)
    losses = [
        float(model.train_on_batch(*objective.draw(encoded, None, tf.constant([0, step % 4]))))
        for step in range(100)
    ]
    assert losses[0] == pytest.approx(np.log(size), abs=1.0)
    assert losses[-1] < 0.3 * losses[0]
    return Made(config, model, encoder, facts)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_pieces_have_t5s_special_ones_and_give_texts_back(tmp_path, kind):
    tokenizer = keras_hub.models.T5Tokenizer(proto=learn(tmp_path / kind, kind), dtype="int32")
    size = tokenizer.vocabulary_size()
    assert [tokenizer.id_to_token(one) for one in range(3)] == ["<pad>", "</s>", "<unk>"]
    assert [tokenizer.token_to_id(one) for one in sentinels.TEXTS] == list(sentinels.ids(size))
    again = tf.function(lambda texts: tokenizer.detokenize(tokenizer(texts)))
    texts = ["", " a  b\n", "한글 <extra_id_7> und <extra_id_99>", "ﬁ \u2028"]
    assert [one.decode() for one in again(tf.constant(texts)).numpy()] == texts
    ids = np.array(tokenizer("the<extra_id_1> mat"))
    assert (ids == size - 2).sum() == 1


def test_texts_share_windows_and_their_sentinels_are_nothing_special(made):
    found = made.encoder({pieces.PACKED: tf.constant(["the cat" * 9, "", f"a{FIRST}b"])})
    ids = found[pieces.PIECES].numpy()
    assert ids.shape[1] == 12 and (ids != 0).mean() > 0.75
    assert ids.max() < len(made.encoder.pieces.names) - sentinels.NUMBER
    assert (ids == sentinels.UNKNOWN).sum() == 1
    tokenizer = made.encoder.trackable[0]
    (told,) = np.array(tokenizer.detokenize([ids[ids != sentinels.UNKNOWN].tolist()])).tolist()
    assert told.rstrip("\0") == "the cat" * 9 + "ab"


def test_a_batch_depends_on_its_seed_alone(made):
    task = dataclasses.replace(TASK, corrupted=0.4, mean_span=1.5)
    draw = task.objective(made.facts, TrainingConfig()).draw
    encoded = made.encoder({pieces.PACKED: tf.constant(TEXTS)})
    one, same, other = (draw(encoded, None, tf.constant([seed, 5])) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0]["source_ids"], same[0]["source_ids"])
    assert (one[0]["source_ids"].numpy() != other[0]["source_ids"].numpy()).any()


def test_it_fills_in_what_it_learned_and_keeps_sentinels_readable(made):
    found = made.answers(endpoints.DEFAULT, [f"The cat sat on{FIRST}", f"The cat sat on {FIRST}"])
    one, other = (text.decode() for text in found["text"])
    assert one == other
    assert one.startswith(f"{FIRST} ") or one == FIRST


def test_judging_depends_on_a_text_alone(made):
    texts = [TEXTS[0], "", "x", TEXTS[1] * 9]
    whole = made.answers(JUDGE, texts)
    assert whole["gaps"][1] == whole["gaps"][2] == 0 and whole["gaps"][3] > whole["gaps"][0] > 0
    assert (whole["hits"] <= whole["gaps"]).all() and (whole["log_probability"] <= 0).all()
    for place, text in enumerate(texts):
        alone = made.answers(JUDGE, [text])
        for name, value in whole.items():
            np.testing.assert_allclose(value[place], alone[name][0], rtol=1e-4, atol=1e-4)


def test_judged_tokens_are_those_of_spans_chosen_among_pieces(made):
    """A window of so few tokens has one span, at its end."""
    text, found = "the cat sat", made.encoder.pieces
    ids = found.split(tf.constant([text])).numpy()[0].tolist()
    lost, _ = spans.How(TASK.corrupted, TASK.mean_span).counts(len(ids))
    told = made.answers(JUDGE, [text])
    assert len(ids) <= 12 and told["gaps"].tolist() == [lost]
    kept, taken, sentinel = ids[:-lost], ids[-lost:], len(found.names) - 1
    inputs = {
        "source_ids": np.array([[*kept, sentinel, sentinels.END]], "int32"),
        "target_ids": np.array([[0, sentinel, *taken, sentinels.END]], "int32"),
    }
    first, last = sentinels.UNKNOWN, len(found.names) - sentinels.NUMBER
    logits = made.model(inputs)[0, 1 : 1 + lost, first:last]
    logs, right = tf.nn.log_softmax(logits).numpy(), np.array(taken) - first
    expected = logs[np.arange(lost), right].sum()
    assert told["log_probability"][0] == pytest.approx(expected, abs=1e-4)
    assert told["hits"][0] == (logs.argmax(1) == right).sum()


def test_a_vector_is_the_mean_of_what_the_encoder_says(made):
    embedding = made.answers("embed", [TEXTS[0], "", "cat " * 40])["embedding"]
    ids = made.encoder({"text": tf.constant([TEXTS[0]])})["source_ids"].numpy()
    ids = ids[:, : (ids != 0).sum()]
    network = made.model.get_layer("backbone")
    told = network(
        {
            "encoder_token_ids": ids,
            "encoder_padding_mask": np.ones_like(ids),
            "decoder_token_ids": ids,
            "decoder_padding_mask": np.ones_like(ids),
        }
    )["encoder_sequence_output"]
    np.testing.assert_allclose(embedding[0], np.array(told)[0].mean(0), rtol=1e-4, atol=1e-5)
    assert np.isfinite(embedding).all()


def test_the_preset_is_one_of_plain_kerashub_that_others_fine_tune(made, tmp_path):
    t5.save_pretrained(made.config, made.model, tmp_path)
    preset = str(tmp_path / "preset")
    network = keras_hub.models.T5Backbone.from_preset(preset)
    tokenizer = keras_hub.models.T5Tokenizer.from_preset(preset)
    ours = made.model.get_layer("backbone").get_weights()
    for one, other in zip(network.get_weights(), ours, strict=True):
        np.testing.assert_array_equal(one, other)
    ids = np.array(tokenizer(TEXTS[0])).tolist()
    assert ids == made.encoder.pieces.split(tf.constant(TEXTS[:1])).numpy()[0].tolist()
    config = pretrained_seq2seq.PretrainedSeq2seqConfig(
        preset=preset, sequence_length=12, target_length=14
    )
    backbone = pretrained_seq2seq.build(config)
    tuned = backbone.model(backbone.decoder)
    encoder = pretrained_seq2seq.encoder(config)
    inputs, _ = encoder.learned(encoder({"text": tf.constant(TEXTS)}), tf.constant(TEXTS))
    np.testing.assert_allclose(tuned(inputs), made.model(inputs), rtol=1e-4, atol=1e-4)


def test_fresh_weights_learn_to_write_texts_of_a_table(made):
    keras.utils.set_random_seed(0)
    task = SequenceToSequence("sequence_to_sequence", beams=1)
    read, written = tf.constant(["cat", "the mat", ""]), tf.constant(["dogs", "고양이", "bark"])
    model, encoder = zoo.build(made.config, task, made.facts), zoo.encoder(made.config, task)
    assert encoder.pieces is None
    objective = task.objective(made.facts, TrainingConfig())
    model.compile(keras.optimizers.Adam(0.01), objective.loss)
    inputs, targets = encoder.learned(encoder({"text": read}), written)
    for _ in range(80):
        model.train_on_batch(inputs, targets)
    tuned = dataclasses.replace(made, model=model, encoder=encoder)
    found = tuned.answers(endpoints.DEFAULT, read.numpy().tolist(), task)
    assert found["text"].tolist() == written.numpy().tolist()


def test_the_small_t5_has_as_many_weights_as_published():
    config = t5.T5Config(
        vocabulary_size=32_128, num_layers=6, num_heads=8, hidden_dim=512, intermediate_dim=2048
    )
    model = zoo.build(config, TASK, Facts())
    assert model.count_params() == 60_506_624
    embedding = model.get_layer("backbone").token_embedding.embeddings.numpy()
    assert (embedding.mean(), embedding.std()) == pytest.approx((0.0, 1.0), abs=1e-2)


def test_pieces_without_sentinels_are_refused(tmp_path):
    path = tmp_path / "bpe"
    subwords.learn("bpe", TEXTS * 3, 300, path, lowercase=False, special=sentinels.SPECIAL)
    with pytest.raises(ValueError, match="expected to begin with <pad>, </s>, <unk> and to end wi"):
        t5.encoder(dataclasses.replace(SMALL, tokenizer="bpe", tokenizer_file=str(path)))


def test_heads_must_share_the_width():
    with pytest.raises(ValueError, match="must divide `hidden_dim`"):
        t5.T5Config(hidden_dim=10, num_heads=4)


def test_more_spans_than_sentinels_are_refused():
    with pytest.raises(ValueError, match="a window has 102 spans. Received: model.sequence_len"):
        TASK.check(Facts(sizes={"units": 2048}))
