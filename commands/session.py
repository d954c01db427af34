"""What every command begins with: the connections, the person who acts, the account that is meant."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections
    from models.account import AccountFacts, Actor
    from models.policy import Policy

_EMBEDDED_PERSON = "ana"


def connections() -> "Connections":
    """The connections of the settings; where nothing is set up yet, the sample company is made first."""
    from connectors.opening import home, opened

    folder = home()
    told = os.environ.get("FAREWELL_DATABASE_URL") or os.environ.get("FAREWELL_DATABASE_URL_FILE")
    if not told and not (folder / "environment").exists():
        from devstack.preparing import prepare

        prepare(folder)
    return opened(folder)


def sound_policy(at: "Connections") -> "Policy":
    """The policy; one with gaps or contradictions stops the command, for no plan could rest on it."""
    from connectors.configuration import refuse_faults
    from rules.policy_check import findings

    refuse_faults("FAREWELL_POLICY_FILE", findings(at.policy), "farewell policy check")
    return at.policy


def acting(at: "Connections", who: str | None) -> "Actor":
    """The person of `--as`, with the roles that the directory knows."""
    from connectors.errors import NotFound
    from models.account import Actor
    from models.payload import CUSTOMER

    name = who or at.settings.acting_as or (_EMBEDDED_PERSON if at.settings.embedded else None)
    if name is None:
        raise Refused(Exit.USAGE, "nobody is named as acting", "say who: --as PERSON, or set FAREWELL_AS")
    if name == CUSTOMER:
        return Actor(id=CUSTOMER)
    directory = at.directory  # opened here, so that a missing database isn't taken for a missing person
    try:
        person = directory.person(name)
    except NotFound:
        raise Refused(Exit.NOT_FOUND, f"there is no person {name}", "farewell import adds people") from None
    return Actor(id=person.id, roles=tuple(sorted(person.roles)))


def facts_of(at: "Connections", account: str) -> "AccountFacts":
    """The account, or exit code 3."""
    from connectors.errors import NotFound

    directory = at.directory
    try:
        return directory.facts(account)
    except NotFound:
        raise Refused(Exit.NOT_FOUND, f"there is no account {account}", "farewell accounts lists them") from None


def case_of(at: "Connections", account: str) -> Mapping[str, Any]:
    """The newest case of the account, or an earlier one by its own id, or exit code 3.

    An erased account still has its case; one that came back and left again has two, each with its proof.
    """
    row = at.cases.case(account) or next((each for each in at.cases.cases() if each["id"] == account), None)
    if row is None:
        facts_of(at, account)
        raise Refused(Exit.NOT_FOUND, f"{account} has no exit", f"farewell start {account} begins one")
    return row


def open_case_of(at: "Connections", account: str) -> Mapping[str, Any]:
    """The running case of the account; code 3 where there never was one, 4 where it has ended."""
    row = case_of(at, account)
    if row["ended_at"] is not None:
        what = f"the case {row['id']} has ended: {row['stage']}"
        raise Refused(Exit.REFUSED, what, f"farewell audit {account} tells how")
    return row
