"""Models that tell what follows: their pieces, their windows, how they write."""

import dataclasses

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from models import pieces, zoo
from models.tasks import endpoints
from models.tasks.endpoints import Network
from models.tasks.language_modeling import LanguageModeling
from models.tasks.task import Facts
from models.text import continuing, gpt, language_recurrent, pretrained, subwords
from models.training.config import TrainingConfig
from tests.models import classifier

TEXTS = ["The cat sat on the mat.", "Cats play, dogs bark.", "고양이가 잔다", "the cat sat on the"]
TASK = LanguageModeling("language_modeling", longest=5)
GPT = gpt.GptConfig(num_layers=2, num_heads=2, hidden_dim=8, sequence_length=12, dropout=0.0)
RECURRENT = language_recurrent.LanguageRecurrentConfig(units=6, sequence_length=12, dropout=0.0)
CONFIGS = [
    GPT,
    RECURRENT,
    dataclasses.replace(RECURRENT, cell="gru", num_layers=2),
    dataclasses.replace(RECURRENT, cell="rnn"),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("pieces") / "bpe"
    lines = [*TEXTS * 3, "the cat sat on the mat"]
    subwords.learn("bpe", lines, 300, path, lowercase=False, special=continuing.SPECIAL)
    return str(path)


@dataclasses.dataclass
class Made:
    config: object
    model: keras.Model
    encoder: object

    @property
    def network(self):
        both = {"outputs": self.model.output, "features": self.model.get_layer("features").output}
        whole = keras.Model(self.model.input, both)
        return Network(
            of_inputs=lambda raw: {},
            of_units=lambda units: ({}, {}),
            pieces=self.encoder.pieces,
            of_encoded=lambda encoded: endpoints.outputs(whole, encoded),
            writer=zoo.writer(self.config, whole, self.encoder),
        )

    def answers(self, name, task=TASK, **given):
        functions = task.endpoints(self.network, Facts()).functions
        raw = {key: tf.constant(value) for key, value in given.items()}
        return {key: value.numpy() for key, value in functions[name](raw).items()}

    def logits(self, ids, begin=(pieces.SEPARATOR,)):
        """Of what follows the begin and some ids, from the model as a whole."""
        part = keras.Model(self.model.input, self.model.get_layer("features").output)
        tokens = [*begin, *ids]
        row = np.zeros((1, self.config.sequence_length), "int32")
        row[0, : len(tokens)] = tokens
        states = part({"token_ids": row, "padding_mask": (row != 0).astype("int32")})
        logits = self.model.get_layer("token_embedding")(states, reverse=True)
        return logits[0, len(tokens) - 1].numpy()

    def likeliest(self, text, longest):
        """How a text goes on, pieces and score, the model run anew for each piece."""
        room = self.config.sequence_length - self.config.sequence_length // 2
        ids = self.encoder.pieces.split(tf.constant([text])).numpy()[0].tolist()
        tokens, written, total = [pieces.SEPARATOR, *ids][-room:], [], 0.0
        for at in range(longest + 1):
            scores = tf.nn.log_softmax(self.logits(written, tokens)).numpy()
            is_last = at == longest
            token = pieces.SEPARATOR if is_last else 3 + int(np.argmax(scores[3:]))
            total += scores[token]
            if token == pieces.SEPARATOR:
                break
            written.append(token)
        return written, total


@pytest.fixture(
    scope="module", params=CONFIGS, ids=lambda one: f"{one.kind}-{vars(one).get('cell')}"
)
def made(request, path):
    keras.utils.set_random_seed(3)
    size = subwords.load("bpe", path, None).vocabulary_size()
    config = dataclasses.replace(request.param, tokenizer_file=path, vocabulary_size=size)
    facts = Facts(sizes={"pieces": size})
    model = zoo.build(config, TASK, facts)
    encoder = zoo.encoder(config, TASK)
    objective = TASK.objective(facts, TrainingConfig())
    batch = objective.draw(encoder({pieces.PACKED: tf.constant(TEXTS)}), None, None)
    model.compile(keras.optimizers.Adam(0.02), objective.loss)
    losses = [float(model.train_on_batch(*batch)) for _ in range(60)]
    assert losses[0] == pytest.approx(np.log(size), abs=0.5)
    assert losses[-1] < 0.6 * losses[0]
    return Made(config, model, encoder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a  b\n\n\tc ",
        "안녕 세계 ㅋㅋ",
        "한글",
        "👩‍👩‍👧",
        "\r\n",
        "ﬁ ½",
        "<s> </s>",
        "a\0b",
        "a\u2028b",
    ],
)
def test_pieces_give_a_text_back_byte_by_byte(path, text):
    tokenizer = subwords.load("bpe", path, None, lowercase=False)
    again = tf.function(lambda texts: tokenizer.detokenize(tokenizer(texts)))
    assert again(tf.constant([text])).numpy()[0].decode() == text


