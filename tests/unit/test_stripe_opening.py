"""Which billing system the settings open, and whose customer an account is."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from commands.doctor import _CHECKS, _examined
from connectors.errors import NotFound
from connectors.opening import Connections
from connectors.stripe.billing import StripeBilling


def connections(billing_id: str | None) -> Connections:
    facts = SimpleNamespace(account=SimpleNamespace(billing_id=billing_id))
    at = Connections(
        SimpleNamespace(billing="stripe", stripe_key=SecretStr("sk_test_1"), stripe_url="http://127.0.0.1:9")
    )
    at.directory = SimpleNamespace(facts=lambda account: facts)
    return at


def test_the_setting_opens_stripe() -> None:
    assert isinstance(connections("cus_1").billing, StripeBilling)


def test_an_account_without_a_customer_is_refused_with_what_to_do() -> None:
    with pytest.raises(NotFound) as caught:
        connections(None).billing.state("acme", datetime.now(UTC))
    assert "acme has no billing_id" in caught.value.what
    assert "import it with its billing_id" in caught.value.fix


def test_the_doctor_says_that_stripe_cannot_be_reached_and_what_to_look_at() -> None:
    finding = _examined("billing", _CHECKS["billing"], connections("cus_1"))
    assert "can't be reached" in finding.wrong
    assert "FAREWELL_STRIPE_URL" in finding.fix


def test_nobody_waits_for_stripes_client_who_does_not_use_it() -> None:
    loads = "import sys, web.application, connectors.opening, starter; print('stripe' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "False"
