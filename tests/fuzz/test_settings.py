"""Any environment gives settings that the site can be made from, or names what is wrong."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from campaign.errors import SettingsError
from campaign.settings.load import load_settings
from campaign.settings.settings import Settings, env_name
from tests.fuzz import bounded
from tests.fuzz.strategies import ANY_TEXT, superlinear_units
from tests.helpers.settings import KEYS, PRODUCTION

if TYPE_CHECKING:
    from pathlib import Path

# These folders are made, wherever they are said to be.
MADE = ("instance", "metrics")
NAMES = [env_name(item.name) for item in fields(Settings) if item.name not in MADE]
VALUES = st.one_of(
    ANY_TEXT,
    st.sampled_from(
        [
            *("development", "production", "outbox", "smtp", "rehearsal", "none", "always", "0"),
            *("sqlite:///x?y=z", "sqlite:////tmp/%00", "postgresql://[", "postgresql://h:x/d"),
            *("https://[", "https://a b.example", "https://a\nb.example", "https://a.example//"),
            *("https://@a.example", "https://u:p@a.example", "https://a.example:", "https://a?"),
            *("https://a.example:99999", "https://a.example#", "https://:80", "http://[::1]:80"),
            *("HTTPS://A.EXAMPLE", "https://bücher.example", "https://<b>", "https://a.example"),
            *("redis://[", "redis://h:x", "redis://h", "a@[192.0.2.7]", "testa@bücher.example"),
            *("²", "\u0663", "+1", "1_0", "9" * 5_000, "x" * 5_000, "/dev/null/x", *KEYS),
        ]
    ),
)


def is_plain(text: str) -> bool:
    return text.isprintable() and " " not in text


def read(folder: Path, environ: dict[str, str]) -> None:
    try:
        settings = load_settings({"CAMPAIGN_INSTANCE": str(folder / "instance"), **environ})
    except SettingsError as refused:
        assert all(  # noqa: PT017 - either is fine
            one.startswith("CAMPAIGN_") or str(folder) in one for one in refused.faults
        )
        assert refused.faults  # noqa: PT017
    else:
        assert all(map(is_plain, (settings.base_url, settings.sender, settings.privacy_url)))
        assert set(settings.base_url.lower()).isdisjoint("?#@<>\"'")
        assert settings.trusted_hosts
        assert settings.operator.name.isprintable()
        assert len(settings.identity_key) == 32
        assert all(len(key) == 32 for key in (*settings.token_keys, *settings.sealing_keys))


@bounded
@given(given=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4), base=st.booleans())
@example(given={"CAMPAIGN_OPERATOR_ADDRESS": "Stra\udcdfe 1"}, base=True)
@example(given={"CAMPAIGN_CAMPAIGNS": "\0"}, base=False)
@example(given={"CAMPAIGN_SMTP_CA_FILE": "x" * 5_000}, base=False)
@example(given={"CAMPAIGN_BASE_URL": "https://a\nb.example"}, base=True)
def test_any_values_give_settings_or_all_that_is_wrong(
    tmp_path: Path, given: dict[str, str], base: bool
) -> None:
    read(tmp_path, (PRODUCTION if base else {}) | given)


@bounded
@given(name=ANY_TEXT, value=ANY_TEXT)
def test_any_other_name_is_named_or_none_of_our_business(
    tmp_path: Path, name: str, value: str
) -> None:
    ours = {"CAMPAIGN_INSTANCE": str(tmp_path / "instance")}
    load_settings(ours | {f"_{name}": value})
    with pytest.raises(SettingsError, match="is not a setting"):
        load_settings(ours | {f"CAMPAIGN_{name}X": value})


@pytest.mark.parametrize("folder", ["{}/file/x", "{}/\0", "{}/" + "x" * 300, "{}/\udcff"])
@pytest.mark.parametrize("name", [*map(env_name, MADE)])
def test_a_folder_that_cannot_be_is_named(tmp_path: Path, name: str, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=name):
        load_settings(
            {"CAMPAIGN_INSTANCE": str(tmp_path / "instance"), "CAMPAIGN_IDENTITY_KEY": KEYS[0]}
            | {"CAMPAIGN_TOKEN_KEYS": KEYS[1], "CAMPAIGN_SEALING_KEYS": KEYS[2]}
            | {name: folder.format(tmp_path)}
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPERATOR_ADDRESS", "Stra\udcdfe 1"),
        ("SMTP_USER", "a\0b"),
        ("BASE_URL", "https://a\nb.example"),
        ("BASE_URL", "https://a b.example"),
        ("BASE_URL", "https://a.example?"),
        ("BASE_URL", "https://@a.example"),
        ("BASE_URL", "https://a.example:"),
        ("PRIVACY_URL", "https://a\tb.example"),
        ("LIMITS_STORE", "redis://["),
        ("TRANSLATIONS", "x" * 5_000),
    ],
)
def test_a_value_that_the_site_would_fall_over_later_is_named_at_once(
    tmp_path: Path, name: str, value: str
) -> None:
    environ = PRODUCTION | {"CAMPAIGN_INSTANCE": str(tmp_path)}
    with pytest.raises(SettingsError) as refused:
        load_settings(environ | {f"CAMPAIGN_{name}": value})
    assert any(fault.startswith(f"CAMPAIGN_{name} ") for fault in refused.value.faults)


@pytest.mark.parametrize("address", ["https://bücher.example", "http://[::1]:80", "https://a/"])
def test_an_address_of_any_alphabet_is_accepted(tmp_path: Path, address: str) -> None:
    given = {"CAMPAIGN_INSTANCE": str(tmp_path), "CAMPAIGN_BASE_URL": address}
    assert load_settings(given).base_url == address


@pytest.mark.parametrize("name", ["BASE_URL", "HOSTS", "SENDER", "TOKEN_KEYS", "PROCESSORS"])
def test_no_value_is_looked_at_again_and_again(tmp_path: Path, name: str) -> None:
    given = {"CAMPAIGN_INSTANCE": str(tmp_path)}
    assert superlinear_units(lambda text: load_settings(given | {f"CAMPAIGN_{name}": text})) == []
