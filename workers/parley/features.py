# SPDX-License-Identifier: MIT
"""Hashed n-gram features of a whole batch of messages at once, on NumPy alone.

All models of the package read the same features, so they are computed once a batch
(`Batch.features`) and shared.  Features: character n-grams inside words (with the word's
edges), words, pairs of words, words under a negation, "skeleton" words in which
digit-for-letter swaps, stretched letters and l e t t e r  s p a c i n g are undone, and a
few on a message's shape.

A feature is a slot in [0, SLOTS).  A message's features are a set: repeating a word does
not count it twice.  They depend on the message alone, never on its neighbours in the
batch, and each can be traced back to the characters that made it (`Features.trace`): that
is where the spans of a verdict come from.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

import numpy as np

from parley.text import MENTION, SPACE, SYMBOL, URL, WORD, Stream

VERSION = 1
"""Version of the feature definition; a model trained with another one is refused."""
SLOT_BITS = 20
SLOTS = 1 << SLOT_BITS

_U64 = np.uint64
_CHAR_NGRAMS = (2, 3, 4, 5)
_MAX_WORD = 64
_NEGATION_REACH = 3
_NEGATORS = ("not no never none nobody nothing neither nor without cannot cant can't dont "
             "don't doesnt doesn't didnt didn't isnt isn't wasnt wasn't arent aren't werent "
             "weren't wont won't wouldnt wouldn't couldnt couldn't shouldnt shouldn't aint "
             "ain't hasnt hasn't havent haven't hardly barely").split()
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
         "$": "s", "@": "a", "!": "i", "|": "i", "+": "t"}

# Odd multipliers and seeds of the hashes (digits of pi and friends); part of the format.
_BASE = _U64(0x9E3779B97F4A7C15)
_MIX = _U64(0xD6E8FEB86659FD93)
_LEFT = _U64(0xC2B2AE3D27D4EB4F)
_SEEDS = {"word": _U64(0x243F6A8885A308D3), "pair": _U64(0x13198A2E03707344),
          "skeleton": _U64(0xA4093822299F31D0), "negated": _U64(0x082EFA98EC4E6C89),
          "shape": _U64(0x452821E638D01377), "char2": _U64(0xBE5466CF34E90C6C),
          "char3": _U64(0xC0AC29B7C97C50DD), "char4": _U64(0x3F84D5B5B5470917),
          "char5": _U64(0x9216D5D98979FB1B)}
_EDGE = _U64(0x2FFD72DBD01ADFB7)
_POWERS = np.cumprod(np.full(_MAX_WORD, _BASE, _U64))

_LEET_MAP = np.arange(128, dtype=np.uint32)
_LEET_MAP[[ord(c) for c in _LEET]] = [ord(c) for c in _LEET.values()]
_SWAPPED = np.zeros(128, np.uint8)   # 1: letter on either side; 2: a letter on both sides
_SWAPPED[[ord(c) for c in "$@*"]] = 1
_SWAPPED[[ord(c) for c in "!|+"]] = 2


class Block(NamedTuple):
    """Features of one kind, one entry an occurrence, in stream positions."""

    message: np.ndarray
    slot: np.ndarray
    start: np.ndarray
    end: np.ndarray


class Words(NamedTuple):
    """The words and symbols of the batch: stream range, message, hash, is a symbol."""

    start: np.ndarray
    end: np.ndarray
    message: np.ndarray
    hash: np.ndarray
    symbol: np.ndarray


def _slot(hashes: np.ndarray, seed: str) -> np.ndarray:
    mixed = (hashes ^ _SEEDS[seed]) * _MIX
    mixed ^= mixed >> _U64(29)
    return ((mixed * _BASE) >> _U64(64 - SLOT_BITS)).astype(np.int64)


def _group_hashes(chars: np.ndarray, starts: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Polynomial hash of each group of consecutive `chars`; group g begins at starts[g]."""
    if not len(starts):
        return np.zeros(0, _U64)
    rank = np.minimum(np.arange(len(chars)) - starts[group], _MAX_WORD - 1)
    return np.add.reduceat(chars.astype(_U64) * _POWERS[rank], starts)


def hash_word(word: str) -> np.uint64:
    """The hash by which `word` (already folded) is known to the features."""
    chars = np.array([ord(c) for c in word], np.uint32)
    return _group_hashes(chars, np.zeros(1, np.int64), np.zeros(len(chars), np.int64))[0]


