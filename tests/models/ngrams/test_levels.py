"""N-grams: counts by hand, probabilities that sum to 1, what is written down."""

import collections
import itertools

import numpy as np
import pytest

from models.ngrams import levels

STUDENTS, OPENED, THEIR, BOOKS, EXAMS, MINDS = range(6)
BEGIN = [STUDENTS, OPENED, THEIR]
LESSON = [[*BEGIN, BOOKS]] * 400 + [[*BEGIN, EXAMS]] * 100 + [[*BEGIN, MINDS]] * 500


def drawn(seed, count=60, kinds=7):
    random = np.random.default_rng(seed)
    return [random.zipf(1.5, random.integers(0, 12)) % kinds for _ in range(count)]


@pytest.mark.parametrize(("last", "share"), [(BOOKS, 0.4), (EXAMS, 0.1), (MINDS, 0.5)])
def test_maximum_likelihood_is_the_share_of_what_followed(last, share):
    counted = levels.learn(LESSON, 6, 4, k=0)
    told = counted.log_probabilities([*BEGIN, last])
    np.testing.assert_allclose(np.exp(told), [1, 1, 1, share])


def test_a_text_is_as_likely_as_all_its_tokens():
    told = levels.learn(LESSON, 6, 4, k=0).log_probabilities([*BEGIN, BOOKS])
    assert told.sum() == pytest.approx(-0.9163, abs=1e-4)


def test_what_was_never_counted_is_impossible_by_maximum_likelihood_alone():
    never = [STUDENTS, MINDS]
    assert levels.learn(LESSON, 6, 2, k=0).log_probabilities(never)[1] == -np.inf
    told = levels.learn(LESSON, 6, 2, k=0.5).log_probabilities(never)
    np.testing.assert_allclose(np.exp(told), [1000.5 / 1003, 0.5 / 1003])
    assert np.isfinite(levels.learn(LESSON, 6, 2).log_probabilities(never)).all()


def test_kneser_ney_of_two_tokens_by_hand():
    # a b, a b, a c, d b: `b` follows a and d, `c` follows a; begins follow nothing but the begin.
    a, b, c, d = range(4)
    counted = levels.learn([[a, b], [a, b], [a, c], [d, b]], 4, 2)
    # Pairs: begin a 3, begin d 1, a b 2, a c 1, d b 1: three once, one twice.
    pairs = 3 / (3 + 2 * 1)
    # How many different tokens each follows: a 1, b 2, c 1, d 1, of 5.
    singles = 3 / (3 + 2 * 1)
    by_one = (2 - singles) / 5 + singles * 4 / 5 / 4
    expected = (2 - pairs) / 3 + pairs * 2 / 3 * by_one
    assert np.exp(counted.log_probabilities([a, b])[1]) == pytest.approx(expected)
    assert np.exp(counted.log_probabilities([c, b])[1]) == pytest.approx(by_one)


@pytest.mark.parametrize("k", [None, 0.5, 0])
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_after_any_text_sum_to_1(order, k):
    counted = levels.learn(drawn(0), 7, order, k)
    for before in ([], [1], [1, 2, 3], [6, 6, 6, 0, 0, 5]):
        told = [counted.log_probabilities([*before, token])[-1] for token in range(7)]
        assert np.exp(told).sum() == pytest.approx(1)


def defined(texts, order, kinds):
    """Kneser-Ney as it is written down: sets of what stood before, one level after the other."""
    begin, raw, before = kinds, collections.Counter(), collections.defaultdict(set)
    for text in texts:
        whole = (begin, *map(int, text))
        for end, size in itertools.product(range(2, len(whole) + 1), range(1, order + 1)):
            if size > end:
                continue
            run = whole[end - size : end]
            raw[run] += 1
            before[run[1:]].add(run[0])

    def count(run):
        is_raw = len(run) == order or run[0] == begin
        return raw[run] if is_raw else len(before[run])

    runs = {size: [run for run in raw if len(run) == size] for size in range(1, order + 1)}

    def discount(size):
        once, twice = (sum(count(run) == number for run in runs[size]) for number in (1, 2))
        return once / (once + 2 * twice) if once and twice else 0.75

    discounts = {size: discount(size) for size in runs}

    def share(context, token):
        lower = share(context[1:], token) if context else 1 / kinds
        following = [count((*context, one)) for one in range(kinds) if raw[(*context, one)]]
        if not following:
            return lower
        off = discounts[len(context) + 1]
        own = max(count((*context, token)) - off, 0) if raw[(*context, token)] else 0
        return (own + off * len(following) * lower) / sum(following)

    return lambda text: [
        share((begin, *text)[max(place + 2 - order, 0) : place + 1], text[place])
        for place in range(len(text))
    ]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", [1, 5])
def test_kneser_ney_is_as_it_is_defined(order, seed):
    texts = drawn(seed)
    told, expected = levels.learn(texts, 7, order), defined(texts, order, 7)
    for text in drawn(seed + 1, 9):
        shares = np.exp(told.log_probabilities(text))
        np.testing.assert_allclose(shares, expected([int(token) for token in text]))


def test_no_text_and_no_token_to_count_are_refused():
    for texts in ([], [[]]):
        with pytest.raises(ValueError, match="no token to count"):
            levels.learn(texts, 3, 2)
    with pytest.raises(ValueError, match="order=0"):
        levels.learn([[1]], 3, 0)
