"""Tests of serving/client/address.py: what an address means, and certificates."""

import concurrent.futures
import ssl

import grpc
import pytest
import trustme

from serving.client import Client, ClientError, Retries, Tls, address
from tests.serving import client_kinds
from tests.serving.client_kinds import EXPECTED, OK, STATUS, Script, ScriptedServer, answer


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("host:1", address.Address(False, False, "host:1", "host", 1)),
        ("http://host", address.Address(False, False, "host:80", "host", 80)),
        ("https://h/a%2Fb/c d/", address.Address(False, True, "h:443", "h", 443, "/a%2Fb/c%20d")),
        ("https://h/a/b/", address.Address(False, True, "h:443", "h", 443, "/a/b")),
        ("grpc://[::1]:8500", address.Address(True, False, "[::1]:8500", "::1", 8500)),
        ("grpcs://h:2/", address.Address(True, True, "h:2", "h", 2)),
        ("unix:/run/m.sock", address.Address(True, False, "unix:/run/m.sock")),
    ],
)
def test_the_address_chooses_the_protocol(server, expected):
    assert address.parse(server) == expected


@pytest.mark.parametrize(
    "server",
    ["", "host", "host:99999", "host:x", "http://", "http://a:70000", "ftp://a:1", "grpc://a",
     "grpc://a:1/path", "http://a?b", "http://me:secret@a", "unix:"],
)  # fmt: skip
def test_addresses_that_cannot_be_right_are_refused(server):
    with pytest.raises(ValueError, match="must look like `host:port`"):
        Client(server)


def test_certificates_without_encryption_are_refused():
    with pytest.raises(ValueError, match="a:1 is asked without encryption. Write https://"):
        Client("a:1", tls=Tls())


@pytest.mark.parametrize("token", ["", " ", "s3cret\n", "a\r\nX: 1", "geheim\u00fc"])
def test_a_token_that_is_no_header_is_refused_but_not_told(token):
    with pytest.raises(ValueError, match="must be printable ASCII") as caught:
        Client("a:1", token=token)
    assert token.strip() == "" or token.strip() not in str(caught.value)


def test_a_certificate_needs_its_key(tmp_path):
    with pytest.raises(ValueError, match="needs both `certificate` and `key`"):
        Tls(certificate=tmp_path / "c.pem")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority, tmp_path_factory):
    """Our side: whom to trust, and our own certificate."""
    folder = tmp_path_factory.mktemp("tls")
    own = authority.issue_cert("client.example")
    paths = Tls(folder / "ca.pem", folder / "own.pem", folder / "own.key")
    authority.cert_pem.write_to_path(paths.ca)
    own.cert_chain_pems[0].write_to_path(paths.certificate)
    own.private_key_pem.write_to_path(paths.key)
    return paths


@pytest.fixture(scope="module")
def rest_context(authority):
    """Their side: wants a certificate of ours."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize("kind", client_kinds.KINDS)
def test_rest_is_encrypted_and_both_sides_prove_themselves(kind, rest_context, tls):
    with ScriptedServer(*[answer(STATUS)] * 2, context=rest_context) as server:
        where = f"https://localhost:{server.address.rpartition(':')[2]}"
        with kind(where, tls=tls) as client:
            assert client.status("m") == client.status("m") == EXPECTED
    assert server.connections == 1


@pytest.mark.parametrize("kind", client_kinds.KINDS)
def test_who_is_not_trusted_is_not_asked(kind, rest_context):
    with ScriptedServer(context=rest_context) as server:
        where = f"https://localhost:{server.address.rpartition(':')[2]}"
        with (
            kind(where) as client,
            pytest.raises(ClientError, match="is not trusted.*Tls") as error,
        ):
            client.status("m")
    assert (error.value.code, server.connections) == ("UNAUTHENTICATED", 1)


@pytest.mark.parametrize("kind", client_kinds.KINDS)
def test_a_server_without_encryption_is_told_apart(kind):
    with (
        ScriptedServer(answer(STATUS)) as server,
        kind(f"https://{server.address}", retries=Retries(attempts=1)) as client,
        pytest.raises(ClientError, match="encryption|did not answer"),
    ):
        client.status("m", timeout=0.3)


@pytest.mark.parametrize("kind", client_kinds.KINDS)
def test_grpc_is_encrypted_and_both_sides_prove_themselves(kind, authority, tls):
    theirs = authority.issue_cert("localhost")
    pair = (theirs.private_key_pem.bytes(), theirs.cert_chain_pems[0].bytes())
    trusted = authority.cert_pem.bytes()
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Script(OK),))
    proof = grpc.ssl_server_credentials([pair], trusted, require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", proof)
    server.start()
    try:
        with kind(f"grpcs://localhost:{port}", tls=tls) as client:
            assert client.status("m") == EXPECTED
    finally:
        server.stop(None)
