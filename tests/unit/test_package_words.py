"""The README of a package: read as it stands, and rendered; hostile names stay text in both."""

from datetime import UTC, date, datetime

import pytest
from markdown_it import MarkdownIt

from activities.package_words import Readme
from models.account import Account
from models.exporting import PackagedFile
from models.package import Attached, FilesPart, TablePart, TablesPart
from tests.unit.sample_mail import POLICY
from tests.unit.test_rendering import HOSTILE, Words

ACCOUNT = Account(
    id="acc_1",
    name="Montajes Moncayo, S.L. (M&M)",
    country="ES",
    timezone="Europe/Madrid",
    currency="EUR",
    language="es",
    jurisdiction="EU",
    manager="ana",
    customer_since=date(2020, 3, 9),
    root_key="1",
)
FILE = PackagedFile(path="data/tables/task.csv.gz", size_bytes=1, sha256="0" * 64, rows=2)


def readme(name=ACCOUNT.name, about="Pasos; parent_id es el paso superior", key="a_b.pdf", more=()):
    parts = (TablePart(name="task", table="task", file=FILE, columns=(), shared=False), *more)
    tables = TablesPart(instant="", dialect="sqlite", root="account", tables=parts)
    files = [FilesPart(name="papers", index=FILE, attached=(Attached(key=key, missing="not found"),))]
    at = datetime(2026, 12, 22, 23, 0, tzinfo=UTC)
    account = ACCOUNT.model_copy(update={"name": name})
    written = Readme(account, POLICY.sender, "acc_1-1", at).written(tables, files, {"task": about, "papers": "Papeles"})
    return written.decode()


def rendered(text):
    return Words(f"<main>{MarkdownIt('commonmark').enable(['table', 'strikethrough']).render(text)}</main>")


def test_plain_names_are_written_plainly_and_the_day_is_the_customers():
    text = readme()
    assert "# Sus datos: Montajes Moncayo, S.L. (M&M)" in text
    assert "parent_id es el paso superior" in text
    assert "Falta: a_b.pdf" in text
    assert "el 23 de diciembre de 2026" in text


@pytest.mark.parametrize("text", [*HOSTILE, "__init__ _a_ ~~gone~~", "# head", "&#60;b&#62;"])
def test_hostile_names_stay_text_once_rendered(text):
    page = rendered(readme(text, text, text))
    assert sorted(page.tags) == sorted(rendered(readme("x", "x", "x")).tags)
    assert " ".join(page.text).count(text) == 3


def test_what_a_package_has_not_is_not_explained_and_what_it_has_is():
    assert "JSON Lines" not in readme()
    assert "listas comunes" not in readme()
    lines = FILE.model_copy(update={"path": "data/tables/unit.jsonl.gz"})
    unit = TablePart(name="unit", table="unit", file=lines, columns=(), format="jsonl", shared=True)
    text = readme(more=(unit,))
    assert "`.jsonl.gz`" in text
    assert "De las listas comunes" in text
    assert "| unit | 2 | `tables/unit.jsonl.gz` |\n" in text
    assert "\n\n\n" not in text
