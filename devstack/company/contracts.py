"""The agreements of the sample accounts: most have one, some an add-on, one has joined another account's."""

from collections.abc import Iterator
from datetime import date, timedelta

from devstack.company.accounts import Account, Addon
from devstack.company.reference import PLANS
from devstack.company.terms import customer_since, term_ends_on, years_before
from models.tables.accounts import ContractRow

_TITLES = {"es": "Contrato de suscripción Bancada {}", "en": "Subscription agreement Bancada {}"}
_CLAUSES = {"es": "Contrato de encargo del tratamiento, cláusula 9, {}", "en": "Data processing agreement, §9, {}"}
_NOTICE = ("notice_days", "notice_months", "notice_ends")


def contracts(account: Account, anchor: date, signatory: str) -> Iterator[ContractRow]:
    """The main one, then the add-on if there is one."""
    language, terms = account.place.language, account.terms
    started = customer_since(account, anchor)
    renews_on = term_ends_on(account, anchor)
    own_words = terms.notice_days or terms.notice_months
    yield ContractRow(
        id=_id(account.id),
        account=account.id,
        title=_TITLES[language].format(PLANS[terms.plan]),
        started_on=started,
        term_ends_on=renews_on - timedelta(days=1) if renews_on else None,  # its last day
        **terms.model_dump(include=set(_NOTICE)),
        early_termination=terms.early_termination,
        part_of=_id(terms.group) if terms.group else None,
        erase_clause=_CLAUSES[language].format(started - timedelta(days=6)) if own_words else None,
        signatories=[signatory],
    )
    if terms.addon:
        yield _addon(account, terms.addon, anchor, signatory)


def _addon(account: Account, addon: Addon, anchor: date, signatory: str) -> ContractRow:
    ends = anchor + timedelta(days=addon.renews_in)
    return ContractRow(
        id=f"{account.id}-addon",
        account=account.id,
        title=addon.title,
        started_on=years_before(ends, 1) + timedelta(days=1),
        term_ends_on=ends,
        part_of=_id(account.id),
        signatories=[signatory],
    )


def _id(account: str) -> str:
    return f"{account}-contract"
