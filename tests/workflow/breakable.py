"""Adapters that say no, or something else, for one account, until they are mended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from connectors.errors import ConnectorError, Rejected
from connectors.opening import Connections
from models.policy import Clause, Policy
from tests.fakes.remembered_keys import RememberedKeys

C = TypeVar("C", bound=Clause)
TRANSITION_DAYS = 14
LOOKS = (7, 30, 90)


class Breakable:
    """A port; whatever isn't broken goes through to the real adapter."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self._broken: dict[tuple[str, str], ConnectorError] = {}
        self._answers: dict[tuple[str, str], Callable[[Any], Any]] = {}

    def fail(self, method: str, account: str, error: ConnectorError | None = None) -> None:
        """From now on the method raises for this account, before it has done anything."""
        self._broken[method, account] = error or Rejected("sample system", f"it refuses {method}", "mend it")

    def answer(self, method: str, account: str, instead: Callable[[Any], Any]) -> None:
        """From now on the method's answer for this account goes through `instead`."""
        self._answers[method, account] = instead

    def mend(self) -> None:
        self._broken.clear()
        self._answers.clear()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._port, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            for (method, account), error in list(self._broken.items()):
                if method == name and account in _accounts(args):
                    raise error
            found = real(*args, **kwargs)
            for (method, account), instead in list(self._answers.items()):  # a test may mend meanwhile
                if method == name and account in _accounts(args):
                    found = instead(found)
            return found

        return called if callable(real) else real


class BreakableProduct(Breakable):
    """What goes into a package is read in a snapshot, which breaks as the product does."""

    @contextmanager
    def snapshot(self) -> Iterator[Breakable]:
        with self._port.snapshot() as instant:
            broken = Breakable(instant)
            broken._broken = self._broken
            yield broken


def _accounts(args: tuple[Any, ...]) -> set[str]:
    """The ids among the arguments; a message bears its case's."""
    cases = {getattr(arg, "case", "").rpartition("-")[0] for arg in args}
    return cases | {arg for arg in args if isinstance(arg, str)}


class BreakableConnections(Connections):
    """Every adapter that an exit needs can break; in Kuwait there is a transition, and late charges are a person's,
    who is told of them after the end, too."""

    keys = cached_property(lambda self: RememberedKeys(Connections.keys.func(self)))
    cases = cached_property(lambda self: Breakable(Connections.cases.func(self)))
    contracts = cached_property(lambda self: Breakable(Connections.contracts.func(self)))
    billing = cached_property(lambda self: Breakable(Connections.billing.func(self)))
    identity = cached_property(lambda self: Breakable(Connections.identity.func(self)))
    access = cached_property(lambda self: Breakable(Connections.access.func(self)))
    product = cached_property(lambda self: BreakableProduct(Connections.product.func(self)))
    messenger = cached_property(lambda self: Breakable(Connections.messenger.func(self)))

    @cached_property
    def policy(self) -> Policy:
        written = Connections.policy.func(self)
        days, refund = {"days": TRANSITION_DAYS}, {"refund": False, "look_after_days": LOOKS}
        transition = (*written.transition, _in_kuwait(written.transition[-1], days))
        late = (*written.late_charges, _in_kuwait(written.late_charges[-1], refund))
        return written.model_copy(update={"transition": transition, "late_charges": late})


def _in_kuwait(clause: C, otherwise: dict[str, Any]) -> C:
    return clause.model_copy(update={"jurisdiction": "KW", **otherwise})
