"""Which users or groups are an account's, where all customers share one SCIM service. Source: RFC 7644 §3.4.2.2."""

import re
from typing import Any, Self

from scim2_models import Path, SCIMException, ScimFilter
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

ACCOUNT = "{account}"
_OF_AN_ID = "[A-Za-z0-9_-]"
_OPEN_END = {
    CompareOperator.sw: re.compile(rf"{re.escape(ACCOUNT)}({_OF_AN_ID}|$)"),
    CompareOperator.ew: re.compile(rf"({_OF_AN_ID}|^){re.escape(ACCOUNT)}"),
    CompareOperator.co: re.compile(rf"({_OF_AN_ID}|^){re.escape(ACCOUNT)}|{re.escape(ACCOUNT)}({_OF_AN_ID}|$)"),
}
_PLAIN = {CompareOperator.eq, *_OPEN_END}


class AccountFilter:
    """Comparisons (`eq` `sw` `ew` `co`) joined by `and`, in whose values `{account}` stands for the account's id.

    No wider language: a user of our own must be made so that it fits (DOMAIN identity.3), and no account may ever see
    another's. Values are put in after parsing, so no id can change what is asked.
    """

    def __init__(self, comparisons: tuple[Comparison, ...] = ()) -> None:
        """Without any, every user is the account's: it has a service of its own."""
        self._comparisons = comparisons

    @classmethod
    def read(cls, written: str | None) -> Self:
        """The filter as it's written in the settings.

        Raises:
            ValueError: it isn't of that form; the text says why.
        """
        if not written:
            return cls()
        try:
            terms = _terms(ScimFilter[Any](written).ast)
        except SCIMException:
            raise ValueError(f"{written} is no SCIM filter") from None
        if not any(_names_account(term) for term in terms):
            raise ValueError("{account} must stand in one of its values")
        for term in terms:
            _refuse_open_end(term)
        return cls(terms)

    def __bool__(self) -> bool:
        return bool(self._comparisons)

    def of(self, account: str, *more: str) -> str | None:
        """The filter for one account, and whatever else must be true."""
        terms = [f"{term.attr_path} {term.op} {ScimFilter.quote(_value(term, account))}" for term in self._comparisons]
        return " and ".join([*terms, *more]) or None

    def takes(self, user: Any, account: str) -> bool:
        """Whether a user is the account's, attributes compared as the service's schema says."""
        form: Any = ScimFilter[type(user)]  # type: ignore[misc]  # known at run time only
        return not self or bool(form(self.of(account)).match(user))

    def fit(self, user: Any, account: str, name: str) -> None:
        """Gives a new user the values that make it the account's; where a part is free, `name` fills it.

        Raises:
            SCIMException: the service doesn't know an attribute, or lets nobody write it.
        """
        for term in self._comparisons:
            value = _value(term, account)
            if term.op in {CompareOperator.sw, CompareOperator.co}:
                value = f"{value}{name}"
            if term.op == CompareOperator.ew:
                value = f"{name}{value}"
            _put(user, term, value)


def _terms(node: FilterNode) -> tuple[Comparison, ...]:
    if isinstance(node, Comparison) and node.op in _PLAIN:
        return (node,)
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        return tuple(term for each in node.terms for term in _terms(each))
    raise ValueError(f"{node}: only comparisons by eq, sw, ew or co, joined by and, can be used")


def _names_account(term: Comparison) -> bool:
    return isinstance(term.value, str) and ACCOUNT in term.value


def _refuse_open_end(term: Comparison) -> None:
    """`acme` begins `acme-2`, too: another account's users would go with it."""
    open_end = _OPEN_END.get(term.op)
    if open_end and _names_account(term) and open_end.search(term.value):
        raise ValueError(f"{term}: a character that no account's id has, such as a colon, must part it from the rest")


def _value(term: Comparison, account: str) -> Any:
    return term.value.replace(ACCOUNT, account) if isinstance(term.value, str) else term.value


def _put(user: Any, term: Comparison, value: Any) -> None:
    """A path into a list that is still empty, such as `emails.value`, changes nothing by itself."""
    kind, path = type(user), term.attr_path
    if not Path[kind](str(path)).set(user, value) and path.sub_attr:  # type: ignore[valid-type]  # known at run time only
        whole = f"{path.uri}:{path.attr}" if path.uri else path.attr
        Path[kind](whole).set(user, [{path.sub_attr: value}])  # type: ignore[valid-type]
