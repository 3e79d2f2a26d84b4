# SPDX-License-Identifier: MIT
"""Features: the same alone and in company, at home with any text, traceable to characters."""

from __future__ import annotations

import random

import numpy as np
import pytest

from parley.features import SLOTS, Features, _slot, hash_word
from parley.text import Stream

ODD = {
    "empty": "",
    "spaces": " \t \u3000\u00a0 ",
    "newlines": "a\nb\r\n\n\u2028c",
    "nul": "a\0b\0",
    "one letter": "x",
    "one emoji": "\U0001F600",
    "family": "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466 \U0001F44D\U0001F3FD",
    "flags": "\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7",
    "lone marks": "\u0301\u0300\u20DD",
    "zalgo": "h\u0301\u0300\u0302e\u0316\u0317l\u0334lo",
    "right to left": "\u0645\u0631\u062d\u0628\u0627 \u202Eabc\u202C \u05e9\u05dc\u05d5\u05dd",
    "cjk": "\u4f60\u597d\u4e16\u754c\u3002\u3053\u3093\u306b\u3061\u306f",
    "thai": "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "private use": "\ue000\ue001\uf8ff\U000F0000\U0010FFFF",
    "noncharacters": "\ufffe\uffff\ufdd0",
    "lone surrogate": "a\ud800b",
    "64 kB": "lorem ipsum dolor sit amet " * 2427,
    "64 kB of one letter": "a" * 65536,
    "64 kB of emoji": "\U0001F4A9" * 16384,
    "64 kB of negation": "not " * 16384,
    "markup": "<script>alert('x')</script>&amp;",
    "link": "see https://example.org/?q=1&r=2#x and www.example.org @somebody",
    "math letters": "\U0001D401\U0001D428\U0001D42D",
}


def slots(features: Features, message: int) -> np.ndarray:
    return features.slots[features.starts[message]:features.starts[message + 1]]


def common(a: str, b: str) -> set[int]:
    features = Features([a, b])
    return set(slots(features, 0).tolist()) & set(slots(features, 1).tolist())


@pytest.mark.parametrize("name", ODD)
def test_any_text_gives_a_sorted_set_of_slots(name):
    features = Features([ODD[name]])
    found = slots(features, 0)
    assert features.count == 1 and len(features.starts) == 2
    assert (np.diff(found) > 0).all() and ((0 <= found) & (found < SLOTS)).all()
    assert len(found) >= 8  # at least what tells the shape


def test_alone_and_in_company_and_in_any_order():
    texts = list(ODD.values()) + [
        f"message number {n} says something, not nothing! s p a c e d" for n in range(41)]
    together = Features(texts)
    order = random.Random(7).sample(range(len(texts)), len(texts))
    shuffled = Features([texts[i] for i in order])
    for place, index in enumerate(order):
        alone = slots(Features([texts[index]]), 0)
        assert np.array_equal(alone, slots(together, index)), texts[index][:40]
        assert np.array_equal(alone, slots(shuffled, place)), texts[index][:40]


def test_no_texts():
    features = Features([])
    assert features.count == 0 and len(features.slots) == 0


def test_a_word_may_repeat_without_more_features():
    once, often = Features(["spam spam"]), Features(["spam " * 400])
    shared = set(slots(once, 0)) & set(slots(often, 0))
    assert len(slots(once, 0)) - len(shared) <= 2  # the length differs, no more
    assert len(slots(often, 0)) - len(shared) <= 2


@pytest.mark.parametrize("same", [
    ("HELLO", "hello"), ("h\u00e9llo", "hello"), ("\uff28\uff25\uff2c\uff2c\uff2f", "hello"),
    ("he\u200bl\u00adlo", "hello"), ("hello\ufe0f", "hello"), ("don\u2019t", "don't"),
    ("\U0001D421\U0001D41E\U0001D425\U0001D425\U0001D428", "hello")])
def test_folding_takes_away_case_accents_width_and_invisible_characters(same):
    a, b = (Stream([text]) for text in same)
    assert a.chars.tolist() == b.chars.tolist()


@pytest.mark.parametrize("disguise", [
    "w0rd5", "W0RDS", "w o r d s", "w.o.r.d.s", "w-o-r-d-s", "w_o_r_d_s", "wooooords",
    "word$", "wo\u200brds"])
def test_disguised_word_shares_the_skeleton(disguise):
    skeleton = int(_slot(np.array([hash_word("words")]), "skeleton")[0])
    assert skeleton in set(slots(Features([disguise]), 0).tolist())


def test_negated_words_differ():
    negated = int(_slot(np.array([hash_word("good")]), "negated")[0])
    for text, expected in (("not good", True), ("it is not very good", True), ("good", False),
                           ("good, not", False), ("not now. good", False),
                           ("not one two three good", False)):
        assert (negated in set(slots(Features([text]), 0).tolist())) is expected, text


@pytest.mark.parametrize("name", ODD)
def test_trace_stays_inside_the_text(name):
    text = ODD[name][:300]
    features = Features(["before \U0001F600", text, "after"])
    slot, start, end = features.trace(1)
    assert len(slot) == len(start) == len(end)
    assert ((0 <= start) & (start <= end) & (end <= len(text))).all()
    assert set(slot.tolist()) <= set(slots(features, 1).tolist())


def test_trace_finds_the_characters():
    text = "\U0001F468\u200D\U0001F469 Well, he\u0301\u200bLLO there"
    slot, start, end = Features(["x", text]).trace(1)
    word = int(_slot(np.array([hash_word("hello")]), "word")[0])
    at = slot.tolist().index(word)
    assert text[start[at]:end[at]] == "he\u0301\u200bLLO"
