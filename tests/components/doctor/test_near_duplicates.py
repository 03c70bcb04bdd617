"""Tests of components/doctor/near_duplicates.py."""

import numpy as np
import pytest
from PIL import Image

from components.doctor import near_duplicates

SENTENCE = "the quick brown fox jumps over the lazy dog and then sleeps until noon every day of {}"


def scene(seed, side=48):
    """Smooth blobs of random places and shades."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (6, 6)).astype(np.uint8)
    return Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)


def thumbnails(pictures):
    size = (near_duplicates.SIDE, near_duplicates.SIDE)
    return np.array([np.asarray(p.resize(size, Image.Resampling.BOX)) for p in pictures])


def test_texts_that_differ_in_a_word_share_a_group():
    texts = [
        SENTENCE.format("march"),
        "something else entirely about ships and the sea",
        SENTENCE.format("april"),
        "참 좋은 영화",
    ]
    first, second, third, fourth = near_duplicates.group_texts(texts)
    assert first == third
    assert len({first, second, fourth}) == 3


def test_texts_from_one_template_are_found_whatever_their_number():
    groups = near_duplicates.group_texts(
        [SENTENCE.format(f"week {number}") for number in range(700)]
    )
    assert np.max(np.unique(groups, return_counts=True)[1]) > 690


def test_texts_that_share_a_beginning_alone_are_not_the_same():
    texts = [
        "dear customer, thank you for your order of seven blue lamps",
        "dear customer, thank you for your patience while we look into it",
    ]
    assert len(set(near_duplicates.group_texts(texts))) == 2


@pytest.mark.parametrize("texts", [[], ["a"], ["", "b", "ab", "abc"]])
def test_short_texts_stay_apart(texts):
    assert len(set(near_duplicates.group_texts(texts))) == len(texts)


def test_images_resized_or_slightly_darker_share_a_group():
    one = scene(1)
    darker = one.point(lambda value: value * 0.96)
    pictures = thumbnails([one, scene(2), one.resize((31, 40)), scene(3), darker])
    groups = near_duplicates.group_images(pictures)
    assert groups[0] == groups[2] == groups[4]
    assert len(set(groups)) == 3


def test_different_images_stay_apart_across_chunks():
    pictures = thumbnails([scene(number) for number in range(600)] + [scene(3, 80)])
    groups = near_duplicates.group_images(pictures)
    assert groups[3] == groups[600]
    assert len(set(groups)) == 600


def test_no_images_have_no_groups():
    assert len(near_duplicates.group_images(np.zeros((0, 32, 32), np.uint8))) == 0


@pytest.mark.parametrize(("length", "is_near"), [(49, True), (48, False)])
def test_one_other_character_touches_the_five_runs_that_hold_it(length, is_near):
    # Of 45 runs 40 stay, which are four fifths of 50.
    letters = "".join(chr(0x4E00 + place) for place in range(length))
    first, second = near_duplicates.group_texts([letters, f"{letters[:24]}x{letters[25:]}"])
    assert (first == second) == is_near


def test_of_long_texts_the_first_four_thousand_characters_are_compared():
    rng = np.random.default_rng(0)
    letters = "".join(chr(0x4E00 + place) for place in rng.integers(20_000, size=9_000))
    texts = [letters[:4_000] + letters[5_000:7_000], letters[:4_000] + letters[7_000:]]
    assert len(set(near_duplicates.group_texts(texts))) == 1
    less = [letters[:3_500] + letters[5_000:7_000], letters[:3_500] + letters[7_000:]]
    assert len(set(near_duplicates.group_texts(less))) == 2
    assert len(near_duplicates._shingles(letters)) == 3_996


def test_a_chain_of_texts_that_are_alike_is_one_group():
    letters = "".join(chr(0x4E00 + place) for place in range(100))
    texts = [letters[start : start + 88] for start in (0, 6, 12)]
    assert (
        near_duplicates._jaccard(*map(near_duplicates._shingles, texts[::2]))
        < near_duplicates.SAME_TEXT
    )
    assert len(set(near_duplicates.group_texts(texts))) == 1
