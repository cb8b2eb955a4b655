"""The forms of the console with texts in them, and what each needs to be taken."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from campaign.campaigns.queries import campaigns
from campaign.campaigns.rows import CampaignRow
from campaign.campaigns.toml_reader import MAX_TEXT
from campaign.delivery import pause
from campaign.language.names import clean_name
from campaign.language.text import clean_line, clean_paragraphs
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.mail.addresses import MAX_EMAIL_LENGTH, clean_email
from campaign.moderation import bulk_changes, invalidate
from campaign.moderation.bulk_changes import BulkChangeRequest
from campaign.moderation.rows import BulkChangeRow
from campaign.moderation.rules import ChangeKind, ChangeState
from campaign.news import queries, rules, send
from campaign.news.rules import NewsText
from campaign.organisers import audit_log
from campaign.organisers.rules.audit_log import MAX_REASON, Justification
from campaign.organisers.rules.roles import MAX_NAME
from campaign.recipients import verify
from campaign.recipients.directory_entries import MAX_POSTAL_LINE_LENGTH
from campaign.recipients.new_in_office import MAX_HOLDER_NAME, clean_holder_name
from campaign.signatures.rules.criteria import SignatureCriteria
from campaign.store.ids import uuid7
from tests.helpers.news import make_draft
from tests.helpers.signatures import add_confirmed
from tests.organiser import AS_VIEWER, CONSOLE_PATH
from tests.recipients.test_console import seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from campaign.container import Container

    Cleaned = dict[str, tuple[Callable[[str], str], int]]
    Made = tuple[str, dict[str, str]]

NEWS = {"en": NewsText("News of the letter", "Something has happened.")}
REASON: Cleaned = {"reason": (clean_line, audit_log.MAX_JUSTIFICATION)}
EMAIL: Cleaned = {"email": (clean_email, MAX_EMAIL_LENGTH)}
LONG_REASON: Cleaned = {"reason": (clean_line, MAX_REASON)}
TEXTS_OF_NEWS: Cleaned = {
    f"{name}-{language}": how
    for language in ("en", "el")
    for name, how in (
        ("subject", (clean_line, rules.MAX_SUBJECT)),
        ("text", (clean_paragraphs, rules.MAX_TEXT)),
    )
}


@dataclass(frozen=True)
class Form:
    """A form: its rule, its texts and how each is kept, and fields that take no text.

    `make` brings the site to where the form can be acted on; it returns the address and the
    fields that are needed besides. `taken`: the status of the answer then.
    """

    rule: str
    make: Callable[[Container], Made]
    texts: Cleaned = field(default_factory=lambda: REASON)
    choices: tuple[str, ...] = ()
    taken: int = 303


def one_signature(container: Container, act: str, **values: Any) -> Made:
    (identifier,) = add_confirmed(container, 1, **values)
    return f"{CONSOLE_PATH}/signatures/{identifier}/{act}", {}


def taken_out(container: Container) -> Made:
    (identifier,) = add_confirmed(container, 1)
    cause = Justification("Test", "made for a test")
    with container.database.writing() as session:
        invalidate.invalidate_one(session, identifier, cause, container.clock())
    return f"{CONSOLE_PATH}/signatures/{identifier}/restore", {}


def selected(container: Container) -> Made:
    (identifier,) = add_confirmed(container, 1, held=True)
    return f"{CONSOLE_PATH}/signatures/release", {"ids": str(identifier), "held": "y"}


def attack(container: Container, act: str) -> Made:
    since = container.clock() if act == "end" else None
    with container.database.writing() as session:
        session.execute(update(CampaignRow).values(attacked_since=since))
    return f"{CONSOLE_PATH}/attack/{act}", {}


def new_rule(container: Container) -> Made:
    add_confirmed(container, 1, government="MT")
    return f"{CONSOLE_PATH}/signatures/rules", {
        "kind": "invalidate",
        "government": "MT",
        "seen": "1000",
    }


def a_change(container: Container, act: str, state: ChangeState = ChangeState.RUNNING) -> Made:
    add_confirmed(container, 1, government="MT")
    now, cause = container.clock(), Justification("Test", "made for a test")
    rule = SignatureCriteria(government="MT")
    order = BulkChangeRequest(uuid7(now), 1, ChangeKind.INVALIDATE, rule, cause, 1_000)
    with container.database.writing() as session:
        bulk_changes.start(session, container.keyring, order, now)
        session.execute(
            update(BulkChangeRow).where(BulkChangeRow.id == order.id).values(state=state)
        )
    return f"{CONSOLE_PATH}/signatures/rules/{order.id}/{act}", {}


def recipient(container: Container, act: str, **fields: str) -> Made:
    with container.database.writing() as session:
        pause.resume(session, "DE/foreign-affairs", "Test", live=False, now=container.clock())
    return f"/console/recipients/DE/foreign-affairs/{act}", {**fields, "seen": seen(container)}


def wrong_address(container: Container) -> Made:
    check = verify.AddressCheck("Test", "made for a test")
    email, now = "desk@ministry.example", container.clock()
    with container.database.writing() as session:
        row = verify.verify(session, "DE/foreign-affairs", email, check, now=now)
        number = str(row.id)
    return recipient(container, "wrong", address=email, row=number)


def uncertain(container: Container, *, every: bool = False) -> Made:
    with container.database.writing() as session:
        session.execute(update(LetterRow).values(state=LetterState.DROPPED, waiting_for=None))
    (identifier,) = add_confirmed(container, 1)
    with container.database.writing() as session:
        (letter,) = letters.of_signature(session, identifier)
        letter.state, identifier = LetterState.UNCERTAIN, letter.id
    if every:
        fields = {"state": "uncertain", "government": "DE", "expected": "1", "verdict": "drop"}
        return f"{CONSOLE_PATH}/letters/decide", fields
    return f"{CONSOLE_PATH}/letters/{identifier}/decide", {"verdict": "drop"}


def a_draft(container: Container, act: str, **fields: str) -> Made:
    news_id = make_draft(container, NEWS)
    return f"{CONSOLE_PATH}/news/{news_id}/{act}", {
        **fields,
        "seen": version(container, news_id),
    }


def version(container: Container, news_id: UUID) -> str:
    with container.database.reading() as session:
        return send.version_token(queries.get(session, news_id))


def somebody(_container: Container) -> Made:
    """Give an address of a person nobody has invited before."""
    email = f"testa{uuid7(_container.clock()).hex}@example.org"
    return "/console/people/invite", {"email": email, **AS_VIEWER}


def draft(container: Container, step: str, **fields: str) -> Made:
    with container.database.reading() as session:
        found = campaigns.by_slug(session, "eu-china-dialogue")
        base = str(campaigns.get(session, found.campaign_id).draft_version)
    return f"{CONSOLE_PATH}/draft/{step}", {**LETTER, "base": base, **fields}


def lifecycle(container: Container, act: str, **fields: str) -> Made:
    """Bring the campaign to where it can be closed, opened again, archived or taken out."""
    day = str(container.clock().date())
    facts = {
        "close": {},
        "reopen": {"closed_on": day},
        "archive": {"closed_on": day},
        "unarchive": {"closed_on": day, "archived_on": day},
        "address": {},
    }[act]
    with container.database.writing() as session:
        row = campaigns.find_by_address(session, "eu-china-dialogue")
        assert row is not None
        unset = dict.fromkeys(("closed_on", "archived_on"))
        row.facts = json.dumps({**json.loads(row.facts), **unset, **facts})
    return f"{CONSOLE_PATH}/publication/{act}", fields


LETTER = {"by": "other", "display": "retelling", "time_zone": "Europe/Brussels"}
DRAFT_TEXTS: Cleaned = dict.fromkeys(
    ("title", "author", "name", "source_title"), (clean_line, MAX_TEXT)
)
EXPORT = {"format": "csv", "state": "confirmed", "government": "DE"}
FORMS = [
    Form(
        "/console/c/<slug>/attack/begin",
        lambda container: attack(container, "begin"),
        choices=(),
    ),
    Form("/console/c/<slug>/attack/end", lambda container: attack(container, "end")),
    *(
        Form(
            f"/console/c/<slug>/signatures/<uuid:signature_id>/{act}",
            lambda container, act=act, values=values: one_signature(container, act, **values),  # type: ignore[misc]
        )
        for act, values in (
            *(("hold", {}), ("release", {"held": True}), ("invalidate", {}), ("delete", {})),
        )
    ),
    Form("/console/c/<slug>/signatures/<uuid:signature_id>/restore", taken_out),
    Form(
        "/console/c/<slug>/signatures/release",
        selected,
        choices=("ids", "state", "held", "government", "source", "created_from", "created_until"),
    ),
    Form(
        "/console/c/<slug>/signatures/rules",
        new_rule,
        choices=("kind", "seen", "held", "government", "source", "created_from", "domain"),
    ),
    Form(
        "/console/c/<slug>/signatures/rules/<uuid:change_id>/stop",
        lambda container: a_change(container, "stop"),
    ),
    Form(
        "/console/c/<slug>/signatures/rules/<uuid:change_id>/resume",
        lambda container: a_change(container, "resume", ChangeState.STOPPED),
    ),
    Form(
        "/console/c/<slug>/signatures/rules/<uuid:change_id>/undo",
        lambda container: a_change(container, "undo"),
    ),
    Form(
        "/console/recipients/<recipient:key>/verify",
        lambda container: recipient(container, "verify", email="desk@ministry.example"),
        LONG_REASON,
        choices=("email", "postal", "language", "row", "seen"),
    ),
    Form(
        "/console/recipients/<recipient:key>/verify",
        lambda container: recipient(container, "verify", reason="A reason"),
        {"postal": (clean_line, MAX_POSTAL_LINE_LENGTH)},
    ),
    Form(
        "/console/recipients/<recipient:key>/verify",
        lambda container: recipient(container, "verify", reason="A reason"),
        EMAIL,
    ),
    Form(
        "/console/recipients/<recipient:key>/wrong", wrong_address, LONG_REASON, ("address", "row")
    ),
    Form(
        "/console/recipients/<recipient:key>/new-in-office",
        lambda one: recipient(one, "new-in-office", since="2026-11-01"),
        LONG_REASON,
        choices=("since", "letters_wait", "seen"),
    ),
    Form(
        "/console/recipients/<recipient:key>/new-in-office",
        lambda one: recipient(one, "new-in-office", since="2026-11-01", reason="A reason"),
        {"name": (clean_holder_name, MAX_HOLDER_NAME)},
    ),
    Form(
        "/console/recipients/<recipient:key>/pause",
        lambda one: recipient(one, "pause"),
        LONG_REASON,
    ),
    Form(
        "/console/c/<slug>/exports/signatures",
        lambda _container: (f"{CONSOLE_PATH}/exports/signatures", EXPORT),
        LONG_REASON,
        choices=("format", "state", "government"),
        taken=200,
    ),
    Form(
        "/console/c/<slug>/exports/packs",
        lambda _container: (f"{CONSOLE_PATH}/exports/packs", {"government": "DE"}),
        LONG_REASON,
        choices=("government",),
    ),
    Form(
        "/console/c/<slug>/letters/<uuid:letter_id>/decide",
        uncertain,
        choices=("verdict",),
    ),
    Form(
        "/console/c/<slug>/letters/decide",
        lambda container: uncertain(container, every=True),
        choices=("verdict", "expected", "state", "government"),
    ),
    Form(
        "/console/c/<slug>/news/write",
        lambda _container: (f"{CONSOLE_PATH}/news/write", {}),
        TEXTS_OF_NEWS,
        choices=(),
    ),
    Form(
        "/console/c/<slug>/news/<uuid:news_id>/change",
        lambda container: a_draft(container, "change"),
        TEXTS_OF_NEWS,
        choices=("seen",),
    ),
    Form(
        "/console/c/<slug>/draft/letter",
        lambda container: draft(container, "letter"),
        DRAFT_TEXTS,
        choices=("base", "by", "display", "source_date", "opens_on", "closes_on", "goal", "text"),
    ),
    Form(
        "/console/c/<slug>/draft/demands",
        lambda container: draft(container, "demands", act="save"),
        {"heading-report": (clean_line, MAX_TEXT)},
        choices=("base", "act", "heading-NEW", "text-NEW"),
    ),
    *(
        Form(
            f"/console/c/<slug>/publication/{act}",
            lambda container, act=act, fields=fields: lifecycle(container, act, **fields),  # type: ignore[misc]
            LONG_REASON,
            choices=tuple(fields),
        )
        for act, fields in (
            ("close", {"letters": "send"}),
            ("reopen", {"closes_on": ""}),
            ("archive", {}),
            ("unarchive", {}),
            ("address", {"slug": "eu-china-dialogue"}),
        )
    ),
    Form(
        "/console/people/invite",
        somebody,
        {"name": (clean_name, MAX_NAME)},
        choices=("email", "role", "campaign", "languages"),
        taken=200,
    ),
    Form(
        "/console/people/invite",
        lambda _container: ("/console/people/invite", {"name": "Vic Example", **AS_VIEWER}),
        EMAIL,
        taken=200,
    ),
]
