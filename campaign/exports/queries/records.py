"""Stream signatures and letters, however many there are.

Rows come in portions from one snapshot of the database, which the session holds.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, case, cast, func, literal, or_, select
from sqlalchemy.exc import OperationalError

from campaign.campaigns.rows import RevisionRow
from campaign.delivery.queries.letter_lists import conditions
from campaign.delivery.rows import AttemptRow
from campaign.letters.rows import LetterRow
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState, is_counted
from campaign.store.sql import timestamp_text, uuid_text

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import Session

    from campaign.delivery.queries.letter_lists import LetterFilter


FETCH_SIZE = 1_000


@dataclass(frozen=True)
class SignatureExportFilter:
    """Criteria for signatures. `revision`: a digest. `held`: confirmed ones that are held."""

    government: str = ""
    revision: str = ""
    state: SignatureState = SignatureState.CONFIRMED
    held: bool = False


def stream_signatures(
    session: Session, campaign_id: int, wanted: SignatureExportFilter
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield signatures in the order in which they were submitted.

    They include the sealed person if she agreed that some of it is exported.
    """
    statement = (
        select(
            uuid_text(SignatureRow.id),
            SignatureRow.government,
            SignatureRow.language,
            SignatureRow.revision_id,
            SignatureRow.origin,
            SignatureRow.source,
            SignatureRow.state,
            SignatureRow.held,
            timestamp_text(SignatureRow.created_at),
            timestamp_text(SignatureRow.confirmed_at),
            SignatureRow.counted_day,
            SignatureRow.show_name,
            SignatureRow.send_news,
            case((SignatureRow.show_name | SignatureRow.send_news, SignatureRow.sealed)),
        )
        .where(*_of_signatures(campaign_id, wanted))
        .order_by(SignatureRow.created_at, SignatureRow.id)
        # In the index's order: SQLite would rather sort a million rows before returning the first.
        .with_hint(SignatureRow, "INDEXED BY ix_signatures_created", "sqlite")
    )
    return _stream(session, statement)


def copy_signatures(
    session: Session,
    campaign_id: int,
    wanted: SignatureExportFilter,
    slug: str,
    digests: Mapping[int, str],
    wordings: Mapping[int, int],
) -> Generator[bytes]:
    """Yield the same signatures as lines of CSV that PostgreSQL writes, each ended by LF.

    In place of name, town, e-mail and problem they have the sealed person in hexadecimal, if she is
    counted and agreed that some of it is exported. `digests` and `wordings` are those of the
    campaign's revisions: joined to their table, all rows would be sorted before the first comes.
    """
    of, counted = SignatureRow, literal(is_counted(wanted.state, held=wanted.held))
    shown, news = and_(of.show_name, counted), and_(of.send_news, counted)
    # A minus would begin a formula, and an empty text would stand in quotes.
    source = case(
        (func.left(of.source, 1) == "-", "'" + of.source), else_=func.nullif(of.source, "")
    )
    statement = (
        select(
            uuid_text(of.id),
            literal(slug),
            of.government,
            of.language,
            case(digests, value=of.revision_id),
            case(wordings, value=of.revision_id),
            of.origin,
            source,
            of.state,
            cast(of.held, String),
            timestamp_text(of.created_at),
            timestamp_text(of.confirmed_at),
            func.to_char(of.counted_day, "YYYY-MM-DD"),
            cast(shown, String),
            cast(news, String),
            case((or_(shown, news), func.encode(of.sealed, "hex"))),
        )
        .where(*_of_signatures(campaign_id, wanted))
        .order_by(of.created_at, of.id)
    )
    connection = session.connection()
    # COPY takes no parameters.
    written = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
    try:
        with (
            closing(connection.connection.cursor()) as cursor,
            cursor.copy(f"COPY ({written}) TO STDOUT (FORMAT csv)") as lines,
        ):
            yield from map(bytes, lines)
    except connection.dialect.loaded_dbapi.Error as error:
        raise OperationalError("COPY", None, error) from error


def count_signatures(session: Session, campaign_id: int, wanted: SignatureExportFilter) -> int:
    statement = select(func.count()).where(*_of_signatures(campaign_id, wanted))
    return session.execute(statement).scalar_one()


def stream_letters(session: Session, wanted: LetterFilter) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield letters without their texts, each with the last entry of its log of attempts."""
    newest = (
        select(func.max(AttemptRow.id))
        .where(AttemptRow.letter_id == LetterRow.id)
        .correlate(LetterRow)
        .scalar_subquery()
    )
    statement = (
        select(
            uuid_text(LetterRow.id),
            SignatureRow.government,
            LetterRow.recipient,
            LetterRow.language,
            RevisionRow.wording,
            LetterRow.send_method,
            LetterRow.state,
            LetterRow.waiting_for,
            LetterRow.letter_date,
            timestamp_text(LetterRow.queued_at),
            timestamp_text(LetterRow.changed_at),
            timestamp_text(LetterRow.answered_at),
            AttemptRow.outcome,
            AttemptRow.code,
            timestamp_text(AttemptRow.at),
        )
        .join(SignatureRow, SignatureRow.id == LetterRow.signature_id)
        .join(RevisionRow, RevisionRow.id == SignatureRow.revision_id)
        .outerjoin(AttemptRow, AttemptRow.id == newest)
        .where(*conditions(wanted))
        .order_by(LetterRow.id)
    )
    return _stream(session, statement)


def stream_named_people(
    session: Session, campaign_id: int, government: str, wording: int
) -> Iterator[tuple[UUID, bytes]]:
    """Yield (id, sealed person) of those who agreed to be named under a wording.

    In the order of confirming.
    """
    statement = (
        select(SignatureRow.id, SignatureRow.sealed)
        .where(*_of_named(campaign_id, government, wording))
        .order_by(SignatureRow.confirmed_at, SignatureRow.id)
    )
    for row in _stream(session, statement):
        yield row[0], row[1]


def count_named(
    session: Session, campaign_id: int, government: str, wording: int | None = None
) -> int:
    meant = _of_named(campaign_id, government, wording)
    return session.execute(select(func.count(SignatureRow.id)).where(*meant)).scalar_one()


def _of_named(
    campaign_id: int, government: str, wording: int | None
) -> Iterator[ColumnElement[bool]]:
    if wording is not None:
        revisions = select(RevisionRow.id).where(
            RevisionRow.campaign_id == campaign_id, RevisionRow.wording == wording
        )
        yield SignatureRow.revision_id.in_(revisions)
    yield from _of_signatures(campaign_id, SignatureExportFilter(government=government))
    yield SignatureRow.show_name.expression
    yield SignatureRow.sealed.is_not(None)


def _of_signatures(
    campaign_id: int, wanted: SignatureExportFilter
) -> Iterator[ColumnElement[bool]]:
    yield SignatureRow.campaign_id == campaign_id
    yield SignatureRow.state == wanted.state
    if wanted.state is SignatureState.CONFIRMED:
        yield SignatureRow.held == wanted.held
    if wanted.government:
        yield SignatureRow.government == wanted.government
    if wanted.revision:
        revision = select(RevisionRow.id).where(
            RevisionRow.campaign_id == campaign_id, RevisionRow.digest == wanted.revision
        )
        yield SignatureRow.revision_id.in_(revision)


def _stream(
    session: Session, statement: Select[*tuple[Any, ...]]
) -> Iterator[Row[*tuple[Any, ...]]]:
    # Through the connection: a session would check each row for objects to map.
    connection = session.connection()
    with connection.execute(statement, execution_options={"yield_per": FETCH_SIZE}) as result:
        yield from result