_NEGATOR_HASHES = np.sort(np.array([hash_word(w) for w in _NEGATORS], _U64))


def _char_blocks(text: Stream) -> list[Block]:
    """Character n-grams which hold no space except at an end."""
    space = text.kind == SPACE
    chars = text.chars.astype(_U64)
    hashes, inner = chars.copy(), np.ones(len(chars), bool)
    blocks = []
    for n in range(2, _CHAR_NGRAMS[-1] + 1):
        if len(chars) < n:
            break
        hashes = hashes[:-1] * _BASE + chars[n - 1:]
        inner = inner[:-1]
        if n > 2:
            inner = inner & ~space[n - 2:-1]
        at = np.flatnonzero(inner)
        # The second character is never the space that ends the message before.
        blocks.append(Block(text.message[at + 1], _slot(hashes[at], f"char{n}"), at, at + n))
    return blocks


def _find_words(text: Stream) -> Words:
    word, symbol = text.kind == WORD, text.kind == SYMBOL
    begins = word.copy()
    begins[1:] &= ~word[:-1]
    begins |= symbol
    inside = np.flatnonzero(word | symbol)
    first = begins[inside]
    starts = np.flatnonzero(first)
    group = np.cumsum(first) - 1
    hashes = _group_hashes(text.chars[inside], starts, group)
    start = inside[starts]
    last = np.concatenate((starts[1:], [len(inside)]))[:len(starts)] - 1
    return Words(start, inside[last] + 1, text.message[start], hashes, symbol[start])


def _word_blocks(words: Words) -> list[Block]:
    """Words, pairs of neighbours (with the message's edges), and negated words."""
    message, hashes = words.message, words.hash
    blocks = [Block(message, _slot(hashes, "word"), words.start, words.end)]
    if not len(message):
        return blocks
    first = np.ones(len(message), bool)
    first[1:] = message[1:] != message[:-1]
    last = np.concatenate((first[1:], [True]))
    left = np.where(first, _EDGE, np.roll(hashes, 1))
    left_start = np.where(first, words.start, np.roll(words.start, 1))
    pair = left * _LEFT + hashes
    blocks.append(Block(message, _slot(pair, "pair"), left_start, words.end))
    closing = hashes[last] * _LEFT + _EDGE
    blocks.append(Block(message[last], _slot(closing, "pair"), words.start[last],
                        words.end[last]))

    negator = np.isin(hashes, _NEGATOR_HASHES)
    if negator.any():
        # A word is negated when a negator stands at most _NEGATION_REACH words before it
        # in the same message and no symbol comes between.
        index = np.arange(len(hashes))
        barrier = np.maximum.accumulate(np.where(first | words.symbol, index, 0))
        nearest = np.maximum.accumulate(np.where(negator, index, -_NEGATION_REACH - 1))
        nearest = np.concatenate(([-_NEGATION_REACH - 1], nearest[:-1]))
        at = np.flatnonzero((index - nearest <= _NEGATION_REACH) & (nearest >= barrier)
                            & ~words.symbol)
        blocks.append(Block(message[at], _slot(hashes[at], "negated"), words.start[at],
                            words.end[at]))
    return blocks


def _skeleton_mask(text: Stream) -> tuple[np.ndarray, np.ndarray]:
    """(mapped characters, which of them belong to skeleton words)."""
    low = text.chars < 128
    index = np.where(low, text.chars, 0)
    mapped = np.where(low, _LEET_MAP[index], text.chars)
    letter = (text.kind == WORD) & (text.chars != ord("'")) & (text.chars != ord("_"))
    rule = np.where(low, _SWAPPED[index], 0)
    if not rule.any():
        return mapped, letter
    near = letter | (rule == 1)
    before, after = np.zeros_like(near), np.zeros_like(near)
    before[1:], after[:-1] = near[:-1], near[1:]
    return mapped, letter | ((rule == 1) & (before | after)) | ((rule == 2) & before & after)


