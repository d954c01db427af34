"""Days on which the policy is silent, and days on which it says two things. Source: DOMAIN dates.2."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations

from models.policy import EVERYWHERE, ApprovalClause, Policy
from models.vocabulary import Gate
from rules.policy_found import Finding, Placed, is_default, placed, together
from rules.policy_terms import MAY_BE_SILENT, SEVERAL
from rules.policy_words import in_words

ONE_DAY = timedelta(days=1)


def silent(policy: Policy) -> Iterator[Finding]:
    """Matters on which some day has no `default` clause: from the policy's first day on, one must always stand."""
    matters = placed(policy)
    begins = [each.clause.valid_from for clauses in matters.values() for each in clauses if is_default(each)]
    for matter, clauses in matters.items():
        if matter in MAY_BE_SILENT:
            continue
        since = min(
            [*begins, *(each.clause.valid_from for each in clauses if each.clause.contract is None)], default=None
        )
        for what, defaults in _for_everybody(matter, clauses):
            yield from _unheard(matter, what, defaults, since)


def gaps(policy: Policy) -> Iterator[Finding]:
    """Days between two clauses of one scope that neither covers."""
    for scope in _scopes(policy):
        last, *others = sorted(scope, key=lambda each: each.clause.valid_from)
        for each in others:
            if _end(last) < each.clause.valid_from:
                yield _gap(last, each)
            last = max(last, each, key=_end)


def contradictions(policy: Policy) -> Iterator[Finding]:
    """Two clauses of one scope that are both in force on some day."""
    for scope in _scopes(policy):
        for one, other in combinations(sorted(scope, key=lambda each: each.clause.valid_from), 2):
            if together(one, other):
                yield _contradiction(one, other)


def _scopes(policy: Policy) -> Iterator[list[Placed]]:
    """The clauses among which one at most may be in force on a day."""
    for clauses in placed(policy).values():
        scopes = defaultdict[Hashable, list[Placed]](list)
        for each in (each for each in clauses if not isinstance(each.clause, SEVERAL)):
            scopes[_scope(each)].append(each)
        yield from scopes.values()


def _scope(each: Placed) -> Hashable:
    clause = each.clause
    to_whom = clause.contract or clause.jurisdiction, clause.contract is None
    if isinstance(clause, ApprovalClause):
        return to_whom, clause.gate, clause.mode, frozenset(clause.yearly_value.items())
    return to_whom


def _for_everybody(matter: str, clauses: Sequence[Placed]) -> Iterator[tuple[str, list[Placed]]]:
    """What must always be said, and the clauses that say it to everybody; each gate is a matter of its own."""
    if matter != "approvals":
        yield matter, [each for each in clauses if is_default(each)]
        return
    for gate in Gate:
        yield f"approvals for the {gate}", [each for each in clauses if is_default(each) and _always(each, gate)]


def _always(each: Placed, gate: Gate) -> bool:
    clause = each.clause
    return (
        isinstance(clause, ApprovalClause) and clause.gate is gate and clause.mode is None and not clause.yearly_value
    )


def _unheard(matter: str, what: str, defaults: list[Placed], since: date | None) -> Iterator[Finding]:
    if not defaults:
        fix = f'write a [[{matter}]] for everybody: no contract, jurisdiction = "{EVERYWHERE}" or none'
        yield Finding(where=what, what="no clause applies to those whom no other names", fix=fix)
        return
    first, last = min(defaults, key=lambda each: each.clause.valid_from), max(defaults, key=_end)
    if since is not None and since < first.clause.valid_from:
        until = f"from {since} until {first.clause.valid_from}"
        fix = f"let it be valid_from = {since}, or write one for the days before"
        yield Finding(where=str(first), what=f"{until} nothing applies to those whom no other clause names", fix=fix)
    if last.clause.valid_to is not None:
        fix = "take out its valid_to, or write the one that follows it"
        yield Finding(where=str(last), what=f"from {last.clause.valid_to} on nothing applies any more", fix=fix)


def _gap(before: Placed, after: Placed) -> Finding:
    first, last = _end(before), after.clause.valid_from - ONE_DAY
    days = f"on {first}" if first == last else f"from {first} to {last}"
    instead = "nothing applies" if is_default(before) else "only what is for everybody else applies"
    fix = f"write valid_to = {after.clause.valid_from} in {before.name}: valid_to is the day after the last"
    return Finding(where=f"{before.name} and {after.number} ({before.whom})", what=f"{days} {instead}", fix=fix)


def _contradiction(one: Placed, other: Placed) -> Finding:
    first, until = other.clause.valid_from, min(_end(one), _end(other))
    days = f"from {first} on" if until == date.max else f"from {first} to {until - ONE_DAY}"
    said = f'{one.name} says "{in_words(one.clause)}", {other.name} "{in_words(other.clause)}"'
    fix = "take one out"
    if one.clause.valid_from < first:
        fix = f"end {one.name} with valid_to = {first}, or {fix}"
    where = f"{one.name} and {other.number} ({one.whom})"
    return Finding(where=where, what=f"both are in force {days}: {said}", fix=fix)


def _end(each: Placed) -> date:
    return each.clause.valid_to or date.max
