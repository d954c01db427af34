"""The built-in billing system: Farewell's own tables. Source: DOMAIN money.

Nothing is deleted and no amount is changed: a document answers an invoice, a reversal answers a document.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.builtin.accounting import Books
from connectors.builtin.documents import bill, made_by, reverse, write
from connectors.store.sessions import alone, reading, writing
from models.money import FINAL, BillingState, Settlement
from models.payload import Receipt
from models.tables.billing import SubscriptionRow


class BuiltinBilling:
    """A `BillingSystem`. Every document bears the key of its effect and its line, so no retry pays twice.

    Source: DOMAIN money.7.
    """

    def __init__(self, engine: Engine) -> None:
        """Keeps the engine; each method is one transaction."""
        self._engine = engine

    def state(self, account: str, at: datetime) -> BillingState:
        """What is invoiced, paid and in credit now, and the unbilled usage of before `at`."""
        with reading(self._engine) as session:
            return Books(session, account).state(at)

    def stop_renewal(self, account: str, key: str, at: datetime) -> Receipt:
        """Subscriptions that renew don't any more; `count` is how many we stopped."""
        with writing(self._engine) as session:
            for subscription in _subscriptions(session, account):
                if subscription.renews:
                    subscription.renews, subscription.stopped_by = False, key
            stopped = [x for x in _subscriptions(session, account) if x.stopped_by]
            return _receipt("stop_renewal", account, len(stopped), key, at)

    def resume_renewal(self, account: str, key: str, at: datetime) -> Receipt:
        """Those that we stopped renew again."""
        with writing(self._engine) as session:
            stopped = [x for x in _subscriptions(session, account) if x.stopped_by]
            for subscription in stopped:
                subscription.renews, subscription.stopped_by = True, None
            return _receipt("resume_renewal", account, len(stopped), key, at)

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """No subscription charges from `at` on, and nobody duns. Source: DOMAIN money.4, money.6."""
        with writing(self._engine) as session:
            subscriptions = _subscriptions(session, account)
            for subscription in subscriptions:
                if subscription.before_freeze is None:
                    _freeze(subscription, at)
            return _receipt("freeze", account, len(subscriptions), key, at)

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Subscriptions end and dun as they did before the freeze."""
        with writing(self._engine) as session:
            frozen = [x for x in _subscriptions(session, account) if x.before_freeze is not None]
            for subscription in frozen:
                _unfreeze(subscription, subscription.before_freeze or {})
            return _receipt("unfreeze", account, len(frozen), key, at)

    def settle(self, account: str, settlement: Settlement, key: str, at: datetime) -> list[Receipt]:
        """Makes a final invoice per currency and every document, in one transaction; again makes nothing."""
        with writing(self._engine) as session:
            alone(session.connection(), f"settle:{account}")
            finals = bill(session, account, settlement.documents, key, at)
            for line, document in enumerate(settlement.documents):
                if document.kind != "charge":
                    invoice = finals[document.currency] if document.invoice_id == FINAL else document.invoice_id
                    write(session, account, document.model_copy(update={"invoice_id": invoice}), made_by(key, line), at)
        kinds = Counter(f"{document.kind} {document.currency}" for document in settlement.documents)
        return [_receipt(kind, account, count, key, at) for kind, count in kinds.items()]

    def reverse(self, account: str, settled_by: str, key: str, at: datetime) -> list[Receipt]:
        """Answers each document of `settled_by` by a reversal, the final invoices too; again makes nothing.

        The usage that a reversed final invoice carried is unbilled again. Source: DOMAIN stages.7.
        """
        with writing(self._engine) as session:
            alone(session.connection(), f"settle:{account}")
            return [_receipt("reversal", account, reverse(session, account, settled_by, key, at), key, at)]


def _subscriptions(session: Session, account: str) -> list[SubscriptionRow]:
    asked = select(SubscriptionRow).where(SubscriptionRow.account == account)
    return list(session.exec(asked.order_by(col(SubscriptionRow.id)).with_for_update()))


def _freeze(subscription: SubscriptionRow, at: datetime) -> None:
    """A subscription that ends sooner keeps its end."""
    ends_at = subscription.ends_at
    subscription.before_freeze = {
        "ends_at": ends_at.isoformat() if ends_at else None,
        "dunning_muted": subscription.dunning_muted,
    }
    subscription.ends_at = min(ends_at, at) if ends_at else at
    subscription.dunning_muted = True


def _unfreeze(subscription: SubscriptionRow, before: dict[str, Any]) -> None:
    subscription.ends_at = datetime.fromisoformat(before["ends_at"]) if before["ends_at"] else None
    subscription.dunning_muted = before["dunning_muted"]
    subscription.before_freeze = None


def _receipt(action: str, account: str, count: int, key: str, at: datetime) -> Receipt:
    return Receipt(system="billing", action=action, subject=account, count=count, at=at, reference=key)
