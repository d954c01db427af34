"""Ports to messages, sub-processors, and the engine's histories.

All raise `connectors.errors.ConnectorError`, and nothing of the library behind.
"""

from datetime import datetime
from typing import Any, Protocol

from models.inventory import Processor
from models.messages import Kept
from models.processors import ProcessorAnswer


class Messenger(Protocol):
    """Delivers a message. SMTP can't promise once: a stable Message-ID lets the other side see a repeat."""

    def deliver(self, message: Kept) -> None:
        """Hands it over; returns when the other side has taken it."""
        ...


class SubProcessors(Protocol):
    """Outside systems that got data of the account and are asked to erase it. Source: DOMAIN stages.3, erasure.1."""

    def ask(self, processor: Processor, account: str, root_key: str, key: str, at: datetime) -> ProcessorAnswer:
        """Asks for erasure, or again how far it is: the same `key` is the same request."""
        ...


class Histories(Protocol):
    """Temporal's histories."""

    def runs(self, workflow: str) -> list[dict[str, Any]]:
        """The history of each run of a closed workflow, in order, as Temporal's JSON: each replays by itself.

        Payloads are decoded; raises Gone once their key was destroyed.
        """
        ...

    def sealed_payload(self, workflow: str) -> bytes:
        """The first encrypted payload of a workflow's history as it lies on the server (a `Payload` proto's bytes)."""
        ...

    def closed(self, workflow: str) -> bool:
        """Whether it has ended."""
        ...
