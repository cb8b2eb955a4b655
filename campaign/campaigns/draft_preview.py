"""A draft as supporters and offices would see it, before anything of it is published or saved."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from campaign.campaigns.bundle import parse_bundle
from campaign.campaigns.bundle_files import bundle_files
from campaign.campaigns.cache import LoadedCampaign
from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.draft_texts import in_one_language
from campaign.campaigns.serialization import canonical_json

if TYPE_CHECKING:
    from campaign.campaigns.draft import Draft
    from campaign.campaigns.rows import CampaignRow
    from campaign.campaigns.rules.campaign import Campaign
    from campaign.campaigns.rules.letter import LetterText
    from campaign.campaigns.site_words import BundleContext
    from campaign.recipients.rows import RecipientRow


def load_as_published(
    row: CampaignRow, draft: Draft, language: str, known: BundleContext
) -> LoadedCampaign:
    """Return a draft in one language as if it were published; no revision has its id, 0.

    Raise ContentError with every fault of that language and of the facts.
    """
    campaign = parse_bundle(bundle_files(in_one_language(draft, language)), known)
    return as_published(row, campaign)


def as_published(row: CampaignRow, campaign: Campaign) -> LoadedCampaign:
    """Return a campaign that is not published as if it were."""
    digest = hashlib.sha256(canonical_json(campaign.revision).encode()).hexdigest()
    return LoadedCampaign(
        campaign_id=row.id,
        uid=row.uid,
        revision_id=0,
        digest=f"draft-{digest}",
        campaign=campaign,
        attacked_since=None,
    )


@dataclass(frozen=True)
class SampleLetter:
    """What a made-up supporter's letter is made from; another `seed` draws other variants."""

    signature: str
    paragraph: str
    seed: int

    def compose(self, campaign: Campaign, recipient: RecipientRow, language: str) -> LetterText:
        """Return her letter to an office, with all demands."""
        demands = [one.key for one in campaign.revision.demands]
        keys = pick_variants(campaign, demands, UUID(int=self.seed))
        choices = LetterChoices(
            recipient.government, keys, self.paragraph, self.signature, recipient.key
        )
        return compose_letter(campaign, choices, language)
