"""Signing and confirming on PostgreSQL: each simple case in one statement (ADR 0028).

Other cases are left alone and reported: a form that was sent twice, one with several letters, a
second submission of the same person, an expired link, a letter within 30 days of another, a pending
restore, an address for which versions of the identity rules disagree. For these, and on SQLite,
which cannot change two tables in one statement, the callers take one step after another, with the
same effect; tests hold both paths to it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS
from campaign.delivery.queries import mails
from campaign.delivery.rules.outgoing import OutgoingEvent, OutgoingState, next_state
from campaign.errors import AlreadySigned
from campaign.letters.rules.letter import LETTER_CAP_PERIOD
from campaign.letters.sealing import hash_caps, seal_letter
from campaign.signatures.queries.same_person import violates_one_per_person
from campaign.signatures.rules.counts import shard_of
from campaign.signatures.rules.identity import CURRENT_IDENTITY_VERSION
from campaign.signatures.rules.signature import (
    MAX_MAILS_PER_DAY,
    PENDING_LIFETIME,
    EventKind,
    SignatureState,
    transition,
)
from campaign.signatures.sealing import hash_identities, seal_person, unseal_person
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from campaign.campaigns.rules.campaign import Consent
    from campaign.signatures.sealing import PersonHashes
    from campaign.signing.queries.submissions import NewSignature
    from campaign.store.keyring import Keyring

_SUBMIT = """
WITH stored AS (
    INSERT INTO signatures (
        id, campaign_id, revision_id, government, language, origin, source, state, held, held_for,
        identity_hash, identity_rules, email_hash, domain_hash, name_hash, sealed, held_letter,
        send_letter, show_name, send_news, reply_directly, send_copy, code_tries, created_at,
        signed_live, submission_hash
    )
    SELECT
        %(id)s, %(campaign)s, %(revision)s, %(government)s, %(language)s, 'online', %(source)s,
        'pending', %(held)s, %(held_for)s,
        %(identity)s, %(rules)s, %(email)s, %(domain)s, %(name)s, %(sealed)s,
        %(held_letter)s::bytea,
        %(send_letter)s, %(show_name)s, %(send_news)s, %(reply_directly)s, %(send_copy)s, 0,
        %(now)s, %(signed_live)s, %(submission_hash)s::bytea
    WHERE NOT EXISTS (SELECT FROM unsettled_restore)
    ON CONFLICT DO NOTHING
    RETURNING id
), evidence AS (
    INSERT INTO consents (signature_id, purpose, given, words_digest, language, at)
    SELECT stored.id, given.purpose, true, given.words, %(language)s, %(now)s
    FROM stored, unnest(%(purposes)s::text[], %(words)s::text[]) AS given (purpose, words)
), letter AS (
    INSERT INTO letters (
        id, signature_id, campaign_id, recipient, language, send_method, state, keys, edited,
        sealed, letter_date, changed_at, failures
    )
    SELECT
        %(letter_id)s, stored.id, %(campaign)s, %(recipient)s, %(letter_language)s,
        %(send_method)s, 'draft', %(keys)s::json, %(edited)s::boolean, %(letter)s::bytea,
        %(day)s, %(now)s, 0
    FROM stored
    WHERE %(send_method)s::varchar IS NOT NULL
), twin AS (
    SELECT signatures.id
    FROM signatures
    WHERE campaign_id = %(campaign)s AND identity_hash = %(identity)s AND state = 'confirmed'
), counted AS (
    INSERT INTO mail_caps (identity_hash, day, mails)
    SELECT %(identity)s, %(day)s, %(leaving)s
    FROM stored
    ON CONFLICT (identity_hash, day) DO UPDATE
    SET mails = mail_caps.mails + %(leaving)s
    WHERE mail_caps.mails + %(leaving)s <= %(most)s
    RETURNING mails
), mail AS (
    INSERT INTO outgoing (
        id, signature_id, held_signature_id, kind, policy, language, state, queued_at, due_at,
        changed_at, failures
    )
    SELECT
        %(mail)s, stored.id, CASE WHEN %(held)s THEN stored.id END,
        CASE WHEN twin.id IS NULL THEN 'confirmation' ELSE 'already_signed' END,
        'at_least_once', %(language)s,
        CASE
            WHEN EXISTS (SELECT FROM counted)
                AND NOT EXISTS (SELECT FROM suppressed_addresses WHERE identity_hash = %(identity)s)
            THEN %(mail_state)s ELSE 'dropped'
        END,
        %(now)s, %(now)s, %(now)s, 0
    FROM stored LEFT JOIN twin ON true
)
SELECT id FROM stored
"""

# Reads what the caps on letters that the site sends depend on: hashing needs the key.
_WHOSE = """
SELECT signatures.sealed, letters.campaign_id, letters.recipient
FROM letters JOIN signatures ON signatures.id = letters.signature_id
WHERE signatures.id = %(id)s AND letters.send_method = 'we_send' AND signatures.sealed IS NOT NULL
"""

# The letter's state here must be the same as in delivery/queue_letter.
_CONFIRM = """
WITH counted AS (
    UPDATE signatures
    SET state = %(confirmed)s, confirmed_at = %(now)s, counted_day = %(day)s
    WHERE id = %(id)s AND campaign_id = %(campaign)s
        AND state = 'pending' AND created_at >= %(oldest)s AND identity_rules = %(rules)s
        AND NOT EXISTS (
            SELECT FROM signatures AS other
            WHERE other.identity_hash = signatures.identity_hash
                AND other.campaign_id = signatures.campaign_id
                AND other.state IN ('pending', 'confirmed')
                AND other.id <> signatures.id
        )
        AND NOT EXISTS (SELECT FROM unsettled_restore)
        AND NOT EXISTS (SELECT FROM letter_caps WHERE hash = ANY(%(caps)s) AND day > %(over)s)
    RETURNING id, campaign_id, revision_id, government, language, origin, source, held
), evidence AS (
    INSERT INTO consents (signature_id, purpose, given, words_digest, language, at)
    SELECT id, 'be_counted', true, %(words)s, %(shown_in)s, %(now)s FROM counted
), mail AS (
    UPDATE outgoing SET state = %(dropped)s, changed_at = %(now)s
    FROM counted
    WHERE outgoing.signature_id = counted.id AND outgoing.state = ANY(%(unclaimed)s)
), fate AS (
    SELECT
        letters.id,
        CASE
            WHEN counted.held THEN 'release'
            WHEN %(live)s AND NOT EXISTS (
                SELECT FROM addresses
                WHERE addresses.recipient = letters.recipient
                    AND channel = 'email' AND status = 'verified'
            ) THEN 'verified_address'
        END AS waits_for
    FROM counted JOIN letters ON letters.signature_id = counted.id
    WHERE letters.send_method = 'we_send'
), letter AS (
    UPDATE letters
    SET state = CASE WHEN fate.waits_for IS NULL THEN 'queued' ELSE 'waiting' END,
        waiting_for = fate.waits_for,
        queued_at = CASE WHEN fate.waits_for IS NULL THEN %(now)s ELSE queued_at END,
        due_at = CASE WHEN fate.waits_for IS NULL THEN %(now)s ELSE due_at END,
        changed_at = %(now)s
    FROM fate WHERE letters.id = fate.id
), event AS (
    INSERT INTO events (signature_id, kind, effect, day, at)
    SELECT
        id, %(event)s, CASE WHEN held THEN %(effect_if_held)s ELSE %(effect)s END,
        %(day)s, %(now)s
    FROM counted
), counter AS (
    INSERT INTO counts (
        campaign_id, revision_id, government, language, day, origin, source, shard, signatures
    )
    SELECT
        campaign_id, revision_id, government, language, %(day)s, origin, source, %(shard)s,
        %(effect)s
    FROM counted WHERE NOT held
    ON CONFLICT (campaign_id, revision_id, government, language, day, origin, source, shard)
    DO UPDATE SET signatures = counts.signatures + %(effect)s
)
SELECT id FROM counted
"""


_LETTER_VALUES = (
    *("letter_id", "recipient", "letter_language", "send_method", "keys", "edited", "letter"),
)


def submit(
    connection: Connection,
    keyring: Keyring,
    new: NewSignature,
    hashes: PersonHashes,
    given: Mapping[Consent, str],
    now: datetime,
) -> bool:
    """Store a submission with its evidence, letter and mail; return False if not a simple case.

    `given`: the consents she gave, and the SHA-256 of the words next to each. Which mail is sent,
    and about which signature, is the same as in `signing/submit.py`.
    """
    if len(hashes.identities) > 1 or len(new.letters) > 1:
        return False
    values: dict[str, Any] = {
        "id": new.id,
        "campaign": new.campaign_id,
        "revision": new.revision_id,
        "government": new.government,
        "language": new.language,
        "source": new.source,
        "held": new.held_for is not None,
        "held_for": new.held_for and new.held_for.value,
        "signed_live": new.signed_live,
        "submission_hash": new.submission_hash,
        "identity": hashes.identity,
        "rules": hashes.rules_version,
        "email": hashes.email,
        "domain": hashes.domain,
        "name": hashes.name,
        "sealed": seal_person(keyring, new.id, new.person),
        "held_letter": new.seal_letters_if_held(keyring, now),
        "purposes": [purpose.value for purpose in given],
        "words": list(given.values()),
        "mail": uuid7(now),
        "mail_state": new.mail_state.value,
        "leaving": int(new.mail_state is OutgoingState.QUEUED),
        "most": MAX_MAILS_PER_DAY,
        "day": now.date(),
        "now": now,
        **{purpose.value: purpose in given for purpose in OPTIONAL_CONSENTS},
        **_letter(keyring, new, now),
    }
    return connection.exec_driver_sql(_SUBMIT, values).first() is not None


def _letter(keyring: Keyring, new: NewSignature, now: datetime) -> dict[str, Any]:
    """Return the values of a letter's row; none if the letter is stored with a held signature."""
    if not new.letters or new.held_for is not None:
        return dict.fromkeys(_LETTER_VALUES)
    (written,) = new.letters
    return {
        "letter_id": uuid7(now),
        "recipient": written.recipient,
        "letter_language": written.language,
        "send_method": written.send_method.value,
        "keys": json.dumps(written.keys.to_json()),
        "edited": written.edited,
        "letter": seal_letter(keyring, new.id, written.text, written.paragraph),
    }


