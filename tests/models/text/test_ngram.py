"""N-grams of pieces: what the graph tells is what was counted, in training, export and search."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import pieces, zoo
from models.ngrams import counting, levels
from models.ngrams.smoothing import AddK, KneserNey, MaximumLikelihood
from models.pieces import SEPARATOR
from models.tasks import endpoints
from models.tasks.endpoints import Network
from models.tasks.language_modeling import LanguageModeling
from models.tasks.task import Facts
from models.text import continuing, ngram, subwords
from models.training import estimate, inputs
from models.training.config import TrainingConfig
from tests import strict

TEXTS = [
    "The cat sat on the mat.",
    "Cats play, dogs bark.",
    "고양이가 잔다",
    "the cat sat on the cat and sat",
    "",
    "the cat",
]
TASK = LanguageModeling("language_modeling", longest=5)
CONFIG = ngram.NgramConfig(order=3, sequence_length=12)
WAYS = [KneserNey(), AddK(0.3), MaximumLikelihood()]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("pieces") / "bpe"
    lines = [*TEXTS * 3, "the cat sat on the mat"]
    subwords.learn("bpe", lines, 300, path, lowercase=False, special=continuing.SPECIAL)
    return str(path)


@dataclasses.dataclass
class Made:
    config: ngram.NgramConfig
    model: keras.Model
    encoder: object
    counted: levels.Ngrams

    @property
    def network(self):
        whole = keras.Model(self.model.input, {"outputs": self.model.output})
        return Network(
            of_inputs=lambda raw: {},
            of_units=lambda units: ({}, {}),
            pieces=self.encoder.pieces,
            of_encoded=lambda encoded: endpoints.outputs(whole, encoded),
            writer=zoo.writer(self.config, whole, self.encoder),
            has_vectors=False,
        )

    def answers(self, name, task=TASK, **given):
        functions = task.endpoints(self.network, Facts()).functions
        raw = {key: tf.constant(value) for key, value in given.items()}
        return {key: value.numpy() for key, value in functions[name](raw).items()}

    def tokens(self, text):
        """Ids as they are counted, without the end."""
        return self.encoder.pieces.split(tf.constant([text])).numpy()[0] - SEPARATOR

    def told(self, before, is_begin=True):
        """Probabilities of all tokens after some, from the writer: `(pieces,)`."""
        ids = np.array([[*([SEPARATOR] if is_begin else []), *(np.array(before) + SEPARATOR)]])
        writer = self.network.writer
        kept, state = writer.read({"token_ids": tf.constant(ids, tf.int32)})
        state = {name: value[:, None] for name, value in state.items()}
        last = tf.constant([[writer.begin]])
        logits, _, attention = writer.step(last, tf.constant(0), kept, state)
        assert attention.shape == (1, 1, 0)
        return np.exp(logits[0, 0].numpy())


def batches(config, encoder, texts, size=4):
    """Windows of texts that run on, as training has them."""
    objective = TASK.objective(Facts(), TrainingConfig())
    given, target = objective.draw(encoder({pieces.PACKED: tf.constant(texts)}), None, None)
    rows = tf.data.Dataset.from_tensor_slices((given, target))
    return inputs.Batches(lambda _: rows.batch(size), len(target), size, True)


def make(config, path, texts=TEXTS):
    size = subwords.load("bpe", path, None).vocabulary_size()
    config = dataclasses.replace(config, tokenizer_file=path, vocabulary_size=size)
    encoder = zoo.encoder(config, TASK)
    model = zoo.build(config, TASK, Facts(sizes={"pieces": size}))
    train = batches(config, encoder, texts)
    model = estimate.settle(model, ngram.estimator(config, "texts"), train, lambda target: target)
    vocabulary = size - SEPARATOR
    counter = counting.Counter(vocabulary, config.order)
    for ids in encoder.pieces.split(tf.constant(texts)).numpy():
        if len(ids):
            counter.add(np.array([*(np.array(ids) - SEPARATOR), 0, vocabulary]))
    counted = levels.smoothed(counter.counts(), vocabulary, config.smoothing)
    return Made(config, model, encoder, counted)


@pytest.fixture(scope="module", params=[1, 2, 3, 5])
def order(request):
    return request.param


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.kind)
def made(request, path, order):
    return make(dataclasses.replace(CONFIG, order=order, smoothing=request.param), path)


def least(values):
    """As a graph tells it: 0 is the least number that float32 has."""
    return np.maximum(values, np.log(np.finfo(np.float32).tiny))


def test_windows_of_any_length_are_counted_as_the_texts_are(made):
    """Nothing of a text is lost where a window ends: tables are those of the texts themselves."""
    tables = made.model.get_layer("ngrams")
    assert tables.sizes == tuple(len(level.keys) for level in made.counted.levels[1:])
    for keys, level in zip(tables.keys, made.counted.levels[1:], strict=True):
        np.testing.assert_array_equal(keys, level.keys)
    for logs, level in zip(tables.logs, made.counted.levels, strict=True):
        np.testing.assert_allclose(logs, least(level.log_probabilities), rtol=1e-6)


@pytest.mark.parametrize("text", ["the cat sat", "mat the", "dogs", ""])
def test_the_distribution_is_that_of_numpy_and_sums_to_1(made, text):
    before = made.tokens(text)
    told = made.told(before)
    vocabulary = made.config.vocabulary_size - SEPARATOR
    expected = np.exp(
        [made.counted.log_probabilities([*before, token])[-1] for token in range(vocabulary)]
    )
    np.testing.assert_allclose(told[SEPARATOR:], expected, atol=1e-6)
    assert told.sum() == pytest.approx(1, abs=1e-5)
    assert (told[:SEPARATOR] < 1e-30).all()


@pytest.mark.parametrize("text", ["the cat sat", "mat the the", "고양이가"])
def test_a_score_is_that_of_numpy_piece_by_piece(made, text):
    told = made.answers("score", text=[text, ""])
    tokens = made.tokens(text)
    assert len(tokens) < made.config.sequence_length
    expected = least(made.counted.log_probabilities(tokens))
    np.testing.assert_allclose(
        told["piece_log_probability"][0, : len(tokens)], expected, rtol=1e-5, atol=1e-6
    )
    assert told["log_probability"] == pytest.approx([expected.sum(), 0], rel=1e-5)
    assert told["bytes"].tolist() == [len(text.encode()), 0]


@pytest.mark.parametrize("text", ["the cat sat on", "mat. The"])
def test_the_likeliest_piece_is_the_first_of_the_highest_probability(made, text):
    told = made.answers("score", text=[text])
    tokens = made.tokens(text)
    names = made.encoder.pieces.names
    for place in range(len(tokens)):
        probabilities = made.told(tokens[:place])
        best = probabilities.max()
        own = told["likeliest_log_probability"][0, place]
        assert np.exp(own) == pytest.approx(best, rel=1e-5)
        likeliest = names.index(told["likeliest_piece"][0, place].decode())
        assert probabilities[likeliest] == pytest.approx(best, rel=1e-5)


def test_windows_that_begin_within_a_text_are_told_by_what_is_in_them(made):
    ids = made.tokens("the cat sat on the mat. The cat sat on the") + SEPARATOR
    room = made.config.sequence_length
    row = np.zeros((1, room), np.int32)
    part = ids[3 : 3 + room]
    row[0, : len(part)] = part
    told = made.model({"token_ids": row, "padding_mask": (row != 0).astype("int32")})[0, :, 0]
    for place in range(1, len(part)):
        own = made.told(part[:place] - SEPARATOR, is_begin=False)[part[place]]
        assert float(told[place, 0]) == pytest.approx(np.log(own), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("batch", [["the cat"], ["the cat", "", "Cats play, dogs bark. " * 9]])
def test_greedy_continuations_take_the_likeliest_piece_each_time(made, batch):
    answer = made.answers(endpoints.DEFAULT, text=batch)
    tokenizer = subwords.load("bpe", made.config.tokenizer_file, None, lowercase=False)
    back = tf.function(tokenizer.detokenize)
    for place, text in enumerate(batch):
        tokens = made.tokens(text)
        room = made.config.sequence_length - made.config.sequence_length // 2 - 1
        before, total, written = list(tokens[-room:]), 0.0, []
        for at in range(TASK.longest + 1):
            told = made.told(before, is_begin=len(tokens) <= room)
            best = SEPARATOR if at == TASK.longest else int(np.argmax(told))
            total += np.log(told[best])
            if best == SEPARATOR:
                break
            before.append(best - SEPARATOR)
            written.append(best)
        expected = back(tf.ragged.constant([written], tf.int32, ragged_rank=1)).numpy()[0]
        assert answer["text"][place].decode() == expected.decode("utf-8", "replace")
        assert answer["score"][place] == pytest.approx(total, abs=1e-3)


def test_what_is_drawn_is_as_frequent_as_it_is_probable(path):
    made = make(dataclasses.replace(CONFIG, smoothing=AddK(0.01)), path)
    drawn = made.answers(
        "sample",
        text=["the cat"] * 600,
        temperature=np.ones(600, "float32"),
        top_k=np.zeros(600, "int64"),
        top_p=np.ones(600, "float32"),
        seed=np.arange(600),
        longest=np.full(600, 1, "int64"),
    )
    told = made.told(made.tokens("the cat"))
    assert np.mean(drawn["written"] == 0) == pytest.approx(told[SEPARATOR], abs=0.07)


def test_a_wide_beam_finds_the_likeliest_of_all_continuations(path):
    made = make(dataclasses.replace(CONFIG, smoothing=AddK(0.01)), path)
    task = dataclasses.replace(TASK, beams=100, longest=1)
    tokens = made.tokens("the cat")
    first = np.log(made.told(tokens)[SEPARATOR:])
    ends = [np.log(made.told([*tokens, token])[SEPARATOR]) for token in range(1, len(first))]
    best = max(first[0], np.max(first[1:] + ends))
    found = made.answers(endpoints.DEFAULT, task, text=["the cat"])["score"]
    assert found == pytest.approx([best], abs=1e-4)


def test_counts_have_no_vectors_to_embed_by(made):
    functions = TASK.endpoints(made.network, Facts()).functions
    assert set(functions) == {endpoints.DEFAULT, "sample", "score"}


def test_saving_and_exporting_keep_what_is_told(made, tmp_path):
    given, _ = next(iter(batches(made.config, made.encoder, TEXTS).epoch(0)))
    told = made.model(given)
    made.model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(given), told)
    root = tf.Module()
    root.model, root.encoder = made.model, list(made.encoder.trackable)
    score = TASK.endpoints(made.network, Facts()).functions["score"]
    root.serve = tf.function(lambda text: score({"text": text}))
    spec = tf.TensorSpec([None], tf.string, name="text")
    served = root.serve.get_concrete_function(spec)
    tf.saved_model.save(root, str(tmp_path / "saved"), signatures={"serving_default": served})
    loaded = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    ours = made.answers("score", text=TEXTS)
    for name, value in loaded(text=tf.constant(TEXTS)).items():
        if value.dtype == tf.string:
            np.testing.assert_array_equal(value, ours[name])
        else:
            np.testing.assert_allclose(value, ours[name], rtol=1e-6, atol=1e-6)


def test_a_pass_that_was_killed_ends_like_an_uninterrupted_one(path, tmp_path):
    made = make(CONFIG, path)
    train = batches(made.config, made.encoder, TEXTS, size=2)
    estimator = ngram.estimator(made.config, "texts")
    assert train.num_batches == 3
    killed = estimator.begin({})
    for done in estimate.count(made.model, estimator, train, lambda target: target, killed):
        if done == 2:
            break
    np.savez(tmp_path / "left.npz", **killed.arrays())
    with np.load(tmp_path / "left.npz") as left:
        total = estimator.begin(dict(left))
    rest = estimate.count(made.model, estimator, train, lambda target: target, total, 2)
    for done in rest:
        assert done > 2
    whole = estimator.settle(made.model, total.arrays())
    for wanted, got in zip(made.model.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_before_it_is_counted_every_piece_is_as_probable():
    """A uniform model of V pieces has a perplexity of V."""
    model = zoo.build(CONFIG, TASK, Facts())
    row = np.array([[3, 5, 9, 300, 3, 7, 0, 0, 0, 0, 0, 0]])
    told = model({"token_ids": row, "padding_mask": (row != 0).astype("int32")})[0, 1:6, 0, 0]
    pieces_told = CONFIG.vocabulary_size - SEPARATOR
    assert np.exp(-np.mean(told)) == pytest.approx(pieces_told, rel=1e-5)


def test_two_builds_have_the_same_names_and_weights():
    first, second = (zoo.build(CONFIG, TASK, Facts()) for _ in range(2))
    assert [weight.path for weight in first.weights] == [weight.path for weight in second.weights]
    for one, other in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_text_without_a_piece_is_refused(path):
    with pytest.raises(ValueError, match="no token to count"):
        counter = ngram.estimator(CONFIG, "texts")
        counter.settle(zoo.build(CONFIG, TASK, Facts()), {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": 0}, "order: must be from 1 to 8"),
        ({"order": 9}, "order: must be from 1 to 8"),
        ({"dropout": 0.1}, "dropout: unknown key"),
        ({"smoothing": {"kind": "add_k", "k": 0}}, "k: must be above 0.*maximum_likelihood"),
        ({"smoothing": {"kind": "witten_bell"}}, "smoothing"),
    ],
)
def test_what_cannot_be_counted_is_refused(change, message):
    from pipeline.config.problems import ConfigError

    with pytest.raises(ConfigError, match=message):
        strict.read(ngram.NgramConfig, {"kind": "ngram", **change})
