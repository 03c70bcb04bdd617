"""What stands for a tensor in annotations: neither Keras nor TensorFlow has types."""

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""A tensor, symbolic or with values; its shape is in the docstring of whoever takes it."""
