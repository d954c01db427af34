"""Two things measured in turns, so that what changes on the machine meanwhile meets both. Source: PERFORMANCE."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

REPEATS = 5


@dataclass(frozen=True)
class Compared:
    """Ours and its anchor: medians with the lowest and the highest, and the ratio of the medians."""

    what: str
    unit: str
    ours: tuple[float, float, float]
    anchor: tuple[float, float, float]

    @property
    def ratio(self) -> float:
        return self.ours[0] / self.anchor[0]

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "ratio": round(self.ratio, 2)}

    def __str__(self) -> str:
        return f"{self.what}: {_told(self.ours)} against {_told(self.anchor)} {self.unit}, {self.ratio:.2f} ×"


def compared(what: str, unit: str, ours: Callable[[], float], anchor: Callable[[], float]) -> Compared:
    """A-B-B-A, five times each."""
    figures: dict[Callable[[], float], list[float]] = {ours: [], anchor: []}
    for turn in range(REPEATS):
        for measure in (ours, anchor) if turn % 2 == 0 else (anchor, ours):
            figures[measure].append(measure())
    return Compared(what, unit, spread(figures[ours]), spread(figures[anchor]))


def spread(figures: list[float]) -> tuple[float, float, float]:
    """Median, lowest, highest."""
    return round(median(figures), 3), round(min(figures), 3), round(max(figures), 3)


def _told(figures: tuple[float, float, float]) -> str:
    middle, lowest, highest = figures
    return f"{middle:,.6g} ({lowest:,.6g}–{highest:,.6g})"