@dataclass(frozen=True)
class Confirmation:
    """A confirming click. `words`: the SHA-256 of those next to the button; `language`: theirs."""

    campaign_id: int
    signature_id: UUID
    words: str
    language: str


def confirm(
    connection: Connection,
    keyring: Keyring,
    confirmation: Confirmation,
    *,
    live: bool,
    now: datetime,
) -> bool:
    """Count a pending signature and queue its letters; return False if it is not a simple case.

    Raise AlreadySigned if the person confirms another submission at the same time.
    """
    pending, event = SignatureState.PENDING, EventKind.CONFIRMED
    confirmed = transition(pending, event, held=False)
    values = {
        "confirmed": confirmed.state.value,
        "event": event.value,
        "effect": confirmed.effect,
        "effect_if_held": transition(pending, event, held=True).effect,
        "unclaimed": [state.value for state in mails.UNCLAIMED],
        "dropped": next_state(OutgoingState.QUEUED, OutgoingEvent.DROP).value,
        "id": confirmation.signature_id,
        "campaign": confirmation.campaign_id,
        "words": confirmation.words,
        "shown_in": confirmation.language,
        "caps": _letter_cap_hashes(connection, keyring, confirmation.signature_id, live=live),
        "over": now.date() - LETTER_CAP_PERIOD,
        "live": live,
        "rules": CURRENT_IDENTITY_VERSION,
        "shard": shard_of(confirmation.signature_id),
        "oldest": now - PENDING_LIFETIME,
        "day": now.date(),
        "now": now,
    }
    try:
        counted = connection.exec_driver_sql(_CONFIRM, values).first()
    except IntegrityError as error:
        if not violates_one_per_person(error):
            raise
        raise AlreadySigned(str(confirmation.signature_id)) from error
    return counted is not None


def _letter_cap_hashes(
    connection: Connection, keyring: Keyring, signature_id: UUID, *, live: bool
) -> list[bytes]:
    """Return the keyed hashes of writer and recipients; none if no letter is to be sent."""
    found = connection.exec_driver_sql(_WHOSE, {"id": signature_id}).all()
    if not found:
        return []
    person = unseal_person(keyring, signature_id, bytes(found[0].sealed))
    identities = hash_identities(keyring, person.email)
    return [
        cap
        for row in found
        for cap in hash_caps(keyring, identities, row.campaign_id, row.recipient, live=live)
    ]
