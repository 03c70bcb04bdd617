"""Tests of models/hub/cache.py and fetch.py."""

import functools
import hashlib
import http.server
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile

import pytest

from models.hub import cache, fetch

FILES = {
    "saved_model.pb": b"graph",
    "variables/variables.index": b"index of the variables",
    "assets/words.txt": "책\nmap\n".encode(),
}


@pytest.fixture
def module(tmp_path):
    folder = tmp_path / "module"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def archive(module, tmp_path):
    return pathlib.Path(shutil.make_archive(str(tmp_path / "site" / "module"), "gztar", module))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def server(archive):
    """A web server of the archive; `asked` lists the paths it was asked for."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        asked = []

        def do_GET(self):
            self.asked.append(self.path)
            if self.path.startswith("/short"):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"abc")
                return
            if self.path == "/publisher/module/1?tf-hub-format=compressed":
                self.path = "/module.tar.gz"
            super().do_GET()

        def log_message(self, *args):
            pass

    handler = functools.partial(Handler, directory=str(archive.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        running.asked = Handler.asked
        running.url = f"http://127.0.0.1:{running.server_port}"
        running.sha256 = digest(archive)
        yield running
        running.shutdown()
        thread.join()


def digest(archive):
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def read(path):
    return {
        one.relative_to(path).as_posix(): one.read_bytes()
        for one in path.rglob("*")
        if one.is_file()
    }


def entries(folder):
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def test_a_folder_is_used_where_it_is(module, folder):
    assert cache.resolve(str(module), folder) == module
    assert not folder.exists()


def test_a_module_in_the_only_folder_below_is_found(module, folder):
    assert cache.resolve(str(module.parent), folder) == module


@pytest.mark.parametrize("kind", ["gztar", "tar", "zip"])
def test_archives_of_each_kind_are_unpacked(module, folder, tmp_path, kind):
    # One as people make them, with the folder inside.
    path = shutil.make_archive(str(tmp_path / "packed"), kind, module.parent, "module")
    found = cache.resolve(path, folder)
    assert found.is_relative_to(folder)
    assert read(found) == FILES


def test_an_address_is_fetched_once(server, folder):
    handle = f"{server.url}/module.tar.gz"
    first = cache.resolve(handle, folder, server.sha256)
    assert read(first) == FILES
    assert cache.resolve(handle, folder, server.sha256) == first
    assert server.asked == ["/module.tar.gz"]
    (entry,) = entries(folder)
    assert json.loads((entry / "manifest.json").read_text())["handle"] == handle


def test_a_server_of_modules_is_asked_for_the_archive(server, folder):
    assert read(cache.resolve(f"{server.url}/publisher/module/1", folder, server.sha256)) == FILES


def test_two_handles_have_two_entries(server, folder):
    for suffix in ("/module.tar.gz", "/publisher/module/1"):
        cache.resolve(server.url + suffix, folder, server.sha256)
    assert len(entries(folder)) == 2


def _delete(path):
    (path / "variables" / "variables.index").unlink()


def _truncate(path):
    (path / "variables" / "variables.index").write_bytes(b"index")


def _change(path):
    (path / "saved_model.pb").write_bytes(b"GRAPH")


def _halve(path):
    shutil.rmtree(path / "variables")


def _garble(path):
    (path.parent / "manifest.json").write_text("{")


DAMAGES = [_delete, _truncate, _change, _halve, _garble]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_fetched_again(server, folder, damage):
    handle = f"{server.url}/module.tar.gz"
    damage(cache.resolve(handle, folder, server.sha256))
    assert read(cache.resolve(handle, folder, server.sha256)) == FILES
    assert len(server.asked) == 2
    assert len(entries(folder)) == 1


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (_delete, "the file variables/variables.index is missing"),
        (_truncate, "variables.index has 5 bytes instead of 22"),
        (_change, "saved_model.pb has other contents than were fetched"),
        (lambda path: shutil.rmtree(path.parent), "it is missing"),
    ],
)
def test_without_a_network_the_message_says_what_is_missing_and_where(
    server, folder, damage, found
):
    handle = f"{server.url}/module.tar.gz"
    damage(cache.resolve(handle, folder, server.sha256))
    server.shutdown()
    server.server_close()
    message = (
        rf"Cannot fetch the module '{handle}'.*Looked in the cache first: .*{found} at {folder}"
    )
    with pytest.raises(ConnectionError, match=f"{message}.*TFHUB_CACHE_DIR"):
        cache.resolve(handle, folder, server.sha256)


def test_a_changed_archive_is_unpacked_again(module, archive, folder):
    cache.resolve(str(archive), folder)
    (module / "assets" / "words.txt").write_text("new")
    shutil.make_archive(str(archive.parent / "module"), "gztar", module)
    assert (cache.resolve(str(archive), folder) / "assets" / "words.txt").read_text() == "new"


def test_an_unpacked_archive_may_be_deleted(archive, folder):
    first = cache.resolve(str(archive), folder)
    archive.unlink()
    assert cache.resolve(str(archive), folder) == first


def test_leftovers_of_a_killed_fetch_are_removed(archive, folder):
    found = cache.resolve(str(archive), folder)
    entry = found.parent
    leftover = folder / f".{entry.name}.partial"
    shutil.copytree(entry, leftover)
    shutil.rmtree(entry)
    (leftover / "module" / "saved_model.pb").unlink()
    assert read(cache.resolve(str(archive), folder)) == FILES
    assert not leftover.exists()


RESOLVE = """
import pathlib, sys
from models.hub import cache
print(cache.resolve(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]))
"""


def test_processes_wait_for_each_other(server, folder):
    handle = f"{server.url}/module.tar.gz"
    command = [sys.executable, "-c", RESOLVE, handle, str(folder), server.sha256]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {process.communicate()[0].strip() for process in running}
    assert answers == {str(cache.resolve(handle, folder, server.sha256))}
    assert server.asked == ["/module.tar.gz"]


def test_a_short_answer_is_no_module(server, folder):
    with pytest.raises(ConnectionError, match="received 3 of 1000 bytes"):
        cache.resolve(f"{server.url}/short.tar.gz", folder, server.sha256)
    assert entries(folder) == []


def test_an_answer_of_no_success_is_named(server, folder):
    with pytest.raises(ConnectionError, match="the server answered 404"):
        cache.resolve(f"{server.url}/other.tar.gz", folder, server.sha256)


def _tar(path, name, **fields):
    with tarfile.open(path, "w:gz") as opened:
        member = tarfile.TarInfo(name)
        for field, value in fields.items():
            setattr(member, field, value)
        opened.addfile(member, io.BytesIO(b""))


def _zip(path, name):
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(name, b"")


@pytest.mark.parametrize(
    "pack",
    [
        lambda path: _tar(path, "../outside"),
        lambda path: _tar(path, "/tmp/outside"),
        lambda path: _tar(path, "a/../../outside"),
        lambda path: _tar(path, "link", type=tarfile.SYMTYPE, linkname="/etc"),
        lambda path: _tar(path, "link", type=tarfile.LNKTYPE, linkname="../outside"),
        lambda path: _tar(path, "pipe", type=tarfile.FIFOTYPE),
        lambda path: _zip(path, "../outside"),
        lambda path: _zip(path, "/tmp/outside"),
    ],
)
def test_an_archive_that_leads_outside_is_refused(folder, tmp_path, pack):
    path = tmp_path / "evil.archive"
    pack(path)
    with pytest.raises(ValueError, match=r"is unsafe: expected plain files.*Nothing was unpacked"):
        cache.resolve(str(path), folder)
    assert entries(folder) == []


def test_a_truncated_archive_is_put_in_words(archive, folder):
    archive.write_bytes(archive.read_bytes()[:150])
    with pytest.raises(ValueError, match=r"Cannot unpack the module .*expected a whole archive"):
        cache.resolve(str(archive), folder)


@pytest.mark.parametrize("kind", ["gztar", "xztar", "bztar"])
def test_an_archive_with_a_wrong_bit_is_put_in_words(module, folder, tmp_path, kind):
    path = pathlib.Path(shutil.make_archive(str(tmp_path / "packed"), kind, module))
    content = bytearray(path.read_bytes())
    content[-7 if kind == "gztar" else len(content) // 2] ^= 1  # gzip's checksum is at its end.
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Cannot unpack the module .*expected a whole archive"):
        cache.resolve(str(path), folder)
    assert entries(folder) == []


def test_what_is_no_archive_is_put_in_words(folder, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(ValueError, match=r"expected a whole archive \(.tar.gz.*BadZipFile"):
        cache.resolve(str(path), folder)


def test_a_folder_without_a_module_says_what_it_has(tmp_path, folder):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"expected one saved_model.pb.*none among.*notes.txt"):
        cache.resolve(str(tmp_path), folder)


@pytest.mark.parametrize(
    ("handle", "message"),
    [
        ("no/such", "There is no module 'no/such': no folder or archive /.*kaggle://publisher"),
        ("s3://bucket/module", "only https://, http:// and kaggle:// are known"),
        ("kaggle://publisher/model", "kaggle://publisher/model/framework/variation, with or"),
    ],
)
def test_a_handle_of_no_known_kind_is_refused(handle, message, folder):
    with pytest.raises(ValueError, match=message):
        cache.resolve(handle, folder)


@pytest.mark.parametrize(
    ("handle", "name"),
    [
        ("kaggle://google/nnlm/tensorFlow2/en-dim50", "google/nnlm/tensorFlow2/en-dim50"),
        ("kaggle://google/nnlm/tensorFlow2/en-dim50/1", "google/nnlm/tensorFlow2/en-dim50/1"),
        (
            "https://www.kaggle.com/models/google/nnlm/frameworks/tensorFlow2/variations/"
            "en-dim50/versions/1?tfhub-redirect=true",
            "google/nnlm/tensorFlow2/en-dim50/1",
        ),
        (
            "https://www.kaggle.com/models/google/nnlm/tensorFlow2/en-dim50",
            "google/nnlm/tensorFlow2/en-dim50",
        ),
    ],
)
def test_kaggle_is_asked_by_its_own_client(module, folder, monkeypatch, handle, name):
    import kagglehub

    asked = []

    def download(name, output_dir):
        asked.append(name)
        shutil.copytree(module, output_dir, dirs_exist_ok=True)

    monkeypatch.setattr(kagglehub, "model_download", download)
    assert read(cache.resolve(handle, folder)) == FILES
    assert asked == [name]


def test_a_failure_of_kaggle_is_put_in_words(folder, monkeypatch):
    import kagglehub

    def download(name, output_dir):
        raise RuntimeError("no route")

    monkeypatch.setattr(kagglehub, "model_download", download)
    with pytest.raises(ConnectionError, match="KAGGLE_USERNAME.*no route.*it is missing at"):
        cache.resolve("kaggle://google/nnlm/tensorFlow2/en-dim50", folder)


def test_the_environment_names_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    assert cache.default_folder() == tmp_path
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    assert cache.default_folder() == pathlib.Path("workspace/hub")


def test_addresses_keep_their_own_query():
    asked = fetch._archive_address("https://tfhub.dev/google/nnlm/2?a=b")
    assert asked == "https://tfhub.dev/google/nnlm/2?a=b&tf-hub-format=compressed"
