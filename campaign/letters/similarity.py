"""How similar a letter is to others: to the campaign's words, and what the recipient has had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.similarity import Similarity, normalized_sentences, rate_similarity
from campaign.letters.queries import sentences as store
from campaign.letters.sealing import hash_sentence

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class LetterSentences:
    """A letter's sentences, without the writer's name. `own`: those that are not the campaign's."""

    sentences: tuple[str, ...]
    own: tuple[str, ...]


def split_sentences(
    loaded: LoadedCampaign, government: str, language: str, body: str, person: Person
) -> LetterSentences:
    """Return the sentences of a letter's body, with her own apart from the campaign's."""
    supplied = loaded.campaign_sentences(government, language)
    every = tuple(normalized_sentences(body.removesuffix(person.signature_block)))
    own = tuple(sentence for sentence in every if sentence not in supplied)
    return LetterSentences(every, own)


def letter_similarity(
    session: Session, keyring: Keyring, recipient: str, letter: LetterSentences
) -> Similarity:
    """Compare a letter with the campaign's words and what its recipient has had, in one query."""
    hashed = {hash_sentence(keyring, sentence): sentence for sentence in letter.own}
    found = store.find_known(session, recipient, hashed)
    fresh = {sentence for key, sentence in hashed.items() if key not in found}
    return rate_similarity(letter.sentences, set(letter.sentences) - fresh)
