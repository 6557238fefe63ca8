from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors import errors
from connectors.http import transport
from connectors.http.client import HTTPClient
from core.errors import ConfigurationError
from tests.connectors.asking import HEAD, fine, refused
from tests.connectors.source import Call, serving


@pytest.mark.parametrize(
    "url",
    ["http://example.com/api", "ftp://127.0.0.1/", "https://u:p@example.com/", "https://", "x",
     "http://127.0.0.1.example.com/", "https://example.com/?key=1"],
)  # fmt: skip
def test_only_https_is_spoken_except_to_this_machine(url):
    with pytest.raises(ConfigurationError):
        HTTPClient(url)


def test_the_transport_verifies_and_knows_no_old_tls():
    context = context_of(transport.session())

    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_session_that_asks_nothing_loads_no_certificates(monkeypatch):
    loaded = []
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: loaded.append(1))
    session = transport.session()

    assert not loaded
    assert context_of(session) is context_of(session)
    assert len(loaded) == 1


@pytest.fixture
def tls(tmp_path):
    """A server's TLS with a certificate that nobody vouches for, and the certificate's path."""
    path = self_signed(tmp_path / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, path


def test_a_certificate_of_nobody_is_refused_at_once(ask, pauses, tls):
    with serving(fine, tls=tls[0]) as source:
        error = refused(ask, source, errors.ConnectionError)

    assert error.code == "TLS"
    assert "certificate" in str(error)
    assert pauses == []
    assert source.calls == []


def test_the_deadline_holds_over_tls_as_well(ask, tls):
    def slow(call: Call) -> None:
        call.send(HEAD + b"X-Endless: ")
        call.trickle(b"x", every=0.02)

    session = trusting(tls[1])
    with serving(fine, slow, tls=tls[0]) as source:
        assert ask(source.url, session=session).status == 200
        started = time.monotonic()
        refused(ask, source, errors.ConnectionError, session=session, deadline=0.5)

    assert 0.4 < time.monotonic() - started < 1.5


def trusting(certificate):
    session = transport.session()
    context_of(session).load_verify_locations(certificate)
    return session


def context_of(session):
    """The TLS context of what the session asks."""
    adapter = session.get_adapter("https://localhost/")
    request = requests.Request("GET", "https://localhost/").prepare()
    pool = adapter.get_connection_with_tls_context(request, verify=True)
    return pool.conn_kw["ssl_context"]


def self_signed(path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
