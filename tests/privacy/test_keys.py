"""Keys: sealed anew with the newest one, and refused when they do not fit."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.errors import KeyMissing, SealError
from campaign.moderation import bulk_changes
from campaign.moderation.bulk_changes import BulkChangeRequest
from campaign.moderation.rules import ChangeKind
from campaign.organisers.rows import OrganiserRow
from campaign.organisers.rules.audit_log import Justification
from campaign.organisers.rules.roles import Role
from campaign.organisers.sealing import seal_totp
from campaign.privacy import keys
from campaign.privacy.keys import identity_fingerprint
from campaign.privacy.queries import keys as custody
from campaign.privacy.queries.keys import SEALED_COLUMNS
from campaign.settings.keys import load_or_create_key
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.criteria import SignatureCriteria
from campaign.store.ids import uuid7
from campaign.web_app import create_app
from tests.helpers.inbound import receive, sign
from tests.helpers.incoming_messages import reply_message
from tests.helpers.signatures import add_confirmed
from tests.organiser import sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from tests.supporter import Supporter


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def old_key(container: Container) -> str:
    return load_or_create_key(container.settings.instance / "sealing_keys.secret")


@pytest.fixture
def full(supporter: Supporter, container: Container, app: Flask) -> Container:
    """A site with something sealed in every column there is."""
    supporter.submit(email="held@example.net", comment="Buy pills")
    private, _, message_id = sign(supporter)
    supporter.browser.post(f"{private}/report", data={"report": "It has moved."})
    receive(container, reply_message(message_id))
    wish = {"wish": "address", "place": "desk@elsewhere.example"}
    supporter.browser.post(supporter.letters()[-1].link("clerk"), data=wish)
    owner = sign_in_organiser(container, app, Role.OWNER)
    with container.database.writing() as session:
        row = session.get(OrganiserRow, owner.organiser_id)
        assert row is not None
        row.totp = seal_totp(container.keyring, row.id, owner.secret)
        row.next_totp = seal_totp(container.keyring, row.id, owner.secret)
        order = BulkChangeRequest(
            uuid7(container.clock()),
            1,
            ChangeKind.INVALIDATE,
            SignatureCriteria(domain="example.org"),
            Justification("Test", "a test"),
            previewed_count=1,
        )
        bulk_changes.start(session, container.keyring, order, container.clock())
    return container


def test_everything_that_is_sealed_is_sealed_anew(
    full: Container, environ: dict[str, str], make_container: Callable[[dict[str, str]], Container]
) -> None:
    new = new_key()
    both = make_container(environ | {"CAMPAIGN_SEALING_KEYS": f"{new},{old_key(full)}"})
    *_, progress = keys.rotate_sealing_keys(both.database, both.keyring)
    assert progress.broken == 0
    assert progress.done >= len(SEALED_COLUMNS)
    only_new = make_container(environ | {"CAMPAIGN_SEALING_KEYS": new})
    with only_new.database.writing() as session:
        for sealed in SEALED_COLUMNS:
            rows = session.execute(
                select(sealed.bound_to, sealed.column).where(sealed.column.is_not(None))
            ).all()
            assert rows, f"nothing was sealed in {sealed.name}"
            for row in rows:
                only_new.keyring.reseal(row[0], sealed.name, row[1])


def test_sealing_anew_goes_on_where_it_was_ended(
    container: Container,
    environ: dict[str, str],
    make_container: Callable[[dict[str, str]], Container],
) -> None:
    add_confirmed(container, keys.BATCH + 5)
    both = make_container(environ | {"CAMPAIGN_SEALING_KEYS": f"{new_key()},{old_key(container)}"})
    first = next(iter(keys.rotate_sealing_keys(both.database, both.keyring)))
    begun = first.done
    *_, second = keys.rotate_sealing_keys(both.database, both.keyring)
    assert begun + second.done == keys.BATCH + 5
    *_, third = keys.rotate_sealing_keys(both.database, both.keyring)
    assert third.done == 0


def test_what_cannot_be_opened_is_left_and_counted(
    container: Container,
    environ: dict[str, str],
    make_container: Callable[[dict[str, str]], Container],
    command: Callable[..., Result],
) -> None:
    broken, *_ = add_confirmed(container, 3)
    with container.database.writing() as session:
        session.execute(
            update(SignatureRow).where(SignatureRow.id == broken).values(sealed=b"\x01" + b"x" * 40)
        )
    environ["CAMPAIGN_SEALING_KEYS"] = f"{new_key()},{old_key(container)}"
    said = command("keys", "rotate")
    assert said.exit_code == 1
    assert "2 values were sealed anew." in said.output
    assert "1 could not be opened and are as they were" in said.output


def test_a_new_key_is_printed_and_fits(command: Callable[..., Result]) -> None:
    key = command("keys", "new").output.strip()
    assert len(base64.b64decode(key, validate=True)) == 32


@pytest.mark.parametrize("name", ["CAMPAIGN_IDENTITY_KEY", "CAMPAIGN_SEALING_KEYS"])
def test_a_wrong_key_is_said_in_a_sentence_before_anything_starts(
    supporter: Supporter,
    container: Container,
    environ: dict[str, str],
    make_container: Callable[[dict[str, str]], Container],
    command: Callable[..., Result],
    name: str,
) -> None:
    assert command("prepare").exit_code == 0
    supporter.sign()
    environ[name] = new_key()
    said = command("prepare")
    assert isinstance(said.exception, SealError)
    assert name in str(said.exception)
    wrong = make_container(environ)
    answer = create_app(wrong).test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    with wrong.database.reading() as session, pytest.raises(KeyMissing, match=name):
        keys.require_matching_keys(session, wrong.keyring)
    assert name in command("doctor").output


def test_the_mark_of_a_key_is_noted_once(container: Container) -> None:
    with container.database.writing() as session:
        keys.register_identity_key(session, container.keyring)
        custody.store_identity_fingerprint(session, b"another" * 4)
        assert custody.find_identity_fingerprint(session) == identity_fingerprint(container.keyring)
