"""Which clauses apply, on a day, to everybody or to one account: gathered, and told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from activities.case_policy import policy_of
from commands.printing import console, say, table
from commands.session import connections, facts_of
from models.account import AccountFacts
from models.payload import Payload
from models.plan import AppliedClause
from models.policy import EVERYWHERE, Clause, House, Policy
from rules.contracts import active
from rules.periods import Terms
from rules.policy import covers, speaks_for_all
from rules.policy_cuts import OwnTerm, own_terms
from rules.policy_found import Placed, every
from rules.policy_terms import MAY_BE_SILENT, SEVERAL, applied, applied_terms, applying, because, clauses_of

if TYPE_CHECKING:
    from connectors.opening import Connections

HOUSE = {
    "approval_days": "days in which a plan must be approved",
    "retrieval_reminder_days": "days before the window's end at which who hasn't fetched is reminded",
    "silence_days": "days after the window until compliance is asked about silence",
    "hold_confirm_days": "days in which a second person confirms a hold",
    "evidence_years": "years for which the evidence is locked",
    "users_a_page": "users that are closed at a time",
    "zombie_scan_days": "days after which we look for ways in again",
    "processor_remind_days": "days after which a sub-processor that hasn't confirmed is asked again",
    "key_copies_days": "days for which copies of the key store live",
}


class Told(AppliedClause):
    """A clause, and why it applies."""

    because: str


class Shown(Payload):
    """What `policy show` answers: `source` is whose policy it is, `later` what is yet to come into force."""

    version: str
    source: str
    on: date
    jurisdiction: str | None = None
    account: str | None = None
    name: str | None = None
    terms: tuple[Told, ...]
    contracts: tuple[OwnTerm, ...] = ()
    later: tuple[AppliedClause, ...] = ()
    house: House


def shown_for_all(policy: Policy, day: date) -> Shown:
    """Every clause in force on a day, whomever it concerns."""
    standing = [applied(each.matter, each.clause) for each in every(policy) if covers(each.clause, day)]
    return Shown(
        version=policy.version,
        source="the file",
        on=day,
        terms=_told(standing, lambda term: because(term, EVERYWHERE)),
        later=_later(policy, day, lambda _: True),
        house=policy.house,
    )


def shown_for_account(account: str, day: date | None, written: Policy | None) -> Shown:
    """What applies to an account; a running exit keeps the policy of its plan, unless a file is named.

    Raises:
        NoClause: the policy is silent.
    """
    at = connections()
    facts = facts_of(at, account)
    case = None if written else _running(at, account)
    policy = written or (policy_of(at.cases, case["id"], case["state"]["plan_hash"]) if case else at.policy)
    day = day or _day(facts, case)
    place, contracts = facts.account.jurisdiction, active(facts.contracts)
    ids = tuple(contract.id for contract in contracts)
    stands = Terms(policy, facts.account, day, ids)
    return Shown(
        version=policy.version,
        source=f"kept by the running exit {case['id']}" if case else "the file",
        on=day,
        jurisdiction=place,
        account=account,
        name=facts.account.name,
        terms=_told(_terms(stands, speaks_for_all(contracts)), lambda term: because(term, place)),
        contracts=tuple(term for contract in contracts for term in own_terms(contract, stands)),
        later=_later(policy, day, lambda each: _concerns(each, place, ids)),
        house=policy.house,
    )


def _terms(stands: Terms, main: str | None) -> list[AppliedClause]:
    """What a plan rests on; then what may be offered, what teams must do, and whether a hold is told."""
    place = stands.account.jurisdiction
    beside = [
        applied(matter, clause)
        for matter, clauses in clauses_of(stands.policy).items()
        if matter in MAY_BE_SILENT
        for clause in _first_or_all(applying(clauses, stands.day, place, main))
    ]
    return [*applied_terms(stands.policy, stands.day, place, stands.contracts, main), *beside]


def _first_or_all(clauses: Sequence[Clause]) -> Sequence[Clause]:
    """Of offers and teams several stand beside each other; of all else the first counts."""
    return clauses if clauses and isinstance(clauses[0], SEVERAL) else clauses[:1]


def tell(found: Shown) -> None:
    """Prints it for people."""
    whom = f", for {found.name} ({found.account}), jurisdiction {found.jurisdiction}" if found.account else ""
    say(f"policy {found.version}, {found.source}, on {found.on}{whom}\n")
    rows = [
        [matter, term.value, f"{term.because}\n{term.citation} ({term.rule})"] for matter, term in _by_matter(found)
    ]
    console().print(table(("matter", "what it says", "why this one, and what it rests on"), rows))
    for heading, columns, lines in _parts(found):
        if lines:
            say(f"\n{heading}")
            console().print(table(columns, lines))


def _by_matter(found: Shown) -> Iterator[tuple[str, Told]]:
    """Each clause, the matter named at its first one."""
    for before, term in zip((None, *found.terms), found.terms, strict=False):
        yield "" if before is not None and before.matter == term.matter else term.matter, term


def _parts(found: Shown) -> Iterator[tuple[str, Sequence[str], list[list[Any]]]]:
    own = [[term.contract, term.matter, term.says, term.cut or "stands as agreed"] for term in found.contracts]
    yield "What the contracts say themselves", ("contract", "matter", "it says", "what becomes of it"), own
    later = [[each.valid_from, each.matter, _whom(each), each.value, each.citation] for each in found.later]
    yield "Still to come", ("from", "matter", "for", "what it says", "it rests on"), later
    house = [[_listed(value), HOUSE[name]] for name, value in found.house.model_dump().items()]
    yield "The same for everybody", ("", "what"), house


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _whom(term: AppliedClause) -> str:
    return f"contract {term.contract}" if term.contract else term.jurisdiction


def _told(terms: Sequence[AppliedClause], why: Callable[[AppliedClause], str]) -> tuple[Told, ...]:
    return tuple(Told(**term.model_dump(), because=why(term)) for term in terms)


def _later(policy: Policy, day: date, concerns: Callable[[Placed], bool]) -> tuple[AppliedClause, ...]:
    coming = [
        applied(each.matter, each.clause) for each in every(policy) if each.clause.valid_from > day and concerns(each)
    ]
    return tuple(sorted(coming, key=lambda term: term.valid_from))


def _concerns(each: Placed, jurisdiction: str, contracts: Sequence[str]) -> bool:
    clause = each.clause
    return clause.contract in contracts if clause.contract else clause.jurisdiction in {jurisdiction, EVERYWHERE}


def _running(at: "Connections", account: str) -> Mapping[str, Any] | None:
    """The account's open case, once it has a plan."""
    case = at.cases.case(account)
    return case if case and case["ended_at"] is None and case["state"].get("plan_hash") else None


def _day(facts: AccountFacts, case: Mapping[str, Any] | None) -> date:
    """The day of the customer's calendar on which the exit was asked for, else today's."""
    zone = ZoneInfo(facts.account.timezone)
    return (case["opened_at"] if case else datetime.now(zone)).astimezone(zone).date()
