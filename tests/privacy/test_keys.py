"""Keys: sealed anew with the newest one, and refused when they do not fit."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.errors import KeyMissing, SealError
from campaign.moderation import bulk
from campaign.moderation.bulk import Order
from campaign.moderation.rules import ChangeKind
from campaign.organisers.rows.organisers import OrganiserRow
from campaign.organisers.rules.audit_log import Cause
from campaign.organisers.rules.roles import Role
from campaign.organisers.sealing import seal_totp
from campaign.privacy import keys
from campaign.privacy.keys import identity_mark
from campaign.privacy.queries import keys as custody
from campaign.privacy.queries.keys import SEALED
from campaign.settings.key_files import stored_key
from campaign.signatures.rows.signatures import SignatureRow
from campaign.signatures.rules.selection import Rule
from campaign.store.ids import uuid7
from campaign.web_app.application import create_app
from tests.inbound_for_tests import receive, sign
from tests.incoming_for_tests import answer
from tests.organiser import signed_in
from tests.signatures_for_tests import confirmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from flask import Flask

    from campaign.container import House
    from tests.supporter import Supporter


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def old_key(house: House) -> str:
    return stored_key(house.settings.instance / "sealing_keys.secret")


@pytest.fixture
def full(supporter: Supporter, house: House, app: Flask) -> House:
    """A house with something sealed in every column there is."""
    supporter.submit(email="held@example.net", comment="Buy pills")
    private, _, message_id = sign(supporter)
    supporter.browser.post(f"{private}/report", data={"report": "It has moved."})
    receive(house, answer(message_id))
    owner = signed_in(house, app, Role.OWNER)
    with house.database.writing() as session:
        row = session.get(OrganiserRow, owner.organiser_id)
        assert row is not None
        row.totp = seal_totp(house.keyring, row.id, owner.secret)
        row.next_totp = seal_totp(house.keyring, row.id, owner.secret)
        order = Order(
            uuid7(house.clock()),
            1,
            ChangeKind.INVALIDATE,
            Rule(domain="example.org"),
            Cause("Test", "a test"),
            seen=1,
        )
        bulk.start(session, house.keyring, order, house.clock())
    return house


def test_everything_that_is_sealed_is_sealed_anew(
    full: House, environ: dict[str, str], make_house: Callable[[dict[str, str]], House]
) -> None:
    new = new_key()
    both = make_house(environ | {"CAMPAIGN_SEALING_KEYS": f"{new},{old_key(full)}"})
    *_, progress = keys.seal_anew(both.database, both.keyring)
    assert progress.broken == 0
    assert progress.done >= len(SEALED)
    only_new = make_house(environ | {"CAMPAIGN_SEALING_KEYS": new})
    with only_new.database.writing() as session:
        for sealed in SEALED:
            rows = session.execute(
                select(sealed.table.c.id, sealed.column).where(sealed.column.is_not(None))
            ).all()
            assert rows, f"nothing was sealed in {sealed.name}"
            for row in rows:
                only_new.keyring.reseal(row[0], sealed.name, row[1])


def test_sealing_anew_goes_on_where_it_was_ended(
    house: House, environ: dict[str, str], make_house: Callable[[dict[str, str]], House]
) -> None:
    confirmed(house, keys.BATCH + 5)
    both = make_house(environ | {"CAMPAIGN_SEALING_KEYS": f"{new_key()},{old_key(house)}"})
    first = next(iter(keys.seal_anew(both.database, both.keyring)))
    begun = first.done
    *_, second = keys.seal_anew(both.database, both.keyring)
    assert begun + second.done == keys.BATCH + 5
    *_, third = keys.seal_anew(both.database, both.keyring)
    assert third.done == 0


def test_what_cannot_be_opened_is_left_and_counted(
    house: House,
    environ: dict[str, str],
    make_house: Callable[[dict[str, str]], House],
    command: Callable[..., Result],
) -> None:
    broken, *_ = confirmed(house, 3)
    with house.database.writing() as session:
        session.execute(
            update(SignatureRow).where(SignatureRow.id == broken).values(sealed=b"\x01" + b"x" * 40)
        )
    environ["CAMPAIGN_SEALING_KEYS"] = f"{new_key()},{old_key(house)}"
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
    house: House,
    environ: dict[str, str],
    make_house: Callable[[dict[str, str]], House],
    command: Callable[..., Result],
    name: str,
) -> None:
    assert command("prepare").exit_code == 0
    supporter.sign()
    environ[name] = new_key()
    said = command("prepare")
    assert isinstance(said.exception, SealError)
    assert name in str(said.exception)
    wrong = make_house(environ)
    answer = create_app(wrong).test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    with wrong.database.reading() as session, pytest.raises(KeyMissing, match=name):
        keys.must_fit(session, wrong.keyring)
    assert name in command("doctor").output


def test_the_mark_of_a_key_is_noted_once(house: House) -> None:
    with house.database.writing() as session:
        keys.adopt(session, house.keyring)
        custody.note_identity_mark(session, b"another" * 4)
        assert custody.identity_mark(session) == identity_mark(house.keyring)
