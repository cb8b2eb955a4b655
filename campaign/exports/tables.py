"""Exported tables: the same columns and rows for every format and the screen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from campaign.campaigns.queries import campaigns as queries
from campaign.delivery.queries import letter_lists
from campaign.errors import InvalidText, KeyMissing, SealError
from campaign.exports.formats import csv
from campaign.exports.queries import records
from campaign.language.text import clean_line
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import MAX_BY, MAX_REASON, REQUIRES_REASON
from campaign.signatures.queries import counts
from campaign.signatures.rules.counts import NO_FILTER
from campaign.signatures.rules.signature import is_counted
from campaign.signatures.sealing import unseal_person

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.delivery.queries.letter_lists import LetterFilter
    from campaign.exports.queries.records import SignatureExportFilter
    from campaign.organisers.rules.audit_log import AuditEntry
    from campaign.signatures.rules.counts import CountFilter, Dimension
    from campaign.store.keyring import Keyring

SIGNATURE_COLUMNS = (
    *("id", "campaign", "government", "language", "revision", "wording"),
    *("origin", "source"),
    *("state", "held", "created_at", "confirmed_at", "counted_day"),
    *("show_name", "send_news", "name", "town", "email", "problem"),
)
LETTER_COLUMNS = (
    *(
        "id",
        "campaign",
        "government",
        "recipient",
        "language",
        "wording",
        "way",
        "state",
        "waiting_for",
        "dated",
    ),
    *("queued_at", "changed_at", "answered_at", "last_outcome", "last_code", "last_at"),
)


CSV = "csv"
"""The format whose lines PostgreSQL can write."""

_NO_PERSON = ("", "", "", "")
"""Name, town, e-mail and problem if the person is not to be opened."""

_NOBODY = b",,,\r\n"
"""The same after the comma that ends such a line."""

_ID = 36
"""Characters of a UUID, which begins a line."""


@dataclass(frozen=True)
class Table:
    """Columns and a stream of rows; the rows can be consumed once.

    `total`: how many there are. `problems`: how many of those consumed could not be opened, by the
    word in their column `problem`; complete when all are consumed. `lines`: the same rows as lines
    of CSV, if the database can write them.
    """

    columns: tuple[str, ...]
    rows: Generator[Sequence[Any]]
    total: int
    problems: Counter[str] = field(default_factory=Counter)
    lines: Generator[bytes] | None = None

    def rows_for(self, form: str) -> Generator[Sequence[Any]]:
        """Return the rows as the format of that name takes them fastest."""
        return self.lines if self.lines is not None and form == CSV else self.rows

    def close(self) -> None:
        """Close the stream of rows before it is exhausted, while its session is still open."""
        self.rows.close()
        if self.lines is not None:
            self.lines.close()


def count_table(
    session: Session,
    loaded: LoadedCampaign,
    by: Sequence[Dimension],
    only: CountFilter = NO_FILTER,
) -> Table:
    """Return the counts by any dimensions; unfiltered they are the public numbers."""
    rows = counts.count_by(session, loaded.campaign_id, by, only)
    return Table(
        columns=(*(dimension.value for dimension in by), "signatures"),
        rows=((*key, number) for key, number in rows),
        total=counts.count_groups(session, loaded.campaign_id, by, only),
    )


def signature_table(
    session: Session, keyring: Keyring, loaded: LoadedCampaign, wanted: SignatureExportFilter
) -> Table:
    """Return signatures, with personal data only as she agreed to it and while she is counted.

    If a person cannot be opened, her row stays without the personal data and says so.
    """
    digests = queries.revision_digests(session, loaded.campaign_id)
    wordings = queries.wording_numbers(session, loaded.campaign_id)
    opener = _SignatureRows(keyring, loaded.slug, digests, wordings, Counter())
    asked = loaded.campaign_id, wanted
    rows = records.stream_signatures(session, *asked)
    lines = None
    if session.get_bind().dialect.name == "postgresql":
        copied = records.copy_signatures(session, *asked, loaded.slug, digests, wordings)
        lines = (opener.line(one) for one in copied)
    return Table(
        columns=SIGNATURE_COLUMNS,
        rows=(opener.signature(row) for row in rows),
        total=records.count_signatures(session, *asked),
        problems=opener.problems,
        lines=lines,
    )


def letter_table(session: Session, loaded: LoadedCampaign, wanted: LetterFilter) -> Table:
    """Return the states of letters, without their texts and writers."""
    rows = records.stream_letters(session, wanted)
    return Table(
        columns=LETTER_COLUMNS,
        rows=((row[0], loaded.slug, *row[1:]) for row in rows),
        total=letter_lists.count(session, wanted),
    )


def log_export(session: Session, entry: AuditEntry, now: datetime) -> None:
    """Log who exports what; raise InvalidText if a required reason is missing.

    Commit this in a transaction of its own before the first byte, because what was exported cannot
    be taken back, even if the rest of it is never sent.
    """
    who, reason = clean_line(entry.who), clean_line(entry.reason)
    if len(who) > MAX_BY or len(reason) > MAX_REASON:
        raise InvalidText("too-long")
    if not who or (entry.action in REQUIRES_REASON and not reason):
        raise InvalidText("no-reason")
    audit_log.append(session, replace(entry, who=who, reason=reason), now)


def describe_filter(wanted: Any) -> str:
    """Return a filter in words: "government DE, state held"."""
    set_here = [one for one in fields(wanted) if one.name != "campaign_id"]
    given = [(one.name, getattr(wanted, one.name), one.default) for one in set_here]
    return ", ".join(f"{name} {value}" for name, value, usual in given if value != usual)


@dataclass(frozen=True)
class _SignatureRows:
    """Builds table rows from stored ones, and counts what it could not open."""

    keyring: Keyring
    slug: str
    digests: Mapping[int, str]
    wordings: Mapping[int, int]
    problems: Counter[str]

    def signature(self, row: Row[*tuple[Any, ...]]) -> tuple[Any, ...]:
        one, government, language, revision, origin, source, state, held, *when = row[:-3]
        show_name, send_news, sealed = row[-3:]
        counted = is_counted(state, held=held)
        shown, news = counted and show_name, counted and send_news
        person = _NO_PERSON
        if (shown or news) and sealed is not None:
            person = self._opened(one, sealed, news=news)
        endorsed = (self.digests[revision], self.wordings[revision])
        told = (self.slug, government, language, *endorsed, origin, source)
        return (one, *told, state, held, *when, shown, news, *person)

    def line(self, copied: bytes) -> bytes:
        """Return a line of CSV from what PostgreSQL wrote of a signature."""
        if copied.endswith(b",\n"):
            return copied[:-1] + _NOBODY
        told, _, sealed = copied[:-1].rpartition(b",")
        news = told.endswith(b",true")
        person = self._opened(told[:_ID].decode(), bytes.fromhex(sealed.decode()), news=news)
        return told + b"," + csv.line(person)

    def _opened(self, one: str, sealed: bytes, *, news: bool) -> tuple[str, str, str, str]:
        try:
            person = unseal_person(self.keyring, UUID(one), sealed)
        except SealError as error:
            problem = "key missing" if isinstance(error, KeyMissing) else "seal broken"
            self.problems[problem] += 1
            return ("", "", "", problem)
        return (person.name, person.town, person.email if news else "", "")
