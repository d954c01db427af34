"""Where a webhook may go: checked once, and connected to as it was checked. Source: TRUST 18."""

import datetime as dt
import socket
import ssl
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.errors import Rejected, Unauthorized, Unavailable
from connectors.webhooks import sender as sending
from connectors.webhooks.addresses import is_elsewhere
from connectors.webhooks.sender import Sender
from tests.contract.webhook_receiver import SECRET, Receiver, running_receiver

INSIDE = [
    *("127.0.0.1", "127.8.9.1", "0.0.0.1", "100.64.0.1"),
    *("169.254.169.254", "100.100.100.200", "168.63.129.16", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::"),
]
OF_A_COMPANY = ["10.0.0.1", "172.16.9.9", "192.168.1.1", "fc00::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_trust_18_an_address_inside_is_refused(address: str) -> None:
    assert not is_elsewhere(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Rejected, match="this machine itself"):
        Sender(f"https://{host}/hook", SECRET, "access").ask("ping", {}, "1")


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", *OF_A_COMPANY])
def test_an_address_of_the_internet_or_of_a_companys_own_network_is_fine(address: str) -> None:
    assert is_elsewhere(ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_trust_18_another_way_to_write_an_address_inside_is_refused(host: str) -> None:
    with pytest.raises((Rejected, Unavailable)):
        Sender(f"https://{host}/hook", SECRET, "access").ask("ping", {}, "1")


@pytest.mark.parametrize("address", ["169.254.169.254", "100.64.0.1", "fe80::1"])
def test_trust_18_the_embedded_stack_may_talk_to_its_own_machine_and_nowhere_else_inside(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Rejected, match="this machine itself"):
        Sender(f"http://{host}/hook", SECRET, "access", embedded=True).ask("ping", {}, "1")


def leading_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """What the name server says, one answer after the other; the names that were asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_trust_18_one_address_inside_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, ["93.184.216.34", "169.254.169.254"])
    with pytest.raises(Rejected, match=r"169\.254\.169\.254"):
        Sender("https://receiver.example/hook", SECRET, "access").ask("ping", {}, "1")


def test_trust_18_a_name_is_asked_for_once_and_the_address_that_was_checked_is_the_one_that_gets_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_receiver() as receiver:
        port = httpx2.URL(receiver.url).port
        asked = leading_to(monkeypatch, ["127.0.0.1"], ["127.0.0.9"])
        Sender(f"http://receiver.example:{port}/hook", SECRET, "access", embedded=True).ask("ping", {}, "1")
        assert asked == ["receiver.example"]
        assert receiver.requests[0][0]["host"] == f"receiver.example:{port}"


def test_where_one_address_is_dead_the_next_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_receiver() as receiver:
        port = httpx2.URL(receiver.url).port
        leading_to(monkeypatch, ["::1", "127.0.0.2", "127.0.0.1"])
        Sender(f"http://receiver.example:{port}/hook", SECRET, "access", embedded=True).ask("ping", {}, "1")
        assert len(receiver.requests) == 1


def test_a_name_that_leads_nowhere_may_lead_somewhere_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "not now")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(Unavailable, match="leads nowhere"):
        Sender("https://receiver.example/hook", SECRET, "access").ask("ping", {}, "1")


def certificate(folder: Path, name: str) -> Path:
    """A self-signed one for that name, with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return file


def test_trust_18_tls_goes_by_the_name_though_the_connection_goes_by_the_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, receiver = certificate(tmp_path, "receiver.example"), Receiver()
    limits = httpx2.Timeout(20)
    monkeypatch.setattr(
        sending, "_client", lambda: httpx2.AsyncClient(verify=ssl.create_default_context(cafile=file), timeout=limits)
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        config = uvicorn.Config(receiver.app(), log_level="critical", lifespan="off", ssl_certfile=file)
        server = uvicorn.Server(config)
        run = threading.Thread(target=server.run, args=([listening],))
        run.start()
        leading_to(monkeypatch, ["127.0.0.1"])
        try:
            Sender(f"https://receiver.example:{port}/hook", SECRET, "access", embedded=True).ask("ping", {}, "1")
            with pytest.raises(Unavailable):
                Sender(f"https://other.example:{port}/hook", SECRET, "access", embedded=True).ask("ping", {}, "1")
        finally:
            server.should_exit = True
            run.join()
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "url",
    ["", "receiver", "http://receiver.example/hook", "ftp://receiver.example", "https://", "https://a:b@c.example/"],
)
def test_trust_18_an_address_of_another_form_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Rejected) as told:
        Sender(url, SECRET, "access")
    assert "https://" in told.value.what


@pytest.mark.parametrize("secret", ["", " ", "whsec_", "whsec_c2hvcnQ=", "sk_live_1234", SECRET[6:], "whsec_%%%", "é"])
def test_a_secret_of_another_form_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(Unauthorized) as told:
        Sender("https://receiver.example/hook", secret, "access")
    assert not secret.strip() or secret not in told.value.what.replace("whsec_ and", "")
