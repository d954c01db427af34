"""The port `Messenger`, on a real SMTP server."""

import asyncio
import base64
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import chain
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.errors import Permanent, Rejected, Timeout, Transient, Unanswered, Unauthorized, Unavailable
from connectors.smtp import SmtpMessenger, composed
from devstack.ports import free_ports
from models.messages import Attachment, Kept
from models.vocabulary import Channel, MailKind

ADDRESS = "lucia.aznar@moncayo.example"
MESSAGE = Kept(
    message_id="acc_1-1.goodbye.1@bancada.example",
    case="acc_1-1",
    kind=MailKind.GOODBYE,
    channel=Channel.EMAIL,
    language="es",
    state="sending",
    sent_at=datetime(2026, 12, 7, 9, 30, tzinfo=UTC),
    recipient=ADDRESS,
    sender="Bancada – clientes <cuentas@bancada.example>",
    subject="Gracias, y hasta cuando usted quiera",
    text="Hola, Lucía:\n\nGracias. 1.234,50 €\n.\nFin\n",
    html="<p>Hola, Lucía:</p>",
)


class Server:
    """Keeps what it is given, and answers as told."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.recipient_answer: str | None = None
        self.data_answer = "250 OK"
        self.pause = 0.0
        self.hang_up = False
        self.connections = 0

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):  # noqa: N802 - aiosmtpd's name
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        await asyncio.sleep(self.pause)
        if self.data_answer.startswith("2"):
            self.mails.append(envelope.content)
        if self.hang_up:
            server.transport.abort()
        return self.data_answer

    def mail(self) -> EmailMessage:
        mail = message_from_bytes(self.mails[-1], policy=default)
        assert isinstance(mail, EmailMessage)
        return mail


@pytest.fixture
def server() -> Iterator[tuple[Server, int]]:
    yield from _run(Server())


def _run(handler: Server, port: int | None = None, **options) -> Iterator[tuple[Server, int]]:
    port = port or free_ports(1)[0]
    controller = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=10, **options)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


def test_a_mail_arrives_whole_with_both_twins(server):
    handler, port = server
    SmtpMessenger(f"smtp://127.0.0.1:{port}").deliver(MESSAGE)
    mail = handler.mail()
    assert mail["Message-ID"] == "<acc_1-1.goodbye.1@bancada.example>"
    assert (mail["To"], mail["From"]) == (ADDRESS, "Bancada – clientes <cuentas@bancada.example>")
    assert mail["Date"].datetime == MESSAGE.sent_at
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "es")
    assert mail["List-Unsubscribe"] is None
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == MESSAGE.text
    assert html.get_content().strip() == MESSAGE.html


def test_a_repeat_is_the_same_mail_byte_by_byte(server):
    handler, port = server
    for _ in range(2):
        SmtpMessenger(f"smtp://127.0.0.1:{port}").deliver(MESSAGE)
    assert handler.mails[0] == handler.mails[1]


def test_what_is_attached_arrives_byte_by_byte_beside_both_twins(server):
    handler, port = server
    paper = Attachment.of("cuentas-finales-ñ.pdf", "application/pdf", bytes(range(256)) * 400)
    letter = Attachment.of("carta.pdf", "application/pdf", b"%PDF-1.7\r\n.\r\nFrom me\n")
    for _ in range(2):
        SmtpMessenger(f"smtp://127.0.0.1:{port}").deliver(MESSAGE.model_copy(update={"attachments": (paper, letter)}))
    assert handler.mails[0] == handler.mails[1]
    mail = handler.mail()
    assert (mail.get_content_type(), mail["Content-Language"]) == ("multipart/mixed", "es")
    twins, *attached = mail.iter_parts()
    assert [part.get_content_type() for part in twins.iter_parts()] == ["text/plain", "text/html"]
    assert [(part.get_filename(), part.get_content_type(), part.get_content()) for part in attached] == [
        (each.name, "application/pdf", each.content) for each in (paper, letter)
    ]


def test_messages_8_marketing_says_how_to_opt_out_with_one_click():
    link = "https://exit.bancada.example/opt-out/" + "eyJhbGciOiJIUzI1NiJ9." * 20
    mail = composed(MESSAGE.model_copy(update={"marketing": True, "unsubscribe": link}))
    by_mail = "<mailto:cuentas@bancada.example?subject=stop%20acc_1-1.goodbye.1%40bancada.example>"
    raw = bytes(mail)
    assert f"List-Unsubscribe: <{link}>,\r\n {by_mail}\r\n".encode() in raw  # whole: no client reads it encoded
    read = message_from_bytes(raw, policy=default)
    assert read["List-Unsubscribe"] == f"<{link}>, {by_mail}"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_messages_8_a_link_that_would_break_the_header_is_refused():
    with pytest.raises(Rejected):
        composed(MESSAGE.model_copy(update={"marketing": True, "unsubscribe": "https://x.example/\r\nBcc: a@b.c"}))


def test_marketing_without_pages_says_how_to_opt_out_by_mail():
    mail = composed(MESSAGE.model_copy(update={"marketing": True}))
    assert (
        mail["List-Unsubscribe"]
        == "<mailto:cuentas@bancada.example?subject=stop%20acc_1-1.goodbye.1%40bancada.example>"
    )
    assert mail["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize("field", ["recipient", "subject", "sender", "message_id"])
def test_a_line_break_in_a_header_is_refused_without_naming_the_address(server, field):
    handler, port = server
    hostile = MESSAGE.model_copy(update={field: f"{ADDRESS}\r\nBcc: other@evil.example"})
    with pytest.raises(Rejected) as refused:
        SmtpMessenger(f"smtp://127.0.0.1:{port}").deliver(hostile)
    assert handler.mails == []
    assert field == "message_id" or ADDRESS not in str(refused.value)


def test_a_message_whose_content_was_erased_is_refused():
    with pytest.raises(Rejected):
        composed(MESSAGE.model_copy(update={"text": None, "recipient": None}))


@pytest.mark.parametrize(
    ("answer", "error"),
    [("451 later", Transient), ("450 busy", Transient), ("550 no", Rejected), ("552 too big", Permanent)],
)
@pytest.mark.parametrize("where", ["recipient_answer", "data_answer"])
def test_a_4xx_may_be_retried_and_a_5xx_not(server, answer, error, where):
    handler, port = server
    setattr(handler, where, f"{answer} <{ADDRESS}>")
    with pytest.raises(error) as failed:
        SmtpMessenger(f"smtp://127.0.0.1:{port}").deliver(MESSAGE)
    assert ADDRESS not in str(failed.value) + failed.value.fix
    assert failed.value.__cause__ is None


def test_no_server_is_unavailable():
    with pytest.raises(Unavailable):
        SmtpMessenger("smtp://127.0.0.1:1").deliver(MESSAGE)


def test_of_a_server_that_takes_it_and_does_not_answer_nobody_knows(server):
    handler, port = server
    handler.pause = 2.0
    with pytest.raises(Unanswered):
        SmtpMessenger(f"smtp://127.0.0.1:{port}", timeout_seconds=0.3).deliver(MESSAGE)


def test_of_a_server_that_takes_it_and_hangs_up_nobody_knows(server):
    handler, port = server
    handler.hang_up = True
    messenger = SmtpMessenger(f"smtp://127.0.0.1:{port}")
    with pytest.raises(Unanswered):
        messenger.deliver(MESSAGE)
    handler.hang_up = False
    messenger.deliver(MESSAGE)
    assert handler.mails[0] == handler.mails[1]


def test_a_server_that_never_greets_has_surely_taken_nothing():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Timeout) as failed:
        SmtpMessenger(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.3).deliver(MESSAGE)
    assert not isinstance(failed.value, Unanswered)


def test_eight_threads_share_one_connection(server):
    handler, port = server
    messenger = SmtpMessenger(f"smtp://127.0.0.1:{port}")
    mails = [MESSAGE.model_copy(update={"message_id": f"acc_{n}@bancada.example"}) for n in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(messenger.deliver, mails))
    assert handler.connections == 1
    assert sorted(str(message_from_bytes(each)["Message-ID"]) for each in handler.mails) == sorted(
        f"<{mail.message_id}>" for mail in mails
    )
    messenger.close()
    messenger.deliver(MESSAGE)
    assert handler.connections == 2


def test_a_connection_that_nobody_uses_is_closed(server):
    handler, port = server
    messenger = SmtpMessenger(f"smtp://127.0.0.1:{port}", idle_seconds=0.0)
    messenger.deliver(MESSAGE)
    messenger.close()  # behind the one that was due by itself
    messenger.deliver(MESSAGE)
    assert handler.connections == 2


def test_a_kept_connection_that_the_server_has_closed_is_made_anew():
    (port,) = free_ports(1)
    messenger = SmtpMessenger(f"smtp://127.0.0.1:{port}")
    for handler, _ in chain(_run(Server(), port), _run(Server(), port)):
        messenger.deliver(MESSAGE)
        assert len(handler.mails) == 1


@pytest.mark.parametrize("where", ["recipient_answer", "data_answer"])
def test_after_a_refusal_the_next_message_goes_over_the_same_connection(server, where):
    handler, port = server
    messenger = SmtpMessenger(f"smtp://127.0.0.1:{port}")
    before = getattr(handler, where)
    setattr(handler, where, "550 no")
    with pytest.raises(Rejected):
        messenger.deliver(MESSAGE)
    setattr(handler, where, before)
    messenger.deliver(MESSAGE)
    assert (len(handler.mails), handler.connections) == (1, 1)


@pytest.mark.parametrize("url", ["", "http://host", "smtp://", "smtp://user:secret@:25", "smtp://host:port"])
def test_a_wrong_url_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="the SMTP URL must read") as refused:
        SmtpMessenger(url)
    assert "secret" not in str(refused.value)


def _certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_certificate_that_nobody_signed_is_not_trusted(tmp_path):
    for handler, port in _run(Server(), tls_context=_certificate(tmp_path)):
        with pytest.raises(Unavailable):
            SmtpMessenger(f"smtp+starttls://127.0.0.1:{port}").deliver(MESSAGE)
        assert handler.mails == []


def test_tls_is_never_silently_left_out(server):
    handler, port = server
    with pytest.raises((Permanent, Transient)):
        SmtpMessenger(f"smtp+starttls://127.0.0.1:{port}").deliver(MESSAGE)
    assert handler.mails == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("password", "arrives"), [("p%40ss", True), ("wrong", False)])
def test_credentials_are_used_and_refused_ones_are_not_retried(password, arrives):
    def known(_server, _session, _envelope, _mechanism, data) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"ana", b"p@ss"), handled=False)

    for handler, port in _run(Server(), authenticator=known, auth_require_tls=False, auth_required=True):
        messenger = SmtpMessenger(f"smtp://ana:{password}@127.0.0.1:{port}")
        if arrives:
            messenger.deliver(MESSAGE)
        else:
            with pytest.raises(Unauthorized) as refused:
                messenger.deliver(MESSAGE)
            assert base64.b64encode(b"wrong").decode() not in str(refused.value)
        assert len(handler.mails) == arrives


def test_check_signs_in_and_sends_nothing(server):
    handler, port = server
    SmtpMessenger(f"smtp://127.0.0.1:{port}").check()
    assert handler.mails == []
