"""What can be tuned about batching, with TensorFlow Serving's names, defaults and errors.

Sources: TensorFlow Serving, `servables/tensorflow/session_bundle_config.proto`
and `bundle_factory_util.cc`, `.h`; TensorFlow,
`core/kernels/batching_util/shared_batch_scheduler.h`.
"""

import dataclasses
import os

from google.protobuf.message import Message

from serving import errors

_WRAPPED = (
    "max_batch_size",
    "batch_timeout_micros",
    "max_enqueued_batches",
    "num_batch_threads",
    "thread_pool_name",
    "enable_large_batch_splitting",
    "max_execution_batch_size",
)


def _num_cpus() -> int:
    return len(os.sched_getaffinity(0))


@dataclasses.dataclass(frozen=True)
class BatchingParameters:
    """Batching of one server, or of one model version where each has its own.

    Raises:
        ServingError: INVALID_ARGUMENT if the values contradict each other.
    """

    max_batch_size: int = 1000
    """Rows: no request may have more, and no batch either unless requests are split; at least 1."""
    batch_timeout_micros: int = 0
    """How long the first request of a batch waits for others, at least 0; 0 takes what is there."""
    max_enqueued_batches: int = 10
    """Batches that may wait for a thread before requests are refused; 0 counts as 1."""
    num_batch_threads: int = dataclasses.field(default_factory=_num_cpus)
    """Batches that run at the same time, at least 1; by default as many as there are CPUs."""
    thread_pool_name: str = "batch_threads"
    """How the names of the threads begin."""
    enable_large_batch_splitting: bool = False
    """Whether a request may be cut in pieces that run in different batches."""
    max_execution_batch_size: int | None = None
    """Rows of a batch where requests are split, 1 to `max_batch_size`; None means the latter."""
    allowed_batch_sizes: tuple[int, ...] = ()
    """Sizes a batch is filled up to, increasing to `max_batch_size`; empty allows every size."""
    pad_variable_length_inputs: bool = False
    """Whether inputs are filled up to the longest of their batch, with their own first element."""

    def __post_init__(self) -> None:
        self._check_thread_settings()
        self._check_queue_settings()
        self._check_allowed_batch_sizes()

    @property
    def execution_batch_size(self) -> int:
        """Rows of the largest batch that is run."""
        if self.enable_large_batch_splitting and self.max_execution_batch_size is not None:
            return self.max_execution_batch_size
        return self.max_batch_size

    def round_up(self, num_rows: int) -> int:
        """The smallest allowed batch size for so many rows."""
        return next((size for size in self.allowed_batch_sizes if size >= num_rows), num_rows)

    def _check_thread_settings(self) -> None:
        if self.num_batch_threads < 1:
            raise errors.invalid_argument(
                f"num_batch_threads must be positive; was {self.num_batch_threads}"
            )

    def _check_queue_settings(self) -> None:
        if self.max_batch_size < 1:
            # The queue's own name for it, so that the text is TensorFlow's.
            raise errors.invalid_argument(
                f"input_batch_size_limit must be positive; was {self.max_batch_size}"
            )
        if self.batch_timeout_micros < 0:
            raise errors.invalid_argument(
                f"batch_timeout_micros must be non-negative; was {self.batch_timeout_micros}"
            )
        # Without splitting TensorFlow takes 0 as 1, for old configurations.
        if self.max_enqueued_batches < self.enable_large_batch_splitting:
            raise errors.invalid_argument(
                f"max_enqueued_batches must be positive; was {self.max_enqueued_batches}"
            )
        if self.execution_batch_size < 1:
            raise errors.invalid_argument(
                f"max_execution_batch_size must be positive; was {self.max_execution_batch_size}"
            )
        if self.execution_batch_size > self.max_batch_size:
            raise errors.invalid_argument(
                "When enable_large_batch_splitting is true, input_batch_size_limit must be "
                "greater than or equal to max_execution_batch_size. Received max_batch_size: "
                f"{self.max_batch_size}, max_execution_batch_size: {self.max_execution_batch_size}"
            )

    def _check_allowed_batch_sizes(self) -> None:
        sizes = self.allowed_batch_sizes
        if sizes and sizes[-1] != self.max_batch_size:
            raise errors.invalid_argument(
                "Last entry in allowed_batch_sizes must match max_batch_size; last entry was "
                f"{sizes[-1]}; expected {self.max_batch_size}"
            )
        if any(left >= right for left, right in zip(sizes, sizes[1:], strict=False)):
            raise errors.invalid_argument(
                "allowed_batch_sizes entries must be monotonically increasing"
            )


def from_proto(message: Message) -> BatchingParameters:
    """Read what a file says, `serving.protos.BatchingParameters`; the rest has its default.

    Raises:
        ServingError: INVALID_ARGUMENT if the values contradict each other.
    """
    return BatchingParameters(
        **{name: getattr(message, name).value for name in _WRAPPED if message.HasField(name)},
        allowed_batch_sizes=tuple(message.allowed_batch_sizes),
        pad_variable_length_inputs=message.pad_variable_length_inputs,
    )
