"""The package's page in a real browser: at both widths, with scripts and without."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from connectors.opening import Connections
from tests.e2e.browser import LOOKS, Look, visitor
from tests.e2e.delivery import Delivery, ago
from tests.e2e.delivery import browser as pages

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def origin(at: Connections) -> AsyncIterator[str]:
    async with pages(at) as client:
        yield str(client.base_url).rstrip("/")


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_the_packages_page_is_easy_for_everybody(look: Look, language, at, chromium, origin):
    delivery = Delivery(at)
    async with visitor(chromium, origin, look) as reader:
        seen = await reader.open(f"{origin}{delivery.page()}?language={language}")
    assert (seen.status, seen.language) == (200, language)
    assert [each for each in seen.findings if "{{7*7}}" not in each] == []  # a file of theirs has that name


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_a_page_that_can_not_be_had_is_easy_too(look: Look, at, chromium, origin):
    delivery = Delivery(at)
    async with visitor(chromium, origin, look) as reader:
        expired = await reader.open(f"{origin}{delivery.page(until=ago(days=1))}")
        unknown = await reader.open(f"{origin}/package/x")
    assert (expired.status, expired.findings) == (410, [])
    assert (unknown.status, unknown.findings) == (404, [])


@pytest.mark.parametrize("script", [True, False])
async def test_a_form_without_its_tick_stays_where_it_is(script, at, chromium, origin):
    """The browser itself asks for the tick, scripts or not."""
    delivery = Delivery(at)
    async with visitor(chromium, origin, Look(script=script)) as reader:
        await reader.open(f"{origin}{delivery.page()}?language=en")
        await reader.page.get_by_role("button", name="I have everything").click()
        assert re.fullmatch(r".*/package/[\w.-]+\?language=en", reader.page.url)
        await reader.page.get_by_role("checkbox").check()
        refused = await reader.press("I have everything")  # nobody runs the case
    assert (refused.status, refused.findings) == (409, [])


async def test_the_browser_downloads_a_file_by_its_own_name(at, chromium, origin):
    delivery = Delivery(at)
    async with visitor(chromium, origin) as reader:
        await reader.open(f"{origin}{delivery.page()}")
        async with reader.page.expect_download() as coming:
            await reader.page.get_by_role("link", name="data/README.es.md").click()
        assert (await coming.value).suggested_filename == "README.es.md"


async def test_the_harness_finds_what_is_wrong(chromium, tmp_path):
    """A page that is wrong in all the ways that it looks for: a net with a hole catches nothing."""
    wrong = """<html lang="en"><title>x</title><body style="width:900px;color:#eee;background:#fff">
    <h1>a</h1><h1>b {name}</h1><a href="/" style="outline:none">c</a><img src="http://127.0.0.1:9/x">"""
    page = tmp_path / "wrong.html"
    page.write_text(wrong)
    async with visitor(chromium, "file://", Look(320)) as reader:
        seen = await reader.open(page.as_uri())
    told = "\n".join(seen.findings)
    for each in (
        "px wide",
        "asked another",
        "unfilled: ",
        "not one first heading",
        "contrast",
        "by keyboard",
        "alternative",
    ):
        assert each in told
