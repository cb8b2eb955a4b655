"""Settings that would let a site start and then fail people: named before it starts."""

from __future__ import annotations

import base64
import os
import stat
from typing import TYPE_CHECKING

import pytest

from campaign.container import build_container
from campaign.errors import SettingsError
from campaign.settings.load import load_settings
from campaign.web_app import create_mailbox_app

if TYPE_CHECKING:
    from pathlib import Path


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    return {
        "CAMPAIGN_ENVIRONMENT": "production",
        "CAMPAIGN_INSTANCE": str(tmp_path / "instance"),
        "CAMPAIGN_BASE_URL": "https://letters.example.org",
        "CAMPAIGN_TOKEN_KEYS": key(),
        "CAMPAIGN_SEALING_KEYS": key(),
        "CAMPAIGN_IDENTITY_KEY": key(),
        "CAMPAIGN_OPERATOR_NAME": "Made-up Society",
        "CAMPAIGN_OPERATOR_ADDRESS": "Made-up Street 2",
        "CAMPAIGN_OPERATOR_CONTACT": "office@example.org",
        "CAMPAIGN_PRIVACY_URL": "https://letters.example.org/privacy",
        "CAMPAIGN_PROXY_HOPS": "1",
        "CAMPAIGN_PROCESSORS": "Made-up Hosting, Exampletown; Made-up Mail",
        "CAMPAIGN_SENDER": "post@letters.example.org",
    }


def test_production_makes_its_instance_folder_for_its_own_user_only(
    production: dict[str, str],
) -> None:
    settings = load_settings(production)
    assert settings.instance.is_dir()
    assert stat.S_IMODE(settings.instance.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENDER", "x@"),
        ("SENDER", "a@b, c@d"),
        ("SENDER", "Ä <x@y.example>"),
        ("SENDER", "letters@exämple.org"),
        ("SENDER", "=?utf-8?q?x?=@example.org"),
        ("OPERATOR_CONTACT", "x@"),
        ("OPERATOR_NAME", "=?utf-8?q?x?="),
        ("OPERATOR_NAME", "Two\nlines"),
        ("PRIVACY_URL", "https://"),
        ("PRIVACY_URL", "https://[::1"),
        ("HOSTS", "*"),
        ("CAMPAIGNS", "/nonexistent/campaigns"),
        ("DATABASE_URL", "oracle://example.org/letters"),
        ("DATABASE_URL", "nonsense"),
    ],
)
def test_an_unfit_setting_is_named_before_anything_starts(
    production: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(production | {f"CAMPAIGN_{name}": value})
    (fault,) = caught.value.faults
    assert fault.startswith(f"CAMPAIGN_{name} ")


def test_only_production_writes_to_another_machine(production: dict[str, str]) -> None:
    given = production | {
        "CAMPAIGN_ENVIRONMENT": "development",
        "CAMPAIGN_TRANSPORT": "smtp",
        "CAMPAIGN_SMTP_HOST": "mail.example.org",
    }
    with pytest.raises(SettingsError) as caught:
        load_settings(given)
    assert caught.value.faults == (
        "CAMPAIGN_TRANSPORT may be smtp to another machine in production only",
    )
    assert load_settings(given | {"CAMPAIGN_SMTP_HOST": "127.0.0.1"}).live


def test_a_live_site_tells_where_the_keys_of_its_trial_are(
    production: dict[str, str], tmp_path: Path
) -> None:
    """With new keys nobody could read what was signed, or know who was here before."""
    load_settings({"CAMPAIGN_INSTANCE": str(tmp_path / "instance")})
    live = production | {"CAMPAIGN_TRANSPORT": "smtp", "CAMPAIGN_SMTP_HOST": "127.0.0.1"}
    live |= {"CAMPAIGN_ENVIRONMENT": "development", "CAMPAIGN_SEALING_KEYS": ""}
    with pytest.raises(SettingsError) as caught:
        load_settings(live)
    (fault,) = caught.value.faults
    assert fault == (
        "CAMPAIGN_SEALING_KEYS is needed on a live site: set it to the key in "
        f"{tmp_path}/instance/sealing_keys.secret, which the data that is there was written with"
    )


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "token_keys.secret").mkdir()
    with pytest.raises(SettingsError) as caught:
        load_settings({"CAMPAIGN_INSTANCE": str(tmp_path)})
    (fault,) = caught.value.faults
    assert fault.startswith(f"the key file {tmp_path}/token_keys.secret cannot be used: ")


def test_no_unfinished_key_file_stays_behind(tmp_path: Path) -> None:
    load_settings({"CAMPAIGN_INSTANCE": str(tmp_path)})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "identity_key.secret",
        "sealing_keys.secret",
        "token_keys.secret",
    ]


@pytest.mark.asvs("16.2.5")
def test_settings_written_out_show_no_secret(production: dict[str, str]) -> None:
    written = repr(load_settings(production | {"CAMPAIGN_SMTP_PASSWORD": "hush"}))
    assert "hush" not in written
    for kept in ("token_keys=", "sealing_keys=", "identity_key="):
        assert kept not in written
    assert "database_url" not in written


@pytest.mark.asvs("13.4.5", "15.2.3")
def test_in_production_there_is_no_mailbox(production: dict[str, str]) -> None:
    container = build_container(load_settings(production))
    with pytest.raises(SettingsError, match="development only"):
        create_mailbox_app(container)
