"""The operator, who runs the site. Mails come from the operator, never from a letter's author."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.language.catalogue import Language


@dataclass(frozen=True)
class CampaignOperator:
    """Who runs a campaign and is responsible for its data, if that is not who runs the site.

    `privacy_contact`: empty if it is the contact. `processors`: beside those of the site.
    """

    name: str
    address: str
    contact: str
    privacy_contact: str = ""
    privacy_url: str = ""
    processors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operator:
    """The person or organisation that runs the site, or a campaign on it.

    `sender`: the e-mail address that mails and letters come from. `privacy_contact`: whom to ask
    about personal data. `processors`: who processes it on the operator's behalf. `privacy_url`: the
    operator's own privacy notice, in addition to the site's. `site`: who runs the site, if this
    operator only runs a campaign on it.
    """

    name: str
    address: str
    contact: str
    sender: str
    privacy_contact: str
    processors: tuple[str, ...] = ()
    privacy_url: str = ""
    site: str = ""

    @property
    def domain(self) -> str:
        """The domain that letters come from and delivery reports come back to."""
        return self.sender.rpartition("@")[2]

    def run_by(self, language: Language) -> str:
        """Return who runs the site, or the campaign on it, as a sentence."""
        sentence = (
            language.gettext("This campaign is run by %(operator)s.")
            if self.site
            else language.gettext("This site is run by %(operator)s.")
        )
        return sentence % {"operator": self.name.removesuffix(".")}

    def of_campaign(self, own: CampaignOperator | None) -> Operator:
        """Return who runs a campaign: this site's operator, if the campaign names no `own`.

        Everything leaves from the site's address still, and the site's operator processes the
        campaign's data on behalf of its operator.
        """
        if own is None:
            return self
        processors = dict.fromkeys((self.name, *self.processors, *own.processors))
        told = {
            **asdict(own),
            "privacy_contact": own.privacy_contact or own.contact,
            "processors": tuple(one for one in processors if one != own.name),
        }
        return replace(self, **told, site="" if own.name == self.name else self.name)
