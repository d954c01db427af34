"""Whose key seals what. Source: DESIGN, Security, Keys."""

import re
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from models.payload import Payload

_OF_ACCOUNT = re.compile(r"(?:offboarding-(.+)-\d+|export-(.+)-\d+-\d+)")
_OF_CASE = re.compile(r"(follow-up|closing)-(.+-\d+)")


class KeyScope(Payload):
    """What one key seals: all of an account; the follow-ups of a case; or its closing."""

    kind: Literal["account", "follow-up", "closing"]
    name: str

    @classmethod
    def of_account(cls, account: str) -> Self:
        """The case's workflow, its exports, and what is written down of the account."""
        return cls(kind="account", name=account)

    @classmethod
    def of_follow_ups(cls, case: str) -> Self:
        """The follow-ups, and the contact that they need."""
        return cls(kind="follow-up", name=case)

    @classmethod
    def of_closing(cls, case: str) -> Self:
        """What goes on after the account's key is gone."""
        return cls(kind="closing", name=case)

    @classmethod
    def of_workflow(cls, workflow: str) -> Self:
        """The scope of a workflow, by its id. Source: CONTRACTS, Temporal.

        Raises:
            ValueError: no id of ours: nobody would know when its key may go.
        """
        if match := _OF_ACCOUNT.fullmatch(workflow):
            return cls(kind="account", name=match[1] or match[2])
        if match := _OF_CASE.fullmatch(workflow):
            return cls(kind="follow-up" if match[1] == "follow-up" else "closing", name=match[2])
        raise ValueError(f"{workflow} is no workflow id of ours, so no key is meant for it")

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class DataKey(Payload):
    """A key and the id by which it's found again: `<kind>/<name>/<number>`. The secret is 32 bytes; never logged."""

    id: str
    secret: bytes = Field(repr=False)


class Destroyed(Payload):
    """Which keys of a scope were destroyed, and when; the ids never mean another key."""

    scope: KeyScope
    ids: tuple[str, ...]
    at: AwareDatetime


class StandingKey(Payload):
    """What is known of a key without opening it: `wrapped_by` is the id of the master key that wraps it."""

    id: str
    made_at: AwareDatetime
    wrapped_by: str
    may_end: bool = False
