"""Whether a message may go to its reader. Source: DOMAIN messages.2, messages.5."""

from models.messages import Reader
from models.vocabulary import Channel, MailKind

LEGALLY_REQUIRED = frozenset(
    {
        MailKind.ACKNOWLEDGEMENT,
        MailKind.PLAN,
        MailKind.NOTICE,
        MailKind.EXPORT_READY,
        MailKind.STATEMENT,
        MailKind.CERTIFICATE,
        MailKind.HOLD,
        MailKind.RESUME_REMINDER,  # charges are about to go on
    }
)
MARKETING = frozenset({MailKind.THANKS, MailKind.SURVEY_REMINDER, MailKind.COME_BACK})


def why_silent(kind: MailKind, reader: Reader) -> str | None:
    """Why this message isn't sent, in words; None when it may go by mail.

    Other channels come with a later release: until then who has a mail address gets mail.
    """
    if reader.channel is Channel.NONE and kind not in LEGALLY_REQUIRED:
        return "the contact asked for no messages but those that the law requires"
    if kind is MailKind.COME_BACK and not reader.come_back:
        return "the contact did not ask to hear from us again"
    if not reader.email:
        return _without_address(reader.channel)
    return None


def _without_address(channel: Channel) -> str:
    if channel in (Channel.EMAIL, Channel.NONE):
        return "the contact has no mail address"
    return f"the {channel} channel comes with a later release; use email"
