"""Which settings are accepted, what is guessed in development and refused in production."""

from __future__ import annotations

import base64
import stat
from typing import TYPE_CHECKING

import pytest

from campaign.errors import SettingsError
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from tests.helpers.settings import KEYS, PRODUCTION

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = ["identity_key.secret", "sealing_keys.secret", "token_keys.secret"]


@pytest.fixture
def development(tmp_path: Path) -> dict[str, str]:
    return {"CAMPAIGN_INSTANCE": str(tmp_path / "instance")}


@pytest.fixture
def production(development: dict[str, str]) -> dict[str, str]:
    """An environment with which production starts."""
    return development | {
        **PRODUCTION,
        "CAMPAIGN_PRIVACY_URL": "https://letters.example.org/privacy",
        "CAMPAIGN_PROCESSORS": "Made-up Hosting, Exampletown; Made-up Mail",
    }


def faults_of(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ)
    return refused.value.faults


def test_development_starts_with_nothing_set_but_its_folder(
    development: dict[str, str], tmp_path: Path
) -> None:
    settings = load_settings(development)
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/campaign.sqlite3"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.campaigns == SHIPPED_CAMPAIGNS
    assert settings.operator.name == "Example Operator"
    assert settings.transport == "outbox"
    assert settings.trusted_hosts == ("127.0.0.1", "localhost")
    assert (settings.production, settings.live, settings.is_https) == (False, False, False)


def test_development_writes_random_keys_once_for_its_owner_only_and_uses_them_again(
    development: dict[str, str], tmp_path: Path
) -> None:
    first, second = (load_settings(development) for _ in range(2))
    other = load_settings({"CAMPAIGN_INSTANCE": str(tmp_path / "other")})
    files = sorted((tmp_path / "instance").iterdir())
    keys = {first.token_keys[0], first.sealing_keys[0], first.identity_key}
    assert first == second
    assert other.identity_key != first.identity_key
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
    assert [file.name for file in files] == SECRETS
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert stat.S_IMODE((tmp_path / "instance").stat().st_mode) == 0o700


