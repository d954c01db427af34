"""Opens what a goodbye leaves behind, in Farewell's own database: the part of `Connections` that issue 6 brought."""
# ruff: noqa: PLC0415

from functools import cached_property
from typing import TYPE_CHECKING

from models.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from connectors.ports.farewells import Figures, Offers, Returns, Surveys
    from connectors.store.suppression import SqlSuppression


class FarewellConnections:
    """Opened on first use, as the rest."""

    settings: Settings

    @cached_property
    def engine(self) -> "Engine":
        """Farewell's own database."""
        raise NotImplementedError

    @cached_property
    def suppression(self) -> "SqlSuppression | None":
        """Who gets no more but what the law requires; None without a key, and then nobody gets anything else."""
        from connectors.store.suppression import SqlSuppression

        key = self.settings.suppression_key
        return SqlSuppression(self.engine, key.get_secret_value()) if key else None

    @cached_property
    def offers(self) -> "Offers":
        """The one offer of each case."""
        from connectors.store.offers import SqlOffers

        return SqlOffers(self.engine)

    @cached_property
    def surveys(self) -> "Surveys":
        """Answers of nobody."""
        from connectors.store.surveys import SqlSurveys

        return SqlSurveys(self.engine)

    @cached_property
    def returns(self) -> "Returns":
        """Who came back."""
        from connectors.store.returns import SqlReturns

        return SqlReturns(self.engine)

    @cached_property
    def figures(self) -> "Figures":
        """What reports count."""
        from connectors.store.figures import SqlFigures

        return SqlFigures(self.engine)
