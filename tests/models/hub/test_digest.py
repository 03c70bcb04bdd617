"""Tests of the digest of a module's archive: models/hub/cache.py, fetch.py and config.py."""

import hashlib
import http.server
import pathlib
import shutil
import ssl
import threading
import urllib.request

import pytest
import trustme

from models.hub import cache
from models.text.hub_text import HubTextConfig
from tests import strict


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    return pathlib.Path(shutil.make_archive(str(tmp_path / "packed"), "gztar", folder))


@pytest.fixture
def digest(archive):
    return hashlib.sha256(archive.read_bytes()).hexdigest()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.mark.parametrize("change", [str, str.upper])
def test_an_archive_with_its_digest_is_unpacked(archive, folder, digest, change):
    found = cache.resolve(str(archive), folder, change(digest))
    assert (found / "saved_model.pb").read_bytes() == b"graph"


def test_another_archive_is_refused_with_both_digests(archive, folder, digest):
    expected = "0" * 64
    with pytest.raises(ValueError, match=rf"must be {expected}.*Received: {digest}\. Nothing was"):
        cache.resolve(str(archive), folder, expected)
    assert [path for path in folder.iterdir() if not path.name.startswith(".")] == []


def test_what_is_in_the_cache_is_compared_too(archive, folder):
    cache.resolve(str(archive), folder)
    with pytest.raises(ValueError, match="is not the expected one"):
        cache.resolve(str(archive), folder, "0" * 64)


def test_a_digest_given_later_is_found_in_the_cache(archive, folder, digest):
    first = cache.resolve(str(archive), folder)
    archive.unlink()
    assert cache.resolve(str(archive), folder, digest) == first


def test_a_folder_has_no_digest(tmp_path, archive, folder, digest):
    with pytest.raises(ValueError, match="`sha256` is of an archive.*which is a folder"):
        cache.resolve(str(tmp_path / "module"), folder, digest)


@pytest.mark.parametrize("sha256", ["abc", "g" * 64, "0" * 63, "0" * 65, ""])
def test_what_is_no_digest_is_refused_by_the_config(sha256):
    with pytest.raises(ValueError, match="sha256: must be (64 hexadecimal digits|given)"):
        strict.check(HubTextConfig(handle="module.zip", sha256=sha256))


def test_plain_http_without_a_digest_is_refused_by_the_config():
    with pytest.raises(ValueError, match=r"plain http://.*Received: 'http://host/m\.zip'.*sha256"):
        HubTextConfig(handle="http://host/m.zip")
    assert HubTextConfig(handle="http://host/m.zip", sha256="0" * 64).sha256 == "0" * 64


@pytest.mark.parametrize(
    "handle",
    ["kaggle://a/b/c/d", "http://www.kaggle.com/models/a/b/tensorFlow2/d"],
)
def test_kaggle_needs_no_digest_and_takes_none(handle):
    assert HubTextConfig(handle=handle).sha256 is None
    with pytest.raises(ValueError, match="Kaggle's client fetches files one by one"):
        HubTextConfig(handle=handle, sha256="0" * 64)


def test_an_https_address_that_leads_to_plain_http_is_refused(folder, monkeypatch):
    authority = trustme.CA()
    certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(certificate)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusting))
    monkeypatch.setattr(urllib.request, "urlopen", opener.open)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302 if self.server.is_secret else 200)
            self.send_header("Location", f"http://127.0.0.1:{plain.server_port}/m.zip")
            self.end_headers()

        def log_message(self, *args):
            pass

    with (
        http.server.HTTPServer(("127.0.0.1", 0), Handler) as plain,
        http.server.HTTPServer(("127.0.0.1", 0), Handler) as secret,
    ):
        plain.is_secret, secret.is_secret = False, True
        secret.socket = certificate.wrap_socket(secret.socket, server_side=True)
        threads = [
            threading.Thread(target=one.handle_request, daemon=True) for one in (plain, secret)
        ]
        for thread in threads:
            thread.start()
        with pytest.raises(ValueError, match=r"Received: 'http://127\.0\.0\.1"):
            cache.resolve(f"https://127.0.0.1:{secret.server_port}/m.zip", folder)
        for thread in threads:
            thread.join(5)
