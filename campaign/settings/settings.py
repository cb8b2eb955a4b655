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
from campaign.settings import parsers as parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.delivery.transports import TransportClass

BASE_DIR = parse.BASE_DIR
SHIPPED_CAMPAIGNS = BASE_DIR / "campaign" / "data" / "campaigns"

SETTINGS_FILE = Path("/etc/campaign.env")
"""The settings of an installed site. On a machine that has this file, nothing is guessed."""

PLACEHOLDER_OPERATOR = {
    "operator_name": "Example Operator",
    "operator_address": "Example Street 1, 00000 Exampletown",
    "operator_contact": "contact@example.org",
}


RANDOM = "<random>"
"""The default of keys: in development, one that is made on first use."""


def _setting(
    default: str,
    describe: str,
    parse: Callable[[str], Any] = str,
    *,
    secret: bool = False,
    development: str | None = None,
) -> Any:
    """Declare a setting: its default's text, its documentation, and what makes a value of a text.

    `development`: another default for sites that are neither in production nor live.
    """
    given = {"default": default, "describe": describe, "parse": parse}
    return field(metadata=given | {"development": development}, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """All settings; each field is read from the environment variable CAMPAIGN_<FIELD>.

    What several of them must be together is checked in `settings.load`.
    """

    environment: str = _setting(
        "development",
        "`development` or `production`; production guesses nothing, and neither does a live site",
        parse.choice("development", "production"),
    )
    instance: Path = _setting(
        "instance", "folder for database, keys, outbox and erasure ledger", parse.path
    )
    database_url: str = _setting(
        "sqlite:///<instance>/campaign.sqlite3",
        "SQLite or PostgreSQL address of the database",
        parse.database_url,
        secret=True,
    )
    replica_url: str = _setting(
        "",
        "optional: PostgreSQL address of a streaming replica, for public pages, counts and tables",
        parse.optional_postgresql_url,
        secret=True,
    )
    prepared_statements: bool = _setting(
        "yes",
        "`no` behind a pooler that gives each transaction another connection, such as PgBouncer "
        "in transaction mode",
        parse.yes_or_no,
    )
    base_url: str = _setting(
        "http://127.0.0.1:8000", "address of the site as people see it, used in mails", parse.origin
    )
    hosts: tuple[str, ...] = _setting(
        "", "further host names that the site answers to, comma-separated", parse.hosts
    )
    proxy_hops: int = _setting(
        "0",
        "how many proxies in front set X-Forwarded-For and X-Forwarded-Proto",
        parse.number(0, 10),
    )
    limits_store: str = _setting(
        "memory://",
        "where flood limits count: `memory://`, each process by itself, or a `redis://` address",
        parse.limits_store,
        secret=True,
    )
    metrics: Path | None = _setting(
        "",
        "folder in which this machine's processes count what they do, for `campaign metrics`; "
        "empty for none",
        parse.optional_path,
    )
    network_per_form: int = _setting(
        "100",
        "the most signatures that one network (IPv4 address, IPv6 /48) sends to one campaign in "
        "an hour before they are held; a tenth of the hour's mails, if that is less",
        parse.number(1, 1_000_000),
    )
    network_overall: int = _setting(
        "200", "the same, to all campaigns together", parse.number(1, 1_000_000)
    )
    network_mails_per_hour: int = _setting(
        "500",
        "the most mails that one network causes in an hour; what is signed beyond it is held, and "
        "its mail waits for the release",
        parse.number(1, 1_000_000),
    )
    form_seconds: int = _setting(
        "3",
        "who signs sooner than so many seconds after opening the form is held; in development "
        "nobody is, unless it is set or the site is live",
        parse.number(0, 600),
        development="0",
    )
    mails_per_hour: int = _setting(
        "50000",
        "the most mails that leave in an hour; what is over it waits for the next",
        parse.number(1, 10_000_000),
    )
    mails_per_domain: int = _setting(
        "10000", "the same, to one mail domain", parse.number(1, 10_000_000)
    )
    default: str = _setting("", "slug of the campaign that `/` leads to; without it, a list")
    campaigns: Path = _setting(
        "campaign/data/campaigns", "folder whose campaign bundles are loaded at start", parse.folder
    )
    translations: Path = _setting(
        "campaign/translations", "folder with the site's own words in each language", parse.folder
    )
    token_keys: tuple[bytes, ...] = _setting(
        RANDOM,
        "keys for links and codes: 32 bytes in base64, comma-separated, newest first",
        parse.keys,
        secret=True,
    )
    sealing_keys: tuple[bytes, ...] = _setting(
        RANDOM,
        "keys for personal data: 32 bytes in base64, comma-separated, newest first",
        parse.keys,
        secret=True,
    )
    identity_key: bytes = _setting(
        RANDOM,
        "key for hashes of addresses: 32 bytes in base64; never change it",
        parse.single_key,
        secret=True,
    )
    backup_keys: tuple[str, ...] = _setting(
        "", "public keys of age, comma-separated, that `campaign backup` encrypts to", parse.texts
    )
    transport: str = _setting(
        "outbox",
        "`outbox` (files), `smtp` (live) or `rehearsal` (all to one safe address)",
        parse.transport,
    )
    rehearsal_address: str = _setting(
        "",
        "the safe address that `rehearsal` sends to, and that copies of a rehearsed draft's letters"
        " go to; without it, these go to whoever signs",
        parse.optional_email,
    )
    smtp_host: str = _setting("", "host that takes mail in, for `smtp` and `rehearsal`")
    smtp_port: int = _setting("587", "its port", parse.number(1, 65535))
    smtp_tls: str = _setting(
        "starttls",
        "`starttls`, `implicit` or, on loopback only, `none`; certificates are verified",
        parse.choice("starttls", "implicit", "none"),
    )
    smtp_user: str = _setting("", "user name for the login; empty for none")
    smtp_password: str = _setting("", "password for the login", secret=True)
    smtp_ca_file: Path | None = _setting(
        "", "certificates to trust instead of the system's, as a PEM file", parse.optional_file
    )
    letters_per_hour: int = _setting(
        "30",
        "the most letters that go to one recipient in an hour, while the pace is kept",
        parse.number(1, 3600),
    )
    letters_per_day: int = _setting(
        "200", "the most letters that go to one recipient in a day", parse.number(1, 30_000)
    )
    pace: str = _setting(
        "live",
        "`live`: keep pace and office hours in live mode only; `always`: in every mode",
        parse.choice("live", "always"),
    )
    verifiers: int = _setting(
        "1",
        "how many different people have to check a recipient's address before it counts as "
        "verified: `1` or `2`",
        parse.number(1, 2),
    )
    publishers: int = _setting(
        "1",
        "how many different people it takes to publish a draft in the console: with `2`, one asks "
        "and another approves",
        parse.number(1, 2),
    )
    operator_name: str = _setting(
        PLACEHOLDER_OPERATOR["operator_name"],
        "who runs the site; mails come from this name",
        parse.header_text,
    )
    operator_address: str = _setting(
        PLACEHOLDER_OPERATOR["operator_address"], "the operator's postal address"
    )
    operator_contact: str = _setting(
        PLACEHOLDER_OPERATOR["operator_contact"], "whom to ask: an e-mail address", parse.email
    )
    privacy_contact: str = _setting(
        "",
        "whom to ask about personal data: an e-mail address; by default the operator's contact",
        parse.optional_email,
    )
    processors: tuple[str, ...] = _setting(
        "",
        "who processes personal data on the operator's behalf, such as the host: separated by "
        "semicolons, or `none`",
        parse.processors,
    )
    privacy_url: str = _setting(
        "",
        "address of a privacy notice of the operator's own, beside the site's",
        parse.optional_https,
    )
    sender: str = _setting(
        "letters@example.org", "address that mails and letters come from", parse.email
    )

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def transport_class(self) -> type[TransportClass]:
        """The class of the configured transport."""
        return transports.load(self.transport)

    @property
    def live(self) -> bool:
        """Return whether letters are really sent to recipients."""
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