@pytest.mark.parametrize("said", [{}, {"CAMPAIGN_ENVIRONMENT": ""}])
def test_nothing_is_guessed_or_made_where_a_site_is_installed_and_its_settings_are_not_loaded(
    development: dict[str, str], said: dict[str, str], tmp_path: Path
) -> None:
    installed = tmp_path / "campaign.env"
    installed.touch()
    with pytest.raises(SettingsError) as refused:
        load_settings(development | said, installed)
    (fault,) = refused.value.faults
    assert fault == (
        f"CAMPAIGN_ENVIRONMENT is not set, and this machine has {installed}: run commands as"
        " sudo campaign …, which reads that file. For a development site beside it, set"
        " CAMPAIGN_ENVIRONMENT=development"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["campaign.env"]


def test_a_development_site_beside_an_installed_one_is_made_on_purpose(
    development: dict[str, str], tmp_path: Path
) -> None:
    installed = tmp_path / "campaign.env"
    installed.touch()
    said = development | {"CAMPAIGN_ENVIRONMENT": "development"}
    assert not load_settings(said, installed).production


def test_a_key_that_is_given_is_not_written_down(
    development: dict[str, str], tmp_path: Path
) -> None:
    load_settings(development | {"CAMPAIGN_TOKEN_KEYS": KEYS[0]})
    assert sorted(path.name for path in (tmp_path / "instance").iterdir()) == SECRETS[:2]


@pytest.mark.parametrize("name", SECRETS)
def test_a_key_file_that_was_cut_short_is_named_and_not_replaced(
    development: dict[str, str], tmp_path: Path, name: str
) -> None:
    load_settings(development)
    cut = tmp_path / "instance" / name
    cut.write_text("")
    faults = faults_of(development)
    assert faults == (f"{cut} holds no key; it was cut short or changed",)
    assert cut.read_text() == ""


@pytest.mark.parametrize("name", ["TOKEN_KEYS", "SEALING_KEYS", "IDENTITY_KEY"])
@pytest.mark.parametrize("empty", [",", " , "])
def test_a_list_of_no_keys_is_no_list_of_keys(
    production: dict[str, str], name: str, empty: str
) -> None:
    (fault,) = faults_of(production | {f"CAMPAIGN_{name}": empty})
    assert fault == f"CAMPAIGN_{name} should be 32 random bytes in base64"


def test_a_wrong_safe_address_is_not_called_missing(development: dict[str, str]) -> None:
    said = {"TRANSPORT": "rehearsal", "REHEARSAL_ADDRESS": "nope", "SMTP_HOST": "127.0.0.1"}
    environ = development | {f"CAMPAIGN_{name}": value for name, value in said.items()}
    assert faults_of(environ) == ("CAMPAIGN_REHEARSAL_ADDRESS should be an e-mail address",)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (fault,) = faults_of({"CAMPAIGN_INSTANCE": str(tmp_path / "file" / "instance")})
    assert fault.startswith(f"CAMPAIGN_INSTANCE cannot be made at {tmp_path}/file/instance: ")


def test_every_variable_reaches_its_setting(production: dict[str, str], tmp_path: Path) -> None:
    certificates = tmp_path / "example.pem"
    certificates.write_text("")
    settings = load_settings(
        production
        | {
            "CAMPAIGN_DATABASE_URL": "postgresql://example.org/letters",
            "CAMPAIGN_HOSTS": " www.example.org, example.org ,",
            "CAMPAIGN_PROXY_HOPS": "1",
            "CAMPAIGN_CAMPAIGNS": "tests/bundles",
            "CAMPAIGN_TRANSPORT": "smtp",
            "CAMPAIGN_SMTP_HOST": "mail.example.org",
            "CAMPAIGN_SMTP_PORT": "465",
            "CAMPAIGN_SMTP_TLS": "implicit",
            "CAMPAIGN_SMTP_CA_FILE": str(certificates),
            "CAMPAIGN_LETTERS_PER_HOUR": "3600",
            "CAMPAIGN_VERIFIERS": "2",
        }
    )
    assert settings.production
    assert settings.live
    assert settings.is_https
    assert settings.database_url == "postgresql://example.org/letters"
    assert settings.trusted_hosts == ("letters.example.org", "www.example.org", "example.org")
    assert settings.campaigns == BASE_DIR / "tests" / "bundles"
    assert settings.token_keys == tuple(base64.b64decode(key) for key in KEYS[:2])
    assert settings.smtp_ca_file == certificates
    assert (settings.proxy_hops, settings.smtp_port, settings.letters_per_hour) == (1, 465, 3600)
    assert settings.verifiers == 2


# One variable each, set to what is wrong, and how the fault ends.
WRONG = {
    "ENVIRONMENT": ("prod", "should be one of development, production"),
    "BASE_URL": ("letters.example.org", "without a path"),
    "PROXY_HOPS": ("-1", "should be a whole number from 0 to 10"),
    "TOKEN_KEYS": ("c2hvcnQ=", "should be 32 random bytes in base64"),
    "SEALING_KEYS": ("not base64!", "should be 32 random bytes in base64"),
    "IDENTITY_KEY": (base64.b64encode(bytes(32)).decode(), "should be 32 random bytes in base64"),
    "TRANSPORT": ("memory", "should be one of outbox, rehearsal, smtp"),
    "SMTP_PORT": ("65536", "should be a whole number from 1 to 65535"),
    "SMTP_TLS": ("none", "may be none on loopback only"),
    "SMTP_CA_FILE": ("/nonexistent/example.pem", "names no file"),
    "LETTERS_PER_HOUR": ("0", "should be a whole number from 1 to 3600"),
    "VERIFIERS": ("3", "should be a whole number from 1 to 2"),
    "OPERATOR_CONTACT": ("Testa Example", "should be an e-mail address"),
    "SENDER": ("example.org", "should be an e-mail address"),
    "EXAMPLE": ("x", "is not a setting; see docs/settings.md"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_variable_is_named_with_its_reason(development: dict[str, str], name: str) -> None:
    value, reason = WRONG[name]
    faults = faults_of(development | {f"CAMPAIGN_{name}": value})
    assert any(f.startswith(f"CAMPAIGN_{name} ") and f.endswith(reason) for f in faults), faults


def test_all_wrong_variables_are_named_at_once(development: dict[str, str]) -> None:
    wrong = {f"CAMPAIGN_{name}": value for name, (value, _) in WRONG.items()}
    named = [fault.split()[0] for fault in faults_of(development | wrong) if "CAMPAIGN_" in fault]
    assert sorted(named) == sorted(wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "ftp://letters.example.org"),
        ("BASE_URL", "https://letters.example.org/path"),
        ("BASE_URL", "https://letters.example.org?query"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://[::1"),
        ("BASE_URL", "https://letters.example.org:port"),
        ("PROXY_HOPS", "²"),
        ("SMTP_PORT", "9" * 5_000),
        ("TOKEN_KEYS", f"{KEYS[0]},{KEYS[0]}"),
        ("TOKEN_KEYS", f"{KEYS[0]},short"),
        ("IDENTITY_KEY", f"{KEYS[0]},{KEYS[1]}"),
        ("SMTP_TLS", "tls"),
    ],
)
def test_values_that_are_almost_right_are_refused_too(
    development: dict[str, str], name: str, value: str
) -> None:
    (fault,) = faults_of(development | {f"CAMPAIGN_{name}": value})
    assert fault.startswith(f"CAMPAIGN_{name} ")


@pytest.mark.parametrize("transport", ["smtp", "rehearsal"])
def test_a_transport_over_smtp_needs_its_host(development: dict[str, str], transport: str) -> None:
    given = development | {"CAMPAIGN_REHEARSAL_ADDRESS": "safe@example.org"}
    given["CAMPAIGN_TRANSPORT"] = transport
    said = f"CAMPAIGN_SMTP_HOST is needed by the transport {transport}"
    assert said in faults_of(given)
    given |= PRODUCTION | {"CAMPAIGN_SMTP_HOST": "127.0.0.1"}
    assert load_settings(given).live is (transport == "smtp")


def test_a_rehearsal_needs_its_safe_address(development: dict[str, str]) -> None:
    given = {"CAMPAIGN_TRANSPORT": "rehearsal", "CAMPAIGN_SMTP_HOST": "mail.example.org"}
    (fault,) = faults_of(development | given)
    assert fault == "CAMPAIGN_REHEARSAL_ADDRESS is needed by the transport rehearsal"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_mail_in_clear_stays_on_the_machine(development: dict[str, str], host: str) -> None:
    given = development | {"CAMPAIGN_SMTP_TLS": "none", "CAMPAIGN_SMTP_HOST": host}
    assert load_settings(given).smtp_tls == "none"
    for elsewhere in ("mail.example.org", "192.0.2.7", f"{host}.example.org"):
        faults = faults_of(given | {"CAMPAIGN_SMTP_HOST": elsewhere})
        assert faults == ("CAMPAIGN_SMTP_TLS may be none on loopback only",)


@pytest.mark.asvs("12.2.1", "13.4.2")
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("CAMPAIGN_TOKEN_KEYS", "", "is needed in production"),
        ("CAMPAIGN_SEALING_KEYS", "", "is needed in production"),
        ("CAMPAIGN_IDENTITY_KEY", "", "is needed in production"),
        ("CAMPAIGN_TOKEN_KEYS", "c2hvcnQ=", "should be 32 random bytes"),
        ("CAMPAIGN_SEALING_KEYS", base64.b64encode(b"ab" * 16).decode(), "should be 32 random"),
        ("CAMPAIGN_BASE_URL", "", "is needed in production"),
        ("CAMPAIGN_PROXY_HOPS", "", "is needed in production"),
        ("CAMPAIGN_BASE_URL", "http://letters.example.org", "should begin with https://"),
        ("CAMPAIGN_OPERATOR_NAME", "", "is still the made-up operator's"),
        ("CAMPAIGN_OPERATOR_ADDRESS", "", "is still the made-up operator's"),
        ("CAMPAIGN_OPERATOR_CONTACT", "contact@example.org", "is still the made-up operator's"),
        ("CAMPAIGN_SENDER", "", "is still the made-up operator's"),
        (
            "CAMPAIGN_PRIVACY_URL",
            "http://letters.example.org/privacy",
            "should begin with https://",
        ),
        ("CAMPAIGN_PRIVACY_CONTACT", "nobody", "should be an e-mail address"),
        ("CAMPAIGN_PROCESSORS", "", "is needed in production"),
        ("FLASK_DEBUG", "1", "turns debugging on"),
        ("FLASK_ENV", "development", "turns debugging on"),
    ],
)
def test_production_guesses_nothing(
    production: dict[str, str], tmp_path: Path, name: str, value: str, reason: str
) -> None:
    (fault,) = faults_of(production | {name: value})
    assert fault.startswith(f"{name} {reason}")
    assert not (tmp_path / "instance").exists()


