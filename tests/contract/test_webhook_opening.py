"""Which access and contract system the settings open, and what the doctor says of them."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from commands.doctor import _CHECKS, _examined
from connectors.configuration import WrongSetting
from connectors.opening import Connections
from connectors.webhooks.access import WebhookAccess
from connectors.webhooks.contracts import WebhookContracts
from tests.contract.test_webhooks_out import OTHER_SECRET
from tests.contract.webhook_receiver import SECRET, running_receiver


def connections(url: str = "https://receiver.example/hook", secret: str = SECRET) -> Connections:
    systems = {"access": "webhook", "contracts": "webhook", "embedded": url.startswith("http://")}
    for system in ("access", "contracts"):
        systems |= {f"{system}_webhook_url": url, f"{system}_webhook_secret": SecretStr(secret)}
    return Connections(SimpleNamespace(**systems))


def test_the_settings_open_webhooks() -> None:
    at = connections()
    assert isinstance(at.access, WebhookAccess)
    assert isinstance(at.contracts, WebhookContracts)


@pytest.mark.parametrize("system", ["access", "contracts"])
def test_an_address_or_a_secret_of_another_form_is_a_wrong_setting(system: str) -> None:
    with pytest.raises(WrongSetting, match=f"FAREWELL_{system.upper()}_WEBHOOK_URL"):
        getattr(connections(url="ftp://receiver.example"), system)
    with pytest.raises(WrongSetting, match=f"FAREWELL_{system.upper()}_WEBHOOK_SECRET"):
        getattr(connections(secret="whsec_c2hvcnQ="), system)


@pytest.mark.parametrize("system", ["access", "contracts"])
def test_the_doctor_asks_them_and_says_what_is_wrong(system: str) -> None:
    with running_receiver() as receiver:
        assert not _examined(system, _CHECKS[system], connections(receiver.url)).wrong
        wrong = _examined(system, _CHECKS[system], connections(receiver.url, OTHER_SECRET))
        assert (len(receiver.requests), "401" in wrong.wrong, "same secret" in wrong.fix) == (2, True, True)
    down = _examined(system, _CHECKS[system], connections(receiver.url))
    assert "can't be reached" in down.wrong
    assert down.fix


def test_nobody_waits_for_the_client_who_sends_nothing() -> None:
    loads = "import sys, connectors.opening, starter; print('httpx2' in sys.modules, 'standardwebhooks' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.split() == ["False", "False"]
