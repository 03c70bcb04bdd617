"""Which inputs are nearly the same: MinHash of texts, perceptual hashes of images.

Both find candidates by hash and then compare the contents themselves.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.fft
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from components.doctor import rows

SAME_TEXT = 0.8
"""Jaccard similarity of two texts' shingles from which they are near duplicates; the threshold of
Lee et al. (2022), "Deduplicating Training Data Makes Language Models Better",
https://arxiv.org/abs/2107.06499, appendix A. Shingles here are of characters, not words, so that
they work for any script and for short texts."""
_SHINGLE = 5  # characters; Leskovec et al., "Mining of Massive Datasets", section 3.2.2
_LONGEST = 4_000  # characters of a text that are compared
# 12 bands of 5: texts of similarity 0.8 meet in one with probability 0.99, of 0.5 with 0.32
# (the same book, section 3.4.2).
_BANDS, _PER_BAND = 12, 5
_PROMISING = 0.65  # estimated similarity worth an exact comparison: three deviations below 0.8
_SEED = 20
SIDE = 32
"""Side in pixels of the grey pictures that images are compared by."""
_BITS = 10  # of 64 that may differ in candidates
SAME_IMAGE = 0.02
"""Root of the mean squared difference of two images' thumbnails at 16 x 16, relative to the root of
their product of variances (1 - correlation at equal contrast), up to which they are near
duplicates."""
_DARKER = 16.0  # of 255: mean brightness two pictures may differ by
_MATCHES = 8  # neighbours of an image that are compared; a group is connected through others
_CHUNK = 256


def group_texts(texts: Sequence[str]) -> np.ndarray:
    """Number the groups of texts that are nearly the same.

    Args:
        texts: No two the same after `rows.normalize`.

    Returns:
        `(texts,)` int: equal for texts of a group. Texts that are not alike but are connected by
        others that are may share one.

    Source:
        Broder (1997), "On the resemblance and containment of documents"; the banding of
        signatures is section 3.4 of "Mining of Massive Datasets".
    """
    shingles = [_shingles(text) for text in texts]
    signatures = _signatures(shingles)
    pairs = np.array(sorted(set(_meetings(signatures))), np.int64).reshape(-1, 2)
    estimated = np.mean(signatures[pairs[:, 0]] == signatures[pairs[:, 1]], axis=1)
    near = [
        (first, second)
        for first, second in pairs[estimated >= _PROMISING]
        if _jaccard(shingles[first], shingles[second]) >= SAME_TEXT
    ]
    return _groups(len(texts), near)


def group_images(pictures: np.ndarray) -> np.ndarray:
    """Number the groups of images that are nearly the same.

    Args:
        pictures: Grey thumbnails `(images, 32, 32)`, 0 to 255, none of them of one shade.

    Returns:
        `(images,)` int: equal for images of a group.

    Source:
        Zauner (2010), "Implementation and Benchmarking of Perceptual Image Hash Functions",
        section 3.2 (DCT hash).
    """
    if not len(pictures):
        return np.zeros(0, int)
    hashes = _perceptual_hashes(pictures)
    # Finer detail is lost when an image is made smaller and saved once more.
    halves = pictures.reshape(-1, SIDE // 2, 2, SIDE // 2, 2).mean((2, 4), dtype=np.float32)
    flat = halves.reshape(len(pictures), -1)
    means = flat.mean(axis=1)
    deviations = flat - means[:, None]
    spreads = np.sqrt(np.mean(deviations**2, axis=1))
    near: list[tuple[int, int]] = []
    for start in range(0, len(hashes), _CHUNK):
        firsts, seconds = _candidates(hashes, start)
        difference = np.mean((deviations[firsts] - deviations[seconds]) ** 2, axis=1)
        same = (difference <= SAME_IMAGE * spreads[firsts] * spreads[seconds]) & (
            np.abs(means[firsts] - means[seconds]) <= _DARKER
        )
        near += zip(firsts[same].tolist(), seconds[same].tolist(), strict=True)
    return _groups(len(hashes), near)


def _groups(number: int, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (number, number))
    return connected_components(graph, directed=False)[1]


def _shingles(text: str) -> np.ndarray:
    """Hashes of all runs of characters, sorted and distinct; `(shingles,)` uint64."""
    content = rows.normalize(text)[:_LONGEST].ljust(_SHINGLE)
    codes = np.frombuffer(content.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    count = len(codes) - _SHINGLE + 1
    hashes = np.zeros(count, np.uint64)
    for place in range(_SHINGLE):
        # Polynomial in the codes, modulo 2**64, with the constant of SplitMix64.
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + codes[place : place + count]
    hashes ^= hashes >> np.uint64(31)
    return np.unique(hashes)


def _signatures(shingles: Sequence[np.ndarray]) -> np.ndarray:
    """MinHashes, `(texts, bands * rows)` uint64, by multiply-add modulo 2**64."""
    rng = np.random.default_rng(_SEED)
    size = (_BANDS * _PER_BAND, 1)
    factors = rng.integers(2**63, size=size, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    offsets = rng.integers(2**64, size=size, dtype=np.uint64)
    found = np.empty((len(shingles), len(factors)), np.uint64)
    for place, hashes in enumerate(shingles):
        found[place] = np.min(factors * hashes + offsets, axis=1)
    return found


def _meetings(signatures: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs that share a band: each text with the first of its bucket and with its neighbour.

    All pairs of a bucket would be too many where thousands of texts follow one template.
    """
    for band in range(_BANDS):
        part = signatures[:, band * _PER_BAND : (band + 1) * _PER_BAND]
        _, buckets = np.unique(part, axis=0, return_inverse=True)
        buckets = buckets.ravel()
        order = np.argsort(buckets, kind="stable")
        starts = np.flatnonzero(np.diff(buckets[order], prepend=-1))
        first = np.repeat(order[starts], np.diff(np.append(starts, len(order))))
        inner = np.flatnonzero(np.diff(buckets[order], prepend=-1) == 0)
        for before in (first[inner], order[inner - 1]):
            yield from zip(before.tolist(), order[inner].tolist(), strict=True)


def _jaccard(first: np.ndarray, second: np.ndarray) -> float:
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


def _perceptual_hashes(pictures: np.ndarray) -> np.ndarray:
    """Signs of the 64 lowest frequencies but the constant, against their median, as uint64."""
    spectrum = scipy.fft.dctn(pictures.astype(np.float32), axes=(1, 2))
    low = spectrum[:, 1:9, 1:9].reshape(len(pictures), 64)
    bits = low > np.median(low, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view("<u8").ravel()


def _candidates(hashes: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of an image of one chunk and an earlier one whose hashes nearly agree."""
    chunk = np.arange(start, min(start + _CHUNK, len(hashes)))
    distance = np.bitwise_count(hashes[chunk, None] ^ hashes[None, : chunk[-1] + 1])
    close = (distance <= _BITS) & (np.arange(chunk[-1] + 1) < chunk[:, None])
    if close.sum() > _MATCHES * len(chunk):
        close &= np.cumsum(close, axis=1) <= _MATCHES
    firsts, seconds = np.nonzero(close)
    return chunk[firsts], seconds
