"""Whom a breach concerns: how many, by what was held about them since a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.privacy.queries import breaches as store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Report:
    """Numbers of what was in the database at any time since the moment.

    `fields`: by what it is. `governments`: signatures by the country of those concerned.
    `erased_since`: of the signatures, those that have been erased meanwhile.
    """

    fields: Mapping[str, int]
    governments: Mapping[str, int]
    erased_since: int


def report(session: Session, since: datetime) -> Report:
    """Count, and open nothing (GDPR, Articles 33(3)(a) and 34).

    What was erased before the moment was not there. What has been erased since was.
    """
    held, erased = store.held_now(session), store.erased_since(session, since)
    signatures = sum(held.values()) + sum(erased.values())
    fields = {
        "signatures (sealed: name, e-mail address, town if given)": signatures,
        "keyed hashes of their addresses, mail domains and names": signatures,
        "government, language and consents, in clear": signatures,
        "letters (sealed: text, own paragraph)": store.letters(session, since),
        "mails to ministries as sent (sealed)": store.messages(session),
        "answers and other messages (sealed)": store.messages_in(session),
        "reports about a ministry's contact (sealed)": store.reports(session),
        "addresses that want no mail (keyed hashes)": store.stopped(session),
        "organisers (sealed: e-mail address; name in clear)": store.organisers(session),
    }
    governments = {
        code: held.get(code, 0) + erased.get(code, 0)
        for code in sorted(held.keys() | erased.keys())
    }
    return Report(fields, governments, sum(erased.values()))
