"""The mail that asks a sub-processor to erase: it names the account by its key, and no person."""

from datetime import datetime
from email.utils import parseaddr
from html import escape

from models.inventory import Processor
from models.messages import Outgoing
from models.policy import Sender

_TEXT = """\
Hello,

an account of {product} has ended, and we must have its data erased wherever it is processed for us
(GDPR, Article 28(3)(g) and 28(4)).

Account: {root_key}
Our reference: {key}
Asked on: {day}

Please erase everything that you hold of this account, and answer this mail with
- the day on which it was erased,
- how much that was, if you count it,
- the day by which your backups will have expired.

If you have already done so, please just tell us when. We ask again until we have your answer.

Thank you.

{company}
"""


def request_mail(processor: Processor, sender: Sender, root_key: str, key: str, at: datetime) -> Outgoing:
    """The same `key` and instant give the same bytes under the same Message-ID."""
    about = sender.model_dump(include={"product", "company"})
    text = _TEXT.format(**about, root_key=root_key, key=key, day=f"{at:%Y-%m-%d}")
    domain = parseaddr(sender.address)[1].rpartition("@")[2]
    return Outgoing(
        message_id=f"{key.replace(':', '.').replace('/', '-')}@{domain}",
        case=key.partition(":")[0],
        language="en",
        sent_at=at,
        recipient=processor.address,
        sender=sender.address,
        subject=f"Please erase the account {root_key} of {sender.product}",
        text=text,
        html=f'<pre style="font-family: sans-serif; white-space: pre-wrap">{escape(text)}</pre>',
    )
