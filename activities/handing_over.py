"""Hands a message over once, as far as the other side lets one. Source: ADR 0024."""

from datetime import datetime

from connectors.errors import ConnectorError, Transient, Unanswered
from connectors.ports.outside import Messenger
from connectors.ports.own import Outbox
from models.messages import ABANDONED, Kept
from models.vocabulary import Channel

UNSURE = "an attempt died while it was handed over; it isn't repeated, for it may have arrived"


class HandingOver:
    """The row is marked before, and settled after; in between nobody knows, and nobody else tries."""

    def __init__(self, outbox: Outbox, messenger: Messenger) -> None:
        """Where messages stand, and what carries them."""
        self._outbox, self._messenger = outbox, messenger

    def done(self, kept: Kept, now: datetime) -> Kept:
        """The message, sent by now, or waiting for a person to call; what is settled stays so.

        Raises:
            Transient: another attempt is at it. ConnectorError: the other side failed; it stays to be sent.
        """
        if kept.state in ("sent", "skipped", "to_call"):
            return kept
        if kept.channel is Channel.PHONE:
            self._outbox.to_call(kept.message_id)
        else:
            self._carried(self._outbox.leaving(kept.message_id, now), now)
        return self._outbox.message(kept.message_id) or kept

    def _carried(self, before: Kept, now: datetime) -> None:
        repeats = before.state == "leaving"
        if repeats and (before.leaving_at is None or now - before.leaving_at < ABANDONED):
            raise Transient("outbox", f"message {before.message_id} is being handed over by another attempt")
        if before.state not in ("sending", "leaving"):
            return
        at = before.sent_at or now
        if repeats and before.marketing and before.channel is Channel.EMAIL:
            self._outbox.sent(before.message_id, at, UNSURE)
        else:
            self._deliver(before.model_copy(update={"sent_at": at}), repeats=repeats)
            self._outbox.sent(before.message_id, at)

    def _deliver(self, message: Kept, *, repeats: bool) -> None:
        """What surely stayed with us may be tried anew; where that isn't sure, or wasn't before, it is a repeat."""
        try:
            self._messenger.deliver(message)
        except Unanswered:
            raise
        except ConnectorError:
            if not repeats:
                self._outbox.stayed(message.message_id)
            raise
