"""Tests of serving/rest/http_body.py."""

import asyncio
import gzip

import pytest

from serving import errors
from serving.rest import http_body


def read(chunks, limit=100, headers=(), stall_seconds=10):
    """Read a body from its pieces; an ellipsis never comes, None is a closed connection."""
    waiting = list(chunks)

    async def receive():
        chunk = waiting.pop(0)
        if chunk is ...:
            await asyncio.Event().wait()
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    body = http_body.Body(receive, dict(headers), stall_seconds)
    return asyncio.run(body.read(limit)), body


def test_a_body_may_come_in_pieces_up_to_the_limit():
    content, body = read([b"abc", b"", b"defg"], limit=7)
    assert (content, body.num_bytes) == (b"abcdefg", 7)
    with pytest.raises(http_body.TooLargeError, match="larger than 6 bytes"):
        read([b"abc", b"defg"], limit=6)


def test_who_waits_for_permission_to_send_too_much_is_refused_at_once():
    headers = {b"content-length": b"7", b"expect": b"100-continue"}
    with pytest.raises(http_body.TooLargeError):
        read([...], limit=6, headers=headers)


def test_who_sends_too_much_may_finish_before_the_refusal():
    headers = {b"content-length": b"7"}
    with pytest.raises(http_body.StalledError, match="stopped after 3 bytes"):
        read([b"abc", ...], limit=6, headers=headers, stall_seconds=0.01)
    with pytest.raises(http_body.TooLargeError):
        read([b"abc", b"defg"], limit=6, headers=headers)


@pytest.mark.parametrize("length", [b"", b"-7", b"7x", "\u00b2".encode()])
def test_a_length_that_is_no_number_does_not_count(length):
    assert read([b"ab"], limit=6, headers={b"content-length": length})[0] == b"ab"


@pytest.mark.parametrize("chunks", [[...], [b"{", ...]])
def test_silence_ends_the_reading(chunks):
    with pytest.raises(http_body.StalledError, match="nothing came for 0.01 seconds"):
        read(chunks, stall_seconds=0.01)


@pytest.mark.parametrize("chunks", [[None], [b"{", None]])
def test_a_closed_connection_ends_the_reading(chunks):
    with pytest.raises(http_body.ClientGoneError):
        read(chunks)


def test_gzip_is_undone_and_limited():
    assert http_body.unpack(gzip.compress(b"abcdefg", mtime=0), 7) == b"abcdefg"
    with pytest.raises(http_body.TooLargeError, match="larger than 6 bytes"):
        http_body.unpack(gzip.compress(b"abcdefg", mtime=0), 6)


@pytest.mark.parametrize("content", [b"", b"abc", gzip.compress(b"abcdefg", mtime=0)[:-3]])
def test_what_is_not_gzip_or_not_all_of_it_is_refused(content):
    with pytest.raises(errors.ServingError, match="not a complete gzip file"):
        http_body.unpack(content, 100)


def test_nothing_unpacked_is_larger_than_tensorflow_serving_allows():
    with pytest.raises(http_body.TooLargeError, match="larger than 104857600 bytes"):
        http_body.unpack(gzip.compress(bytes(100 * 2**20 + 1), 1, mtime=0), 2**31 - 1)
