"""A real browser at the customer's pages: what each page is like to whoever reads it, with scripts and without.

Source: TRUST 14; UX; WCAG 2.2 AA, as far as axe can tell.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Response, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
NARROW, WIDE, HEIGHT = 320, 1280, 900
GRAVE = frozenset({"serious", "critical"})
AXE: dict[str, Any] = {
    "resultTypes": ["violations"],
    "preload": False,  # fetches style sheets anew; ours is in the page, and the policy forbids fetching
    "rules": {"target-size": {"enabled": True}},
}
_UNFILLED = re.compile(r"\{\{|\}\}|\{[a-z_]+\}|\bNone\b|\bundefined\b|\bnull\b")
_TABS = 400
_FOCUS = """() => {
    const at = document.activeElement, how = getComputedStyle(at);
    const ring = (how.outlineStyle !== "none" && parseFloat(how.outlineWidth) > 0) || how.boxShadow !== "none";
    // A field of several parts, a date say, is stepped through: once its ring was seen, it has one.
    if (at.getAttribute("data-visited") !== "ring") at.setAttribute("data-visited", ring ? "ring" : "bare");
    return at === document.body ? "" : at.tagName;
}"""
_UNVISITED = """() => Array.from(
    document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary"),
).filter(each => each.checkVisibility() && !each.disabled && each.tabIndex >= 0
    && each.getAttribute("data-visited") !== "ring"
    // One of a group of radio buttons is reached by Tab, the others by arrows.
    && !(each.type === "radio" && document.querySelector(`[name="${each.name}"][data-visited=ring]`)),
).map(each => `${each.outerHTML.slice(0, 120)}: ${each.getAttribute("data-visited") ?? "never reached"}`)"""


class Look(NamedTuple):
    """How a page is looked at."""

    width: int = WIDE
    script: bool = True
    dark: bool = False

    def __str__(self) -> str:
        return f"{self.width} px{' dark' if self.dark else ''}{'' if self.script else ' without scripts'}"


AS_MOST = Look()
LOOKS: Sequence[Look] = (
    *(Look(width, script) for width in (NARROW, WIDE) for script in (True, False)),
    Look(NARROW, dark=True),
)


class Sight(NamedTuple):
    """A page as it was: its status, what its reader reads, and what's wrong with it."""

    status: int
    title: str
    language: str
    text: str
    findings: list[str]


class Visitor:
    """Somebody at a browser of their own, with one `Look`. Notes what they should never have met."""

    def __init__(self, context: BrowserContext, page: Page, look: Look, origin: str) -> None:
        self.context, self.page, self.look, self.origin = context, page, look, origin
        self._met: list[str] = []
        page.on("console", lambda said: self._met.append(said.text) if "Content Security" in said.text else None)
        page.on("pageerror", lambda error: self._met.append(f"script: {error}"))
        page.on("request", lambda asked: self._watch(asked.url))

    def _watch(self, url: str) -> None:
        if not url.startswith((self.origin, "data:")):
            self._met.append(f"asked another: {url}")

    async def open(self, address: str) -> Sight:
        """Goes there by the address alone, and looks."""
        return await self.sight(await self.page.goto(address))

    async def press(self, button: str) -> Sight:
        """Presses what bears this name, a button or a link, and looks at where it leads."""
        named = self.page.get_by_role("button", name=button).or_(self.page.get_by_role("link", name=button))
        return await self.press_at(named.first)

    async def press_at(self, place: Any) -> Sight:
        """The same by a locator."""
        async with self.page.expect_navigation() as led:
            await place.click()
        return await self.sight(await led.value)

    async def sight(self, answer: Response | None) -> Sight:
        """The page that is open, and all that is wrong with it."""
        page = self.page
        findings = [*await self._wide(), *await self._unreachable(), *await self._grave(), *self._met]
        self._met.clear()
        text, language = await page.inner_text("body"), await page.get_attribute("html", "lang")
        findings += [
            f"unfilled: {text[max(0, each.start() - 30) : each.end() + 30]}" for each in _UNFILLED.finditer(text)
        ]
        if await page.locator("h1").count() != 1:
            findings.append("not one first heading")
        if await self.context.cookies():
            findings.append("a cookie")
        return Sight(answer.status if answer else 0, await page.title(), language or "", text, findings)

    async def picture(self, file: Path) -> None:
        """The whole page, as it is before anybody has touched it."""
        await self.page.evaluate("document.activeElement.blur()")
        file.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=file, full_page=True)

    async def _wide(self) -> list[str]:
        """Nobody should have to scroll sideways. Source: WCAG 2.2, 1.4.10."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth")
        return [f"{wide} px wide"] if wide > self.look.width else []

    async def _unreachable(self) -> list[str]:
        """By keyboard alone, and always seeing where one is. Source: WCAG 2.2, 2.1.1, 2.4.7."""
        for _ in range(_TABS):
            await self.page.keyboard.press("Tab")
            if not await self.page.evaluate(_FOCUS):
                break
        found: list[str] = await self.page.evaluate(_UNVISITED)
        return [f"by keyboard: {each}" for each in found]

    async def _grave(self) -> list[str]:
        """What axe finds; it needs scripts, and the markup is the same without."""
        if not self.look.script:
            return []
        found = (await Axe().run(self.page, options=AXE)).response["violations"]
        grave = [each for each in found if each["impact"] in GRAVE]
        return [f"axe, {each['impact']}: {each['help']}: {each['nodes'][0]['html'][:120]}" for each in grave]


def chromium() -> Path | None:
    """Where a browser is: what `FAREWELL_CHROMIUM` names, Debian's, or one on the path."""
    named = os.environ.get("FAREWELL_CHROMIUM") or (str(CHROMIUM) if CHROMIUM.exists() else shutil.which("chromium"))
    return Path(named) if named else None


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser, headless; skips the test where none is installed."""
    found = chromium()
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium, or set FAREWELL_CHROMIUM")
    async with async_playwright() as playwright:
        # Within a container Chromium can't make the sandbox of its own; it sees nothing but our pages.
        opened = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            await opened.close()


@asynccontextmanager
async def visitor(browser: Browser, origin: str, look: Look = AS_MOST) -> AsyncIterator[Visitor]:
    """Somebody new, who has been nowhere."""
    context = await browser.new_context(
        viewport={"width": look.width, "height": HEIGHT},
        java_script_enabled=look.script,
        color_scheme="dark" if look.dark else "light",
        reduced_motion="reduce",
        locale="es-ES",
    )
    try:
        yield Visitor(context, await context.new_page(), look, origin)
    finally:
        await context.close()