def _skeleton_block(text: Stream) -> Block:
    """Words with swaps, stretches and spacing undone: "sh1t", "shiiit", "s h i t"."""
    mapped, member = _skeleton_mask(text)
    inside = np.flatnonzero(member)
    if not len(inside):
        empty = np.zeros(0, np.int64)
        return Block(empty, empty, empty, empty)
    begins = np.ones(len(inside), bool)
    begins[1:] = inside[1:] != inside[:-1] + 1
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.concatenate((starts, [len(inside)])))
    message = text.message[inside[starts]]
    alone = lengths == 1
    joined = np.zeros(len(starts), bool)
    joined[1:] = (alone[1:] & alone[:-1] & (message[1:] == message[:-1])
                  & (inside[starts[1:]] - inside[starts[:-1]] <= 3))
    if joined.any():  # three or more letters in a row make one word
        run = joined.copy()
        run[1:] |= joined[:-1]
        pair = np.zeros_like(joined)
        pair[:-1] = joined[1:]
        longer = joined & (np.concatenate(([False], joined[:-1])) | pair)
        begins[starts[longer]] = False
    starts = np.flatnonzero(begins)
    start = inside[starts]
    end = inside[np.concatenate((starts[1:], [len(inside)])) - 1] + 1
    chars = mapped[inside]
    keep = begins.copy()
    keep[1:] |= chars[1:] != chars[:-1]
    begins = begins[keep]
    hashes = _group_hashes(chars[keep], np.flatnonzero(begins), np.cumsum(begins) - 1)
    return Block(text.message[start], _slot(hashes, "skeleton"), start, end)


def _shape_block(text: Stream, words: Words) -> Block:
    """Capitals, stretched letters, question and exclamation marks, length, placeholders."""
    everything = np.arange(text.count)

    def counts(mask: np.ndarray) -> np.ndarray:
        return np.bincount(text.message[mask], minlength=text.count)

    asks, shouts = counts(text.chars == ord("?")), counts(text.chars == ord("!"))
    total = np.bincount(words.message, minlength=text.count)
    ends = np.zeros(text.count, np.int64)
    if len(words.message):
        last = np.concatenate((words.message[1:] != words.message[:-1], [True]))
        closing = text.chars[words.start[last]]
        ends[words.message[last]] = (1 * (closing == ord("?")) + 2 * (closing == ord("!"))
                                     + 3 * (closing == ord(".")))
    share = text.capitals / np.maximum(text.letters, 1)
    levels = (
        np.where(text.letters < 4, 0, 1 + (share > 0.3) + (share > 0.7)),
        np.minimum(text.stretched, 1),
        np.minimum(asks, 2),
        np.minimum(shouts, 3),
        ends,
        np.floor(np.log2(total + 1)).astype(np.int64),
        np.minimum(counts(text.chars == ord(URL)), 1),
        np.minimum(counts(text.chars == ord(MENTION)), 1),
    )
    codes = np.concatenate([16 * which + level for which, level in enumerate(levels)])
    message = np.tile(everything, len(levels))
    nowhere = np.full(len(codes), len(text.chars))
    return Block(message, _slot(codes.astype(_U64), "shape"), nowhere, nowhere)


class Features:
    """The features of `count` messages.

    keys    int64 [m]          message << SLOT_BITS | slot, ascending, no two alike
    slots   int64 [m]          of the keys: the distinct slots of each message
    starts  int64 [count + 1]  message i owns slots[starts[i]:starts[i + 1]]
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        self._text = text = Stream(texts)
        self._words = words = _find_words(text)
        self._blocks = [*_char_blocks(text), *_word_blocks(words), _skeleton_block(text),
                        _shape_block(text, words)]
        keys = np.concatenate([(b.message << SLOT_BITS) | b.slot for b in self._blocks])
        keys.sort(kind="stable")  # each block is in the order of messages: runs to be merged
        distinct = np.ones(len(keys), bool)
        distinct[1:] = keys[1:] != keys[:-1]
        self.keys = keys = keys[distinct]
        self.slots = keys & (SLOTS - 1)
        self.starts = np.searchsorted(keys, np.arange(self.count + 1) << SLOT_BITS)

    def trace(self, message: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Occurrences in one message: (slot, start, end), the range in code points."""
        parts = []
        for block in self._blocks[:-1]:  # the last one, shape, is nowhere in particular
            at = np.flatnonzero(block.message == message)
            parts.append((block.slot[at], block.start[at], block.end[at]))
        slot, start, end = (np.concatenate(column) for column in zip(*parts))
        return slot, self._text.where(message, start), self._text.where(message, end)
