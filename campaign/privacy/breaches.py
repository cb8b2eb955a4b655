"""Whom a breach concerns: counts of the data held about people since a given time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.privacy.queries import breaches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class BreachReport:
    """Numbers of what was in the database at any time since the given one.

    `fields`: by kind of data. `governments`: signatures by the supporters' government.
    `count_erased_by_government`: those signatures that have been erased since.
    """

    fields: Mapping[str, int]
    governments: Mapping[str, int]
    erased_since: int


def build_report(session: Session, since: datetime) -> BreachReport:
    """Return the counts without opening sealed values (GDPR, Articles 33(3)(a) and 34).

    Data that was erased before that time is not counted; data erased since is.
    """
    held, erased = (
        breaches.count_held_by_government(session),
        breaches.count_erased_by_government(session, since),
    )
    signatures = sum(held.values()) + sum(erased.values())
    fields = {
        "signatures (sealed: name, e-mail address, town if given)": signatures,
        "keyed hashes of their addresses, mail domains and names": signatures,
        "government, language and consents, in clear": signatures,
        "letters (sealed: text, own paragraph)": breaches.count_letters(session, since),
        "mails to ministries as sent (sealed)": breaches.count_sent_messages(session),
        "answers and other messages (sealed)": breaches.count_inbound_messages(session),
        "reports about a ministry's contact (sealed)": breaches.count_contact_reports(session),
        "addresses that want no mail (keyed hashes)": breaches.count_suppressed_addresses(session),
        "organisers (sealed: e-mail address; name in clear)": breaches.count_organisers(session),
    }
    governments = {
        code: held.get(code, 0) + erased.get(code, 0)
        for code in sorted(held.keys() | erased.keys())
    }
    return BreachReport(fields, governments, sum(erased.values()))
