"""What became of our messages, of offers, and of those who left. Source: DOMAIN messages.4, messages.5, messages.9."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median_low

from models.learning import Answered, CadenceReport, Exited, Happened, Leaver, OfferFigures, ReturnsReport
from models.offers import Offer
from models.surveys import FEWEST
from models.vocabulary import STAYING, Stage

_MONTH, _QUARTER = timedelta(days=30), timedelta(days=90)


def cadence(happened: Iterable[Happened], heard: Iterable[Answered]) -> CadenceReport:
    """What was sent by which channel, what was not and why, what ended the follow-ups, what came back."""
    sent: dict[str, Counter[str]] = defaultdict(Counter)
    skipped: dict[str, Counter[str]] = defaultdict(Counter)
    back: dict[str, Counter[str]] = defaultdict(Counter)
    stopped: Counter[str] = Counter()
    for each in happened:
        if each.kind is None:
            stopped[each.code] += each.count
        else:
            (sent if each.what == "sent" else skipped)[each.kind][each.channel or each.code] += each.count
    for answer in heard:
        back[answer.kind][answer.heard] += answer.count
    return CadenceReport(sent=_plain(sent), skipped=_plain(skipped), stopped=_sorted(stopped), heard=_plain(back))


def returns(exits: Iterable[Exited], begin: datetime, end: datetime) -> ReturnsReport:
    """Who came back, until now, of those whose exit ended in `[begin, end)`. Source: DOMAIN messages.9."""
    left = [each for each in exits if each.stage is Stage.CLOSED and each.ended_at and begin <= each.ended_at < end]
    back = [each for each in left if each.returned_at is not None]
    days = [(each.returned_at - each.ended_at).days for each in back if each.returned_at and each.ended_at]
    by_reason, came = Counter(each.reason for each in left), Counter(each.reason for each in back)
    return ReturnsReport(
        left=len(left),
        returned=len(back),
        restored=sum(each.restored for each in back),
        asked_back=sum(each.asked_back_at is not None for each in left),
        after_asking=sum(_after_asking(each) for each in back),
        median_days=median_low(days) if days else None,
        by_reason={
            reason: {"left": count, "returned": came[reason]}
            for reason, count in by_reason.most_common()
            if count >= FEWEST
        },
    )


def offers(made: Iterable[Offer], leavers: Sequence[Leaver], now: datetime) -> dict[str, OfferFigures]:
    """What became of each kind of offer, by now. Source: DOMAIN messages.4."""
    by_kind: dict[str, list[Offer]] = defaultdict(list)
    for offer in made:
        by_kind[offer.kind].append(offer)
    return {kind: _of_kind(by_kind[kind], leavers, now) for kind in sorted(by_kind)}


def _of_kind(made: Sequence[Offer], leavers: Sequence[Leaver], now: datetime) -> OfferFigures:
    accepted = [offer for offer in made if offer.answer == "accepted"]
    stayed = [(offer, offer.answered_at) for offer in accepted if offer.kind in STAYING and offer.answered_at]
    here = [(offer, at) for offer, at in stayed if not _left_since(offer, at, leavers)]
    return OfferFigures(
        made=len(made),
        accepted=len(accepted),
        declined=sum(offer.answer == "declined" for offer in made),
        promises_kept=sum(offer.kept_at is not None for offer in accepted),
        after_30=sum(at + _MONTH <= now for _, at in stayed),
        kept_30=sum(at + _MONTH <= now for _, at in here),
        after_90=sum(at + _QUARTER <= now for _, at in stayed),
        kept_90=sum(at + _QUARTER <= now for _, at in here),
        left_since=len(stayed) - len(here),
    )


def _left_since(offer: Offer, accepted: datetime, leavers: Sequence[Leaver]) -> bool:
    return any(
        each.account == offer.account and each.case != offer.case and each.opened_at >= accepted for each in leavers
    )


def _after_asking(exit: Exited) -> bool:  # noqa: A002  # the field's word
    asked, back = exit.asked_back_at, exit.returned_at
    return asked is not None and back is not None and asked <= back


def _plain(counted: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {str(name): _sorted(counted[name]) for name in sorted(counted)}


def _sorted(counted: Counter[str]) -> dict[str, int]:
    return {str(name): count for name, count in sorted(counted.items())}
