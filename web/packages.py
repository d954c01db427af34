"""The package's pages: what is in it, each file, all of it as a ZIP, and the customer's word that they have it."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from temporalio.client import Client

from activities.ledger import record_act
from commands.delivering import deliver_by
from commands.standing import ask
from connectors.opening import Connections
from models.account import Actor
from models.payload import CUSTOMER, Personal
from models.updates import RetrievalWord
from rules.links import Links
from rules.permissions import PERMISSIONS
from web.catalogues import languages
from web.contents import Contents, PackageFile, contents_of
from web.links import Closed, Visit, admitted
from web.pages import Pages
from web.reception import posted
from web.zipping import zipped

FILES_A_PAGE = 200
LINK_SECONDS = 60
_EVIDENCE = "said so on the package's page"


def wall_clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


@dataclass
class PackageRoutes:
    """`/package/{token}` and what lies below it. What a visit may see is looked up at every request."""

    at: Connections
    client: Client
    links: Links
    pages: Pages
    now: Callable[[], datetime] = wall_clock
    _shelf: dict[str, Contents] = field(default_factory=dict)

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        here = "/package/{token}"
        app.add_api_route(here, self.show, methods=["GET"])
        app.add_api_route(f"{here}/file/{{path:path}}", self.fetch_file, methods=["GET"])
        app.add_api_route(f"{here}/all.zip", self.fetch_all, methods=["GET"])
        app.add_api_route(f"{here}/accept", self.accept, methods=["POST"])

    async def show(self, request: Request, token: str, page: Annotated[int, Query(ge=1)] = 1) -> Response:
        """What is in the package, until when, how to check it, and how to say that one has it."""
        visit, contents = await self._come_in(token)
        state = await ask(self.client, str(visit.case["workflow_id"]))
        window = state.retrieval_end if state and state.retrieval_end else visit.until
        files = list(contents.files.values())
        return self.pages.page(
            "package",
            request,
            visit.facts,
            token=token,
            folder=_folder(visit),
            contents=contents,
            about=self._about(visit.manifest),
            missing=int(visit.manifest.get("missing", 0)),
            window=window,
            until=visit.until,
            taken=visit.taken,
            may_accept=visit.stage in PERMISSIONS["accept_export"].stages,
            groups=groupby(files[FILES_A_PAGE * (page - 1) : FILES_A_PAGE * page], key=attrgetter("kind")),
            page=page,
            pages=-(-len(files) // FILES_A_PAGE),
        )

    async def fetch_file(self, token: str, path: str) -> Response:
        """Leads to the file in S3, by a link that lives for a minute."""
        visit, contents = await self._come_in(token)
        found = contents.files.get(path)
        if found is None:
            raise Closed("no_such_file", facts=visit.facts)
        link = await asyncio.to_thread(self._link, contents, found)
        await self._write(visit, found.subject)
        return RedirectResponse(link, status_code=302)

    async def fetch_all(self, token: str) -> Response:
        """All of it, made while it is sent."""
        visit, contents = await self._come_in(token)
        folder = _folder(visit)
        stream = await asyncio.to_thread(zipped, self.at.objects, contents, folder)
        await self._write(visit, "all.zip")
        headers = {"Content-Length": str(len(stream)), "Content-Disposition": f'attachment; filename="{folder}.zip"'}
        return StreamingResponse(iter(stream), media_type="application/zip", headers=headers)

    async def accept(self, request: Request, token: str) -> Response:
        """The customer has everything: sends that to the case, then shows the page again."""
        form = await posted(request)
        visit, _ = await self._come_in(token)
        if form.get("have") != "yes":
            raise Closed("not_ticked", facts=visit.facts)
        word = RetrievalWord(actor=Actor(id=CUSTOMER), key=uuid.uuid4().hex, evidence=Personal(text=_EVIDENCE))
        await deliver_by(self.client, self.at, visit.case, "accept_export", word)
        return RedirectResponse(f"../{token}{_asked_language(request)}", status_code=303)

    async def _come_in(self, token: str) -> tuple[Visit, Contents]:
        visit = await asyncio.to_thread(admitted, self.at, self.links, token, self.now())
        return visit, await asyncio.to_thread(self._contents, visit.manifest)

    def _contents(self, manifest: Mapping[str, Any]) -> Contents:
        """What was verified never changes, so the last package that was asked for is remembered."""
        digest = str(manifest["digest"])
        if digest not in self._shelf:
            self._shelf = {digest: contents_of(self.at.objects, manifest)}
        return self._shelf[digest]

    def _link(self, contents: Contents, file: PackageFile) -> str:
        name = PurePosixPath(file.path).name
        return self.at.public_objects.link(contents.bucket, contents.prefix + file.path, LINK_SECONDS, name)

    async def _write(self, visit: Visit, subject: str) -> None:
        """The ledger's entry, before the bytes go."""
        act = visit.act("download_package", subject)
        await asyncio.to_thread(record_act, self.at.ledger, self.at.keys, act, self.now())

    def _about(self, manifest: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
        """What the tables are, by path, in the languages of the inventory."""
        known = {data_set.name: data_set.about for data_set in self.at.inventory.data_sets}
        return {each["path"]: known.get(each["name"]) or {} for each in manifest["data_sets"]}


def _folder(visit: Visit) -> str:
    return f"{visit.case['id']}-{visit.manifest['generation']}"


def _asked_language(request: Request) -> str:
    asked = request.query_params.get("language")
    return f"?language={asked}" if asked in languages() else ""
