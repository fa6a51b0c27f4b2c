"""Randomness for the sample state: one independent stream per topic, and the few draws that every topic needs.

Streams are told apart by name, so that a new topic never shifts the numbers of another one.
"""

import zlib
from datetime import date

import numpy as np

NEVER = 1_000_000  # a day number that no snapshot reaches
LONG_AGO = -1_000_000


def day(when: date) -> int:
    """Days since 1970, the form in which all dates of the sample state are kept."""
    return (when - date(1970, 1, 1)).days


def stream(seed: int, topic: str) -> np.random.Generator:
    """The random numbers of one topic: a child stream of the seed, found by the topic's name."""
    child = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(topic.encode()),))
    return np.random.Generator(np.random.PCG64(child))


def words(text: str) -> list[str]:
    """The words of a constant text."""
    return text.split()


def pick(rng: np.random.Generator, weights: np.ndarray, size: int) -> np.ndarray:
    """Indexes 0..len(weights)-1 drawn in proportion to the weights."""
    cumulative = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right").astype(np.int32)


def years(rng: np.random.Generator, per_year: float | np.ndarray, size: int) -> np.ndarray:
    """Days until an event that happens at a rate per year, as whole days of at least one."""
    wait = rng.exponential(1.0, size) * 365.25 / np.maximum(per_year, 1e-9)
    return np.minimum(wait, 500_000).astype(np.int64) + 1


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logits to probabilities."""
    return 1.0 / (1.0 + np.exp(-logits))


def shift_for(logits: np.ndarray, target: float) -> float:
    """What to add to the logits so that the mean of their probabilities is the target."""
    if len(logits) == 0:
        return 0.0
    low, high = -15.0, 15.0
    sample = logits[:: max(1, len(logits) // 200_000)]  # a mean over 200,000 is exact enough
    target = min(max(target, 1e-6), 1 - 1e-6)
    for _ in range(30):
        middle = (low + high) / 2
        if sigmoid(sample + middle).mean() < target:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def shifted_to(logits: np.ndarray, target: float) -> np.ndarray:
    """Probabilities of the logits, all shifted alike so that their mean is the target."""
    return sigmoid(logits + shift_for(logits, target))
