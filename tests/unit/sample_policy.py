"""The shipped policy with something changed, for tests of what an operator could get wrong."""

import tomllib
from copy import deepcopy
from datetime import date
from pathlib import Path

from models.policy import Policy
from rules.policy_check import findings

WRITTEN = tomllib.loads((Path(__file__).parents[2] / "policy.toml").read_text(encoding="utf-8"))
NOT_SAID = object()


def clause(**fields):
    return {"rule": "dates.2", "citation": "house policy: a test", "valid_from": date(2025, 1, 1), **fields}


def with_clauses(matter, *clauses):
    """These and no others of that matter."""
    return Policy.model_validate({**WRITTEN, matter: list(clauses)})


def with_more(matter, *clauses):
    """These after the shipped ones."""
    return with_clauses(matter, *WRITTEN[matter], *clauses)


def with_changed(matter, number, **fields):
    """The `number`th clause of that matter, from 1, with other fields; `NOT_SAID` takes one out."""
    clauses = deepcopy(WRITTEN[matter])
    changed = clauses[number - 1] | fields
    clauses[number - 1] = {name: value for name, value in changed.items() if value is not NOT_SAID}
    return with_clauses(matter, *clauses)


def with_table(table, **fields):
    """`house` or `sender` with other fields."""
    return Policy.model_validate({**WRITTEN, table: WRITTEN[table] | fields})


def lines(policy):
    """What is found, as it is told."""
    return [str(finding) for finding in findings(policy)]


def the_line(policy):
    """The only thing that is found."""
    [line] = lines(policy)
    return line
