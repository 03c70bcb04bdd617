"""Random numbers that depend on what they are for, not on when they are asked.

A row's key is a hash of the seed, its label and its text; a number is a hash of that key, the
operation, the copy and its place. So rows can be augmented in any order, in any batches and by
any number of processes, and give the same texts.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_RANGE = 2.0**-53


def keys(seed: int, labels: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """One key per row.

    Args:
        seed: Seed of all augmentations.
        labels: Label of each row.
        texts: Text of each row.

    Returns:
        `(rows,)` uint64.
    """
    # What UTF-8 cannot hold can still be told apart.
    contents = [
        f"{seed}\0{len(label)}\0{label}{text}".encode("utf-8", "surrogatepass")
        for label, text in zip(labels, texts, strict=True)
    ]
    digests = [hashlib.blake2b(content, digest_size=8).digest() for content in contents]
    return np.frombuffer(b"".join(digests), "<u8")


def states(keys: np.ndarray, purpose: str, copies: np.ndarray) -> np.ndarray:
    """Where the numbers of each new text begin.

    Args:
        keys: Key of the row of each new text, `(texts,)` uint64.
        purpose: Name of the operation.
        copies: Copy number of each new text, `(texts,)`.

    Returns:
        `(texts,)` uint64.
    """
    digest = hashlib.blake2b(purpose.encode(), digest_size=8).digest()
    start = np.uint64(int.from_bytes(digest, "little"))
    return _mix(keys ^ _mix(start + copies.astype(np.uint64) * _GOLDEN))


def uniform(states: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Numbers in [0, 1), those of each state after those of the one before.

    Args:
        states: `(texts,)` uint64.
        counts: How many numbers each state gives, `(texts,)`.

    Returns:
        `(sum(counts),)` float64.
    """
    ends = np.cumsum(counts)
    place = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    mixed = _mix(np.repeat(states, counts) + (place + 1).astype(np.uint64) * _GOLDEN)
    return (mixed >> np.uint64(11)) * _RANGE


def _mix(values: np.ndarray) -> np.ndarray:
    """SplitMix64's finalizer (Steele, Lea and Flood 2014, "Fast splittable PRNGs", figure 16)."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
