"""Typing errors in well-known mail domains."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

# The providers with the most private mailboxes in the EU's countries.
_WELL_KNOWN = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com
    me.com aol.com proton.me protonmail.com gmx.de gmx.net gmx.at web.de t-online.de
    freenet.de posteo.de mailbox.org hotmail.de yahoo.de outlook.de orange.fr wanadoo.fr
    free.fr laposte.net sfr.fr hotmail.fr yahoo.fr outlook.fr libero.it virgilio.it
    tiscali.it hotmail.it yahoo.it hotmail.es yahoo.es telefonica.net wp.pl onet.pl o2.pl
    interia.pl seznam.cz centrum.cz azet.sk freemail.hu citromail.hu abv.bg mail.bg ziggo.nl
    kpnmail.nl telenet.be skynet.be proximus.be sapo.pt bluewin.ch telia.com inbox.lv
    mail.ee otenet.gr hotmail.gr yahoo.gr hotmail.co.uk yahoo.co.uk btinternet.com
    eircom.net
    """.split()  # noqa: SIM905 - a list that people read
)
_CUTOFF = 0.84
_COUNTRY_CODE = 2


def suggest_address(address: str) -> str:
    """Return the address that was probably meant, or an empty string if it looks right."""
    local, _, domain = address.rpartition("@")
    meant = _suggest_domain(domain.lower())
    return f"{local}@{meant}" if meant else ""


# To compare it with all of them takes a tenth of a preview, and many people have the same one.
@lru_cache(maxsize=1024)
def _suggest_domain(domain: str) -> str:
    if domain in _WELL_KNOWN or _is_another_countrys(domain):
        return ""
    return next(iter(get_close_matches(domain, _WELL_KNOWN, n=1, cutoff=_CUTOFF)), "")


def _is_another_countrys(domain: str) -> bool:
    """Return whether only the country differs: hotmail.be is no typo for hotmail.es."""
    name, _, country = domain.partition(".")
    return len(country) == _COUNTRY_CODE and name in {known.split(".")[0] for known in _WELL_KNOWN}
