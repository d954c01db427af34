"""Mails as servers and people send them back, after the examples of RFC 3464, RFC 5965 and RFC 3834."""

OURS = "farewell.example"
THANKS = "acc_moncayo-1.thanks.1@farewell.example"

DSN = """\
From: MAILER-DAEMON@mx.moncayo.example (Mail Delivery System)
To: accounts@farewell.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

The mail could not be delivered. <lucia@moncayo.example>: {action}

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.moncayo.example
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0100

Final-Recipient: rfc822; lucia@moncayo.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b1
{returned}
--b1--
"""
WHOLE = f"""\
Content-Type: message/rfc822

Message-ID: <{THANKS}>
From: accounts@farewell.example
To: lucia@moncayo.example
Subject: Gracias

Gracias
"""
HEADERS = f"""\
Content-Type: text/rfc822-headers

Message-ID: <{THANKS}>
Subject: Gracias
"""
ARF = f"""\
From: <abusedesk@provider.example>
To: <complaints@farewell.example>
Subject: FW: Gracias
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--b2
Content-Type: message/feedback-report

Feedback-Type: {{kind}}
User-Agent: SomeGenerator/1.0
Version: 1

--b2
{WHOLE}
--b2--
"""
REPLY = f"""\
From: =?utf-8?q?Luc=C3=ADa_Aznar?= <lucia@moncayo.example>
To: accounts@farewell.example
Subject: Re: Gracias
In-Reply-To: <{THANKS}>
References: <other@elsewhere.example> <{THANKS}>

Gracias a ustedes.
"""


def dsn(action: str = "failed", status: str = "5.1.1", returned: str = WHOLE) -> bytes:
    return DSN.format(action=action, status=status, returned=returned).encode()


def arf(kind: str = "abuse") -> bytes:
    return ARF.format(kind=kind).encode()


def reply(*headers: str) -> bytes:
    """A reply that bears these headers, too."""
    return ("".join(f"{header}\n" for header in headers) + REPLY).encode()
