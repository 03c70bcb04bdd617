"""Tests of pipeline/modules/learner.py: what is learned of the data before a model is trained."""

import unicodedata

import numpy as np
import pytest
import sklearn.feature_extraction.text
import tensorflow as tf

from models.image import resnet
from models.tasks import classification
from models.text import bag_of_words, subwords, text_cnn
from models.training.config import TrainingConfig
from pipeline.config import sections
from pipeline.modules import learner
from tests.pipeline.modules import test_tuner

pytestmark = pytest.mark.tfx


@pytest.fixture(scope="module")
def token_ids(tmp_path_factory):
    """Two splits and a graph that makes ids of words."""
    return write(tmp_path_factory.mktemp("token_ids"), "token_ids")


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """The same rows and a graph that passes texts on."""
    return write(tmp_path_factory.mktemp("texts"), "text")


def write(folder, feature):
    test_tuner.write_splits(folder)
    test_tuner.write_graph(folder, feature=feature)
    return folder


TEXTS = classification.TextClassification("text_classification")


def prepare(data, model, resumable, task=TEXTS):
    return learner.prepare(
        sections.LearnerConfig(task, model, TrainingConfig(batch_size=2)),
        str(data / "graph"),
        (str(data / "train.gz"),),
        resumable,
    )


def encoded(learner, *texts):
    return np.asarray(learner.encode({"text": tf.constant(texts)})["token_ids"])


def test_inverse_document_frequencies_are_those_of_scikit_learn(token_ids, tmp_path):
    model = bag_of_words.BagOfWordsConfig(sequence_length=4, weighting="tf_idf")
    learner = prepare(token_ids, model, tmp_path)
    texts = [text for text, _ in test_tuner.ROWS]
    words = sklearn.feature_extraction.text.TfidfVectorizer(token_pattern=r"\S+").fit(texts)
    for word, index in words.vocabulary_.items():
        (word_id,) = set(encoded(learner, word)[0]) - {0}
        assert learner.measured["idf"][word_id] == pytest.approx(words.idf_[index])


@pytest.mark.parametrize("tokenizer", ["wordpiece", "bpe", "unigram"])
def test_learned_pieces_are_read_alike_after_other_models_were_built(texts, tmp_path, tokenizer):
    model = text_cnn.TextCNNConfig(vocabulary_size=40, sequence_length=9, tokenizer=tokenizer)
    learner = prepare(texts, model, tmp_path)
    read = encoded(learner, "좋은 film", "dull")
    assert learner.config.model.vocabulary_size > read.max() > 1
    for _ in range(2):  # To train, and to export.
        learner.build("float32")
    np.testing.assert_array_equal(encoded(learner, "좋은 film", "dull"), read)
    batches = learner.batches((str(texts / "train.gz"),), shuffled=False)
    assert sum(len(labels) for _, labels in batches.epoch(0)) == len(test_tuner.ROWS)


@pytest.mark.parametrize("written", [3, 9_000])
@pytest.mark.parametrize("kind", [text_cnn.TextCNNConfig, bag_of_words.BagOfWordsConfig])
def test_a_given_tokenizer_decides_the_size_of_the_vocabulary(texts, tmp_path, kind, written):
    path = tmp_path / "wordpiece"
    subwords.learn("wordpiece", [text for text, _ in test_tuner.ROWS], 60, path)
    model = kind(
        vocabulary_size=written,
        sequence_length=5,
        tokenizer="wordpiece",
        tokenizer_file=str(path),
    )
    learner = prepare(texts, model, tmp_path)
    num_pieces = len(path.read_text("utf-8").splitlines())
    assert learner.config.model.vocabulary_size == num_pieces
    (inputs, _), *_ = learner.batches((str(texts / "train.gz"),), shuffled=False).epoch(0)
    built = learner.build("float32")
    assert np.isfinite(built(inputs)).all()
    assert built.weights[0].shape[0] == num_pieces  # Of the embedding, and of `idf`.


@pytest.mark.parametrize("tokenizer", ["bpe", "wordpiece"])
def test_composed_and_decomposed_hangul_are_the_same_text(texts, tmp_path, tokenizer):
    model = text_cnn.TextCNNConfig(vocabulary_size=40, sequence_length=9, tokenizer=tokenizer)
    learner = prepare(texts, model, tmp_path)
    composed, decomposed = encoded(learner, "좋은", unicodedata.normalize("NFD", "좋은"))
    np.testing.assert_array_equal(composed, decomposed)
    assert composed[0] > 1


def test_the_same_seed_gives_the_same_weights(token_ids, tmp_path):
    model = text_cnn.TextCNNConfig(sequence_length=4, embedding_dim=3, filters=2, kernel_sizes=(1,))
    learner = prepare(token_ids, model, tmp_path)
    for first, second in zip(*(learner.build("float32").get_weights() for _ in "ab"), strict=True):
        np.testing.assert_array_equal(first, second)


def test_pixel_statistics_are_those_of_the_training_images_alone(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3)).astype(np.uint8)
    rows = [(tf.io.encode_png(image).numpy(), str(i % 2)) for i, image in enumerate(images)]
    test_tuner.write_splits(tmp_path, rows[:5], rows[5:])
    test_tuner.write_graph(tmp_path, "image_bytes", rows[:5])
    learner = {
        pixels: prepare_images(tmp_path, pixels)
        for pixels in ("mean_image", "channel_mean", "standardize")
    }
    train = images[:5].astype(float)
    np.testing.assert_allclose(learner["mean_image"].measured["pixels"], train.mean(0))
    for pixels in ("channel_mean", "standardize"):
        found = learner[pixels].config.model
        np.testing.assert_allclose(found.channel_mean, train.mean((0, 1, 2)))
    np.testing.assert_allclose(found.channel_std, train.std((0, 1, 2)))


def prepare_images(folder, pixels):
    # The rows' helpers call the input column `text`, whatever it holds.
    task = classification.ImageClassification("image_classification", image="text")
    model = resnet.ResNetConfig(blocks=(1,), stem="small", image_size=4, pixels=pixels)
    return prepare(folder, model, folder, task)
