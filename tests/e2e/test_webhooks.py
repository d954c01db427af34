"""Webhooks of the payment provider: signed, recent, and nothing but a knock. Source: DOMAIN money.7, money.9."""

import json
import logging
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from stripe import WebhookSignature
from temporalio.service import RPCError, RPCStatusCode

from web.webhooks import LARGEST_BYTES, BillingWebhooks

SECRET = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH"
OPEN = {"workflow_id": "offboarding-acme-2", "ended_at": None}
ENDED = {"workflow_id": "offboarding-gone-1", "ended_at": datetime(2026, 11, 1, tzinfo=UTC)}


class Temporal:
    """Takes signals, or answers with an error."""

    def __init__(self, status=None):
        self.status, self.signals = status, []

    def get_workflow_handle(self, workflow):
        return SimpleNamespace(signal=lambda name: self._take(workflow, name))

    async def _take(self, workflow, name):
        if self.status:
            raise RPCError("away", self.status, b"")
        self.signals.append((workflow, name))


def web(temporal, secret=SECRET):
    at = SimpleNamespace(
        settings=SimpleNamespace(stripe_webhook_secret=SecretStr(secret) if secret else None),
        directory=SimpleNamespace(billed_as=lambda customer: {"cus_1": ["acme"], "cus_2": ["gone"]}.get(customer, [])),
        cases=SimpleNamespace(case={"acme": OPEN, "gone": ENDED}.get),
    )
    app = FastAPI()
    BillingWebhooks(at, temporal).mount(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://farewell.test")


def event(kind="refund.failed", customer="cus_1"):
    """In the form of https://docs.stripe.com/api/events/object."""
    about = {"id": "re_1", "object": "refund", "customer": customer, "status": "failed"}
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": about}})


async def send(client, body, *, secret=SECRET, at=None, header=None):
    signature = header or WebhookSignature.generate_signature_header(body, secret, at)
    return await client.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": signature})


@pytest.mark.parametrize(
    "kind", ["refund.failed", "refund.updated", "charge.succeeded", "invoice.created", "credit_note.created"]
)
async def test_an_event_of_a_customers_money_wakes_its_open_case(kind):
    temporal = Temporal()
    assert (await send(web(temporal), event(kind))).status_code == 200
    assert temporal.signals == [("offboarding-acme-2", "billing_changed")]


async def test_money_7_an_event_that_comes_twice_only_wakes_twice():
    temporal = Temporal()
    client, body = web(temporal), event()
    header = WebhookSignature.generate_signature_header(body, SECRET)
    assert [(await send(client, body, header=header)).status_code for _ in range(2)] == [200, 200]
    assert set(temporal.signals) == {("offboarding-acme-2", "billing_changed")}


@pytest.mark.parametrize(
    ("kind", "customer"),
    [
        ("refund.failed", "cus_of_another"),
        ("refund.failed", None),
        ("refund.failed", "cus_2"),
        ("payout.paid", "cus_1"),
    ],
)
async def test_what_is_none_of_ours_is_heard_and_wakes_nobody(kind, customer):
    temporal = Temporal()
    assert (await send(web(temporal), event(kind, customer))).status_code == 200
    assert temporal.signals == []


async def test_what_isnt_signed_with_the_secret_is_refused():
    temporal = Temporal()
    client, body = web(temporal), event()
    signed = WebhookSignature.generate_signature_header(body, SECRET)
    assert (await send(client, body, secret="whsec_of_another")).status_code == 400
    assert (await send(client, body.replace("re_1", "re_2"), header=signed)).status_code == 400
    assert (await send(client, body, header="nonsense")).status_code == 400
    assert (await client.post("/webhooks/stripe", content=body)).status_code == 400
    assert temporal.signals == []


async def test_a_replay_after_the_tolerance_is_refused():
    temporal = Temporal()
    assert (await send(web(temporal), event(), at=int(time.time()) - 400)).status_code == 400
    assert temporal.signals == []


async def test_while_the_secret_is_rolled_one_of_two_signatures_is_enough():
    temporal, body = Temporal(), event()
    old, new = (WebhookSignature.generate_signature_header(body, secret) for secret in ("whsec_old", SECRET))
    both = f"{old},{new.partition(',')[2]}"  # Stripe signs with both for a day: https://docs.stripe.com/webhooks
    assert (await send(web(temporal), body, header=both)).status_code == 200
    assert len(temporal.signals) == 1


@pytest.mark.parametrize("body", ["no JSON", "\N{SNOWMAN}{", "[]", "7", '"x"', "{}", '{"object": "v2.core.event"}'])
async def test_signed_but_no_event_is_refused(body):
    assert (await send(web(Temporal()), body)).status_code == 400


@pytest.mark.parametrize("header", ["t=soon,v1=0", "t=1", "v1=0", "", ",", "t=9999999999,v1=\xe9", "t=1" * 9000])
async def test_a_signature_of_another_form_is_refused(header):
    client = web(Temporal())
    headers = {"Stripe-Signature": header.encode("latin-1")}
    assert (await client.post("/webhooks/stripe", content=event(), headers=headers)).status_code == 400


async def test_a_body_that_is_no_text_is_refused():
    headers = {"Stripe-Signature": "t=1,v1=0"}
    assert (await web(Temporal()).post("/webhooks/stripe", content=b"\xff\xfe{", headers=headers)).status_code == 400


async def test_a_body_larger_than_any_event_is_refused_unread():
    assert (await send(web(Temporal()), "x" * (LARGEST_BYTES + 1))).status_code == 413


async def test_without_a_secret_there_is_no_such_page():
    assert (await send(web(Temporal(), secret=None), event())).status_code == 404


@pytest.mark.parametrize("status", [RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED])
async def test_while_temporal_is_away_the_provider_is_asked_to_come_again(status):
    answer = await send(web(Temporal(status)), event())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


async def test_a_case_that_has_just_ended_needs_no_waking():
    assert (await send(web(Temporal(RPCStatusCode.NOT_FOUND)), event())).status_code == 200


async def test_nothing_of_a_body_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    for secret in (SECRET, "whsec_of_another"):
        await send(web(Temporal()), event(customer="cus_1"), secret=secret)
    assert "cus_1" not in caplog.text
    assert "re_1" not in caplog.text
