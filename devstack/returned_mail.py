"""Mail that comes back: a delivery status notification as mail servers write them. Source: RFC 3464."""

import uuid
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesHeaderParser
from email.policy import SMTP as INTERNET
from email.policy import compat32
from email.utils import format_datetime, localtime

DAEMON = "mailer-daemon@localhost"


def returned(message: bytes, sender: str, recipient: str, status: str) -> bytes:
    """The notification to `sender` that `message` could not be delivered to `recipient`; 4.x.x is a delay."""
    action = "delayed" if status.startswith("4") else "failed"
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["To"], report["Date"] = f"Mail Delivery <{DAEMON}>", sender, format_datetime(localtime())
    report["Subject"], report["Auto-Submitted"] = f"Mail {action}", "auto-replied"
    report["Message-ID"] = f"<{uuid.uuid4()}@localhost>"
    report.attach(MIMEText(f"Your message to {recipient} is {action}.\n"))
    report.attach(_status(recipient, status, action))
    report.attach(_headers_of(message))
    return report.as_bytes(policy=compat32.clone(linesep="\r\n"))


def _status(recipient: str, status: str, action: str) -> Message:
    about, each = Message(), Message()
    about["Reporting-MTA"] = "dns; localhost"
    each["Final-Recipient"], each["Action"], each["Status"] = f"rfc822; {recipient}", action, status
    part = MIMEBase("message", "delivery-status")
    part.set_payload([about, each])
    return part


def _headers_of(message: bytes) -> Message:
    """Of what came back; its content need not travel again."""
    headers = BytesHeaderParser(policy=INTERNET).parsebytes(message)
    told = "".join(f"{name}: {headers[name]}\n" for name in ("Message-ID", "From", "To", "Subject") if headers[name])
    part = MIMEText(told, "rfc822-headers")
    del part["MIME-Version"]
    return part
