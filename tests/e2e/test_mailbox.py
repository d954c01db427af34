"""The embedded stack's mail server answers as real ones do on bad days, and takes texts as a provider would."""

import json
import smtplib
import uuid
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.request import Request, urlopen

import pytest
from standardwebhooks.webhooks import Webhook

from devstack.keys import webhook_secret
from devstack.mail_answers import GREYLISTED, NO_SUCH_BOX, MailAnswer, answer_with
from devstack.mailbox import receptions
from devstack.stack import EmbeddedStack


@pytest.fixture
def answers(stack: EmbeddedStack):
    yield lambda **told: answer_with(stack.home, {f"{name}@moncayo.example": each for name, each in told.items()})
    answer_with(stack.home, {})


def send(stack: EmbeddedStack, to: str) -> str:
    """The Message-ID of a mail that was taken."""
    mail = EmailMessage()
    message_id = f"{uuid.uuid4().hex}@bancada.example"
    mail["From"], mail["To"], mail["Message-ID"] = "cuentas@bancada.example", f"{to}@moncayo.example", f"<{message_id}>"
    mail["Subject"] = "Gracias"
    mail.set_content("Hola\n")
    host, port = stack.environment["FAREWELL_SMTP_URL"].removeprefix("smtp://").split(":")
    with smtplib.SMTP(host, int(port), local_hostname="localhost", timeout=10) as smtp:
        smtp.send_message(mail)
    return message_id


async def test_an_address_that_is_not_there_is_refused_each_time_and_others_are_not(stack, answers):
    answers(gone=MailAnswer(NO_SUCH_BOX))
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(stack, "gone")
        assert refused.value.recipients["gone@moncayo.example"][0] == 550
    assert (stack.home / "mail" / f"{send(stack, 'here')}.eml").exists()


async def test_a_greylisted_address_takes_mail_at_the_third_time(stack, answers):
    answers(grey=MailAnswer(GREYLISTED, times=2))
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(stack, "grey")
        assert refused.value.recipients["grey@moncayo.example"][0] == 451
    message_id = send(stack, "grey")
    assert [each for each, _ in receptions(stack.home)].count(message_id) == 1


async def test_mail_that_comes_back_is_a_delivery_status_notification(stack, answers):
    answers(full=MailAnswer(returns="5.2.2"))
    message_id = send(stack, "full")
    assert not (stack.home / "mail" / f"{message_id}.eml").exists()
    came = [path.read_bytes() for path in (stack.home / "mail-returned").glob("*.eml")]
    (report,) = [message_from_bytes(each, policy=policy.default) for each in came if message_id.encode() in each]
    assert report.get_content_type() == "multipart/report"
    assert report["To"] == "cuentas@bancada.example"
    _, status, headers = report.iter_parts()
    each = status.get_payload()[1]
    assert (each["Action"], each["Status"]) == ("failed", "5.2.2")
    assert each["Final-Recipient"] == "rfc822; full@moncayo.example"
    assert headers.get_content_type() == "text/rfc822-headers"
    assert f"<{message_id}>" in headers.get_content()


def post(stack: EmbeddedStack, message_id: str, secret: str, kind: str = "message.send") -> int:
    body = json.dumps({"type": kind, "data": {"text": "Gracias"}})
    now = datetime.now(UTC)
    signature = Webhook(secret).sign(message_id, now, body)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    asked = Request(stack.environment["FAREWELL_MESSAGES_WEBHOOK_URL"], body.encode(), headers)  # noqa: S310  # loopback
    with urlopen(asked, timeout=10) as answer:  # noqa: S310  # the same
        return answer.status


async def test_a_signed_text_is_kept_once_and_an_unsigned_one_never(stack):
    from urllib.error import HTTPError

    secret = webhook_secret(stack.home / "keys", "messages").read_text()
    for _ in range(2):
        assert post(stack, "acc_1-1.goodbye.1", secret) == 200
    (kept,) = (stack.home / "texts").glob("acc_1-1.goodbye.1.json")
    assert json.loads(kept.read_bytes())["data"] == {"text": "Gracias"}
    with pytest.raises(HTTPError) as refused:
        post(stack, "acc_2-1.goodbye.1", webhook_secret(stack.home / "keys", "mail").read_text())
    assert refused.value.code == 401
    refused.value.close()
    assert post(stack, "a-ping", secret, "ping") == 200
    assert not list((stack.home / "texts").glob("a-ping*")) + list((stack.home / "texts").glob("acc_2-1*"))
