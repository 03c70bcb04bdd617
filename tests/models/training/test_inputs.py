"""Tests of models/training/inputs.py."""

import numpy as np
import pytest
import tensorflow as tf

from models.training import inputs


def write(path, numbers):
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for number in numbers:
            feature = {
                "number": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[number % 2])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    return str(path)


@pytest.fixture
def files(tmp_path):
    return [write(tmp_path / "b.gz", range(7, 11)), write(tmp_path / "a.gz", range(7))]


def parse(serialized):
    spec = tf.io.FixedLenFeature((1,), tf.int64)
    return tf.io.parse_example(serialized, {"number": spec, "label": spec})


def open_split(files, **options):
    def encode(features):
        return {"token_ids": tf.tile(features["number"], (1, 3))}

    def part(features):
        return {"number": features["number"]}, tf.reshape(features["label"], [-1])

    arguments = {"parse": parse, "encode": encode, "part": part, "batch_size": 4, **options}
    return inputs.batches(files, **arguments)


def numbers(dataset):
    return [int(row[0]) for batch, _ in dataset for row in batch["token_ids"].numpy()]


CACHED = {"cache_mib": 1}
UNCACHED = {"cache_mib": 0}
BOTH = pytest.mark.parametrize("cache", [CACHED, UNCACHED], ids=["cached", "uncached"])


@BOTH
def test_without_a_seed_the_order_is_that_of_the_sorted_files(files, cache):
    split = open_split(files, **cache)
    assert split.is_cached == bool(cache["cache_mib"])
    assert sorted(numbers(split.epoch())) == list(range(11))
    assert numbers(split.epoch()) == numbers(open_split(reversed(files), **cache).epoch())


@BOTH
def test_batches_have_inputs_and_labels(files, cache):
    split = open_split(files, **cache)
    assert (split.num_examples, split.num_batches) == (11, 3)
    batches = list(split.epoch())
    assert [labels.shape[0] for _, labels in batches] == [4, 4, 3]
    for batch, labels in batches:
        assert list(batch) == ["token_ids"]
        assert labels.dtype == tf.int64
        np.testing.assert_array_equal(batch["token_ids"][:, 0] % 2, labels)


