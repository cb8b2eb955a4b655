"""How similar a letter is to others: to the campaign's words, and what the recipient has had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.similarity import rate_similarity, sentences_as_written
from campaign.letters.queries import sentences as store
from campaign.letters.sealing import hash_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.campaigns.similarity import Similarity
    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring


MIN_OWN_SENTENCES = 2
"""Sentences of her own from which on a letter is called hers."""


@dataclass(frozen=True)
class LetterSentences:
    """A letter's normalised sentences, without the writer's name.

    `own`: those that are not the campaign's, with each as it is written.
    """

    sentences: tuple[str, ...]
    own: Mapping[str, str]


@dataclass(frozen=True)
class LetterSimilarity:
    """How similar a letter is to others.

    `common`: sentences that are not the campaign's, and that its recipient has had from others.
    `is_own`: it has enough that nobody else has written.
    """

    rating: Similarity
    common: tuple[str, ...]
    is_own: bool


def split_sentences(
    loaded: LoadedCampaign, government: str, language: str, body: str, person: Person
) -> LetterSentences:
    """Return the sentences of a letter's body, with her own apart from the campaign's."""
    supplied = loaded.campaign_sentences(government, language)
    every = sentences_as_written(body.removesuffix(person.signature_block))
    own = {sentence: written for sentence, written in every if sentence not in supplied}
    return LetterSentences(tuple(sentence for sentence, _ in every), own)


def letter_similarity(
    session: Session, keyring: Keyring, recipient: str, letter: LetterSentences
) -> LetterSimilarity:
    """Compare a letter with the campaign's words and what its recipient has had, in one query."""
    hashed = {hash_sentence(keyring, sentence): sentence for sentence in letter.own}
    known = store.find_known(session, recipient, hashed)
    fresh = {sentence for key, sentence in hashed.items() if key not in known}
    rating = rate_similarity(letter.sentences, set(letter.sentences) - fresh)
    common = tuple(text for sentence, text in letter.own.items() if sentence not in fresh)
    return LetterSimilarity(rating, common, len(fresh) >= MIN_OWN_SENTENCES)
