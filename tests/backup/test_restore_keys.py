"""A restore needs the keys of then, and says so before it changes anything."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import pytest

from campaign.errors import KeyMissing
from campaign.letters.rules.letter import LetterState
from campaign.settings.keys import load_or_create_key
from tests.helpers.backups import BackupSetup, command_runner, is_ready, letters, supporter_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from tests.supporter import Supporter

KEYS = "CAMPAIGN_SEALING_KEYS"


@pytest.fixture
def safe(tmp_path: Path, command: Callable[..., Result], tools: None) -> BackupSetup:
    return BackupSetup(tmp_path, command)


@pytest.fixture
def keys(environ: dict[str, str], container: Container) -> list[str]:
    """A new sealing key and the one that everything was sealed with so far."""
    new = base64.b64encode(os.urandom(32)).decode()
    return [new, load_or_create_key(container.settings.instance / "sealing_keys.secret")]


def have(environ: dict[str, str], *keys: str) -> None:
    environ[KEYS] = ",".join(keys)


def test_a_restore_without_an_old_sealing_key_is_refused_before_anything_is_changed(
    supporter: Supporter,
    container: Container,
    safe: BackupSetup,
    environ: dict[str, str],
    keys: list[str],
) -> None:
    supporter.sign()
    have(environ, *keys)
    assert safe.backup().exit_code == 0
    supporter.sign(email="later@example.org", government="FR")
    ledger = container.settings.instance / "erased.ledger"
    before = ledger.read_bytes()
    have(environ, keys[0])
    refused = safe.restore().exception
    assert isinstance(refused, KeyMissing)
    assert f"{KEYS} lacks" in str(refused)
    assert str(refused).endswith("nothing was changed")
    (_, old) = (line.split()[0] for line in listed(safe, environ, keys))
    assert f"the key {old} " in str(refused)
    assert (supporter.count(), ledger.read_bytes()) == (2, before)
    assert is_ready(supporter)
    have(environ, *keys)
    assert safe.restore().exit_code == 0
    assert supporter.count() == 1


def listed(safe: BackupSetup, environ: dict[str, str], keys: list[str]) -> list[str]:
    have(environ, *keys)
    lines = safe.command("keys", "list").output.splitlines()
    have(environ, keys[0])
    return lines


def test_keys_are_listed_by_the_names_under_which_they_are_missed(
    supporter: Supporter,
    container: Container,
    safe: BackupSetup,
    environ: dict[str, str],
    keys: list[str],
) -> None:
    supporter.sign()
    new, old = listed(safe, environ, keys)
    assert (new.split(maxsplit=1)[1], old.split(maxsplit=1)[1]) == ("not in use", "in use")
    assert f"{old.split()[0]}  in use, and MISSING" in safe.command("keys", "list").output


def test_one_value_of_any_kind_under_an_old_key_is_enough_to_refuse(
    supporter: Supporter,
    container: Container,
    safe: BackupSetup,
    environ: dict[str, str],
    keys: list[str],
    make_container: Callable[[dict[str, str]], Container],
    transport: MemoryTransport,
) -> None:
    safe.command("organiser", "invite", "Ada Example", "ada@example.org", "--site-owner")
    have(environ, *keys)
    supporter_of(make_container(environ), transport).sign()
    safe.backup()
    have(environ, keys[0])
    assert isinstance(safe.restore().exception, KeyMissing)
    assert "FAULT keys: CAMPAIGN_SEALING_KEYS lacks" in safe.command("doctor").output
    assert supporter.count() == 1


def test_a_restore_with_another_identity_key_is_refused_before_anything_is_changed(
    supporter: Supporter, safe: BackupSetup, environ: dict[str, str], keys: list[str]
) -> None:
    assert safe.command("prepare").exit_code == 0
    supporter.sign()
    safe.backup()
    environ["CAMPAIGN_IDENTITY_KEY"] = keys[0]
    refused = safe.restore().exception
    assert isinstance(refused, KeyMissing)
    assert "CAMPAIGN_IDENTITY_KEY is not the key" in str(refused)
    assert is_ready(supporter)


def test_a_backup_of_sqlite_that_noted_no_keys_is_looked_into(
    sqlite_url: str,
    make_container: Callable[[dict[str, str]], Container],
    tmp_path: Path,
    transport: MemoryTransport,
) -> None:
    environ = {"CAMPAIGN_DATABASE_URL": sqlite_url, "CAMPAIGN_INSTANCE": str(tmp_path / "instance")}
    supporter = supporter_of(container := make_container(environ), transport)
    supporter.sign()
    safe = BackupSetup(tmp_path, command_runner(environ))
    safe.backup()
    safe.as_of_format(2)
    have(environ, base64.b64encode(os.urandom(32)).decode())
    refused = safe.restore().exception
    assert isinstance(refused, KeyMissing)
    assert "nothing was changed" in str(refused)
    have(environ, load_or_create_key(container.settings.instance / "sealing_keys.secret"))
    assert safe.restore().exit_code == 0
    assert supporter.count() == 1


def test_a_backup_of_postgresql_that_noted_no_keys_is_loaded_and_nothing_leaves_until_it_is_settled(
    postgresql_url: str,
    make_container: Callable[[dict[str, str]], Container],
    tmp_path: Path,
    transport: MemoryTransport,
    tools: None,
) -> None:
    environ = {
        "CAMPAIGN_DATABASE_URL": postgresql_url,
        "CAMPAIGN_INSTANCE": str(tmp_path / "instance"),
        "CAMPAIGN_BASE_URL": "http://localhost",
    }
    supporter = supporter_of(container := make_container(environ), transport)
    supporter.sign()
    safe = BackupSetup(tmp_path, command_runner(environ))
    safe.backup()
    safe.as_of_format(2)
    supporter.deliver()
    have(environ, new := base64.b64encode(os.urandom(32)).decode())
    refused = safe.restore().exception
    assert isinstance(refused, KeyMissing)
    assert "The backup is loaded and not settled" in str(refused)
    # The key is added, and everything is started again.
    have(environ, new, load_or_create_key(container.settings.instance / "sealing_keys.secret"))
    again = supporter_of(make_container(environ), transport)
    left = len(transport.sent)
    again.deliver()
    assert (len(transport.sent), letters(container)) == (left, {"DE": LetterState.QUEUED})
    assert not is_ready(again)
    assert "FAULT restore: " in safe.command("doctor").output
    assert safe.restore().exit_code == 0
    assert is_ready(again)
    again.deliver()
    assert (len(transport.sent), letters(container)) == (left, {"DE": LetterState.UNCERTAIN})