@BOTH
def test_each_epoch_has_every_example_in_another_order(files, cache):
    split = open_split(files, shuffle_seed=0, **cache)
    orders = [numbers(split.epoch(number)) for number in range(3)]
    assert all(sorted(order) == list(range(11)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


@BOTH
@pytest.mark.parametrize("process_seed", [0, 7])
def test_the_order_is_a_function_of_seed_and_epoch(files, cache, process_seed):
    first = numbers(open_split(files, shuffle_seed=0, **cache).epochs(0, 3))
    tf.random.set_seed(process_seed)
    split = open_split(files, shuffle_seed=0, **cache)
    assert numbers(split.epochs(0, 3)) == first
    assert numbers(split.epochs(1, 3)) == first[11:]
    assert numbers(open_split(files, shuffle_seed=1, **cache).epochs(0, 3)) != first


def test_cached_examples_are_prepared_once(files):
    calls = []

    def transform(features):
        def count(number):
            calls.append(len(number))
            return number

        number = tf.numpy_function(count, [features["number"]], tf.int64)
        return {**features, "number": tf.ensure_shape(number, (None, 1))}

    split = open_split(files, transform=transform, shuffle_seed=0, **CACHED)
    assert len(numbers(split.epochs(0, 3))) == 33
    assert sum(calls) == 11


def test_examples_of_unknown_size_are_not_cached(files):
    split = open_split(files, encode=lambda f: {"text": tf.as_string(f["number"])}, **CACHED)
    assert not split.is_cached


def test_a_split_larger_than_the_cache_is_not_cached(files):
    split = open_split(files, encode=lambda f: {"x": tf.zeros((tf.size(f["number"]), 50_000))})
    assert not split.is_cached
    wide = {"encode": lambda f: {"x": tf.zeros((tf.size(f["number"]), 50_000))}}
    assert not open_split(files, **wide, **CACHED).is_cached


@pytest.mark.parametrize("empty", [True, False])
def test_an_empty_split_is_refused(tmp_path, empty):
    files = [write(tmp_path / "a.gz", [])] if empty else []
    with pytest.raises(ValueError, match="The split has no examples. Its files: "):
        open_split(files)


def noted(batch, labels, seed):
    """An augmentation that leaves its seed where tests can read it."""
    return {**batch, "seed": tf.tile(seed[tf.newaxis], (tf.size(labels), 1))}, labels


@BOTH
def test_every_batch_of_every_epoch_is_augmented_with_a_seed_of_its_own(files, cache):
    split = open_split(files, shuffle_seed=5, augment=noted, **cache)
    seeds = [tuple(batch["seed"][0].numpy()) for batch, _ in split.epochs(0, 2)]
    assert seeds == [(5, number) for number in range(6)]
    continued = [tuple(batch["seed"][0].numpy()) for batch, _ in split.epochs(1, 2)]
    assert continued == seeds[3:]


def test_augmentation_leaves_the_order_alone(files):
    plain = numbers(open_split(files, shuffle_seed=5, **CACHED).epochs(0, 2))
    assert numbers(open_split(files, shuffle_seed=5, augment=noted, **CACHED).epochs(0, 2)) == plain


def numbered(num_examples, batch_size):
    rows = tf.data.Dataset.range(num_examples)
    return inputs.Batches(lambda number: rows.batch(batch_size), num_examples, batch_size, True)


@pytest.mark.parametrize("replicas", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("num_examples", [*range(160, 193), 1, 2, 5])
def test_every_device_has_some_of_every_batch_or_the_split_is_refused(replicas, num_examples):
    split = numbered(num_examples, 24)
    try:
        shared = split.shared_by(replicas)
    except ValueError as error:
        assert num_examples < 160  # Too few for so many.
        assert f"among {replicas} devices" in str(error)
        return
    given = [row.tolist() for row in shared.order(0).as_numpy_iterator()]
    assert sum(given, []) == list(range(num_examples))
    assert len(given) == split.num_batches
    for sizes in map(len, given):
        # TensorFlow rounds the parts up, from the first device on.
        assert 0 < sizes <= 24 and (replicas - 1) * -(-sizes // replicas) < sizes


def test_batches_that_devices_cannot_share_evenly_are_refused():
    message = r"among 4 devices, but 90 examples in batches of 6 .* multiple of 4, 8 or more"
    with pytest.raises(ValueError, match=message):
        numbered(90, 6).shared_by(4)


def test_examples_keep_their_order_where_devices_share_them(files):
    split = open_split(files, shuffle_seed=3, batch_size=10)
    shared = split.shared_by(2)
    assert [len(labels) for _, labels in shared.epochs(0, 2)] == [9, 2] * 2
    assert numbers(shared.epoch(1)) == numbers(split.epoch(1))


@pytest.mark.parametrize(("width", "is_cached"), [(23_500, True), (24_500, False)])
def test_the_cache_holds_examples_and_what_surrounds_them(files, width, is_cached):
    # 11 examples of 4 bytes a number, and a label each: 1 MiB is full at 23,700 numbers.
    def encode(features):
        return {"x": tf.zeros((tf.size(features["number"]), width))}

    assert open_split(files, encode=encode, **CACHED).is_cached == is_cached


def test_many_small_examples_cost_more_than_their_numbers(files):
    def encode(features):
        return {"x": tf.ensure_shape(features["number"], (None, 1))}

    # Two numbers of 8 bytes in 256 each: 2,000 examples fill 1 MiB.
    assert open_split(files, encode=encode, num_examples=1_900, **CACHED).is_cached
    assert not open_split(files, encode=encode, num_examples=2_100, **CACHED).is_cached


def test_a_split_whose_size_is_known_is_not_counted(files):
    assert open_split(files, num_examples=11).num_batches == 3
    assert inputs.count_examples(files) == 11
    assert inputs.count_examples([]) == 0


@BOTH
def test_neighbouring_seeds_share_no_order(files, cache):
    orders = [
        tuple(numbers(open_split(files, shuffle_seed=seed, **cache).epoch(epoch)))
        for seed in (0, 1)
        for epoch in range(3)
    ]
    assert len(set(orders)) == 6


def test_augmentation_without_a_seed_has_that_of_0(files):
    split = open_split(files, augment=noted, **UNCACHED)
    assert [tuple(batch["seed"][0].numpy()) for batch, _ in split.epochs(0, 1)] == [
        (0, 0),
        (0, 1),
        (0, 2),
    ]


@BOTH
def test_rows_that_one_record_gives_are_the_examples(files, cache):
    def encode(features):
        """A record of n gives n % 3 rows."""
        numbers_ = tf.reshape(features["number"], [-1])
        return {"token_ids": tf.repeat(numbers_, numbers_ % 3)[:, None] * tf.ones((1, 3), tf.int64)}

    def part(features):
        return {"number": features["number"]}, None

    split = open_split(files, encode=encode, part=part, spreads=True, shuffle_seed=5, **cache)
    wanted = sorted(number for number in range(11) for _ in range(number % 3))
    assert (split.num_examples, split.num_batches) == (len(wanted), 3)
    orders = [numbers(split.epoch(number)) for number in range(3)]
    assert [sorted(order) for order in orders] == [wanted] * 3
    assert orders[0] != orders[1] != orders[2]
    assert numbers(split.epochs(1, 3)) == orders[1] + orders[2], "continued, as never stopped"
    assert [target.shape[0] for _, target in split.epoch()] == [4, 4, 2]
