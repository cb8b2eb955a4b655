"""Migrations: up, down with data in the tables, and equal to the models."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Constraint, Enum, Index, inspect, select, text, update

from campaign.campaigns.rows import CampaignRow
from campaign.errors import NoLongerPossible
from campaign.letters.rows import LetterRow
from campaign.organisers.queries import campaign_roles, organisers
from campaign.organisers.rules.roles import CampaignRole, Role
from campaign.recipients.verify import AddressCheck
from campaign.signatures.rows import SignatureRow
from campaign.store import migrate
from campaign.store.all_rows import Base
from campaign.store.database import Database
from tests.clock import START
from tests.helpers.news import make_draft, start
from tests.helpers.verifying import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.supporter import Supporter


def test_the_migrated_tables_are_those_of_the_models(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_the_migrated_checks_are_those_of_the_models(database_url: str) -> None:
    database = Database(database_url)
    inspector = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        named = {
            str(constraint.name)
            for constraint in table.constraints
            if isinstance(constraint, CheckConstraint)
        }
        assert {check["name"] for check in inspector.get_check_constraints(table.name)} == named
    database.close()


def test_the_migrated_choices_are_those_of_the_models(database_url: str) -> None:
    database = Database(database_url)
    inspector = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        checks = {
            check["name"]: check["sqltext"] for check in inspector.get_check_constraints(table.name)
        }
        for column in table.columns:
            if isinstance(column.type, Enum):
                allowed = set(re.findall(r"'(\w+)'", checks[f"ck_{table.name}_{column.name}"]))
                assert allowed == set(column.type.enums), f"{table.name}.{column.name}"
    database.close()


def test_the_migrated_indexes_are_of_the_kinds_of_the_models(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    inspector = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        kinds = {
            index["name"]: index.get("dialect_options", {}).get("postgresql_using", "btree")
            for index in inspector.get_indexes(table.name)
        }
        for index in table.indexes:
            assert kinds[index.name] == (index.dialect_options["postgresql"]["using"] or "btree")
    database.close()


def test_every_constraint_and_index_has_a_name() -> None:
    for table in Base.metadata.sorted_tables:
        items: list[Constraint | Index] = [*table.constraints, *table.indexes]
        for item in items:
            assert item.name, f"{item} of {table.name}"


def test_every_migration_goes_down_and_up_again_with_data_in_the_tables(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(send_news="y")
    start(container, make_draft(container))
    supporter.deliver()
    with container.database.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrate.alembic_config(connection))
    for revision in script.walk_revisions():
        migrate.downgrade(container.database, revision.down_revision or "base")  # type: ignore[arg-type]
        migrate.upgrade(container.database, revision.revision)
    migrate.upgrade(container.database)
    assert "signatures" in inspect(container.database.engine).get_table_names()


def test_a_check_that_waits_for_a_second_person_is_forgotten_on_the_way_down(
    container: Container,
) -> None:
    with container.database.writing() as session:
        for email, persons in (("checked@ministry.example", 2), ("verified@ministry.example", 1)):
            check = AddressCheck("Tester", "made up", persons)
            verify(session, "DE/foreign-affairs", email, check, live=False, now=START)
    migrate.downgrade(container.database, "0017")
    with container.database.engine.connect() as connection:
        asked = "SELECT value, status, checked_by FROM addresses WHERE value LIKE '%@ministry.ex%'"
        rows = connection.execute(text(f"{asked} ORDER BY value")).all()
    assert [tuple(row) for row in rows] == [
        ("checked@ministry.example", "known", ""),
        ("verified@ministry.example", "verified", "Tester"),
    ]
    migrate.upgrade(container.database)


def test_a_migration_waits_for_a_site_in_use_and_keeps_nobody_waiting_for_long(
    postgresql_url: str,
) -> None:
    database = Database(postgresql_url)
    try:
        with database.writing() as session, ThreadPoolExecutor(max_workers=1) as hands:
            # As a page does that is being made for a while.
            session.execute(select(SignatureRow.id))
            going = hands.submit(migrate.downgrade, database, "0009")
            time.sleep(migrate.LOCK_SECONDS * 1.5)
            with database.reading() as visitor:
                patience = f"{migrate.LOCK_SECONDS * 2}s"
                visitor.execute(text(f"SET LOCAL statement_timeout = '{patience}'"))
                visitor.execute(select(SignatureRow.id))
            session.commit()
            going.result()
        migrate.upgrade(database)
        assert migrate.is_current(database)
    finally:
        database.close()


def test_going_back_is_refused_while_there_are_letters_for_offices_unknown_before(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    with container.database.writing() as session:
        session.execute(update(LetterRow).values(recipient="DE/justice"))
    with pytest.raises(NoLongerPossible, match="1 letters are for offices"):
        migrate.downgrade(container.database, "0023")
    assert migrate.is_current(container.database)
    with container.database.reading() as session:
        assert session.scalars(select(LetterRow.recipient)).all() == ["DE/justice"]


def facts_of(container: Container, change: Callable[[dict[str, Any]], None]) -> None:
    with container.database.writing() as session:
        row = session.scalars(select(CampaignRow)).one()
        facts = json.loads(row.facts)
        change(facts)
        row.facts = json.dumps(facts)


def test_going_back_the_facts_of_a_campaign_can_be_read_by_the_version_before(
    container: Container,
) -> None:
    migrate.downgrade(container.database, "0024")
    with container.database.engine.connect() as connection:
        facts = json.loads(connection.execute(text("SELECT facts FROM campaigns")).scalar_one())
    assert facts["governments_on"] is None
    assert "governments" not in facts
    assert "to" not in facts["recipients"]
    migrate.upgrade(container.database)
    with container.database.reading() as session:
        assert container.campaign_cache.all(session)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda facts: facts["governments"].update(union="EFTA"), "asks governments by list"),
        (lambda facts: facts["recipients"].update(to="each"), "writes to several recipients"),
        (
            lambda facts: facts["recipients"].update(offices=["EU/high-representative"]),
            "writes to several recipients",
        ),
    ],
)
def test_going_back_is_refused_while_a_campaign_asks_what_was_unknown_before(
    container: Container, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    facts_of(container, change)
    with pytest.raises(NoLongerPossible, match=said):
        migrate.downgrade(container.database, "0024")
    assert migrate.is_current(container.database)


def test_organisers_keep_their_role_in_every_campaign_there_is(
    container: Container,
) -> None:
    migrate.downgrade(container.database, "0031")
    columns = "id, name, email_hash, sealed, role, made_up, totp_step, created_at, ended_at"
    with container.database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO campaigns (id, uid, slug, facts) VALUES (77, 'two', 'two', '{}')")
        )
        for number, role in enumerate(("owner", "editor", "viewer", "gone"), 1):
            values = {
                "id": UUID(int=number).hex,
                "hash": bytes([number] * 32),
                "role": role if role != "gone" else "editor",
                "at": START,
                "ended": START if role == "gone" else None,
                "name": f"{role} Example",
                "no": False,
            }
            connection.execute(
                text(
                    f"INSERT INTO organisers ({columns}) VALUES "  # noqa: S608 - names of ours
                    "(:id, :name, :hash, :hash, :role, :no, 0, :at, :ended)"
                ),
                values,
            )
    migrate.upgrade(container.database)
    with container.database.reading() as session:
        campaigns = set(session.scalars(select(CampaignRow.id)))
        everybody = {row.name: row for row in organisers.list_all(session)}
        roles = campaign_roles.of_everybody(session)
    assert everybody["owner Example"].site_owner
    assert not any(row.site_owner for name, row in everybody.items() if name != "owner Example")
    for name, role in (("editor", Role.EDITOR), ("viewer", Role.VIEWER)):
        held = roles[everybody[f"{name} Example"].id]
        assert held == dict.fromkeys(campaigns, CampaignRole(role))
    assert everybody["gone Example"].id not in roles
    migrate.downgrade(container.database, "0031")
    with container.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT name, role FROM organisers"))
        back = {row[0]: row[1] for row in rows}
    assert back == {
        "owner Example": "owner",
        "editor Example": "editor",
        "viewer Example": "viewer",
        "gone Example": "viewer",
    }
    migrate.upgrade(container.database)
