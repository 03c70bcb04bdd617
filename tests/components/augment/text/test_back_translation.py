"""Tests of components/augment/text/back_translation.py and translators.py."""

import pytest
import tensorflow as tf

from components.augment.text import augmenting, back_translation, draws, translations, translators
from components.augment.text.config import BackTranslationConfig
from components.augment.text.rows import Rows
from components.augment.text.translations import Sentence
from tests.components import tiny_translators

TEXT = "the good film. bad  movie!\nthe fine film"
BATCH = 3
FIELD = "augmentation[2].forward"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return tiny_translators.save_pair(tmp_path_factory.mktemp("translators"))


@pytest.fixture
def counting(pair):
    return [tiny_translators.Counting(load(place)) for place in pair]


def load(place):
    return translators.load(FIELD, str(place), None, timeout=5.0)


def make(counting, cache, texts, copies, seed=0, temperature=0.8):
    config = BackTranslationConfig("unused", "unused", temperature=temperature)
    cached = [translations.CachedTranslator(one, cache, BATCH) for one in counting]
    (operation,) = back_translation.prepare(config, "", *cached)
    rows = Rows(texts, draws.keys(seed, [""] * len(texts), texts))
    made = [[] for _ in texts]
    for row, text in operation.make(rows, copies):
        made[row].append(text)
    return made


def test_sampling_paraphrases_and_keeps_what_is_between_sentences(counting, tmp_path):
    (made,) = make(counting, tmp_path, [TEXT], [8])
    assert len(set(made)) > 1
    words = {"the", "good", "fine", "film", "movie", "bad", "film.", "movie.", "film!", "movie!"}
    assert {word for text in made for word in text.split()} <= words
    assert all("\n" in text for text in made)


def test_temperature_0_is_the_likeliest_translation(counting, tmp_path):
    assert make(counting, tmp_path, ["the good film"], [2], temperature=0.0) == [
        ["the good film"] * 2
    ]
    # Whatever the copy, one sentence is asked for once.
    assert len(counting[0].asked) == len(counting[1].asked) == 1


def test_a_second_run_translates_nothing(counting, tmp_path):
    texts = [TEXT, "", "the film", "  \n"]
    first = make(counting, tmp_path, texts, [2, 1, 1, 1])
    asked = [len(one.asked) for one in counting]
    assert asked == [7, 7]
    assert make(counting, tmp_path, texts, [2, 1, 1, 1]) == first
    assert [len(one.asked) for one in counting] == asked
    assert max(counting[0].batches) == BATCH


@pytest.mark.parametrize("change", [{"seed": 1}, {"temperature": 0.5}])
def test_another_seed_or_temperature_is_another_translation(counting, tmp_path, change):
    make(counting, tmp_path, ["the film"], [1])
    make(counting, tmp_path, ["the film"], [1], **change)
    assert len(counting[0].asked) == 2


def test_another_translator_is_another_translation(counting, tmp_path):
    forward, backward = counting
    make([forward, backward], tmp_path, ["the film"], [1])
    make([backward, forward], tmp_path, ["the film"], [1])
    assert len(forward.asked) == len(backward.asked) == 2


def test_identity_is_that_of_the_files(pair, tmp_path):
    assert load(pair[0]).identity == load(pair[0]).identity != load(pair[1]).identity


def test_a_row_does_not_depend_on_its_batch(counting, tmp_path):
    texts = [TEXT, "the film", "good", "bad movie"]
    together = make(counting, tmp_path / "1", texts, [2] * 4)
    backwards = make(counting, tmp_path / "2", texts[::-1], [2] * 4)[::-1]
    alone = [make(counting, tmp_path / "3", [text], [2])[0] for text in texts]
    assert together == backwards == alone


def test_a_served_translator_gives_what_the_local_one_gives(pair, tmp_path):
    local = load(pair[0])
    server = tiny_translators.serve({"en_up": local})
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1/models/en_up"
        served = load(url)
        requests = [Sentence("the good film 영화 😀", 0.8, 2**31), Sentence("bad", 0.0, 0)]
        assert served.translate(requests) == local.translate(requests)
        assert served.identity == f"{url}/versions/7/serving_default"
        with pytest.raises(ValueError, match=r"\[2\].forward`.* 404.*no /v1.*Correct the URL or"):
            load(f"{url}/versions/6").translate(requests)
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_without_a_ready_version_is_refused():
    server = tiny_translators.serve({}, state="LOADING")
    try:
        with pytest.raises(ValueError, match=r"\[2\].forward`.*no version .*LOADING.* Wait until"):
            load(f"http://127.0.0.1:{server.server_port}/v1/models/en_up")
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_is_not_there_is_told_by_its_url():
    with pytest.raises(ValueError, match=r"\[2\].forward`.*:9/v1/models/x cannot be asked: Conn"):
        load("http://127.0.0.1:9/v1/models/x")


