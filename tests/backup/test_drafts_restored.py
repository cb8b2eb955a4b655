"""A restore brings back what organisers were working on: drafts, history, plans, rehearsals."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.campaigns.rows import BundleVersionRow, CampaignRow, ScheduledPublicationRow
from campaign.organisers.rows import OrganiserNoticeRow
from tests.helpers.backups import BackupSetup
from tests.helpers.studio import (
    RIVERS,
    base_of,
    draft_of,
    housekeeping,
    rehearse,
    save,
    write_rivers,
)
from tests.organiser import sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock

LETTER = f"{RIVERS}/draft/letter"


@pytest.fixture
def safe(tmp_path: Path, command: Callable[..., Result], tools: None) -> BackupSetup:
    return BackupSetup(tmp_path, command)


def versions(container: Container) -> list[tuple[int, str, object, object]]:
    with container.database.reading() as session:
        rows = session.scalars(select(BundleVersionRow).order_by(BundleVersionRow.number))
        return [(row.number, row.note, row.files, row.changed) for row in rows]


@pytest.mark.both_databases
def test_a_restore_brings_back_drafts_plans_and_rehearsals(
    safe: BackupSetup,
    container: Container,
    app: Flask,
    worker: Worker,
    transport: MemoryTransport,
    clock: Clock,
) -> None:
    owner = sign_in_organiser(container, app)
    write_rivers(owner)
    at = (clock() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    planned = owner.post(
        f"{RIVERS}/publication/schedule", version=base_of(owner.get(LETTER)), at=at
    )
    assert planned.status_code == 303
    owner.post("/console/account/notices", letters_failed="y")
    slug = rehearse(owner)
    draft, history = draft_of(container, "clean-rivers"), versions(container)
    assert safe.backup().exit_code == 0

    save(owner, LETTER, title="Written after the backup")
    owner.post(f"{RIVERS}/publication/cancel")
    owner.post(f"{RIVERS}/rehearsal/end")
    housekeeping(container, transport)
    restored = safe.restore()
    assert restored.exit_code == 0, restored.output

    assert draft_of(container, "clean-rivers") == draft
    assert versions(container) == history
    with container.database.reading() as session:
        assert session.scalars(select(ScheduledPublicationRow.stated_by)).all() == ["Ona Example"]
        refused = select(OrganiserNoticeRow).where(~OrganiserNoticeRow.wanted)
        assert len(session.scalars(refused).all()) == 3
        assert session.scalars(
            select(CampaignRow.slug).where(CampaignRow.rehearses_id.is_not(None))
        ).all() == [slug]
    colleague = Supporter(app.test_client(), worker, transport, slug)
    colleague.sign(demands=["stop_dumping", "measure"])
    housekeeping(container, transport)
    assert colleague.letters() == []
