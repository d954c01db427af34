"""The plan: a pure function of account, contract, policy, inventory and request. Source: DESIGN, One idea."""

from datetime import datetime

from models.account import AccountFacts, BlockingFact
from models.inventory import DataSet, Inventory
from models.ledger import digest
from models.plan import Blocker, Commitments, Duties, EndingContract, PlannedDate
from models.policy import Policy
from models.vocabulary import FILES, OWN, OWN_USERS, PROCESSORS, BlockerCode, Mode
from rules.calendar import months_after
from rules.contracts import active, endings
from rules.dates import exit_dates, midnight
from rules.effective import exit_of
from rules.ending_contracts import ending_contracts
from rules.pauses import pause_dates
from rules.periods import Terms
from rules.policy import NoClause, approvals_required, speaks_for_all
from rules.policy_terms import applied_terms
from rules.wish import PlanRefused, Wish

__all__ = ["PlanRefused", "Wish", "blockers", "commit", "duties", "plan_hash"]

_MONTHS_A_YEAR = 12


def commit(facts: AccountFacts, wish: Wish, policy: Policy, inventory: Inventory) -> Commitments:
    """What people will approve. Equal input gives an equal hash, on any machine and in any zone.

    Raises:
        PlanRefused: there is no such way out, a date can't be, a contract contradicts itself or another, or the
            policy is silent.
    """
    _refuse_contradictions(wish)
    try:
        return _commit(facts, wish, policy, inventory)
    except NoClause as silent:
        raise PlanRefused("policy", str(silent), "`farewell policy check` names the gap; mend policy.toml") from None


def _refuse_contradictions(wish: Wish) -> None:
    """Source: DOMAIN modes.1, modes.3."""
    if wish.mode is Mode.EJECT and wish.cause is None:
        raise PlanRefused("cause", "an eject needs a cause on the record", "say which, with --cause")
    if wish.mode is not Mode.EJECT and wish.cause is not None:
        raise PlanRefused("cause", f"a {wish.mode} has no cause; only an eject has", "leave it out")
    if wish.mode is not Mode.PAUSE and wish.resume_on is not None:
        raise PlanRefused("resume_date", f"a {wish.mode} has no resume date; only a pause has", "leave it out")


def _commit(facts: AccountFacts, wish: Wish, policy: Policy, inventory: Inventory) -> Commitments:
    account, contracts = facts.account, active(facts.contracts)
    ids = tuple(contract.id for contract in contracts)
    terms = Terms(policy, account, wish.requested_on, ids)
    ending: tuple[EndingContract, ...] = ()
    data_sets: tuple[Duties, ...] = ()
    if wish.mode is Mode.PAUSE:
        dates = pause_dates(wish, terms)
    else:
        found = endings(contracts, terms)
        leaving = exit_of(wish, found, terms)
        dates = exit_dates(wish, leaving, terms)
        ending = ending_contracts(wish, leaving, found, terms)
        data_sets = duties(inventory, dates["effective_date"], account.timezone)
    worth = (account.yearly_value, account.currency)
    return Commitments(
        account=account.id,
        mode=wish.mode,
        cause=wish.cause,
        jurisdiction=account.jurisdiction,
        policy=policy.version,
        policy_sha256=digest(policy.model_dump(mode="json")),
        inventory_sha256=digest(inventory.model_dump(mode="json")),
        timezone=account.timezone,
        dates=dates,
        contracts=ending,
        terms=applied_terms(policy, wish.requested_on, account.jurisdiction, ids, speaks_for_all(contracts)),
        data_sets=data_sets,
        gates=approvals_required(policy, wish.mode, wish.requested_on, account.jurisdiction, worth),
    )


def plan_hash(commitments: Commitments) -> str:
    """`sha256:` + hex of the canonical commitments. Source: CONTRACTS, Forms."""
    return digest(commitments.model_dump(mode="json"))


def duties(inventory: Inventory, effective: PlannedDate, zone: str) -> tuple[Duties, ...]:
    """Every data set in the order of erasure: outside systems, tables, then what we made.

    Outside are sub-processors, users with their credentials, and files: they go before the records that point at them.
    Source: DOMAIN stages.3, erasure.7.
    """
    processors = (Duties(name=PROCESSORS + p.name, export=False, erase="delete") for p in inventory.processors)
    files = (Duties(name=FILES + f.name, export=True, erase="delete") for f in inventory.file_sets)
    tables = (_table_duties(d, effective.at, zone) for d in inventory.data_sets)
    own = [Duties(name=OWN + o.name, export=False, erase="delete") for o in inventory.own]
    users = [duty for duty in own if duty.name == OWN_USERS]
    return (*processors, *users, *files, *tables, *(duty for duty in own if duty not in users))


def _table_duties(data_set: DataSet, effective: datetime, zone: str) -> Duties:
    kept = data_set.retain
    until = None
    if kept is not None:
        until = midnight(months_after(effective.date(), kept.years * _MONTHS_A_YEAR), zone)
    return Duties(
        name=data_set.name,
        export=data_set.export,
        erase=data_set.erase,
        ground=kept.ground if kept else None,
        until=until,
    )


def blockers(facts: AccountFacts, *, held: bool) -> tuple[Blocker, ...]:
    """What must be mended before anybody may approve. Source: DOMAIN stages.5."""
    found = list(facts.blocking)
    if not any(contact.email for contact in facts.contacts):
        found.append(_fact(BlockerCode.NO_CONTACT, "no contact has a mail address", "import one"))
    if not any(contract.signatories for contract in active(facts.contracts)):
        text = "no active contract names a signatory, so nobody is known to be allowed to end it"
        found.append(_fact(BlockerCode.REQUESTER_WITHOUT_AUTHORITY, text, "import the contract's signatories"))
    for contract in active(facts.contracts):
        if contract.members:
            text = f"other accounts have joined contract {contract.id}: {', '.join(contract.members)}"
            fix = "let them leave first, or import contracts of their own for them"
            found.append(_fact(BlockerCode.SUB_ACCOUNTS, text, fix))
    if held:
        text = "a legal hold stands on this account"
        found.append(_fact(BlockerCode.LEGAL_HOLD, text, "compliance releases it with: farewell release ACCOUNT"))
    return tuple(Blocker(code=BlockerCode(f.code), text=f.text, fix=f.fix) for f in found)


def _fact(code: BlockerCode, text: str, fix: str) -> BlockingFact:
    return BlockingFact(code=code.value, text=text, fix=fix)
