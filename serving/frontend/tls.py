"""Keys and certificates of both protocols, from TensorFlow Serving's `SSLConfig`."""

import dataclasses
import pathlib
import ssl
import tempfile

import grpc

from serving import errors, protos


@dataclasses.dataclass(frozen=True)
class Tls:
    """Who the server is, and whom it trusts."""

    server_key: str = dataclasses.field(repr=False)
    """Private key, PEM."""
    server_cert: str
    """Certificate, and those that lead to its authority, PEM."""
    custom_ca: str = ""
    """Authorities of clients, PEM; empty for none."""
    client_verify: bool = False
    """Whether clients must present a certificate of `custom_ca`."""

    def ssl_context(self) -> ssl.SSLContext:
        """For HTTPS.

        Raises:
            ServingError: INVALID_ARGUMENT if a key or certificate is wrong.
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            # OpenSSL reads keys from files only. The folder is readable by this user alone.
            with tempfile.TemporaryDirectory() as folder:
                key, chain = pathlib.Path(folder, "key.pem"), pathlib.Path(folder, "chain.pem")
                key.write_text(self.server_key)
                chain.write_text(self.server_cert)
                # The password keeps OpenSSL from asking for one at the terminal.
                context.load_cert_chain(chain, key, password=lambda: b"")
            if self.custom_ca:
                context.load_verify_locations(cadata=self.custom_ca)
        except (ssl.SSLError, ValueError) as error:
            raise errors.invalid_argument(
                "The SSLConfig does not hold a key, its certificate and, if any, authorities that "
                "fit together. Expected PEM text (-----BEGIN ...) in `server_key`, `server_cert` "
                f"and `custom_ca`. OpenSSL says: {error}"
            ) from error
        if self.client_verify:
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def grpc_credentials(self) -> grpc.ServerCredentials:
        """For gRPC."""
        return grpc.ssl_server_credentials(
            [(self.server_key.encode(), self.server_cert.encode())],
            root_certificates=self.custom_ca.encode() or None,
            require_client_auth=self.client_verify,
        )


def read(path: str | pathlib.Path) -> Tls:
    """Read a text file with an `SSLConfig`.

    Raises:
        ServingError: If it cannot be read, or what it holds cannot be used.
    """
    config = protos.read(path, protos.SSLConfig)
    tls = Tls(config.server_key, config.server_cert, config.custom_ca, config.client_verify)
    if tls.client_verify and not tls.custom_ca:
        raise errors.invalid_argument(
            f"{path} has client_verify: true, but no custom_ca. Add the certificate of the "
            "authority that signs the clients' certificates."
        )
    tls.ssl_context()  # gRPC would tell about a wrong key only when somebody connects.
    return tls
