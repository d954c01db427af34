"""A made-up customer: what messages look like before anybody leaves, and what an operator's copies are tried on."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from activities.figures import Asked, Erased, Packaged, Retained
from activities.product_use import Used
from models.follow_ups import Touch
from models.messages import Attachment
from models.money import Statement, StatementLine
from models.offers import Offer, Terms
from models.policy import Sender
from models.vocabulary import Channel, MailKind, Mode, OfferKind, Reason
from rules.manner import FOR_CAUSE, PAUSING

NOBODY = Sender(
    company="Bancada",
    product="Bancada",
    address="bajas@bancada.example",
    help_name="Atención al cliente",
    help_address="ayuda@bancada.example",
    refund_policy_url="https://bancada.example/devoluciones",
)
RETURNED = "returned"
"""The manner in which who comes back after an erasure is greeted."""
_AT = datetime(2026, 12, 8, 9, 30, tzinfo=UTC)
_DAYS = {
    "requested": -33,
    "notice_end": -2,
    "transition_end": -2,
    "effective_date": -2,
    "billing_end": -2,
    "late_usage_end": 1,
    "retrieval_end": 28,
    "erasure": 28,
    "backups_expire": 63,
}
_EU = "Regulation (EU) 2023/2854, Art. 25(2)"
_CITED = "house policy: so that nothing is forgotten"
_PLAN = "Equipo, 2026-06-01 – 2027-05-31"
_STATEMENT = Statement(
    currency="EUR",
    lines=(
        StatementLine(kind="charge", description=_PLAN, amount=Decimal("6912.00")),
        StatementLine(kind="payment", description=f"Paid: {_PLAN}", amount=Decimal("-6912.00")),
        StatementLine(kind="credit", description=f"Unused days: {_PLAN}", amount=Decimal("-3351.85")),
        StatementLine(kind="charge", description="2 140 × API", amount=Decimal("42.80")),
        StatementLine(kind="refund", description=f"Refund: {_PLAN}", amount=Decimal("3309.05")),
    ),
    total=Decimal("0.00"),
)
_OFFER = Offer(
    id="of_1",
    case="acc_example-1",
    account="acc_example",
    kind=OfferKind.DISCOUNT,
    reason=Reason.PRICE,
    terms=Terms(
        currency="EUR",
        per="month",
        price_now=Decimal(576),
        price_then=Decimal("460.80"),
        percent=Decimal(20),
        months=6,
        ends_on=date(2027, 12, 5),
    ),
    made_at=_AT,
    until=_AT + timedelta(days=30),
)


def sample(manner: str, sender: Sender = NOBODY, *, mode: Mode = Mode.STOP, bare: bool = False) -> dict[str, Any]:
    """Every value that a source may name (`activities.facts`); `bare`: nothing is known yet but who reads.

    All texts are made up, and say so by nothing.
    """
    mode = {PAUSING: Mode.PAUSE, FOR_CAUSE: Mode.EJECT}.get(manner, mode)
    return {**_always(manner, mode, sender), **(_unknown() if bare else _known(mode))}


def _always(manner: str, mode: Mode, sender: Sender) -> dict[str, Any]:
    """What a message always has."""
    return {
        **sender.model_dump(exclude={"address"}),
        "name": "Lucía Aznar",
        "account_name": "Talleres Ejemplo, S.L.",
        "signed_by": "Ana Belmonte",
        "since": date(2020, 3, 9),
        "country": "ES",
        "zone": "Europe/Madrid",
        "channel": Channel.EMAIL,
        "case": "acc_example-1",
        "now": _AT,
        "mode": mode,
        "manner": manner,
        # The dates of a plan stand in whatever is written after it was made.
        "dates": {name: datetime(2026, 12, 8, tzinfo=UTC) + timedelta(days=days) for name, days in _days(mode).items()},
        "sources": dict.fromkeys(_DAYS, _CITED)
        | {"effective_date": f"{_EU}(d)", "retrieval_end": f"{_EU}(g)", "resume": _CITED},
    }


def _days(mode: Mode) -> dict[str, int]:
    if mode is Mode.PAUSE:
        return {"requested": -3, "effective_date": -2, "resume": 88}
    return _DAYS if mode is Mode.STOP else {**_DAYS, "billing_end": -1}


def _known(mode: Mode) -> dict[str, Any]:
    money = {"EUR": Decimal("3309.05")}
    page = "https://farewell.example"
    kept = Retained(
        sets=({"en": "Our invoices", "es": "Nuestras facturas"},), ground="Código de Comercio (ES), art. 30", until=_AT
    )
    return {
        "years": 6,
        "come_back": True,
        "hours": (9, 14),
        "has_fee": True,
        "people": 24,
        "used": (Used(count=1204, tell={"en": "work orders", "es": "órdenes de trabajo"}),),
        "line": "Ha sido un gusto.",
        "offer": _OFFER,
        "retained": (kept,),
        "estimate": (_STATEMENT,),
        "to_come": tuple(Touch(kind=kind, at=_AT) for kind in _TO_COME) if mode is Mode.STOP else (),
        "opened": (_STATEMENT,),
        "statements": (_STATEMENT,),
        "settled": True,
        **{name: money if name in {"will_get", "refunded"} else {} for name in _OWED},
        "enclosed": (Attachment.of("example.pdf", "application/pdf", b""),),
        "package": Packaged(tables=26, rows=12_481, files=6, size_bytes=48_120_334, missing=1),
        "erased": Erased(data_sets=23, rows=12_103, kept=378),
        "processors": (Asked(about={"en": "The newsletter", "es": "El boletín"}, confirmed=False),),
        "link": f"{page}/package/example",
        "portal": f"{page}/exit/example",
        "opt_out": f"{page}/opt-out/example",
        "survey": f"{page}/survey/example",
    }


def _unknown() -> dict[str, Any]:
    return {
        **dict.fromkeys(
            ("used", "retained", "estimate", "to_come", "opened", "statements", "enclosed", "processors"), ()
        ),
        **{name: {} for name in _OWED},
        **dict.fromkeys(("hours", "offer", "package", "erased", "link", "portal", "opt_out", "survey")),
        **dict.fromkeys(("come_back", "has_fee", "settled"), False),
        "refund_policy_url": None,
        "years": 0,
        "people": 0,
        "line": "",
    }


_TO_COME = (MailKind.STATEMENT, MailKind.THANKS, MailKind.SURVEY_REMINDER, MailKind.CERTIFICATE, MailKind.COME_BACK)
_OWED = ("will_pay", "will_get", "to_pay", "forgiven", "refunded", "on_its_way", "to_pay_out")
