"""Tests of serving/frontend/tls.py."""

import pytest
import trustme
from google.protobuf import text_format

from serving import errors, protos
from serving.frontend import tls


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def write(path, **fields):
    path.write_text(text_format.MessageToString(protos.SSLConfig(**fields)))
    return path


def pem(authority, name="server.example"):
    issued = authority.issue_cert(name)
    return issued.private_key_pem.bytes().decode(), issued.cert_chain_pems[0].bytes().decode()


def test_keys_are_read_from_the_file_of_tensorflow_serving(tmp_path, authority):
    key, certificate = pem(authority)
    ca = authority.cert_pem.bytes().decode()
    path = write(
        tmp_path / "ssl.config",
        server_key=key,
        server_cert=certificate,
        custom_ca=ca,
        client_verify=True,
    )
    assert tls.read(path) == tls.Tls(key, certificate, ca, True)


def test_the_private_key_is_not_shown(authority):
    assert "PRIVATE" not in repr(tls.Tls(*pem(authority)))


def test_a_key_of_another_certificate_is_refused(tmp_path, authority):
    key, _ = pem(authority)
    _, certificate = pem(authority)
    path = write(tmp_path / "ssl.config", server_key=key, server_cert=certificate)
    with pytest.raises(errors.ServingError, match=r"fit together.*OpenSSL says: .*MISMATCH"):
        tls.read(path)


@pytest.mark.parametrize("field", ["server_key", "server_cert", "custom_ca"])
def test_what_is_no_pem_is_refused(tmp_path, authority, field):
    key, certificate = pem(authority)
    fields = {"server_key": key, "server_cert": certificate} | {field: "/etc/keys/server.pem"}
    with pytest.raises(errors.ServingError, match="Expected PEM text") as caught:
        tls.read(write(tmp_path / "ssl.config", **fields))
    assert caught.value.code == "INVALID_ARGUMENT"


def test_clients_cannot_be_verified_without_an_authority(tmp_path, authority):
    key, certificate = pem(authority)
    path = write(
        tmp_path / "ssl.config", server_key=key, server_cert=certificate, client_verify=True
    )
    with pytest.raises(errors.ServingError, match="client_verify: true, but no custom_ca"):
        tls.read(path)


def test_a_file_that_is_no_ssl_config_is_refused(tmp_path):
    path = tmp_path / "ssl.config"
    path.write_text("server_kye: 'x'")
    with pytest.raises(errors.ServingError, match="Invalid protobuf file"):
        tls.read(path)
