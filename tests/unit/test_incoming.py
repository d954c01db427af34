"""DOMAIN messages.5: what comes back of a mail, told apart. RFC 3464, RFC 5965, RFC 3834, RFC 5322."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mail_form import composed
from models.messages import Outgoing
from models.vocabulary import Heard, StopGround
from rules.incoming import Echo, heard_in
from rules.incoming_events import HEARD, NoEvent, echo_of
from tests.unit.incoming_mails import DSN, HEADERS, OURS, THANKS, WHOLE, arf, dsn, reply


@pytest.mark.parametrize("returned", [WHOLE, HEADERS])
@pytest.mark.parametrize(
    ("action", "status", "heard", "ground"),
    [
        ("failed", "5.1.1", Heard.BOUNCE, StopGround.BOUNCE),
        ("Failed", "5.7.1 (blocked)", Heard.BOUNCE, StopGround.BOUNCE),
        ("failed", "", Heard.BOUNCE, StopGround.BOUNCE),
        ("failed", "4.4.7", Heard.DELAY, None),
        ("delayed", "4.4.1", Heard.DELAY, None),
    ],
)
def test_messages_5_only_what_is_given_up_for_good_is_a_bounce(action, status, heard, ground, returned):
    echo = heard_in(dsn(action, status, returned), OURS)
    assert (echo, echo.ground) == (Echo(heard, (THANKS,)), ground)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "nonsense"])
def test_what_was_delivered_is_no_news(action):
    assert heard_in(dsn(action, "2.0.0"), OURS) is None


def test_a_report_that_sends_nothing_back_names_the_message_in_its_own_headers():
    raw = f"In-Reply-To: <{THANKS}>\n".encode() + dsn(returned="Content-Type: text/plain\n\nnothing\n")
    assert heard_in(raw, OURS) == Echo(Heard.BOUNCE, (THANKS,))


def test_one_that_is_cut_off_is_read_as_far_as_it_goes():
    raw = dsn()
    assert heard_in(raw[: raw.index(b"Subject: Gracias")], OURS) == Echo(Heard.BOUNCE, (THANKS,))


@pytest.mark.parametrize("kind", ["abuse", "fraud", "other", "opt-out"])
def test_messages_5_a_complaint_stops(kind):
    echo = heard_in(arf(kind), OURS)
    assert (echo.heard, echo.message_ids, echo.ground) == (Heard.COMPLAINT, (THANKS,), StopGround.COMPLAINT)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", ""])
def test_a_feedback_that_complains_of_nothing_is_none(kind):
    assert heard_in(arf(kind), OURS) is None


@pytest.mark.parametrize("subject", [f"stop {THANKS}", f"STOP  {THANKS}", f"=?utf-8?q?stop?= {THANKS}"])
def test_messages_8_the_mail_that_list_unsubscribe_asks_for_opts_out(subject):
    raw = f"From: lucia@moncayo.example\nSubject: {subject}\nAuto-Submitted: auto-generated\n\n".encode()
    echo = heard_in(raw, OURS)
    assert (echo, echo.ground) == (Echo(Heard.REPLY, (THANKS,), opted_out=True), StopGround.OPT_OUT)


@pytest.mark.parametrize("subject", ["stop", "stop it", "stop a@b.example", f"please don't stop {THANKS}"])
def test_another_subject_opts_nobody_out(subject):
    assert heard_in(f"From: lucia@moncayo.example\nSubject: {subject}\n\n".encode(), OURS) is None


def test_messages_8_what_a_message_says_on_opting_out_by_mail_is_what_is_understood():
    about = {"message_id": THANKS, "case": "acc_moncayo-1", "language": "es", "recipient": "lucia@moncayo.example"}
    said = {"sender": f"accounts@{OURS}", "subject": "Gracias", "text": "Gracias", "html": "Gracias"}
    mail = composed(Outgoing(**about, **said, marketing=True))
    by_mail = urlsplit(str(mail["List-Unsubscribe"]).strip("<>"))
    (subject,) = parse_qs(by_mail.query)["subject"]
    assert heard_in(f"Subject: {subject}\n\n".encode(), OURS).message_ids == (THANKS,)


def test_messages_5_a_reply_stops():
    echo = heard_in(reply(), OURS)
    assert (echo, echo.ground) == (Echo(Heard.REPLY, (THANKS,)), StopGround.REPLY)
    assert heard_in(reply("Auto-Submitted: no"), OURS) == echo
    assert heard_in(reply().replace(b"\n", b"\r\n"), OURS) == echo
    assert heard_in(b"From lucia@moncayo.example Mon Nov 23 10:00:00 2026\n" + reply(), OURS) == echo


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "X-Autorespond: vacation",
        "List-Id: <staff.moncayo.example>",
        "Return-Path: <>",
        "From: MAILER-DAEMON@moncayo.example",
        "From: no-reply@moncayo.example",
        "Subject: Automatic reply: Gracias",
        "Subject: =?utf-8?q?Respuesta_autom=C3=A1tica=3A_Gracias?=",
        "Subject: Fuera de la oficina hasta el lunes",
    ],
)
def test_messages_5_who_is_out_of_office_has_not_replied(header):
    name = header.partition(":")[0].encode()
    plain = b"\n".join(line for line in reply().split(b"\n") if not line.startswith(name + b":"))
    echo = heard_in(header.encode() + b"\n" + plain, OURS)
    assert (echo, echo.ground) == (Echo(Heard.AUTO_REPLY, (THANKS,)), None)


def test_a_receipt_is_no_reply():
    receipt = DSN.replace("message/delivery-status", "message/disposition-notification").format(
        action="displayed", status="2.0.0", returned=HEADERS
    )
    assert heard_in(receipt.encode(), OURS) == Echo(Heard.AUTO_REPLY, (THANKS,))


def test_our_own_answer_in_the_thread_is_not_the_customer_s():
    raw = reply().replace(b"<lucia@moncayo.example>", b"<ana@Farewell.example>")
    assert heard_in(raw, OURS) is None


def test_a_bounce_that_the_customer_attaches_to_a_mail_is_not_ours_to_count():
    attached = (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n" + dsn() + b"\n--o--\n"
    )
    assert heard_in(attached, OURS) is None
    answered = b"In-Reply-To: <" + THANKS.encode() + b">\n" + attached
    assert heard_in(answered, OURS) == Echo(Heard.REPLY, (THANKS,))


@pytest.mark.parametrize("text", ["", "Subject: hello\n\nhello", "In-Reply-To: <x@elsewhere.example>\n\nhello"])
def test_a_mail_about_none_of_ours_says_nothing(text):
    assert heard_in(text.encode(), OURS) is None


def test_the_newest_of_a_thread_comes_first():
    raw = f"From: l@moncayo.example\nReferences: <a@{OURS}>\n <b@{OURS}> <c@{OURS}>\n\nhello".encode()
    assert heard_in(raw, OURS).message_ids == (f"c@{OURS}", f"b@{OURS}", f"a@{OURS}")


pieces = st.sampled_from(
    [
        b"\n",
        b"\n\n",
        b"--b1\n",
        b"--b1--\n",
        b"Content-Type: message/rfc822\n\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Type: multipart/report; boundary=b1\n\n",
        b"Content-Type: message/delivery-status\n\n",
        b"Subject: =?x?q?=FF?=\n",
        b"From: @@<\n",
        b"In-Reply-To: <a@farewell.example>\n",
        b"Action: failed\n",
        b"\xff\x00",
    ]
)


@given(st.binary() | st.lists(pieces | st.binary(max_size=20), max_size=30).map(b"".join))
def test_whatever_comes_in_is_read_or_is_nothing(raw):
    echo = heard_in(raw, OURS)
    assert echo is None or all(each.endswith("@farewell.example") for each in echo.message_ids)


def test_parts_within_parts_within_parts_are_nothing():
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
    assert heard_in(b"In-Reply-To: <" + THANKS.encode() + b">\n" + raw, OURS) in (None, Echo(Heard.REPLY, (THANKS,)))


@pytest.mark.parametrize(("kind", "heard"), HEARD.items())
def test_a_provider_s_event_says_the_same(kind, heard):
    echo = echo_of({"type": kind, "data": {"message_id": f"<{THANKS}>"}}, OURS)
    assert (echo.heard, echo.message_ids) == (heard, (THANKS,))
    assert (echo.ground is StopGround.OPT_OUT) == (kind == "message.opted_out")


def test_a_provider_may_hand_over_the_whole_mail():
    import base64

    event = {"type": "message.received", "data": {"raw": base64.b64encode(dsn()).decode()}}
    assert echo_of(event, OURS) == Echo(Heard.BOUNCE, (THANKS,))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({}, "`data`"),
        ({"data": []}, "`data`"),
        ({"type": "other", "data": {}}, "`type`"),
        ({"type": "message.bounced", "data": {}}, "`data.message_id`"),
        ({"type": "message.bounced", "data": {"message_id": 7}}, "`data.message_id`"),
        ({"type": "message.received", "data": {}}, "`data.raw`"),
        ({"type": "message.received", "data": {"raw": "no base64!"}}, "`data.raw`"),
    ],
)
def test_what_is_no_event_is_told_why(event, why):
    with pytest.raises(NoEvent, match=why):
        echo_of(event, OURS)
