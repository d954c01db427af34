"""Who gets which message, by which channel, and why not. DOMAIN messages.2, messages.5, messages.8."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages import Reader
from models.vocabulary import TO_OURS, Channel, MailKind, StopGround
from rules.reach import CALLS, LEGALLY_REQUIRED, MARKETING, NO_KEY, address_of, number, route

PHONE = "+34 600 11 22 33"
KINDS = sorted(set(MailKind) - TO_OURS)
RINGING = [Channel.SMS, Channel.WHATSAPP]


def reader(channel: Channel = Channel.EMAIL, **changes: object) -> Reader:
    about: dict[str, object] = {
        "name": "Lucía",
        "email": "l@m.example",
        "phone": PHONE,
        "language": "es",
        "timezone": "Europe/Madrid",
        "country": "ES",
        "account_name": "M",
        "signed_by": "Ana",
        "customer_since": date(2020, 1, 1),
        "come_back": True,
        "channel": channel,
    }
    return Reader.model_validate({**about, **changes})


@pytest.mark.parametrize("kind", KINDS)
def test_messages_2_none_stops_everything_but_what_the_law_requires(kind):
    way = route(kind, reader(Channel.NONE))
    required = kind in LEGALLY_REQUIRED
    assert (way.channel, way.code) == ((Channel.EMAIL, "") if required else (None, "asked_for_none"))


@pytest.mark.parametrize("kind", sorted(LEGALLY_REQUIRED))
def test_messages_2_who_wants_nothing_and_has_no_address_is_called_where_the_law_requires_a_word(kind):
    assert route(kind, reader(Channel.NONE, email=None)).channel is Channel.PHONE


@pytest.mark.parametrize("channel", RINGING)
@pytest.mark.parametrize("kind", KINDS)
def test_messages_2_sms_and_whatsapp_carry_all_if_there_is_a_number_and_a_webhook(kind, channel):
    assert route(kind, reader(channel), has_webhook=True).channel is channel


@pytest.mark.parametrize("channel", RINGING)
@pytest.mark.parametrize(
    ("phone", "has_webhook", "said"), [(None, True, "no phone number"), (PHONE, False, "MESSAGES_WEBHOOK_URL")]
)
def test_messages_2_without_number_or_webhook_it_is_a_mail_that_says_why(channel, phone, has_webhook, said):
    way = route(MailKind.PLAN, reader(channel, phone=phone), has_webhook=has_webhook)
    assert way.channel is Channel.EMAIL
    assert said in way.why


@pytest.mark.parametrize("kind", KINDS)
def test_messages_2_the_phone_is_for_what_is_said_and_the_mail_for_what_is_read_again(kind):
    way = route(kind, reader(Channel.PHONE))
    if kind is MailKind.SURVEY_REMINDER:
        assert (way.channel, way.code) == (None, "not_by_phone")
    else:
        assert way.channel is (Channel.PHONE if kind in CALLS else Channel.EMAIL)


def test_messages_5_a_come_back_goes_only_to_who_said_yes():
    assert route(MailKind.COME_BACK, reader(come_back=False)).code == "not_asked_for"


@pytest.mark.parametrize(
    ("ground", "code"),
    [
        (StopGround.OPT_OUT, "opted_out"),
        (StopGround.ASKED, "opted_out"),
        (StopGround.COMPLAINT, "complained"),
        (StopGround.BOUNCE, "bounced"),
        (NO_KEY, "no_key"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_messages_8_the_suppression_list_stops_marketing_and_nothing_else(kind, ground, code):
    way = route(kind, reader(), ground)
    assert (way.channel, way.code) == ((None, code) if kind in MARKETING else (Channel.EMAIL, ""))


def test_who_can_not_be_reached_is_told_apart_from_who_does_not_want_it():
    assert route(MailKind.PLAN, reader(email=None, phone=None)).code == "no_address"
    assert route(MailKind.THANKS, reader(email=None)).code == "no_address"  # nobody sells by phone unasked
    assert route(MailKind.THANKS, reader(Channel.PHONE, email=None)).channel is Channel.PHONE


@given(
    kind=st.sampled_from(KINDS),
    who=st.builds(
        reader,
        st.sampled_from(Channel),
        email=st.sampled_from([None, "l@m.example"]),
        phone=st.sampled_from([None, PHONE, "ask the desk"]),
    ),
    ground=st.sampled_from([None, NO_KEY, *StopGround]),
    has_webhook=st.booleans(),
)
def test_a_way_leads_to_an_address_and_no_way_has_a_reason(kind, who, ground, has_webhook):
    way = route(kind, who, ground, has_webhook=has_webhook)
    if way.channel is None:
        assert way.code
        assert way.why
    else:
        assert address_of(way.channel, who)
        assert way.code == ""


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [
        (PHONE, "+34600112233"),
        ("(0034) 600-112233", "0034600112233"),
        ("600 11", None),
        ("1" * 16, None),
        ("+34\r\n600112233", "+34600112233"),
        ("", None),
        (None, None),
        ("call me", None),
    ],
)
def test_a_number_is_what_can_be_dialled(phone, dialled):
    assert number(phone) == dialled
