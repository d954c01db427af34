"""How the customer gets the package: over real HTTP, from a real S3, by a link that leaks and outlives nothing."""

import asyncio
import hashlib
import io
import logging
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from string import Formatter
from urllib.parse import quote

import httpx
import pytest

from connectors.opening import Connections
from models.vocabulary import Stage
from tests.e2e.delivery import FILES, LISTED, Delivery, ago, browser
from web.application import STATUS
from web.pages import TEMPLATES


@pytest.fixture
async def web(at: Connections) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(at) as client:
        yield client


@pytest.fixture
def delivery(at: Connections) -> Delivery:
    return Delivery(at)


# -- the page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["Sus datos están listos", "hora de Madrid", "4 de enero de 2126"]),
        ("en", ["Your data is ready", "4 January 2126"]),
    ],
)
async def test_the_page_tells_in_both_languages_what_is_there_and_until_when(web, delivery, language, words):
    page = await web.get(f"{delivery.page()}?language={language}")
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    for word in [
        *words,
        "Faro Studio",
        hashlib.sha256(FILES["data/tables/task.csv.gz"]).hexdigest(),
        "bagit.py --validate",
    ]:
        assert word in page.text
    assert delivery.downloads() == []
    assert {"es": "no se pudieron leer: 2.", "en": "couldn’t be read: 2."}[language] in page.text


async def test_without_being_told_the_page_speaks_as_the_main_contact_reads(web, delivery):
    page = await web.get(delivery.page(), headers={"Accept-Language": "en"})
    assert '<html lang="es">' in page.text


@pytest.mark.parametrize("language", ["es", "en"])
async def test_hostile_names_stay_text(web, at, language):
    page = (await web.get(f"{Delivery(at).page()}?language={language}")).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "{{7*7}}" in page
    assert "\u202e" not in page


async def test_a_long_list_is_shown_page_by_page(web, at):
    delivery = Delivery(at, {f"data/files/papers/{n:04}.txt": b"x" for n in range(450)})
    first, last = await web.get(delivery.page()), await web.get(f"{delivery.page()}?page=3")
    assert "0199.txt" in first.text
    assert "0200.txt" not in first.text
    assert "0449.txt" in last.text
    assert (await web.get(f"{delivery.page()}?page=0")).status_code == 404


# -- files


@pytest.mark.parametrize("path", FILES)
async def test_a_file_leads_to_its_bytes_by_a_link_of_a_minute(web, at, path):
    delivery = Delivery(at)
    led = await web.get(f"{delivery.page()}/file/{quote(path)}")
    assert led.status_code == 302
    assert 0 < int(httpx.URL(led.headers["location"]).params["X-Amz-Expires"]) <= 300
    async with httpx.AsyncClient() as s3:
        fetched = await s3.get(led.headers["location"])
    assert fetched.content == FILES[path]
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert "\n" not in fetched.headers["content-disposition"]


@pytest.mark.parametrize(
    "path",
    ["data/tables/other.csv.gz", "", "data", "..%2f..%2fother", "data/tables/%2e%2e/datapackage.json", "/etc/passwd"],
)
async def test_what_the_manifest_does_not_name_is_not_there(web, delivery, path):
    assert (await web.get(f"{delivery.page()}/file/{path}")).status_code == 404
    assert delivery.downloads() == []


async def test_each_download_is_in_the_ledger_without_any_name(web, delivery):
    for path in ("data/tables/task.csv.gz", "data/files/papers/Lucía Gil/currículum & más.pdf"):
        await web.get(f"{delivery.page()}/file/{quote(path)}")
    await web.get(f"{delivery.page()}/all.zip")
    entries = delivery.downloads()
    number = list(FILES).index(path) + 1
    assert [entry.subject for entry in entries] == ["data/tables/task.csv.gz", f"data/files/papers#{number}", "all.zip"]
    assert {(entry.actor, entry.outcome, entry.stage) for entry in entries} == {("customer", "done", "retrieval")}
    assert all(abs(entry.at - datetime.now(UTC)) < timedelta(minutes=5) for entry in entries)


# -- the ZIP


async def test_the_zip_holds_everything_and_other_peoples_tools_accept_it(web, delivery, tmp_path):
    fetched = await web.get(f"{delivery.page()}/all.zip")
    folder = f"{delivery.case}-1"
    assert int(fetched.headers["content-length"]) == len(fetched.content)
    assert f'filename="{folder}.zip"' in fetched.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == {
            f"{folder}/{path}": body for path, body in delivery.bag.items()
        }
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        archive.extractall(tmp_path)
    judge = [sys.executable, "-m", "bagit", "--validate", str(tmp_path / folder)]
    assert (await asyncio.to_thread(subprocess.run, judge, capture_output=True, check=False)).returncode == 0


async def test_the_entry_is_written_before_the_first_byte(web, delivery):
    async with web.stream("GET", f"{delivery.page()}/all.zip"):
        assert [entry.subject for entry in delivery.downloads()] == ["all.zip"]


