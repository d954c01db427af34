"""Stakeholders whom nobody could reach or who have nothing to do, and hold notices without counsel's word.

Source: SEEDS 002; DOMAIN erasure.3.
"""

import re
from collections.abc import Iterator
from itertools import combinations

from models.policy import LONGEST_TEXT, HoldNoticeClause, Policy, StakeholderClause
from models.vocabulary import Mode
from rules.policy_check_values import is_address
from rules.policy_found import Finding, Placed, every, placed, together

OF_AN_EXIT = (
    *("requested", "notice_end", "transition_end", "effective_date", "billing_end"),
    *("late_usage_end", "retrieval_end", "erasure", "backups_expire"),
)
OF_A_PAUSE = ("requested", "notice_end", "transition_end", "effective_date", "resume")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_OURS = "house policy"


def teams_wrong(policy: Policy) -> Iterator[Finding]:
    """All that is wrong with the stakeholders."""
    teams = placed(policy)["stakeholder"]
    for each in teams:
        if isinstance(each.clause, StakeholderClause):
            for what, fix in (*_unreachable(each.clause), *_speechless(each.clause), *_undated(each.clause)):
                yield Finding(where=str(each), what=what, fix=fix)
    for one, other in combinations(teams, 2):
        yield from _twice(one, other)


def notices_wrong(policy: Policy) -> Iterator[Finding]:
    """A customer is told of a hold only where counsel has said so, and the citation says who. Source: erasure.3."""
    for each in every(policy):
        clause = each.clause
        if isinstance(clause, HoldNoticeClause) and clause.tell and clause.citation.lower().startswith(_OURS):
            what = "it tells of holds on nobody's word but ours: that may be an offence"
            yield Finding(where=str(each), what=what, fix="let citation name counsel's opinion, or write tell = false")


def _unreachable(clause: StakeholderClause) -> Iterator[tuple[str, str]]:
    for field, written in (("address", clause.address), ("escalate_to", clause.escalate_to)):
        if written is not None and not is_address(written):
            yield f"{field} {written!r} is no mail address", "write one such as finance@company.example"
    if clause.escalate_to is not None and clause.escalate_to.lower() == clause.address.lower():
        what = "what the team hasn't done is told to the team alone"
        yield what, "take escalate_to out: then the account's manager is told"


def _speechless(clause: StakeholderClause) -> Iterator[tuple[str, str]]:
    for language, text in clause.does.items():
        if not _LANGUAGE.fullmatch(language):
            yield f"{language!r} is no language", "write its code of ISO 639, such as es"
        if not text.strip() or not text.isprintable() or len(text) > LONGEST_TEXT:
            yield f"what it does in {language} is empty, more than one line, or a whole book", "write one sentence"


def _undated(clause: StakeholderClause) -> Iterator[tuple[str, str]]:
    """A date that the plan of one of its modes hasn't, or that is over when they first hear of it."""
    if not clause.modes:
        yield "it is for no way out", f"name modes of {', '.join(Mode)}"
    if len(set(clause.modes)) < len(clause.modes):
        yield "it names a mode twice", "name each once"
    for mode in dict.fromkeys(clause.modes):
        known = OF_A_PAUSE if mode is Mode.PAUSE else OF_AN_EXIT
        if clause.due not in known:
            yield f"a {mode} has no date {clause.due!r}", f"write one of {', '.join(known)}"
    if clause.due == "requested" and clause.due_days >= 0:
        what = "it is due on the day of the request or before, and nobody is asked before the approval"
        yield what, "write due_days below 0: so many working days after it"


def _twice(one: Placed, other: Placed) -> Iterator[Finding]:
    a, b = one.clause, other.clause
    if not isinstance(a, StakeholderClause) or not isinstance(b, StakeholderClause):
        return
    shared = [mode for mode in a.modes if mode in b.modes]
    if a.team is b.team and one.whom == other.whom and shared and together(one, other):
        what = f"{a.team.replace('_', ' ')} is asked twice about a way out: {shared[0]}"
        fix = "make one of them, end one with valid_to, or give them other modes"
        yield Finding(where=f"{one.name} and {other.number} ({one.whom})", what=what, fix=fix)
