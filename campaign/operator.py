"""The operator, who runs the site. Mails come from the operator, never from a letter's author."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operator:
    """The person or organisation that runs the site.

    `sender`: the e-mail address that mails and letters come from. `privacy_contact`: whom to ask
    about personal data. `processors`: who processes it on the operator's behalf. `privacy_url`: the
    operator's own privacy notice, in addition to the site's.
    """

    name: str
    address: str
    contact: str
    sender: str
    privacy_contact: str
    processors: tuple[str, ...] = ()
    privacy_url: str = ""

    @property
    def domain(self) -> str:
        """The domain that letters come from and delivery reports come back to."""
        return self.sender.rpartition("@")[2]
