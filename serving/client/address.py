"""Where a server is, which protocol it speaks, and what proves who is who."""

import dataclasses
import pathlib
import ssl
import urllib.parse

_FORMS = (
    "The server must look like `host:port` or `http(s)://host:port` for REST, `grpc://host:port`, "
    "`grpcs://host:port` or `unix:/path` for gRPC."
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNIX = "unix:"


@dataclasses.dataclass(frozen=True)
class Tls:
    """Certificates of an encrypted connection, as PEM files."""

    ca: pathlib.Path | None = None
    """Whom to trust; None trusts what the system does."""
    certificate: pathlib.Path | None = None
    """Our own certificate chain, for servers that ask for one."""
    key: pathlib.Path | None = None
    """Private key of `certificate`."""

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError(
                "A client certificate needs both `certificate` and `key`. "
                f"Received: certificate={self.certificate}, key={self.key}"
            )

    def context(self) -> ssl.SSLContext:
        """For REST.

        Raises:
            OSError: If a file cannot be read, or is no certificate.
        """
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context


@dataclasses.dataclass(frozen=True)
class Address:
    """A parsed address."""

    is_grpc: bool
    """Whether the server speaks gRPC, else REST."""
    is_secure: bool
    """Whether the connection is encrypted."""
    target: str
    """What gRPC calls it, and errors do: `host:port` or `unix:/path`."""
    host: str = ""
    """Name or IP address; empty for a Unix socket."""
    port: int = 0
    """TCP port; 0 for a Unix socket."""
    prefix: str = ""
    """Path before `/v1`, where a gateway has one."""


def parse(server: str) -> Address:
    """Read an address.

    Args:
        server: `host:port`, `http://`, `https://` (with a path, if a gateway wants one), `grpc://`,
            `grpcs://` (gRPC over TLS) or `unix:/path` (gRPC).

    Raises:
        ValueError: If it is none of these.
    """
    if server.startswith(_UNIX) and len(server) > len(_UNIX):
        return Address(is_grpc=True, is_secure=False, target=server)
    url = urllib.parse.urlsplit(server if "://" in server else f"http://{server}")
    try:
        port = url.port or (_DEFAULT_PORTS.get(url.scheme) if "://" in server else None)
    except ValueError:  # Beyond 65535, or no number.
        port = None
    is_grpc = url.scheme in ("grpc", "grpcs")
    is_known = is_grpc or url.scheme in _DEFAULT_PORTS
    has_extras = url.query or url.fragment or url.username or (is_grpc and url.path.strip("/"))
    if not (is_known and url.hostname and port) or has_extras:
        raise ValueError(f"{_FORMS} Received: {server!r}")
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return Address(
        is_grpc=is_grpc,
        is_secure=url.scheme in ("https", "grpcs"),
        target=f"{host}:{port}",
        host=url.hostname,
        port=port,
        prefix=urllib.parse.quote(url.path.rstrip("/"), safe="/%"),
    )


def check_secrets(address: Address, tls: Tls | None, token: str | None) -> None:
    """Refuse certificates where nothing is encrypted, and a token that is no header.

    Raises:
        ValueError: If there is such a thing.
    """
    if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
        raise ValueError(  # Without the token: errors end up in logs.
            f"The token must be printable ASCII. Received: {len(token)} characters, some other. "
            "Strip the line end, if it was read from a file."
        )
    if tls is not None and not address.is_secure:
        raise ValueError(
            f"Certificates were given, but {address.target} is asked without encryption. "
            "Write https://host:port or grpcs://host:port"
        )