def test_each_piece_of_a_text_is_in_one_window_behind_the_one_before_it(made):
    found = made.encoder.pieces
    ids = found.split(tf.constant(["cat " * 30, "", "mat"]))
    windows, owners = found.windows(ids)
    assert max(windows.row_lengths()) <= made.config.sequence_length
    for owner, text in enumerate(ids.numpy()):
        own = [w for w, one in zip(windows.numpy(), owners.numpy(), strict=True) if one == owner]
        assert np.concatenate([[], *(window[1:] for window in own)]).tolist() == list(text)
        befores = [pieces.SEPARATOR, *(window[-1] for window in own)]
        assert [window[0] for window in own] == befores[: len(own)]


def test_no_logits_before_a_changed_token_change_bit_for_bit(made):
    part = keras.Model(made.model.input, made.model.get_layer("features").output)
    rows = np.random.default_rng(0).integers(4, 200, (3, 12)).astype("int32")
    changed = rows.copy()
    changed[:, 7] += 1
    mask = np.ones_like(rows)
    one, other = (part({"token_ids": ids, "padding_mask": mask}) for ids in (rows, changed))
    np.testing.assert_array_equal(one[:, :7], other[:, :7])
    assert (one[:, 7:].numpy() != other[:, 7:].numpy()).any()


def test_a_score_is_the_sum_of_log_softmax_piece_by_piece(made):
    text = "the cat"
    told = made.answers("score", text=[text, ""])
    assert told["windows"].tolist() == [1, 0]
    ids = made.encoder.pieces.split(tf.constant([text])).numpy()[0]
    expected = [
        tf.nn.log_softmax(made.logits(ids[:at]))[token].numpy() for at, token in enumerate(ids)
    ]
    np.testing.assert_allclose(told["piece_log_probability"][0, : len(ids)], expected, atol=1e-5)
    assert told["log_probability"][0] == pytest.approx(sum(expected), abs=1e-5)
    assert told["bytes"].tolist() == [len(text), 0]
    assert told["perplexity"] == pytest.approx([np.exp(-np.mean(expected)), 1.0], rel=1e-5)


def test_a_score_tells_how_many_windows_a_text_was_read_in(made):
    told = made.answers("score", text=["the cat", "x" * 11, "x" * 12, "x" * 40, ""])
    assert told["windows"].tolist() == [1, 1, 2, 4, 0]


