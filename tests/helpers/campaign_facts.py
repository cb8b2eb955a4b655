"""Change a campaign's facts, as a later bundle would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.campaigns.rows import CampaignRow

if TYPE_CHECKING:
    from campaign.container import Container


def set_fact(container: Container, name: str, value: str | int, slug: str = "") -> None:
    """Change a fact of the campaign with that slug, or of the only one."""
    wanted = select(CampaignRow).where(CampaignRow.slug == slug) if slug else select(CampaignRow)
    with container.database.writing() as session:
        row = session.scalars(wanted).one()
        row.facts = json.dumps({**json.loads(row.facts), name: value})
