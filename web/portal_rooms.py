"""All rooms of the portal behind `/exit/{token}`."""

from typing import Protocol

from fastapi import FastAPI

from web.offers import OfferRoutes
from web.portal import PortalRoutes
from web.portal_certificate import CertificateRoutes
from web.portal_choices import ChoiceRoutes
from web.portal_goodbye import GoodbyeRoutes
from web.portal_leaving import LeavingRoutes
from web.portal_mind import MindRoutes
from web.portal_statement import StatementRoutes
from web.portal_time import TimeRoutes
from web.reception import Reception


class Room(Protocol):
    """Some pages."""

    def mount(self, app: FastAPI) -> None:
        """Adds their routes."""
        ...


def rooms(reception: Reception) -> tuple[Room, ...]:
    """In the order in which their addresses are looked through."""
    kinds = (
        PortalRoutes,
        ChoiceRoutes,
        MindRoutes,
        OfferRoutes,
        TimeRoutes,
        StatementRoutes,
        CertificateRoutes,
        GoodbyeRoutes,
        LeavingRoutes,
    )
    return tuple(kind(reception) for kind in kinds)
