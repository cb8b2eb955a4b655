"""No request reads a table from end to end that grows with signatures: its plans say so.

Small tables are read whole in any case, so sequential scans are made expensive first: one that is
left had no index to take.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from campaign.delivery.transports.memory import MemoryTransport
from campaign.operations.totals_cache import TotalsCache
from campaign.services import create_worker
from campaign.web.context import WEB_SERVICES
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.organiser import CONSOLE_PATH, onboard_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import Container

GROWING = {
    *("signatures", "letters", "mails", "events", "consents", "attempts", "sentences"),
    *("mail_caps", "stopped", "inbound"),
}
IN_HAND = {
    *("ix_letters_queued", "ix_letters_claimed", "ix_mails_queued", "ix_mails_claimed"),
    *("ix_mails_queued_held", "ix_mails_held_with"),
    *("ix_signatures_pending_created_at", "ix_signatures_held", "ix_letters_answered"),
}
"""Indexes of what waits for something, which is little, however many have signed."""

PAGES = (
    f"{CONSOLE_PATH}/",
    f"{CONSOLE_PATH}/counts",
    f"{CONSOLE_PATH}/signatures",
    f"{CONSOLE_PATH}/signatures?state=pending&government=DE",
    f"{CONSOLE_PATH}/letters?state=accepted",
    "/console/recipients",
    "/console/recipients/DE/foreign-affairs",
)


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


class Plans:
    """Asks for the plan of each statement before it runs, and keeps what reads too much."""

    def __init__(self, container: Container) -> None:
        self.whole: list[str] = []
        event.listen(container.database.engine, "before_cursor_execute", self._explain)

    def _explain(self, _connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if not statement.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            return
        one = values[0] if isinstance(values, list) else values
        with cursor.connection.cursor() as asking:
            asking.execute("SET enable_seqscan = off")
            asking.execute(f"EXPLAIN (FORMAT JSON) {statement}", one)
            (plan,) = asking.fetchone()[0]
        self.whole += [f"{node} for {statement}" for node in whole_tables(plan["Plan"])]


def whole_tables(plan: dict[str, Any], *, limited: bool = False) -> Iterator[str]:
    """Yield what a plan reads from end to end: by no condition, or by the campaign alone."""
    limited = limited or plan["Node Type"] == "Limit"
    conditions = plan.get("Index Cond", "")
    is_scan = plan["Node Type"].endswith("Scan") and plan.get("Relation Name") in GROWING
    is_bitmap = plan["Node Type"] == "Bitmap Heap Scan"
    in_hand = plan.get("Index Name") in IN_HAND
    narrow = in_hand or re.sub(r"\(?campaign_id = [^)]*\)", "", conditions).strip("( )")
    if is_scan and not is_bitmap and not narrow and not limited and "Filter" not in plan:
        yield f"{plan['Node Type']} on {plan['Relation Name']}"
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in GROWING and "Filter" in plan:
        yield f"Seq Scan on {plan['Relation Name']}"
    for below in plan.get("Plans", []):
        yield from whole_tables(below, limited=limited)


def test_no_page_of_a_supporter_reads_what_grows_from_end_to_end(container: Container) -> None:
    transport = MemoryTransport()
    supporter = Supporter(
        create_app(container).test_client(), create_worker(container, transport), transport, SLUG
    )
    supporter.sign(email="first@example.org", show_name="y")
    plans = Plans(container)
    private = supporter.sign(email="testa@example.org", show_name="y")
    supporter.submit(email="first@example.org")
    supporter.deliver()
    for path in (
        *(supporter.path(), f"/{SLUG}/counts.json", supporter.path("/signatories")),
        *(private, private.replace("/private/", "/done/")),
    ):
        assert supporter.browser.get(path).status_code == 200, path
    assert plans.whole == []


def test_no_page_of_an_organiser_does_but_for_the_sums_of_a_minute(container: Container) -> None:
    app = create_app(container)
    owner = onboard_organiser(container, app)
    services = app.extensions[WEB_SERVICES]
    with container.database.reading() as session:
        kept = TotalsCache(60.0)
        kept.signatures_by_state(session, 1)
        kept.letter_totals(session, 1)
    app.extensions[WEB_SERVICES] = replace(services, totals_cache=kept)
    plans = Plans(container)
    for path in PAGES:
        assert owner.browser.get(path).status_code == 200, path
    assert plans.whole == []


def test_a_question_without_an_index_is_noticed(container: Container) -> None:
    plans = Plans(container)
    with container.database.reading() as session:
        TotalsCache(0.0).signatures_by_state(session, 1)
    assert plans.whole
