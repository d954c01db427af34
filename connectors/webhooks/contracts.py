"""Contracts in a system of others, asked by signed webhook. Source: DOMAIN stages; docs/webhooks.md."""

from datetime import datetime
from typing import Any, Literal

from connectors.webhooks.questions import Done, Questions
from connectors.webhooks.sender import Sender
from models.payload import Payload, Receipt

SYSTEM = "contracts"


class _Standing(Payload):
    state: Literal["active", "read_only", "ended"]


class WebhookContracts:
    """A `ContractSystem`. Each method is one message, `contracts.<method>`."""

    def __init__(self, sender: Sender) -> None:
        """`sender` knows address and secret."""
        self._ask = Questions(sender, SYSTEM)

    def check(self) -> None:
        """Sends a `ping`; raises ConnectorError."""
        self._ask.ping()

    def state(self, account: str) -> str:
        """`active`, `read_only` or `ended`."""
        return self._ask.now("state", _Standing, account=account).state

    def serve_notice(self, account: str, ends_at: datetime, key: str, at: datetime) -> Receipt:
        """When the contracts end, and that they don't renew; a later notice moves it."""
        return self._done("serve_notice", account, key, at, ends_at=ends_at.isoformat())

    def withdraw_notice(self, account: str, key: str, at: datetime) -> Receipt:
        """They renew as before."""
        return self._done("withdraw_notice", account, key, at)

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Read-only."""
        return self._done("freeze", account, key, at)

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """As before."""
        return self._done("unfreeze", account, key, at)

    def terminate(self, account: str, key: str, at: datetime) -> Receipt:
        """The contracts end."""
        return self._done("terminate", account, key, at)

    def recontract(self, account: str, key: str, at: datetime) -> Receipt:
        """New agreements on the terms of those that `key` ended. Source: DOMAIN stages.7."""
        return self._done("recontract", account, key, at)

    def _done(self, method: str, account: str, key: str, at: datetime, **more: Any) -> Receipt:
        data = {"account": account, "key": key, "at": at.isoformat(), **more}
        return self._ask.once(method, Done, key, data).receipt(SYSTEM, method, account, key, at)
