"""Who counts as the same person: the canonical form of an e-mail address.

The rules are data with a version, stored with each keyed hash, because a hash
made under other rules cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class IdentityRules:
    version: int
    tag_separator: str
    domain_aliases: dict[str, str]
    domains_without_dots: frozenset[str]


RULES = IdentityRules(
    version=1,
    tag_separator="+",
    domain_aliases={"googlemail.com": "gmail.com"},
    # Only where the provider documents that it ignores dots.
    domains_without_dots=frozenset({"gmail.com"}),
)


def canonical_address(ascii_address: str, rules: IdentityRules = RULES) -> str:
    """Return the form of an address that stands for one mailbox.

    `ascii_address` has its domain in ASCII already (IDNA). Lower case, tags after
    a plus dropped everywhere, dots dropped where the provider ignores them.
    """
    local, _, domain = ascii_address.lower().rpartition("@")
    domain = rules.domain_aliases.get(domain, domain)
    local = local.split(rules.tag_separator, 1)[0] or local
    if domain in rules.domains_without_dots:
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def domain_of(ascii_address: str) -> str:
    return ascii_address.lower().rpartition("@")[2]
