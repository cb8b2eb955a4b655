"""The forms of the console with texts in them, and what each needs to be taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from campaign.campaigns.rows import CampaignRow
from campaign.delivery import pause as pausing
from campaign.language.names import clean_name
from campaign.language.text import clean_line, clean_paragraphs
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.mail.addresses import MAX_EMAIL, email_value
from campaign.moderation import bulk, invalidate as invalidating
from campaign.moderation.bulk import Order
from campaign.moderation.rows import BulkChangeRow
from campaign.moderation.rules import ChangeKind, ChangeState
from campaign.news import queries as store, rules as news_limits, send as news
from campaign.news.rules import NewsText
from campaign.organisers import audit_log as acting
from campaign.organisers.rules.audit_log import MAX_REASON, Cause
from campaign.organisers.rules.roles import MAX_NAME
from campaign.recipients import verify as verifying
from campaign.recipients.directory_file import MAX_POSTAL_LINE
from campaign.signatures.rules.selection import Rule
from campaign.store.ids import uuid7
from tests.news_for_tests import draft
from tests.organiser import CAMPAIGN
from tests.recipients.test_console import seen
from tests.signatures_for_tests import confirmed

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from campaign.container import House

    Cleaned = dict[str, tuple[Callable[[str], str], int]]
    Made = tuple[str, dict[str, str]]

NEWS = {"en": NewsText("News of the letter", "Something has happened.")}
REASON: Cleaned = {"reason": (clean_line, acting.MAX_REASON)}
EMAIL: Cleaned = {"email": (email_value, MAX_EMAIL)}
LONG_REASON: Cleaned = {"reason": (clean_line, MAX_REASON)}
TEXTS_OF_NEWS: Cleaned = {
    f"{name}-{language}": how
    for language in ("en", "el")
    for name, how in (
        ("subject", (clean_line, news_limits.MAX_SUBJECT)),
        ("text", (clean_paragraphs, news_limits.MAX_TEXT)),
    )
}


@dataclass(frozen=True)
class Form:
    """A form: its rule, its texts and how each is kept, and fields that take no text.

    `make` brings the house to where the form can be acted on; it returns the address and the
    fields that are needed besides. `taken`: the status of the answer then.
    """

    rule: str
    make: Callable[[House], Made]
    texts: Cleaned = field(default_factory=lambda: REASON)
    choices: tuple[str, ...] = ()
    taken: int = 303


def one_signature(house: House, act: str, **values: Any) -> Made:
    (identifier,) = confirmed(house, 1, **values)
    return f"{CAMPAIGN}/signatures/{identifier}/{act}", {}


def taken_out(house: House) -> Made:
    (identifier,) = confirmed(house, 1)
    cause = Cause("Test", "made for a test")
    with house.database.writing() as session:
        invalidating.invalidate_one(session, identifier, cause, house.clock())
    return f"{CAMPAIGN}/signatures/{identifier}/restore", {}


def selected(house: House) -> Made:
    (identifier,) = confirmed(house, 1, held=True)
    return f"{CAMPAIGN}/signatures/release", {"ids": str(identifier), "held": "y"}


def attack(house: House, act: str) -> Made:
    since = house.clock() if act == "end" else None
    with house.database.writing() as session:
        session.execute(update(CampaignRow).values(attacked_since=since))
    return f"{CAMPAIGN}/attack/{act}", {}


def new_rule(house: House) -> Made:
    confirmed(house, 1, government="MT")
    return f"{CAMPAIGN}/signatures/rules", {
        "kind": "invalidate",
        "government": "MT",
        "seen": "1000",
    }


def a_change(house: House, act: str, state: ChangeState = ChangeState.RUNNING) -> Made:
    confirmed(house, 1, government="MT")
    now, cause = house.clock(), Cause("Test", "made for a test")
    rule = Rule(government="MT")
    order = Order(uuid7(now), 1, ChangeKind.INVALIDATE, rule, cause, 1_000)
    with house.database.writing() as session:
        bulk.start(session, house.keyring, order, now)
        session.execute(
            update(BulkChangeRow).where(BulkChangeRow.id == order.id).values(state=state)
        )
    return f"{CAMPAIGN}/signatures/rules/{order.id}/{act}", {}


def ministry(house: House, act: str, **fields: str) -> Made:
    with house.database.writing() as session:
        pausing.resume(session, "DE", "Test", live=False, now=house.clock())
    return f"/console/ministries/DE/{act}", {**fields, "seen": seen(house)}


def wrong_address(house: House) -> Made:
    check = verifying.Check("Test", "made for a test")
    email, now = "desk@ministry.example", house.clock()
    with house.database.writing() as session:
        row = verifying.verify(session, "DE", email, check, now=now)
        number = str(row.id)
    return ministry(house, "wrong", address=email, row=number)


def uncertain(house: House, *, every: bool = False) -> Made:
    with house.database.writing() as session:
        session.execute(update(LetterRow).values(state=LetterState.DROPPED, waiting_for=None))
    (identifier,) = confirmed(house, 1)
    with house.database.writing() as session:
        chosen = update(LetterRow).where(LetterRow.id == identifier)
        session.execute(chosen.values(state=LetterState.UNCERTAIN))
    if every:
        fields = {"state": "uncertain", "government": "DE", "expected": "1", "verdict": "drop"}
        return f"{CAMPAIGN}/letters/decide", fields
    return f"{CAMPAIGN}/letters/{identifier}/decide", {"verdict": "drop"}


def a_draft(house: House, act: str, **fields: str) -> Made:
    news_id = draft(house, NEWS)
    return f"{CAMPAIGN}/news/{news_id}/{act}", {
        **fields,
        "seen": version(house, news_id),
    }


def version(house: House, news_id: UUID) -> str:
    with house.database.reading() as session:
        return news.version_of(store.get(session, news_id))


def somebody(_house: House) -> Made:
    """Give an address of a person nobody has invited before."""
    email = f"testa{uuid7(_house.clock()).hex}@example.org"
    return "/console/people/invite", {"email": email, "role": "viewer"}


EXPORT = {"format": "csv", "state": "confirmed", "government": "DE"}
FORMS = [
    Form(
        "/console/c/<slug>/attack/begin",
        lambda house: attack(house, "begin"),
        choices=(),
    ),
    Form("/console/c/<slug>/attack/end", lambda house: attack(house, "end")),
    *(
        Form(
            f"/console/c/<slug>/signatures/<uuid:signature_id>/{act}",
            lambda house, act=act, values=values: one_signature(house, act, **values),  # type: ignore[misc]
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
        lambda house: a_change(house, "stop"),
    ),
    Form(
        "/console/c/<slug>/signatures/rules/<uuid:change_id>/resume",
        lambda house: a_change(house, "resume", ChangeState.STOPPED),
    ),
    Form(
        "/console/c/<slug>/signatures/rules/<uuid:change_id>/undo",
        lambda house: a_change(house, "undo"),
    ),
    Form(
        "/console/ministries/<government>/verify",
        lambda house: ministry(house, "verify", email="desk@ministry.example"),
        LONG_REASON,
        choices=("email", "postal", "language", "row", "seen"),
    ),
    Form(
        "/console/ministries/<government>/verify",
        lambda house: ministry(house, "verify", reason="A reason"),
        {"postal": (clean_line, MAX_POSTAL_LINE)},
    ),
    Form(
        "/console/ministries/<government>/verify",
        lambda house: ministry(house, "verify", reason="A reason"),
        EMAIL,
    ),
    Form("/console/ministries/<government>/wrong", wrong_address, LONG_REASON, ("address", "row")),
    Form("/console/ministries/<government>/pause", lambda one: ministry(one, "pause"), LONG_REASON),
    Form(
        "/console/c/<slug>/exports/signatures",
        lambda _house: (f"{CAMPAIGN}/exports/signatures", EXPORT),
        LONG_REASON,
        choices=("format", "state", "government"),
        taken=200,
    ),
    Form(
        "/console/c/<slug>/exports/packs",
        lambda _house: (f"{CAMPAIGN}/exports/packs", {"government": "DE"}),
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
        lambda house: uncertain(house, every=True),
        choices=("verdict", "expected", "state", "government"),
    ),
    Form(
        "/console/c/<slug>/news/write",
        lambda _house: (f"{CAMPAIGN}/news/write", {}),
        TEXTS_OF_NEWS,
        choices=(),
    ),
    Form(
        "/console/c/<slug>/news/<uuid:news_id>/change",
        lambda house: a_draft(house, "change"),
        TEXTS_OF_NEWS,
        choices=("seen",),
    ),
    Form(
        "/console/people/invite",
        somebody,
        {"name": (clean_name, MAX_NAME)},
        choices=("email", "role"),
        taken=200,
    ),
    Form(
        "/console/people/invite",
        lambda _house: ("/console/people/invite", {"name": "Vic Example", "role": "viewer"}),
        EMAIL,
        taken=200,
    ),
]
