"""Tables that are not those of the code are named at a start, and by `campaign doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect

from campaign.cli import commands
from campaign.errors import SchemaMismatch
from campaign.store import migrate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from tests.supporter import Supporter

RIGHT = "ok    tables: they are those of this version"


def change(container: Container, statement: str) -> None:
    """Change the tables by hand, as somebody at the database's own prompt does."""
    with container.database.write_engine.begin() as connection:
        connection.exec_driver_sql(statement)


def indexes(container: Container, table: str) -> set[str | None]:
    with container.database.engine.connect() as connection:
        return {index["name"] for index in inspect(connection).get_indexes(table)}


def test_a_new_database_and_an_upgraded_one_differ_in_nothing(
    command: Callable[..., Result], container: Container, supporter: Supporter
) -> None:
    supporter.sign()
    assert RIGHT in command("doctor").output
    migrate.downgrade(container.database, "0010")
    migrate.upgrade(container.database)
    assert RIGHT in command("doctor").output
    assert "lacks" not in command("prepare").output


def test_an_index_that_is_missing_is_named_with_what_makes_it(
    command: Callable[..., Result], container: Container
) -> None:
    change(container, "DROP INDEX ix_letters_due")
    for said in (command("doctor"), command("prepare")):
        assert said.exit_code == 0, said.output
        assert "letters lacks the index ix_letters_due: run CREATE INDEX" in said.output
    _, _, statement = command("prepare").output.partition(": run ")
    change(container, statement.splitlines()[0])
    assert RIGHT in command("doctor").output


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE letters DROP COLUMN answered_at", "letters lacks the column answered_at"),
        ("DROP TABLE watch", "the table watch is missing"),
        ("DROP INDEX uq_signatures_confirmed_identity", "signatures lacks the unique index uq_"),
    ],
)
def test_what_the_site_cannot_do_without_keeps_it_from_starting(
    command: Callable[..., Result], container: Container, statement: str, named: str
) -> None:
    change(container, "DROP INDEX ix_letters_answered")
    change(container, statement)
    said = command("doctor")
    assert said.exit_code == 1
    assert f"FAULT tables: {named}" in said.output
    refused = command("prepare").exception
    assert isinstance(refused, SchemaMismatch)
    assert named in str(refused)
    assert "docs/operating.md" in str(refused)


@pytest.mark.long
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "ALTER TABLE letters ALTER COLUMN language DROP NOT NULL",
            "letters.language may be empty",
        ),
        ("ALTER TABLE letters ALTER COLUMN due_at SET NOT NULL", "may not be empty"),
        ("ALTER TABLE letters ALTER COLUMN language TYPE text", "letters.language is of the type"),
        (
            "ALTER TABLE letters DROP CONSTRAINT ck_letters_send_method",
            "lacks the check ck_letters_send_method",
        ),
        (
            "ALTER TABLE letters DROP CONSTRAINT fk_letters_signature_id_signatures",
            "lacks the foreign key",
        ),
        ("ALTER TABLE letters ADD more text", "letters has a column more that is not ours"),
    ],
)
def test_what_else_is_not_as_it_was_made_is_named(
    postgresql_url: str,
    make_container: Callable[[dict[str, str]], Container],
    tmp_path: Path,
    statement: str,
    named: str,
) -> None:
    env = {"CAMPAIGN_DATABASE_URL": postgresql_url, "CAMPAIGN_INSTANCE": str(tmp_path)}
    # Only PostgreSQL changes a column or a constraint of a table that is there.
    change(make_container(env), statement)
    for name in ("doctor", "prepare"):
        said = CliRunner().invoke(commands, [name], env=env)
        assert said.exit_code == 0, said.output
        assert named in said.output


def test_tables_and_indexes_that_somebody_added_beside_ours_are_left_alone(
    command: Callable[..., Result], container: Container
) -> None:
    change(container, "CREATE TABLE reports (day date)")
    change(container, "CREATE INDEX ix_of_mine ON letters (language)")
    assert RIGHT in command("doctor").output


def test_a_database_that_was_upgraded_before_0011_had_its_index_gets_it(
    container: Container, supporter: Supporter
) -> None:
    supporter.sign()
    migrate.downgrade(container.database, "0017")
    # What 0011 made is there after going down again, and so it is after going up once more.
    assert "ix_letters_due" in indexes(container, "letters")
    migrate.upgrade(container.database)
    migrate.downgrade(container.database, "0017")
    change(container, "DROP INDEX ix_letters_due")
    migrate.upgrade(container.database)
    assert "ix_letters_due" in indexes(container, "letters")
    supporter.sign(email="second@example.org")
