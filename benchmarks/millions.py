"""Millions of made-up signatures, made inside PostgreSQL; what is sealed is noise of its length."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from psycopg import sql

from campaign.signatures.rules.signature import Person
from campaign.signatures.sealing import seal_person

if TYPE_CHECKING:
    from campaign.container import Container

# The indexes are made after the rows, as when a database is restored; in order of time, as ids are.
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('signatures', 'events', 'consents', 'outgoing') AND indexname NOT LIKE 'pk\\_%%'
"""

_SIGNATURES = """
INSERT INTO signatures (
    id, campaign_id, revision_id, government, language, origin, source, state, held,
    identity_hash, identity_rules, email_hash, domain_hash, name_hash, sealed,
    send_letter, show_name, send_news, reply_directly, send_copy, code_tries,
    created_at, confirmed_at, counted_day
)
SELECT
    uuidv7(begun - now()), %(campaign)s, %(revision)s,
    (ARRAY['DE','FR','IT','ES','PL','NL','BE','GR','MT','EE','IE','SE'])[1 + n %% 12],
    (ARRAY['en','de','fr','el'])[1 + n %% 4], 'online',
    (ARRAY['','','newsletter','poster'])[1 + n / 7 %% 4], state, false,
    sha256(convert_to('identity' || n, 'UTF8')), 1, sha256(convert_to('email' || n, 'UTF8')),
    sha256(convert_to('domain' || n %% 50000, 'UTF8')), sha256(convert_to('name' || n, 'UTF8')),
    substring(sha512(convert_to('a' || n, 'UTF8')) || sha512(convert_to('b' || n, 'UTF8'))
        || sha512(convert_to('c' || n, 'UTF8')) FOR %(sealed)s),
    true, n %% 2 = 0, n %% 3 = 0, false, false, 0,
    begun, CASE WHEN state = 'confirmed' THEN begun + interval '4 minutes' END,
    CASE WHEN state = 'confirmed' THEN (begun + interval '4 minutes')::date END
FROM (
    SELECT n,
        now() - interval '60 days' * (1 - n / %(number)s::float8) - interval '10 minutes' AS begun,
        CASE WHEN n %% 10 = 0 THEN 'expired' ELSE 'confirmed' END AS state
    FROM generate_series(%(first)s::int, %(last)s::int) AS n
) AS one
"""

_EVENTS = """
INSERT INTO events (signature_id, kind, effect, day, at)
SELECT id, 'confirmed', 1, counted_day, confirmed_at FROM signatures WHERE state = 'confirmed'
"""

_CONSENTS = """
INSERT INTO consents (signature_id, purpose, given, words_digest, language, at)
SELECT id, purpose, true, encode(sha256(convert_to(purpose, 'UTF8')), 'hex'), language, confirmed_at
FROM signatures, unnest(ARRAY['send_letter', 'be_counted']) AS purpose WHERE state = 'confirmed'
"""

_MAILS = """
INSERT INTO outgoing (
    id, signature_id, kind, policy, language, state, accepted_at, first_tried_at, queued_at, due_at,
    changed_at, failures, message_id
)
SELECT uuidv7(created_at - now()), id, 'confirmation', 'at_least_once', language, 'accepted',
    created_at, created_at, created_at, created_at, created_at, 0,
    '<' || id || '@letters.example.org>'
FROM signatures
"""

_COUNTS = """
INSERT INTO counts (
    campaign_id, revision_id, government, language, day, origin, source, shard, signatures
)
SELECT campaign_id, revision_id, government, language, counted_day, origin, source,
    -- The worker has put those of days that are over together.
    CASE WHEN counted_day < %(today)s THEN 0 ELSE get_byte(uuid_send(id), 15) %% 16 END, count(*)
FROM signatures WHERE state = 'confirmed'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_PORTION = 500_000
_NOBODY = UUID(int=0)


def fill(container: Container, url: str, number: int, slug: str) -> None:
    """Store so many signatures of the last sixty days, with their evidence and their mail.

    A tenth of them has expired.
    """
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, slug)
    values = {
        "campaign": loaded.campaign_id,
        "revision": loaded.revision_id,
        "number": number,
        "sealed": sealed_bytes(container),
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '1GB'")
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        for first in range(1, number + 1, _PORTION):
            last = min(first + _PORTION - 1, number)
            connection.execute(_SIGNATURES, {**values, "first": first, "last": last})
        for also in (_EVENTS, _CONSENTS, _MAILS):
            connection.execute(also)
        connection.execute(_COUNTS, {"today": container.clock().date()})
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")


def sealed_bytes(container: Container) -> int:
    """Return how long the sealed person of a usual signature is."""
    usual = Person("Testa Example", "testa.example@example.org", "Exampletown")
    return len(seal_person(container.keyring, _NOBODY, usual))