# What only a person can say who means it: none of it is guessed, and none is made up.
MEANT = (
    *("BASE_URL", "TOKEN_KEYS", "SEALING_KEYS", "IDENTITY_KEY", "PROXY_HOPS", "PROCESSORS"),
    *("OPERATOR_NAME", "OPERATOR_ADDRESS", "OPERATOR_CONTACT", "SENDER"),
)


@pytest.mark.parametrize("name", MEANT)
def test_a_live_site_needs_what_production_needs_whatever_the_environment_says(
    production: dict[str, str], tmp_path: Path, name: str
) -> None:
    live = production | {"CAMPAIGN_TRANSPORT": "smtp", "CAMPAIGN_SMTP_HOST": "127.0.0.1"}
    (in_production,) = faults_of(live | {f"CAMPAIGN_{name}": ""})
    del live["CAMPAIGN_ENVIRONMENT"]
    (fault,) = faults_of(live | {f"CAMPAIGN_{name}": ""})
    assert fault == in_production.replace("in production", "on a live site")
    assert not (tmp_path / "instance").exists()
    assert load_settings(live).live


@pytest.mark.parametrize(
    ("name", "value"),
    [("CAMPAIGN_BASE_URL", "http://letters.example.org"), ("FLASK_DEBUG", "1")],
)
def test_a_live_site_refuses_what_production_refuses(
    production: dict[str, str], name: str, value: str
) -> None:
    live = production | {"CAMPAIGN_TRANSPORT": "smtp", "CAMPAIGN_SMTP_HOST": "127.0.0.1"}
    del live["CAMPAIGN_ENVIRONMENT"]
    (fault,) = faults_of(live | {name: value})
    assert fault.startswith(name)
    assert fault.endswith("on a live site")


def test_who_signs_too_fast_is_held_on_a_live_site_too(production: dict[str, str]) -> None:
    live = production | {"CAMPAIGN_TRANSPORT": "smtp", "CAMPAIGN_SMTP_HOST": "127.0.0.1"}
    del live["CAMPAIGN_ENVIRONMENT"]
    assert load_settings(live).form_seconds == 3


def test_production_without_anything_names_all_that_it_needs() -> None:
    faults = faults_of({"CAMPAIGN_ENVIRONMENT": "production"})
    assert len(faults) == len({fault.split()[0] for fault in faults}) == 10


def test_production_on_loopback_may_be_without_https(production: dict[str, str]) -> None:
    settings = load_settings(production | {"CAMPAIGN_BASE_URL": "http://127.0.0.1:8000"})
    assert not settings.is_https
    assert settings.trusted_hosts == ("127.0.0.1",)
