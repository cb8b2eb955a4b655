"""The settings, with their meanings and defaults.

`settings.load.load_settings` reads them. Only entry points use them; everything else is passed
plain values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from campaign.delivery import transports
from campaign.operator import Operator

if TYPE_CHECKING:
    from campaign.delivery.transports import TransportClass

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SHIPPED_CAMPAIGNS = BASE_DIR / "campaign" / "data" / "campaigns"

SETTINGS_FILE = Path("/etc/campaign.env")
"""The settings of an installed site. On a machine that has this file, nothing is guessed."""

PLACEHOLDER_OPERATOR = {
    "operator_name": "Example Operator",
    "operator_address": "Example Street 1, 00000 Exampletown",
    "operator_contact": "contact@example.org",
}


def _setting(default: str, describe: str, *, secret: bool = False) -> Any:
    return field(metadata={"default": default, "describe": describe}, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """All settings; each field is read from the environment variable CAMPAIGN_<FIELD>."""

    environment: str = _setting(
        "development",
        "`development` or `production`; production guesses nothing, and neither does a live site",
    )
    instance: Path = _setting("instance", "folder for database, keys, outbox and erasure ledger")
    database_url: str = _setting(
        "sqlite:///<instance>/campaign.sqlite3",
        "SQLite or PostgreSQL address of the database",
        secret=True,
    )
    base_url: str = _setting(
        "http://127.0.0.1:8000", "address of the site as people see it, used in mails"
    )
    hosts: tuple[str, ...] = _setting(
        "", "further host names that the site answers to, comma-separated"
    )
    proxy_hops: int = _setting(
        "0", "how many proxies in front set X-Forwarded-For and X-Forwarded-Proto"
    )
    limits_store: str = _setting(
        "memory://",
        "where flood limits count: `memory://`, each process by itself, or a `redis://` address",
        secret=True,
    )
    metrics: Path | None = _setting(
        "",
        "folder in which this machine's processes count what they do, for `campaign metrics`; "
        "empty for none",
    )
    network_per_form: int = _setting(
        "100",
        "the most signatures that one network (IPv4 address, IPv6 /48) sends to one campaign in "
        "an hour before they are held; a tenth of the hour's mails, if that is less",
    )
    network_overall: int = _setting("200", "the same, to all campaigns together")
    network_mails_per_hour: int = _setting(
        "500",
        "the most mails that one network causes in an hour; what is signed beyond it is held, and "
        "its mail waits for the release",
    )
    form_seconds: int = _setting(
        "3",
        "who signs sooner than so many seconds after opening the form is held; in development "
        "nobody is, unless it is set or the site is live",
    )
    mails_per_hour: int = _setting(
        "50000", "the most mails that leave in an hour; what is over it waits for the next"
    )
    mails_per_domain: int = _setting("10000", "the same, to one mail domain")
    default: str = _setting("", "slug of the campaign that `/` leads to; without it, a list")
    campaigns: Path = _setting(
        "campaign/data/campaigns", "folder whose campaign bundles are loaded at start"
    )
    translations: Path = _setting(
        "campaign/translations", "folder with the site's own words in each language"
    )
    token_keys: tuple[bytes, ...] = _setting(
        "<random>",
        "keys for links and codes: 32 bytes in base64, comma-separated, newest first",
        secret=True,
    )
    sealing_keys: tuple[bytes, ...] = _setting(
        "<random>",
        "keys for personal data: 32 bytes in base64, comma-separated, newest first",
        secret=True,
    )
    identity_key: bytes = _setting(
        "<random>", "key for hashes of addresses: 32 bytes in base64; never change it", secret=True
    )
    backup_keys: tuple[str, ...] = _setting(
        "", "public keys of age, comma-separated, that `campaign backup` encrypts to"
    )
    transport: str = _setting(
        "outbox", "`outbox` (files), `smtp` (live) or `rehearsal` (all to one safe address)"
    )
    rehearsal_address: str = _setting("", "the safe address that `rehearsal` sends to")
    smtp_host: str = _setting("", "host that takes mail in, for `smtp` and `rehearsal`")
    smtp_port: int = _setting("587", "its port")
    smtp_tls: str = _setting(
        "starttls", "`starttls`, `implicit` or, on loopback only, `none`; certificates are verified"
    )
    smtp_user: str = _setting("", "user name for the login; empty for none")
    smtp_password: str = _setting("", "password for the login", secret=True)
    smtp_ca_file: Path | None = _setting(
        "", "certificates to trust instead of the system's, as a PEM file"
    )
    letters_per_hour: int = _setting(
        "30", "the most letters that go to one ministry in an hour, while the pace is kept"
    )
    letters_per_day: int = _setting("200", "the most letters that go to one ministry in a day")
    pace: str = _setting(
        "live", "`live`: keep pace and office hours in live mode only; `always`: in every mode"
    )
    verifiers: int = _setting(
        "1",
        "how many different people have to check a ministry's address before it counts as "
        "verified: `1` or `2`",
    )
    operator_name: str = _setting(
        PLACEHOLDER_OPERATOR["operator_name"], "who runs the site; mails come from this name"
    )
    operator_address: str = _setting(
        PLACEHOLDER_OPERATOR["operator_address"], "the operator's postal address"
    )
    operator_contact: str = _setting(
        PLACEHOLDER_OPERATOR["operator_contact"], "whom to ask: an e-mail address"
    )
    privacy_contact: str = _setting(
        "", "whom to ask about personal data: an e-mail address; by default the operator's contact"
    )
    processors: tuple[str, ...] = _setting(
        "",
        "who processes personal data on the operator's behalf, such as the host: separated by "
        "semicolons, or `none`",
    )
    privacy_url: str = _setting(
        "", "address of a privacy notice of the operator's own, beside the site's"
    )
    sender: str = _setting("letters@example.org", "address that mails and letters come from")

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def transport_class(self) -> type[TransportClass]:
        """The class of the configured transport."""
        return transports.load(self.transport)

    @property
    def live(self) -> bool:
        """Return whether letters are really sent to ministries."""
        return self.transport_class.live

    @property
    def strict(self) -> bool:
        """Return whether nothing may be made up: in production, and if letters are really sent."""
        return self.production or self.live

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def dev_sign_in(self) -> bool:
        """Return whether the made-up owner may sign in: in development, on loopback, never live."""
        host = urlsplit(self.base_url).hostname
        return not self.strict and host in {"127.0.0.1", "localhost", "::1"}

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        own = urlsplit(self.base_url).hostname or ""
        local = () if self.production else ("127.0.0.1", "localhost")
        return tuple(dict.fromkeys((own, *self.hosts, *local)))

    @property
    def operator(self) -> Operator:
        return Operator(
            name=self.operator_name,
            address=self.operator_address,
            contact=self.operator_contact,
            sender=self.sender,
            privacy_contact=self.privacy_contact or self.operator_contact,
            processors=self.processors,
            privacy_url=self.privacy_url,
        )


def env_name(name: str) -> str:
    """Return the name of a field's environment variable."""
    return f"CAMPAIGN_{name.upper()}"
