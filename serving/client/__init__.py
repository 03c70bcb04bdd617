"""Ask a model server, ours or TensorFlow Serving, over REST or gRPC, blocking or with asyncio.

```python
from serving.client import AsyncClient, Client, rows

with Client("127.0.0.1:8501") as client:                  # REST
    client.predict("reviews", {"text": ["Never again."]})["label"]

async with AsyncClient("grpc://127.0.0.1:8500") as client:  # gRPC
    await client.predict("reviews", {"text": ["Never again."]}, version=3, timeout=0.5)
```

A request brings every input of the signature by its name, `{"first": ["..."], "second": ["..."]}`,
and its answer every output. `rows` makes a mapping of each row and leaves out what ragged answers
are filled up with:

```python
for row in rows(client.predict("topics", {"text": ["one", "two"]})):
    print(row["chosen_labels"])
```

Nothing here imports TensorFlow.
"""

from serving.client.address import Tls
from serving.client.blocking import Client
from serving.client.errors import ClientError
from serving.client.retries import Retries
from serving.client.signature import Signature
from serving.model import TensorSpec, VersionStatus
from serving.ragged import rows

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "Retries",
    "Signature",
    "TensorSpec",
    "Tls",
    "VersionStatus",
    "rows",
]


def __getattr__(name: str) -> type:
    # Only who asks for it waits for asyncio.
    if name == "AsyncClient":
        from serving.client.asynchronous import AsyncClient

        return AsyncClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
