"""In which manner we write: to one who leaves, who pauses, or whom we put out. Source: DOMAIN messages.3."""

from models.vocabulary import Cause, Mode

LEAVING, PAUSING, FOR_CAUSE = "", "pause", "for_cause"


def manner(mode: Mode, cause: Cause | None) -> str:
    """`pause`; `for_cause` in an eject that the customer didn't ask for; else ``.

    Whom we put out for cause is written to factually and politely, without thanks, pleas or follow-ups, and never with
    the accusation in detail. Source: DOMAIN messages.3, messages.5, modes.3.
    """
    if mode is Mode.PAUSE:
        return PAUSING
    if mode is Mode.EJECT and cause is not Cause.CUSTOMER_DEMAND:
        return FOR_CAUSE
    return LEAVING
