"""What exits teach: counted in groups, so that no figure is about fewer than five. Source: DOMAIN messages.6."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from statistics import mean

from models.learning import Exited, Groups, ReasonsReport, Said
from models.surveys import FEWEST, SurveyAnswer
from models.vocabulary import ENDS, Mode
from rules.survey import NO_QUARTER

RUNNING = "running"
_SIZES = ((1_000, "under 1,000"), (10_000, "1,000 to 9,999"), (100_000, "10,000 to 99,999"))
_LARGEST = "100,000 and more"
_AGES = ((1, "under 1 year"), (3, "1 to 2 years"), (10, "3 to 9 years"))
_OLDEST = "10 years and more"
_DAYS_A_YEAR = Decimal("365.25")
_TENTH = Decimal("0.1")


def grouped(names: Iterable[str]) -> Groups:
    """How many of each name, the largest first; no number says anything of fewer than five.

    What is rarer is told together, with the next larger ones if they are still fewer than five: else whoever knows the
    whole would only have to subtract. Of fewer than five in all nothing is told. Source: DOMAIN messages.6.
    """
    groups = Counter(names)
    rare = [name for name, count in groups.items() if count < FEWEST]
    fewer = sum(groups.pop(name) for name in rare)
    while 0 < fewer < FEWEST and groups:
        fewer += groups.pop(min(groups, key=lambda name: (groups[name], name)))
    told = dict(sorted(groups.items(), key=lambda group: (-group[1], group[0])))
    return Groups(groups=told, fewer=fewer if fewer >= FEWEST else 0)


def reasons(
    exits: Sequence[Exited], answers: Mapping[str, Sequence[SurveyAnswer]], asked: Mapping[str, int]
) -> ReasonsReport:
    """Why they left; a pause is no leaving. `answers` and `asked` are by quarter, `NO_QUARTER` among them."""
    left = [each for each in exits if each.mode is not Mode.PAUSE]
    quarters = tuple(quarter for quarter in answers if quarter != NO_QUARTER)
    return ReasonsReport(
        exits=len(left),
        ends=grouped(str(each.stage) if each.stage in ENDS else RUNNING for each in left),
        reason=grouped(each.reason for each in left),
        own_reason=grouped(each.own_reason for each in left if each.own_reason),
        size=grouped(_size(each) for each in left),
        age=grouped(_age(each) for each in left),
        reason_by_size=grouped(f"{each.reason}, {_size(each)}" for each in left),
        reason_by_age=grouped(f"{each.reason}, {_age(each)}" for each in left),
        quarters=quarters,
        survey=said([answers[each] for each in quarters], sum(asked[each] for each in quarters)),
        unquartered=said([answers.get(NO_QUARTER, ())], None),
    )


def said(quarters: Sequence[Sequence[SurveyAnswer]], asked: int | None) -> Said:
    """What answers say together. Each quarter is grouped by itself, so that two periods can't be subtracted.

    Source: DOMAIN messages.6.
    """
    told = [answers for answers in quarters if len(answers) >= FEWEST]
    everybody = [answer for answers in told for answer in answers]
    if not everybody:
        return Said(asked=asked)
    return Said(
        asked=asked,
        answers=len(everybody),
        reason=_together(grouped(each.reason for each in answers) for answers in told),
        change=_together(grouped(each.change for each in answers) for answers in told),
        back=_together(grouped(each.back for each in answers) for answers in told),
        change_by_reason=_together(grouped(f"{each.reason}, {each.change}" for each in answers) for answers in told),
        leaving=Decimal(mean(each.leaving for each in everybody)).quantize(_TENTH, ROUND_HALF_UP),
        comments=tuple(sorted(each.comment for each in everybody if each.comment)),
    )


def _together(found: Iterable[Groups]) -> Groups:
    groups: Counter[str] = Counter()
    fewer = 0
    for each in found:
        groups.update(each.groups)
        fewer += each.fewer
    return Groups(groups=dict(groups.most_common()), fewer=fewer)


def _size(exit: Exited) -> str:  # noqa: A002  # the field's word
    """By what it was worth a year, in its own currency."""
    return next((name for below, name in _SIZES if exit.yearly_value < below), _LARGEST)


def _age(exit: Exited) -> str:  # noqa: A002
    years = exit.customer_days / _DAYS_A_YEAR
    return next((name for below, name in _AGES if years < below), _OLDEST)
