"""Links that open a letter in a person's own mail program, completely or not at all.

Mail programs cut long links silently, so a letter that would be cut is copied and pasted instead:
its link then contains only the address and the subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from urllib.parse import quote


@dataclass(frozen=True)
class MailClient:
    """A mail program and the longest link that it is known to accept uncut, in characters.

    2,000 is what Windows hands to a mail program (INTERNET_MAX_URL_LENGTH is 2,083, in
    practice less); Gmail's compose page accepts about 4 kB; the others have no published
    limit, so theirs is the smallest one seen.
    """

    key: str
    name: str
    template: str
    limit: int


MAIL_CLIENTS = (
    MailClient("mailto", "", "mailto:{to}?subject={subject}&body={body}", 2_000),
    MailClient(
        "gmail",
        "Gmail",
        "https://mail.google.com/mail/?view=cm&fs=1&to={to}&su={subject}&body={body}",
        4_000,
    ),
    MailClient(
        "outlook",
        "Outlook",
        "https://outlook.live.com/mail/0/deeplink/compose?to={to}&subject={subject}&body={body}",
        2_000,
    ),
    MailClient(
        "yahoo",
        "Yahoo",
        "https://compose.mail.yahoo.com/?to={to}&subject={subject}&body={body}",
        2_000,
    ),
)


@dataclass(frozen=True)
class OwnMailLink:
    """A mail program's link. `is_complete`: it contains the letter; otherwise that is pasted."""

    client: MailClient
    url: str
    is_complete: bool


def own_mail_links(to: str, subject: str, text: str) -> list[OwnMailLink]:
    """Return a link for each mail program (RFC 6068: line breaks are %0D%0A)."""
    return [
        _link(client, to, subject, text.strip().replace("\n", "\r\n")) for client in MAIL_CLIENTS
    ]


def mail_draft(to: str, subject: str, text: str) -> bytes:
    """Return the letter as a message that mail programs open to be sent (`.eml`), of any length.

    `X-Unsent` tells Outlook that it is a draft; the sender is whoever opens it.
    """
    draft = EmailMessage(policy=policy.SMTP)
    draft["To"], draft["Subject"], draft["X-Unsent"] = to, subject, "1"
    draft.set_content(text.strip() + "\n", cte="base64")
    return draft.as_bytes()


def _link(client: MailClient, to: str, subject: str, text: str) -> OwnMailLink:
    def filled(body: str) -> str:
        return client.template.format(
            to=quote(to, safe="@"), subject=quote(subject, safe=""), body=quote(body, safe="")
        )

    whole = filled(text)
    if len(whole) <= client.limit:
        return OwnMailLink(client, whole, is_complete=True)
    return OwnMailLink(client, filled("").removesuffix("&body="), is_complete=False)
