"""The parts of a plan, as people read them, and scripts that read text."""

from typing import TYPE_CHECKING

from commands.plan_words import approvals, becomes, costs, date_words, day, last_day, leaving, told_dates, way_back
from commands.printing import console, say, table
from models.vocabulary import CredentialClass, Mode

if TYPE_CHECKING:
    from collections.abc import Collection
    from decimal import Decimal

    from rich.table import Table

    from models.account import AccountFacts
    from models.money import Statement, StatementLine
    from models.plan import AppliedClause, Plan

SUSPENDED = frozenset({CredentialClass.SIGN_IN, CredentialClass.SESSION})


def print_plan(facts: "AccountFacts", plan: "Plan") -> None:
    """All of it, but for parts that it doesn't have: a pause ends no contract and erases nothing."""
    say(f"{facts.account.name} ({facts.account.id}) {leaving(plan.commitments)}\nplan {plan.hash}")
    _part(f"When (each day from its midnight on, in {plan.commitments.timezone})", _dates(plan))
    _part("Contracts that end", _contracts(facts, plan))
    _part("Money, as it would close", _money(plan), f"{costs(plan)}.")
    _part("Data", _data(plan))
    _part("People and ways in", _people(plan))
    _part("Messages", _messages(plan))
    _part("Clauses of the policy that apply", _terms(plan))
    _part("What stops it", _blockers(plan))
    if not plan.blockers:
        say("\nNothing stops it.")
    say(f"\nThe way back: {way_back(plan)}.")
    say(f"Approvals needed: {approvals(plan)}. Nothing has been changed.")


def _part(heading: str, drawn: "Table", sum_up: str = "") -> None:
    if drawn.row_count or sum_up:
        say(f"\n{heading}")
    if drawn.row_count:
        console().print(drawn)
    if sum_up:
        say(sum_up)


def _dates(plan: "Plan") -> "Table":
    mode, dates = plan.commitments.mode, told_dates(plan.commitments)
    rows = [[day(d.at), date_words(name, mode), d.rule, d.citation] for name, d in dates.items()]
    return table(("day", "what", "rule", "because"), rows)


def _contracts(facts: "AccountFacts", plan: "Plan") -> "Table":
    titles = {contract.id: contract.title for contract in facts.contracts}
    rows = [
        [titles.get(c.id, c.id), day(c.ends.at), day(c.term_end), _share(c.fee_share), c.ends.rule, c.ends.citation]
        for c in plan.commitments.contracts
    ]
    return table(("contract", "ends", "its term", "fee", "rule", "because"), rows, right=("fee",))


def _money(plan: "Plan") -> "Table":
    rows = [
        [*_words(line, statement, plan.estimates.to_come), _tax(line), f"{line.amount:f}", statement.currency]
        for statement in plan.estimates.statement
        for line in statement.lines
    ]
    rows += [["total", "", "", f"{s.total:f}", s.currency] for s in plan.estimates.statement]
    return table(("kind", "what", "of it tax", "amount", ""), rows, right=("of it tax", "amount"))


def _words(line: "StatementLine", statement: "Statement", to_come: "Collection[str]") -> tuple[str, str]:
    """Kind and description; what is only to be invoiced is not with finance, but still to be paid."""
    if line.reference not in to_come:
        return line.kind.replace("_", " "), line.description
    if line.kind == "charge":
        return "charge to come", line.description
    if line.kind == "handed_over":
        charged = (each for each in statement.lines if each.reference == line.reference and each.kind == "charge")
        return "still to pay", ", ".join(each.description for each in charged)
    return line.kind.replace("_", " "), line.description


def _tax(line: "StatementLine") -> str:
    return f"{line.tax:f}" if line.tax else ""


def _share(share: "Decimal") -> str:
    """An early-termination fee, as the share of the price of the days that are left."""
    return f"{share:.0%}" if share else "none"


def _data(plan: "Plan") -> "Table":
    counted = plan.estimates.rows
    rows = [
        [
            d.name,
            counted.get(d.name, ""),
            "yes" if d.export else "no",
            becomes(d),
            last_day(d.until) if d.until else "",
            d.ground,
        ]
        for d in plan.commitments.data_sets
    ]
    return table(("data set", "rows", "exported", "then", "last day", "because"), rows, right=("rows",))


def _people(plan: "Plan") -> "Table":
    """A pause closes what people sign in by, and leaves their machines alone. Source: DOMAIN modes.1."""
    pauses = plan.commitments.mode is Mode.PAUSE
    counted = {kind: n for kind, n in plan.estimates.credentials.items() if not pauses or kind in SUSPENDED}
    rows = [["active users", plan.estimates.users], *([kind.replace("_", " "), n] for kind, n in counted.items())]
    return table(("who and what", "how many"), rows, right=("how many",))


def _messages(plan: "Plan") -> "Table":
    rows = [
        [day(m.send_at), m.kind.replace("_", " "), m.channel, m.language, m.subject] for m in plan.estimates.messages
    ]
    return table(("when", "what", "channel", "language", "subject"), rows)


def _terms(plan: "Plan") -> "Table":
    """A pause rests on those of pauses, any other way out on all others; approvals are for all."""
    pauses = plan.commitments.mode is Mode.PAUSE
    told = [t for t in plan.commitments.terms if t.matter == "approvals" or (t.matter == "pause") is pauses]
    rows = [[t.matter.replace("_", " "), t.value, t.rule, _why(t)] for t in told]
    return table(("matter", "says", "rule", "because"), rows)


def _why(clause: "AppliedClause") -> str:
    whose = f"contract {clause.contract}" if clause.contract else clause.jurisdiction
    return f"{clause.citation} ({whose}, since {clause.valid_from})"


def _blockers(plan: "Plan") -> "Table":
    rows = [[blocker.code, blocker.text, blocker.fix] for blocker in plan.blockers]
    return table(("code", "what", "what to do"), rows)
