"""A customer at their pages, without a browser: opens an address, follows links, fills forms in and sends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx2

_PATIENCE_SECONDS = 60.0
_SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Form:
    """What would be sent as the page came: hidden fields, texts, what is ticked and chosen."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class PageRead(HTMLParser):
    """A page as it came: its `address`, `status` and `html`; the `links` and `forms` in it, in order."""

    def __init__(self, address: str, status: int, html: str) -> None:
        """Reads it at once."""
        super().__init__()
        self.address, self.status, self.html = address, status, html
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._choosing = ""
        self.feed(html)

    def leads_to(self, end: str) -> str:
        """The address of the first link or form whose path ends so; raises LookupError."""
        places = [*self.links, *(form.action for form in self.forms)]
        found = next((place for place in places if place.partition("?")[0].endswith(end)), None)
        if found is None:
            raise LookupError(f"no way to {end} on a page with {places}")
        return found

    def form_to(self, end: str = "") -> Form:
        """The first form whose address ends so; raises LookupError."""
        for form in self.forms:
            if form.method == "post" and form.action.partition("?")[0].endswith(end):
                return form
        raise LookupError(f"no form to {end!r} on the page: {[form.action for form in self.forms]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what one can do there."""
        about = {name: value or "" for name, value in attrs}
        match tag:
            case "a" if "href" in about:
                self.links.append(urljoin(self.address, about["href"]))
            case "form":
                action = urljoin(self.address, about.get("action", ""))
                self.forms.append(Form(action, about.get("method", "get").lower()))
            case "input" | "select" | "option" | "textarea" | "button" if self.forms:
                self._take(tag, about)

    def _take(self, tag: str, about: Mapping[str, str]) -> None:
        form, name, value = self.forms[-1], about.get("name", ""), about.get("value", "")
        if tag == "select":
            self._choosing = name
            return
        if tag == "option":
            name = self._choosing
        if not name:
            return
        form.choices.setdefault(name, []).append(value)
        kind = about.get("type", "text" if tag == "input" else tag)
        chosen = {"radio": "checked", "checkbox": "checked", "option": "selected"}.get(kind)
        if kind not in {"submit", "button"} and (chosen is None or chosen in about):
            form.values[name] = value


class Customer:
    """Somebody with a link. `album` keeps every page that they saw, if it's given."""

    def __init__(self, album: Path | None = None) -> None:
        """Has been nowhere."""
        self._client = httpx2.AsyncClient(follow_redirects=True, timeout=_PATIENCE_SECONDS)
        self._album, self._seen = album, 0

    async def open(self, address: str, name: str = "") -> PageRead:
        """Goes there; the page is kept under `name`, if it has one."""
        return self._read(await self._client.get(address), name)

    async def send(self, form: Form, name: str = "", /, **values: str) -> PageRead:
        """Sends a form with these values in place of those that it came with, and reads what comes of it.

        Raises:
            LookupError: it has no such field, or doesn't offer this choice.
        """
        for each, value in values.items():
            offered = form.choices.get(each)
            if offered is None or (any(offered) and value and value not in offered and len(offered) > 1):
                raise LookupError(f"{form.action} doesn't take {each}={value!r}: it offers {form.choices}")
        sent = await self._client.post(form.action, data={**form.values, **values}, headers=_SAME_SITE)
        return self._read(sent, name)

    async def close(self) -> None:
        """Goes home."""
        await self._client.aclose()

    def _read(self, answer: httpx2.Response, name: str) -> PageRead:
        page = PageRead(str(answer.url), answer.status_code, answer.text)
        if self._album and name:
            self._album.mkdir(parents=True, exist_ok=True)
            self._seen += 1
            (self._album / f"{self._seen:02}-{name}.html").write_text(page.html, encoding="utf-8")
        return page
