"""The one offer of each case, in Farewell's own database. Source: DOMAIN messages.4."""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.errors import NotFound
from connectors.store.sessions import alone, reading, writing
from models.offers import Offer
from models.tables.farewells import OfferRow


class SqlOffers:
    """The port `Offers`. Each call is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def keep(self, offer: Offer) -> Offer:
        """Keeps it; a case that has one keeps that one: the answer is what stands."""
        with writing(self._engine) as session:
            alone(session.connection(), f"offer:{offer.case}")
            standing = _of(session, offer.case)
            if standing is None:
                standing = _row(offer)
                session.add(standing)
                session.flush()
            return _offer(standing)

    def of(self, case: str) -> Offer | None:
        """The case's."""
        with reading(self._engine) as session:
            row = _of(session, case)
            return _offer(row) if row else None

    def answer(self, offer: str, answer: str, at: datetime) -> Offer:
        """`accepted` or `declined`; the first answer stands. Raises NotFound."""
        with writing(self._engine) as session:
            row = _known(session, offer)
            if row.answer is None:
                row.answer, row.answered_at = answer, at
            return _offer(row)

    def kept(self, offer: str, by: str, at: datetime) -> Offer:
        """What was promised is done; the first who says so stands. Raises NotFound."""
        with writing(self._engine) as session:
            row = _known(session, offer)
            if row.kept_at is None:
                row.kept_at, row.kept_by = at, by
            return _offer(row)

    def since(self, begin: datetime, end: datetime) -> list[Offer]:
        """Those made in `[begin, end)`, in the order of their making."""
        made = col(OfferRow.made_at)
        between = select(OfferRow).where(made >= begin, made < end).order_by(made, OfferRow.id)
        with reading(self._engine) as session:
            return [_offer(row) for row in session.exec(between)]


def _of(session: Session, case: str) -> OfferRow | None:
    return session.exec(select(OfferRow).where(OfferRow.case == case)).first()


def _known(session: Session, offer: str) -> OfferRow:
    row = session.get(OfferRow, offer, with_for_update=True)
    if row is None:
        raise NotFound("offers", f"there is no offer {offer}", "farewell offer list names them")
    return row


def _row(offer: Offer) -> OfferRow:
    """The figures as JSON; instants as the columns hold them."""
    terms = offer.terms.model_dump(mode="json", exclude_none=True)
    return OfferRow(**{**offer.model_dump(exclude={"terms"}), "terms": terms})


def _offer(row: OfferRow) -> Offer:
    return Offer.model_validate(row.model_dump())
