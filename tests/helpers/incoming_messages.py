"""Messages as they come in from outside, in bytes."""

from __future__ import annotations

REPORT = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@relay.example.org>
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org
Arrival-Date: Mon, 2 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; de@ministry.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.ministry.example
Diagnostic-Code: smtp; {reply}

--b1
Content-Type: text/rfc822-headers

From: Testa Example via A campaign <testa.example@example.org>
Subject: My letter

--b1--
"""


def bounce_report(
    to: str,
    action: str = "failed",
    status: str = "5.1.1",
    reply: str = "550 5.1.1 <de@ministry.example>: user unknown",
) -> bytes:
    """Return a delivery report as Postfix writes it (RFC 3464)."""
    text = REPORT.format(to=to, action=action, status=status, reply=reply)
    return text.replace("\n", "\r\n").encode()


def reply_message(
    references: str, text: str = "Thank you for your letter.", **headers: str
) -> bytes:
    """Return a person's answer; headers, such as `Auto_Submitted`, replace the usual ones."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {
        "From": "Example Desk <desk@ministry.example>",
        "To": "testa.example@example.org",
        "Subject": "Re: My letter",
        "Message-ID": "<answer-1@ministry.example>",
        "In-Reply-To": references,
        "Content-Type": "text/plain; charset=utf-8",
        **given,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{text}\r\n".encode()
