"""Asks an ASGI application without a server or a socket."""

import asyncio
import dataclasses
import json


@dataclasses.dataclass
class Response:
    """What the application sent."""

    status: int = 0
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""

    def json(self):
        return json.loads(self.body)


def request(app, method, target, body=b"", headers=(), chunks=None):
    """Send one request.

    Args:
        app: The application.
        method: Of HTTP.
        target: Path and query.
        body: Sent in one piece.
        headers: Pairs of text.
        chunks: Pieces to send instead of `body`; an ellipsis waits for ever, None disconnects.

    Returns:
        The response; its status is 0 if the application sent none.
    """
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "client": ("192.0.2.7", 1234),
    }
    waiting = [body] if chunks is None else list(chunks)
    response = Response()

    async def receive():
        chunk = waiting.pop(0)
        if chunk is None:
            return {"type": "http.disconnect"}
        if chunk is ...:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message):
        if message["type"] == "http.response.start":
            response.status = message["status"]
            response.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        response.body += message.get("body", b"")

    asyncio.run(app(scope, receive, send))
    return response
