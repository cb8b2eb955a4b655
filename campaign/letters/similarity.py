"""How like others a letter is: the campaign's own words, and what the ministry has had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.similarity import Likeness, likeness, sentences
from campaign.letters.queries import sentences as store
from campaign.letters.sealing import hash_sentence

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelved
    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class Sentences:
    """A letter's sentences, without the writer's name. `own` are not the campaign's."""

    government: str
    every: tuple[str, ...]
    own: tuple[str, ...]


def split(shelved: Shelved, government: str, language: str, body: str, person: Person) -> Sentences:
    """Tell her own sentences in a letter's body from those that the campaign supplied."""
    supplied = shelved.supplied(government, language)
    every = tuple(sentences(body.removesuffix(person.signature)))
    own = tuple(sentence for sentence in every if sentence not in supplied)
    return Sentences(government, every, own)


def likeness_of(session: Session, keyring: Keyring, letter: Sentences) -> Likeness:
    """Compare with what the campaign supplies and what the ministry has had; one query."""
    hashed = {hash_sentence(keyring, sentence): sentence for sentence in letter.own}
    found = store.known(session, letter.government, hashed)
    fresh = {sentence for key, sentence in hashed.items() if key not in found}
    return likeness(letter.every, set(letter.every) - fresh)
