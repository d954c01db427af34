"""The certificate of erasure, as a page, a paper, and the signed form. Source: DOMAIN erasure.5, messages.7."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from activities.enclosures import JOSE, PDF, about_sets
from activities.printing import print_certificate
from activities.wording import about_of, paper_name
from models.vocabulary import PROCESSORS
from web.links import Closed, PortalVisit
from web.pages import language_of
from web.portal_statement import addressed_to, download
from web.reception import Reception


@dataclass(frozen=True)
class CertificateRoutes:
    """`/exit/{token}/certificate`, `.pdf` and `.jws`."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        here = "/exit/{token}/certificate"
        app.add_api_route(here, self.certificate, methods=["GET"])
        app.add_api_route(f"{here}.pdf", self.certificate_pdf, methods=["GET"])
        app.add_api_route(f"{here}.jws", self.certificate_jws, methods=["GET"])

    async def certificate(self, request: Request, token: str) -> Response:
        """What was erased, what is kept and why, and how to check it without us. Source: DOMAIN erasure.5."""
        visit = await self.reception.visit(token)
        kept = await self._certificate(visit)
        about, language = about_sets(self.reception.at.inventory), language_of(request, visit.facts)
        claims = kept["claims"]
        told = {name: about_of(spoken, language) for name, spoken in about.items() if spoken}
        ours = [each for each in claims["data_sets"] if not each["name"].startswith(PROCESSORS)]
        values = {
            "token": token,
            "claims": claims,
            "sets": ours,
            "told": told,
            "digest": kept["digest"],
            "issued_at": datetime.fromisoformat(claims["issued_at"]),
            "backups_expire": datetime.fromisoformat(claims["backups_expire"]),
        }
        return self.reception.show("portal_certificate", request, visit, values)

    async def certificate_pdf(self, request: Request, token: str) -> Response:
        """For people."""
        visit = await self.reception.visit(token)
        kept, plan = await self._certificate(visit), await self.reception.plan_there(visit)
        language = language_of(request, visit.facts)
        about, sets = addressed_to(self.reception, visit, plan, language), about_sets(self.reception.at.inventory)
        return download(
            paper_name("certificate", language), PDF, await asyncio.to_thread(print_certificate, about, kept, sets)
        )

    async def certificate_jws(self, token: str) -> Response:
        """For programs: signed, and checkable offline."""
        kept = await self._certificate(await self.reception.visit(token))
        return download("certificate.jws", JOSE, kept["jws"].encode())

    async def _certificate(self, visit: PortalVisit) -> Mapping[str, Any]:
        """The newest: each names the one that it replaces."""
        kept = await asyncio.to_thread(self.reception.at.cases.documents, visit.case["id"], "certificate")
        if not kept:
            raise Closed("no_paper", facts=visit.facts)
        return max(kept, key=lambda each: int(each["claims"]["number"]))
