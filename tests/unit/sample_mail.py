"""Values as `activities.facts` gives them, of one believable customer."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from activities.facts import announced
from activities.figures import Asked, Erased, Packaged, Retained
from activities.product_use import Used
from activities.settled import foreseen
from models.inventory import Inventory, read_inventory
from models.messages import Reader
from models.money import Statement, StatementLine
from models.policy import Policy, read_policy
from models.vocabulary import Channel, Mode
from rules.manner import FOR_CAUSE, LEAVING, PAUSING
from rules.policy import in_force

MADRID = ZoneInfo("Europe/Madrid")
EU = "Regulation (EU) 2023/2854, Art. 25(2)"
POLICY: Policy = read_policy(Path(__file__).parents[2] / "policy.toml")
CADENCE = in_force(POLICY.cadence, date(2026, 11, 5), "EU")
INVENTORY: Inventory = read_inventory(Path(__file__).parents[2] / "inventory.toml")
LUCIA = Reader(
    name="Lucía Aznar Gracia",
    email="lucia@moncayo.example",
    language="es",
    channel=Channel.EMAIL,
    timezone="Europe/Madrid",
    country="ES",
    account_name="Montajes Moncayo, S.L.",
    signed_by="Ana Belmonte",
    customer_since=date(2020, 3, 9),
    come_back=True,
)
DATES = {
    name: datetime(*day, tzinfo=MADRID)
    for name, day in {
        "requested": (2026, 11, 5),
        "notice_end": (2026, 12, 6),
        "transition_end": (2026, 12, 6),
        "effective_date": (2026, 12, 6),
        "billing_end": (2026, 12, 6),
        "late_usage_end": (2026, 12, 9),
        "retrieval_end": (2027, 1, 5),
        "erasure": (2027, 1, 5),
        "backups_expire": (2027, 2, 9),
    }.items()
}
SOURCES = {
    "notice_end": f"{EU}(d): at most two months",
    "effective_date": f"{EU}(d): at most two months",
    "late_usage_end": "house policy: usage arrives up to three days late",
    "retrieval_end": f"{EU}(g): at least 30 calendar days",
    "backups_expire": "house policy: backups rotate after 35 days",
}
PAUSE = {
    "mode": Mode.PAUSE,
    "manner": PAUSING,
    "dates": {
        "requested": DATES["requested"],
        "effective_date": DATES["requested"] + timedelta(days=1),
        "resume": DATES["requested"] + timedelta(days=91),
    },
    "sources": {"effective_date": "the midnight after the request", "resume": "house policy: half a year at most"},
}
EJECT = {
    "mode": Mode.EJECT,
    "dates": {
        **DATES,
        **dict.fromkeys(("notice_end", "transition_end", "effective_date"), DATES["requested"]),
        "billing_end": DATES["requested"] + timedelta(days=1),
    },
    "sources": {**SOURCES, "effective_date": "an eject waits for no notice"},
}
PUT_OUT = {**EJECT, "manner": FOR_CAUSE}
STATEMENT = Statement(
    currency="EUR",
    lines=(
        StatementLine(kind="charge", description="Equipo, 2026-06-01 – 2027-05-31", amount=Decimal("6912.00")),
        StatementLine(kind="payment", description="Paid: Equipo, 2026-06-01 – 2027-05-31", amount=Decimal("-6912.00")),
        StatementLine(
            kind="credit", description="Unused days: Equipo, 2026-06-01 – 2027-05-31", amount=Decimal("-3351.85")
        ),
        StatementLine(kind="charge", description="2 140 × API", amount=Decimal("42.80")),
        StatementLine(kind="refund", description="Refund: Equipo, 2026-06-01 – 2027-05-31", amount=Decimal("3309.05")),
    ),
    total=Decimal("0.00"),
)
KEPT = Retained(
    sets=({"es": "Nuestras facturas", "en": "Our invoices"}, {"es": "Sus pagos; todos", "en": "Your payments; all"}),
    ground="Código de Comercio (ES), art. 30",
    until=datetime(2032, 12, 6, tzinfo=MADRID),
)


def sample(reader: Reader = LUCIA, **changes: Any) -> dict[str, Any]:
    now = datetime(2026, 12, 8, 9, 30, tzinfo=UTC)
    return {
        **POLICY.sender.model_dump(exclude={"address"}),
        "company": "Bancada",
        "product": "Bancada",
        "help_name": "Atención al cliente",
        "help_address": "ayuda@bancada.example",
        "refund_policy_url": None,  # as where there is none
        "name": reader.name,
        "account_name": reader.account_name,
        "signed_by": reader.signed_by,
        "since": reader.customer_since,
        "years": 6,
        "zone": reader.timezone,
        "country": reader.country,
        "come_back": reader.come_back,
        "case": "acc_7f3k2m-1",
        "now": now,
        "dates": DATES,
        "sources": SOURCES,
        "people": 24,
        "used": (
            Used(count=1204, tell={"en": "work orders", "es": "órdenes de trabajo"}),
            Used(count=310, tell={"en": "machines", "es": "máquinas"}),
        ),
        "line": "",
        "offer": None,
        "portal": None,
        "opt_out": None,
        "survey": None,
        "channel": reader.channel,
        "hours": None,
        "retained": (KEPT,),
        "estimate": (STATEMENT,),
        "to_come": announced(DATES, reader, CADENCE, now - timedelta(days=1)),
        "mode": Mode.STOP,
        "manner": LEAVING,
        "statements": (STATEMENT,),
        "settled": True,
        "to_pay": {},
        "forgiven": {},
        "has_fee": False,
        "enclosed": (),
        "opened": (),
        **foreseen((STATEMENT,)),
        "refunded": {"EUR": Decimal("3309.05")},
        "on_its_way": {},
        "to_pay_out": {},
        "link": None,
        "package": Packaged(tables=26, rows=12_481, files=6, size_bytes=48_120_334),
        "erased": Erased(data_sets=23, rows=12_103, kept=378),
        "processors": (Asked(about=INVENTORY.processors[0].about, confirmed=False),),
        **changes,
    }
