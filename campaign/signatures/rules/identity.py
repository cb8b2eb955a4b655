"""Who counts as the same person: the canonical form of an e-mail address.

The rules have versions, stored with each keyed hash, because a hash made under other rules
cannot be compared. The newest makes new hashes; a person is looked up under all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.mail.providers import PROVIDERS

if TYPE_CHECKING:
    from campaign.mail.providers import Provider

IDENTITY_VERSIONS = tuple(sorted({provider.since_version for provider in PROVIDERS}, reverse=True))
"""Newest first."""

CURRENT_IDENTITY_VERSION = IDENTITY_VERSIONS[0]
_TAG = "+"
_BY_DOMAIN = {
    version: {
        domain: provider
        for provider in PROVIDERS
        if provider.since_version <= version
        for domain in provider.domains
    }
    for version in IDENTITY_VERSIONS
}


def canonical_address(ascii_address: str, version: int = CURRENT_IDENTITY_VERSION) -> str:
    """Return the form of an e-mail address that identifies one person, under these rules.

    `ascii_address` has its domain already in ASCII (IDNA). The form is in lower case, without tags
    after a plus, and with whatever the provider says that its addresses have in common.
    """
    local, domain = _parts(ascii_address)
    local, domain, provider = _split_by_provider(local, domain, version)
    return _spelt(_without_tag(local), domain, provider)


def is_same_mailbox(one: str, other: str) -> bool:
    """Return whether the provider itself documents that two addresses are one mailbox.

    A tag after a plus is dropped from everybody's identity, but it is known to reach the same
    mailbox only if the provider says so.
    """
    return _documented(one) == _documented(other)


def domain_of(ascii_address: str) -> str:
    return _parts(ascii_address)[1]


def _documented(address: str) -> str:
    local, domain, provider = _split_by_provider(*_parts(address), CURRENT_IDENTITY_VERSION)
    if provider is not None and provider.plus_addressing:
        local = _without_tag(local)
    return _spelt(local, domain, provider)


def _parts(ascii_address: str) -> tuple[str, str]:
    local, _, domain = ascii_address.lower().rpartition("@")
    return local, domain


def _split_by_provider(local: str, domain: str, version: int) -> tuple[str, str, Provider | None]:
    """Return an address's parts and its provider, by the rules of this version."""
    providers = _BY_DOMAIN[version]
    host, _, parent = domain.partition(".")
    above = providers.get(parent)
    if above is not None and above.subdomain_addressing:
        return host, parent, above
    return local, domain, providers.get(domain)


def _spelt(local: str, domain: str, provider: Provider | None) -> str:
    if provider is None:
        return f"{local}@{domain}"
    kept = local.translate(dict.fromkeys(map(ord, provider.ignored_characters)))
    return f"{kept or local}@{provider.domains[0]}"


def _without_tag(local: str) -> str:
    return local.split(_TAG, 1)[0] or local