async def test_a_file_that_vanishes_on_the_way_breaks_the_zip_off(web, delivery):
    await web.get(delivery.page())
    list(delivery.at.objects.erase("farewell-exports", f"{delivery.prefix}data/tables/task.csv.gz"))
    with pytest.raises(httpx.RemoteProtocolError):
        await web.get(f"{delivery.page()}/all.zip")


@pytest.mark.parametrize("path", [LISTED, "tagmanifest-sha256.txt"])
async def test_a_package_that_is_not_the_verified_one_is_not_handed_over(web, delivery, path):
    delivery.at.objects.put("farewell-exports", delivery.prefix + path, b"0  data/evil\n")
    page = await web.get(delivery.page())
    assert page.status_code == 503
    assert (await web.get(f"{delivery.page()}/all.zip")).status_code == 503


# -- the link


async def test_an_expired_link_says_how_to_get_another(web, delivery):
    for what in ("", "/all.zip", "/file/data/datapackage.json"):
        page = await web.get(f"{delivery.page(until=ago(seconds=1))}{what}")
        assert page.status_code == 410
        assert "ha caducado" in page.text
        assert "nuria.ferrer@bancada.example" in page.text


async def test_after_erasure_the_link_says_when(web, delivery):
    delivery.erased()
    for what in ("", "/all.zip", "/file/data/datapackage.json"):
        page = await web.get(f"{delivery.page()}{what}?language=en")
        assert (page.status_code, "20 November 2026" in page.text) == (410, True)


@pytest.mark.parametrize(
    ("stage", "words"),
    [(Stage.ERASE, "being erased"), (Stage.CERTIFY, "being erased"), (Stage.REINSTATED, "called off")],
)
async def test_the_case_as_it_is_now_decides(web, delivery, stage, words):
    delivery.stand(stage, ended=stage is Stage.REINSTATED)
    page = await web.get(f"{delivery.page()}?language=en")
    assert (page.status_code, words in page.text) == (410, True)


async def test_a_forged_cut_or_foreign_link_opens_nothing_and_tells_nothing(web, delivery, at):
    other = Delivery(at)
    token = delivery.token()
    head, body, signature = token.split(".")
    rotated = signature[:5] + ("A" if signature[5] != "A" else "B") + signature[6:]
    forged = [
        token[:-3],
        f"{head}.{body}.{rotated}",
        f"{head}.{other.token().split('.')[1]}.{signature}",
        "x",
        "%00",
        "a.b.c",
    ]
    for each in forged:
        page = await web.get(f"/package/{each}")
        assert page.status_code == 404
        assert "Faro" not in page.text
    nobody = await web.get(delivery.page(account="nobody", case="nobody-1"))
    assert nobody.status_code == 404


async def test_a_token_of_one_account_opens_no_case_of_another(web, delivery, at):
    other = Delivery(at)
    page = await web.get(delivery.page(case=other.case))
    assert page.status_code == 410
    assert (await web.get(f"{delivery.page(case=other.case)}/all.zip")).status_code == 410
    assert other.downloads() == []


async def test_no_log_holds_a_token(web, delivery, caplog):
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    caplog.set_level(logging.DEBUG, logger="farewell")
    for what in ("", "/all.zip", "/file/data/datapackage.json", "/nothing"):
        await web.get(f"{delivery.page()}{what}")
    assert delivery.token() not in "".join(record.getMessage() for record in caplog.records if record.name != "httpx")


# -- saying that one has it


async def test_a_form_from_elsewhere_or_without_its_tick_is_not_taken(web, delivery):
    accept, have = f"{delivery.page()}/accept", {"have": "yes"}
    for foreign in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        assert (await web.post(accept, data=have, headers=foreign)).status_code == 403
    assert (await web.post(accept, headers={"Sec-Fetch-Site": "same-origin"})).status_code == 400
    assert (await web.get(accept)).status_code == 404


async def test_what_the_case_refuses_is_told_and_kept_in_the_ledger(web, delivery):
    page = await web.post(
        f"{delivery.page()}/accept?language=en", data={"have": "yes"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert (page.status_code, "couldn’t note this" in page.text) == (409, True)
    (entry,) = delivery.at.ledger.entries(delivery.case)
    assert (entry.action, entry.actor, entry.outcome) == ("accept_export", "customer", "refused")


# -- words


def test_both_languages_say_the_same_things():
    """File by file, and with the same things laid into each sentence."""
    spoken = {name: _spoken(TEMPLATES / name) for name in ("es", "en")}
    assert spoken["es"].keys() == spoken["en"].keys()
    for file, english in spoken["en"].items():
        spanish = spoken["es"][file]
        assert spanish.keys() == english.keys(), file
        assert [name for name in english if _laid_in(english[name]) != _laid_in(spanish[name])] == [], file
    everything = {name for words in spoken["en"].values() for name in words}
    for reason in STATUS:
        assert {f"{reason}_title", f"{reason}_text"} <= everything


def _spoken(folder):
    return {file.name: tomllib.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.toml")}


def _laid_in(sentence):
    return {field for _, field, _, _ in Formatter().parse(sentence) if field}