@pytest.mark.parametrize("longest", [1, 5, 99])
@pytest.mark.parametrize("batch", [["the cat"], ["the cat", "", "Cats play, dogs bark. " * 9]])
def test_greedy_continuations_are_those_of_the_model_run_anew_for_each_piece(made, batch, longest):
    """Of a long text the end is read; a window holds what is read and what is written."""
    task = dataclasses.replace(TASK, longest=longest)
    answer = made.answers(endpoints.DEFAULT, task, text=batch)
    tokenizer = subwords.load("bpe", made.config.tokenizer_file, None, lowercase=False)
    back = tf.function(tokenizer.detokenize)
    for place, text in enumerate(batch):
        written, total = made.likeliest(text, min(longest, made.config.sequence_length // 2))
        expected = back(tf.ragged.constant([written], tf.int32, ragged_rank=1)).numpy()[0]
        assert answer["text"][place].decode() == expected.decode("utf-8", "replace")
        assert answer["score"][place] == pytest.approx(total, abs=1e-4)


@pytest.mark.parametrize("longest", [0, 1, 2, 5, 99])
def test_what_is_drawn_has_at_most_as_many_pieces_as_are_asked_for(made, longest):
    texts = ["the", "Cats play, dogs bark. " * 9, ""]
    settings = {"temperature": "float32", "top_k": "int64", "top_p": "float32", "seed": "int64"}
    given = {name: np.zeros(3, dtype) for name, dtype in settings.items()}
    task = dataclasses.replace(TASK, longest=5)
    told = made.answers("sample", task, text=texts, longest=np.full(3, longest, "int64"), **given)
    most = longest if 0 < longest < 5 else 5
    for place, text in enumerate(texts):
        written, _ = made.likeliest(text, most)
        assert told["written"][place] == len(written) <= most
        assert told["has_ended"][place] == (len(written) < most)
    sizes = made.encoder.pieces.split(tf.constant(texts)).row_lengths().numpy()
    read = np.minimum(sizes, made.config.sequence_length - made.config.sequence_length // 2 - 1)
    assert told["read"].tolist() == read.tolist()


def test_what_is_drawn_depends_on_its_seed_alone(made):
    def drawn(texts, seeds):
        count = len(texts)
        return made.answers(
            "sample",
            text=texts,
            temperature=np.ones(count, "float32"),
            top_k=np.zeros(count, "int64"),
            top_p=np.ones(count, "float32"),
            seed=np.array(seeds, "int64"),
        )["text"].tolist()

    one = drawn(["the", "cat sat on"], [1, 2])
    assert drawn(["cat sat on"], [2]) == one[1:]
    assert len(set(drawn(["the"] * 8, range(8)))) > 1


@pytest.mark.parametrize("made", [GPT], indirect=True, ids=["gpt"])
def test_the_preset_is_one_of_kerashub_with_the_same_logits(made, tmp_path):
    gpt.save_pretrained(made.config, made.model, tmp_path)
    backbone = keras_hub.models.Backbone.from_preset(str(tmp_path / "preset"))
    assert isinstance(backbone, keras_hub.models.GPT2Backbone)
    ids = [9, 20, 8]
    row = np.array([[pieces.SEPARATOR, *ids]])
    states = backbone({"token_ids": row, "padding_mask": np.ones_like(row)})
    logits = backbone.token_embedding(states, reverse=True)[0, -1]
    np.testing.assert_allclose(logits, made.logits(ids), atol=1e-4)


@pytest.mark.parametrize("made", [GPT], indirect=True, ids=["gpt"])
def test_other_tasks_fine_tune_the_preset(made, tmp_path):
    gpt.save_pretrained(made.config, made.model, tmp_path)
    config = pretrained.PretrainedTextConfig(
        preset=str(tmp_path / "preset"), sequence_length=12, pooling="last"
    )
    encode = pretrained.encoder(config)
    one, two = "the cat", "mat"
    split = made.encoder.pieces.split
    ids, others = (split(tf.constant([text])).numpy()[0].tolist() for text in (one, two))
    end = pieces.SEPARATOR
    tokens = encode({"text": tf.constant([one])})["token_ids"].numpy()[0].tolist()
    assert tokens == ([end, *ids, end] + [0] * 12)[:12]
    both = encode({"text": tf.constant([one]), "text_2": tf.constant([two])})["token_ids"]
    assert both.numpy()[0].tolist() == ([end, *ids, end, *others, end] + [0] * 12)[:12]
    model = classifier.build(config, 2)
    given = encode({"text": tf.constant([one, "cat"])})
    features = keras.Model(model.input, model.get_layer("features").output)(given)
    backbone = keras_hub.models.Backbone.from_preset(str(tmp_path / "preset"))
    states = backbone(given).numpy()
    lasts = given["padding_mask"].numpy().sum(1) - 1
    np.testing.assert_allclose(features, states[[0, 1], lasts], atol=1e-5)


def test_gpt_2_has_as_many_weights_as_published():
    config = gpt.GptConfig(
        vocabulary_size=50_257, num_layers=12, num_heads=12, hidden_dim=768, sequence_length=1024
    )
    model = zoo.build(config, TASK, Facts())
    assert model.count_params() == 124_439_808


def test_pieces_without_the_special_ones_are_refused(tmp_path):
    path = tmp_path / "bpe"
    subwords.learn("bpe", TEXTS * 3, 60, path)
    with pytest.raises(ValueError, match="does not begin with the special pieces of models that"):
        continuing.encoder(dataclasses.replace(GPT, tokenizer_file=str(path)))
