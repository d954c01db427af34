"""Things measured in turns, so that what changes on the machine meanwhile meets all of them. Source: PERFORMANCE."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median

REPEATS = 5

Spread = tuple[float, float, float]


@dataclass(frozen=True)
class Compared:
    """Ours and its anchor: medians with the lowest and the highest, and the ratio of the medians."""

    what: str
    unit: str
    ours: Spread
    anchor: Spread

    @property
    def ratio(self) -> float:
        return self.ours[0] / self.anchor[0]

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "ratio": round(self.ratio, 2)}

    def __str__(self) -> str:
        return f"{self.what}: {_told(self.ours)} against {_told(self.anchor)} {self.unit}, {self.ratio:.2f} ×"


def compared(what: str, unit: str, ours: Callable[[], float], anchor: Callable[[], float]) -> Compared:
    """A-B-B-A, five times each."""
    found = in_turns({"ours": ours, "anchor": anchor})
    return Compared(what, unit, found["ours"], found["anchor"])


def in_turns(measures: Mapping[str, Callable[[], float]]) -> dict[str, Spread]:
    """Each five times: in their order, then backwards, and so on."""
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for turn in range(REPEATS):
        for name in list(measures) if turn % 2 == 0 else reversed(measures):
            figures[name].append(measures[name]())
    return {name: spread(found) for name, found in figures.items()}


def spread(figures: list[float]) -> Spread:
    """Median, lowest, highest."""
    return round(median(figures), 3), round(min(figures), 3), round(max(figures), 3)


def _told(figures: Spread) -> str:
    middle, lowest, highest = figures
    return f"{middle:,.6g} ({lowest:,.6g}–{highest:,.6g})"
