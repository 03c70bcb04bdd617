"""Figures of tokens that were to be told from either side, counted over all tokens of a split."""

from __future__ import annotations

import dataclasses

from models.tasks.masking import metrics

ASKED, HITS, LOG_PROBABILITY = metrics.GAPS, metrics.HITS, metrics.LOG_PROBABILITY
"""Outputs: how often a token of a text is told, twice each but for its ends, how often rightly, and
the sum of the logarithms of its probability in nats."""
TOKEN_ACCURACY = dataclasses.replace(metrics.MASKED_ACCURACY, name="token_accuracy")
"""Share of tokens that are told as the likeliest piece, of both directions."""
PERPLEXITY = metrics.PERPLEXITY
"""Exponential of the mean negative log-probability of tokens, of both directions."""