def test_models_that_write_texts_are_asked_by_their_own_signature(pair, tmp_path):
    module = tf.saved_model.load(pair[0])
    call = module.signatures["serving_default"]
    whole = {"serving_default": call, "translate": call}
    tf.saved_model.save(module, str(tmp_path / "both"), signatures=whole)
    for place, signature, own in (
        (tmp_path / "both", None, "translate"),
        (tmp_path / "both", "serving_default", "serving_default"),
        (pair[0], None, "serving_default"),
    ):
        found = translators.load(FIELD, str(place), signature, 1.0)
        assert found.identity.endswith(f"/{own}")


def test_served_models_that_write_texts_are_asked_by_their_own_signature(pair):
    names = ("serving_default", "translate")
    server = tiny_translators.serve({"en_up": load(pair[0])}, signatures=names)
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1/models/en_up"
        assert load(url).identity == f"{url}/versions/7/translate"
    finally:
        server.shutdown()
        server.server_close()


def test_versions_are_found_in_a_folder(pair, tmp_path):
    (tmp_path / "2").symlink_to(pair[0])
    (tmp_path / "10").symlink_to(pair[1])
    assert load(tmp_path).identity == load(pair[1]).identity


def test_what_breaks_the_contract_is_refused(pair, tmp_path):
    with pytest.raises(
        ValueError, match=r"\[2\].forward`: there is no translator in .*saved_model"
    ):
        load(tmp_path)
    with pytest.raises(ValueError, match=r"\[2\].forward`.*no signature 'other'.*serving_default"):
        translators.load(FIELD, pair[0], "other", 1.0)
    wrong = tiny_translators.save_wrong(tmp_path / "wrong")
    with pytest.raises(
        ValueError, match=r"\[2\].forward`.*not fit.*'translation'.*Received.*'answer'"
    ):
        load(wrong)


@pytest.mark.parametrize(
    ("translate", "batch", "received"),
    [
        (lambda text: text[:, None], None, r"outputs .*'translation': 'string \(None, 1\)'"),
        (lambda text: tf.strings.length(text), None, r"outputs .*'translation': 'int32 \(None,\)'"),
        (tf.identity, 4, r"inputs .*'text': 'string \(4,\)'"),
    ],
    ids=["a column", "numbers", "batches of 4"],
)
def test_a_local_translator_of_other_shapes_is_refused(tmp_path, translate, batch, received):
    folder = tiny_translators.save_broken(tmp_path / "broken", translate, batch)
    with pytest.raises(ValueError, match=rf"\[2\].forward`.*broken does not fit.*{received}"):
        load(folder)


def a_column_of_unknown_rank(text):
    """`(batch, 1)`, which only a call shows."""
    more = tf.ones(tf.size(tf.unique(tf.shape(text)).y), tf.int32)
    return tf.reshape(text, tf.concat([tf.shape(text), more], 0))


@pytest.mark.parametrize(
    ("translate", "message"),
    [
        (lambda text: text[:1], r"must give 'translation' of shape \(2,\).*shape \(1,\)"),
        (a_column_of_unknown_rank, r"must give 'translation' of shape \(2,\).*shape \(2, 1\)"),
        (
            lambda text: tf.as_string(tf.strings.to_number(text)),
            r"failed on a batch of 2. Mend .* InvalidArgumentError: .*convert string: fine film",
        ),
    ],
    ids=["too few", "a column", "failing"],
)
def test_a_local_translator_that_breaks_the_contract_is_told(tmp_path, translate, message):
    translator = load(tiny_translators.save_broken(tmp_path / "broken", translate))
    with pytest.raises(ValueError, match=rf"(?s)\[2\].forward`.*broken {message}"):
        translator.translate([Sentence("fine film", 0.0, 0), Sentence("bad", 0.0, 0)])


def test_a_damaged_local_translator_is_told(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"no model")
    with pytest.raises(
        ValueError, match=r"\[2\].forward`.* cannot be loaded.* Export it again. .*pb"
    ):
        load(tmp_path)


def test_a_translator_is_told_by_its_place_in_the_yaml(pair, tmp_path):
    fitting = BackTranslationConfig(*pair)
    wrong = BackTranslationConfig(pair[0], str(tmp_path))
    resources = augmenting.Resources(preset=str, cache=tmp_path)
    with pytest.raises(ValueError, match=r"^`augmentation\[1\].backward`: there is no translator"):
        augmenting.TextAugmenter([fitting, wrong], 2, resources, ["text"])


def test_the_config_loads_both_translators(pair, tmp_path):
    config = BackTranslationConfig(*pair, n_aug=3)
    resources = augmenting.Resources(preset=str, cache=tmp_path)
    augmenter = augmenting.TextAugmenter([config], 2, resources, ["text"])
    made = list(augmenter.augment([(TEXT,), ("",)], ["a", "b"], 1))
    assert made
    assert {(one.row, one.operation) for one in made} == {(0, "back_translation")}
