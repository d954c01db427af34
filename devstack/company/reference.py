"""What all accounts of Bancada share: currencies, countries, plans, prices, meters, fault codes."""

from decimal import Decimal
from typing import Any

CURRENCIES = {"EUR": ("Euro", 2), "USD": ("US dollar", 2), "JPY": ("Yen", 0), "KWD": ("Kuwaiti dinar", 3)}
COUNTRIES = {
    "AR": "Argentina",
    "DE": "Deutschland",
    "ES": "España",
    "FR": "France",
    "GB": "United Kingdom",
    "IT": "Italia",
    "JP": "日本",
    "KW": "الكويت",
    "MX": "México",
    "PT": "Portugal",
    "US": "United States",
}
OUTSIDE_EU = frozenset({"AR", "GB", "JP", "KW", "MX", "US"})
PLANS = {"taller": "Taller", "equipo": "Equipo", "red": "Red"}
SEAT_MONTH = {
    "taller": {"EUR": "19.00", "USD": "21.00", "JPY": "2900", "KWD": "6.250"},
    "equipo": {"EUR": "29.00", "USD": "32.00", "JPY": "4400", "KWD": "9.500"},
    "red": {"EUR": "39.00", "USD": "43.00", "JPY": "5900", "KWD": "12.750"},
}
METERS = {
    "sms": ("SMS reminder to a client", True),
    "sync": ("Device synchronised", False),
    "api": ("API request", False),
    "photo": ("Photo stored", False),
}
SMS = {"EUR": "0.09", "USD": "0.10", "JPY": "12", "KWD": "0.028"}
FAULTS = (
    ("M", None, "Mecánica", "Mechanical"),
    ("E", None, "Eléctrica", "Electrical"),
    ("M10", "M", "Desgaste", "Wear"),
    ("M20", "M", "Fuga", "Leak"),
    ("E10", "E", "Cortocircuito", "Short circuit"),
    ("E20", "E", "Sensor", "Sensor"),
    ("P", None, "Preventivo", "Preventive"),
)


def minor(currency: str) -> Decimal:
    """The smallest unit of a currency: 0.01 EUR, 1 JPY, 0.001 KWD."""
    return Decimal(1).scaleb(-CURRENCIES[currency][1])


def shared_rows() -> dict[str, list[dict[str, Any]]]:
    """The rows of the shared tables, parents before children."""
    return {
        "currency": [{"code": code, "name": name, "minor_units": n} for code, (name, n) in CURRENCIES.items()],
        "country": [{"code": code, "name": name, "in_eu": code not in OUTSIDE_EU} for code, name in COUNTRIES.items()],
        "plan": [{"code": code, "name": name, "features": _features(code)} for code, name in PLANS.items()],
        "plan_price": [
            {"plan": plan, "currency": currency, "seat_month": Decimal(price)}
            for plan, prices in SEAT_MONTH.items()
            for currency, price in prices.items()
        ],
        "meter": [{"code": code, "name": name, "billed": billed} for code, (name, billed) in METERS.items()],
        "meter_price": [
            {"meter": "sms", "currency": currency, "unit": Decimal(price)} for currency, price in SMS.items()
        ],
        "fault_code": [
            {"code": code, "parent": parent, "name_es": es, "name_en": en} for code, parent, es, en in FAULTS
        ],
    }


def _features(plan: str) -> dict[str, bool]:
    return {"sms": plan != "taller", "single_sign_on": plan != "taller", "planning_board": plan == "red"}
