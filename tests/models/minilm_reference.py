"""BERT's forward pass in NumPy, straight from the published weights.

Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805, with the mean pooling of
Reimers and Gurevych (2019), https://arxiv.org/abs/1908.10084.
"""

import math

import numpy as np
from safetensors import numpy as safetensors

HEADS = 12


def embed(token_ids, folder):
    """Mean token vectors of `(batch, length)` ids, padded with 0: `(batch, 384)`."""
    weights = safetensors.load_file(folder / "model.safetensors")
    mask = token_ids != 0
    x = weights["embeddings.word_embeddings.weight"][token_ids]
    x = x + weights["embeddings.position_embeddings.weight"][: token_ids.shape[1]]
    x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = _normalize(x, weights, "embeddings.LayerNorm")
    for layer in range(6):
        prefix = f"encoder.layer.{layer}."
        attended = _attend(x, mask, weights, prefix + "attention.")
        x = _normalize(x + attended, weights, prefix + "attention.output.LayerNorm")
        y = _gelu(_dense(x, weights, prefix + "intermediate.dense"))
        y = _dense(y, weights, prefix + "output.dense")
        x = _normalize(x + y, weights, prefix + "output.LayerNorm")
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)


def _attend(x, mask, weights, prefix):
    def heads(name):
        y = _dense(x, weights, f"{prefix}self.{name}")
        return y.reshape(*y.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)

    query, key, value = heads("query"), heads("key"), heads("value")
    scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(query.shape[-1])
    scores = np.exp(np.where(mask[:, None, None, :], scores, -1e9))
    shares = scores / scores.sum(-1, keepdims=True)
    y = (shares @ value).transpose(0, 2, 1, 3).reshape(x.shape)
    return _dense(y, weights, prefix + "output.dense")


def _dense(x, weights, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def _normalize(x, weights, name):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    return x * weights[name + ".weight"] + weights[name + ".bias"]


def _gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2
