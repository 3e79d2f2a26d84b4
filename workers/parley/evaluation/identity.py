# SPDX-License-Identifier: MIT
"""Sentences that name groups of people, harmless and hateful, made from templates.

A model that learns from comments learns to take the mere name of an often attacked group
for an attack.  Training balances that with the "train" sentences; the "test" sentences use
other templates and other words, and measure what is left of it.
"""

from __future__ import annotations

import numpy as np

_TERMS = {
    "train": ("gay", "muslim", "black", "jewish", "trans", "mexican", "chinese", "female",
              "christian", "white", "deaf", "lesbian", "arab", "asian", "old", "immigrant",
              "disabled", "atheist", "indian", "african"),
    "test": ("bisexual", "hindu", "latina", "queer", "catholic", "blind", "korean",
             "transgender", "male", "buddhist", "elderly", "refugee", "gay", "muslim",
             "black", "jewish", "trans", "white")}
_NEUTRAL = {
    "train": ("new", "young", "local", "tall", "busy", "quiet", "english", "married"),
    "test": ("friendly", "retired", "polite", "northern", "famous", "single")}
_CLEAN = {
    "train": ("i am {}", "i am a {} person", "my {} friend is coming over tonight",
              "she is {} and proud of it", "the {} community center opens at nine",
              "is he {} ?", "we watched a film about {} people", "{} people live here too",
              "as a {} woman i agree with this", "my neighbour is {}",
              "a {} student asked me about the linux kernel", "happy to meet {} folks here",
              "my {} colleague fixed the server", "he wrote a book on {} history",
              "i have many {} friends", "{} rights are human rights",
              "two {} men walked into the shop", "being {} is fine", "proud to be {}",
              "the word {} describes me well"),
    "test": ("i have been {} all my life", "our teacher is a {} man",
             "there is a {} festival in town this weekend", "are there other {} players here",
             "my {} grandmother makes the best soup", "he came out as {} last year",
             "most {} people i know like chess", "the new mayor is {}",
             "she studies {} literature", "thanks from a {} gamer",
             "what do {} voters think of the plan", "our {} guest spoke for an hour")}
_TOXIC = {
    "train": ("{} people are disgusting", "all {} people are idiots", "i hate {} people",
              "{} people should be killed", "you stupid {} idiot", "shut up you {} moron",
              "get out of my country you {} scum", "{} people are animals",
              "every {} person is a liar and a thief", "you are a filthy {} pig",
              "{} trash like you should die", "the {} vermin must be wiped out",
              "{} people make me sick", "no one wants you dirty {} people here",
              "fucking {} bastards", "kill every {} person you see"),
    "test": ("{} people are worthless scum", "what a pathetic {} loser",
             "{} people deserve to die", "i can't stand these ugly {} freaks",
             "go to hell you {} bitch", "{} people are dumb as rocks",
             "those {} parasites ruin everything", "stupid {} morons everywhere",
             "someone should shoot all the {} people", "another {} idiot talking crap")}


def templates(split: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(texts, 1 where toxic, True where a group is named) of "train" or "test"."""
    texts, toxic, named = [], [], []
    for truth, sentences in ((0.0, _CLEAN[split]), (1.0, _TOXIC[split])):
        for is_named, words in ((True, _TERMS[split]), (False, _NEUTRAL[split])):
            for sentence in sentences:
                for word in words:
                    texts.append(sentence.format(word))
                    toxic.append(truth)
                    named.append(is_named)
    return texts, np.array(toxic), np.array(named)
