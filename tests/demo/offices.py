"""What comes back from made-up offices: reports that a letter did not arrive, and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.helpers.inbound import receive
from tests.helpers.incoming_messages import bounce_report, reply_message
from tests.supporter import Mail

if TYPE_CHECKING:
    from campaign.delivery.rules.delivery import Envelope
    from tests.demo.site import DemoSite

ANSWER = "Thank you for your letter. This office is made up, and will look into it."


class Offices:
    """Has a look at the letters once a day; each is looked at once."""

    def __init__(self, site: DemoSite) -> None:
        self._site = site
        self._read = 0

    def answer_mail(self) -> None:
        """Send back every fortieth letter, and answer every twelfth."""
        sent = [one for one in self._site.transport.sent if one.name.startswith("letter-")]
        for number, envelope in enumerate(sent[self._read :], self._read):
            if number % 40 == 15:
                receive(self._site.container, bounce_report(envelope.sender))
            elif number % 12 == 5:
                receive(self._site.container, _answer_to(envelope, number))
        self._read = len(sent)


def _answer_to(envelope: Envelope, number: int) -> bytes:
    """Answer from where the letter went if that is made up, and else from somewhere that is."""
    letter = Mail(envelope.recipient, envelope.message).message
    domain = envelope.recipient.rpartition("@")[2]
    sender = f"desk@{domain if domain.endswith('.example') else 'ministry.example'}"
    fields = {
        "From": f"Example Desk <{sender}>",
        "Message_ID": f"<answer-{number}@ministry.example>",
    }
    return reply_message(str(letter["Message-ID"]), ANSWER, **fields)
