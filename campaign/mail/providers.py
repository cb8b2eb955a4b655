"""The spellings of an address that reach one mailbox, by mail provider, with sources.

Only rules that a provider documents itself are listed. They were read in stored copies of the
pages named, on the day named; what could not be read is left out, and listed in ADR 0036.
A row that hashes were made with is never changed: a new rule is a new row with the next version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Provider:
    """One provider's rules for its mailboxes.

    `domains`: the same local part at each of them is one mailbox; the first is the canonical one.
    `since_version`: the version of the rules that introduced it. `ignored_characters`: characters
    of the local part that make no difference. `plus_addressing`: the provider says that what
    follows a plus makes no difference. `subdomain_addressing`: anything@name.domain is
    name@domain.
    """

    name: str
    domains: tuple[str, ...]
    since_version: int
    sources: tuple[str, ...]
    checked_on: date
    ignored_characters: str = ""
    plus_addressing: bool = False
    subdomain_addressing: bool = False


_CHECKED = date(2026, 11, 29)
_MAILBOX_ORG = "https://kb.mailbox.org/en/business"

PROVIDERS = (
    Provider(
        "Gmail",
        ("gmail.com", "googlemail.com"),
        since_version=1,
        sources=(
            "https://support.google.com/mail/answer/7436150",
            "https://support.google.com/mail/answer/22370",
        ),
        checked_on=_CHECKED,
        ignored_characters=".",
        plus_addressing=True,
    ),
    Provider(
        "Proton Mail",
        ("proton.me", "protonmail.com", "pm.me", "protonmail.ch"),
        since_version=2,
        sources=(
            "https://protonmail.com/support/knowledge-base/change-username/",
            "https://protonmail.com/support/knowledge-base/addresses-and-aliases/",
        ),
        checked_on=_CHECKED,
        ignored_characters="._-",
        plus_addressing=True,
    ),
    Provider(
        "iCloud Mail",
        ("icloud.com", "me.com", "mac.com"),
        since_version=2,
        sources=("https://support.apple.com/en-vn/118230",),
        checked_on=_CHECKED,
    ),
    Provider(
        "Yandex Mail",
        ("yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "ya.ru"),
        since_version=2,
        sources=(
            "https://yandex.com/support/id/authorization/email.html",
            "https://yandex.com/support/domain/additional/mailbox-alias.xml",
        ),
        checked_on=_CHECKED,
    ),
    # The same name at another of its domains is another mailbox.
    *(
        Provider(
            "Fastmail",
            (domain,),
            since_version=2,
            sources=(
                "https://www.fastmail.help/hc/en-us/articles/360060591053",
                "https://fastmail.com/blog/two-address-resolving-additions",
            ),
            checked_on=_CHECKED,
            plus_addressing=True,
            subdomain_addressing=True,
        )
        for domain in ("fastmail.com", "fastmail.fm")
    ),
    Provider(
        "Posteo",
        tuple(
            f"posteo.{ending}"
            for ending in "de net com us ca uk ie es at ch nl be lu me eu".split()  # noqa: SIM905
        ),
        since_version=2,
        sources=("https://posteo.de/blog/2",),
        checked_on=_CHECKED,
    ),
    Provider(
        "Runbox",
        ("runbox.com", "runbox.no", "runbox.eu", "rbx.run", "rbx.email", "offshore.rocks"),
        since_version=2,
        sources=(
            "https://help.runbox.com/how-do-internet-domains-work-for-email/",
            "http://help.runbox.com/usernames-and-passwords/",
        ),
        checked_on=_CHECKED,
    ),
    Provider(
        "mailbox.org",
        ("mailbox.org",),
        since_version=2,
        sources=(f"{_MAILBOX_ORG}/account-article/what-is-an-alias-and-how-do-i-use-it",),
        checked_on=_CHECKED,
        plus_addressing=True,
    ),
)
