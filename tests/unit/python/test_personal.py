# SPDX-License-Identifier: MIT
"""Personal data: what is found with its exact span, what must not be, and the check digits."""

from __future__ import annotations

import random
import string
import time

import pytest

from parley import Batch, personal
from parley.analyzers.pii import Pii
from test_features import ODD

FOUND = {
    "email": ("mail [ann.lee+x@mail.example.co.uk] please", "<[bob@example.com]>"),
    "url": ("see [https://example.com/a?b=1&c=(d)].", "([http://x.org/])", "go [www.example.com]!",
            "[discord.gg/abCD12] join"),
    "ip": ("host [203.0.113.9] is down", "[2001:db8::ff00:42:8329] too", "ping [fe80::1%eth0]",
           "http://[67.170.178.242]/x"),
    "card": ("pay with [4111 1111 1111 1111] now", "amex [378282246310005]",
             "[5555-5555-5555-4444]"),
    "iban": ("to [DE89 3704 0044 0532 0130 00] today", "[GB82WEST12345698765432].",
             "[nl91abna0417164300]"),
    "ssn": ("my SSN is [123-45-6789]", "ssn [123456789]"),
    "phone": ("call [+1 415-555-2671]", "(office [(212) 555-0187])", "ring me on [0171 234567]",
              "[+49 30 901820] please", "tel: [03.93.92.16.85]", "[555-867-5309 x12]"),
    "secret": ("key [AKIAIOSFODNN7EXAMPLE] leaked", "token=[a8F3kQ9zLx72mVb1]",
               "https://u:[hunter2pass]@example.com", "password: [Tr0ub4dor&3]",
               "[ghp_0123456789abcdefABCDEF0123456789abcd]",
               "[-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----] oops"),
}
NOTHING = (
    "2026-11-23 10:15:00", "on 23.11.2026 or 11/23/2026", "it costs $1,234.56 or 1299.00 EUR",
    "order number 4111111111111111", "order 123-456-7890", "linux 2.6.12-1-k7 at 1333.586 MHz",
    "version 1.2.3.4 of the driver", "commit 9582879ff7f8570a87554c8c23f8e295a1b2c3d4",
    "md5 d41d8cd98f00b204e9800998ecf8427e", "1024x768 at 85.00 Hz", "std::vector<int>::iterator",
    "[17179590.308000] 8139cp: 10/100", "00:11:2f:7e:f5:03", "12:34:56", "pi is 3.14159265358979",
    "your password is wrong", "the token is invalid", "password: ********", "secret = your_secret",
    "0000 0000 0000 0000", "4111 1111 1111 1112", "DE89 3704 0044 0532 0130 01", "000-12-3456",
    "666-12-3456", "256.1.1.1", "1280 1024 16 85", "sources.list and xorg.conf", "a@b",
    "see rfc 2616 section 14.35.1.2", "110 120 wpm", "200-300ms", "1 2 3 4 5 6 7 8 9 10 11 12",
    "uid 100000000000000000 and 1699999999999")


def flagged(text: str) -> dict[str, list[tuple[int, int]]]:
    (results,) = Pii().analyze(Batch.of([text]))
    return {r.label: list(r.spans) for r in results if r.score >= r.threshold}


@pytest.mark.parametrize("label,marked", [(k, t) for k, texts in FOUND.items() for t in texts])
def test_found_with_its_exact_span(label, marked):
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "", 1).replace("]", "", 1)
    assert flagged(text)[label] == [(start, end)]


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_like_it_is_let_pass(text):
    assert flagged(text) == {}


def test_every_label_is_given_even_when_nothing_is_there():
    (results,) = Pii().analyze(Batch.of(["hello"]))
    assert [r.label for r in results] == list(personal.LABELS)
    assert all(r.score == 0 and r.threshold == 0.5 for r in results)


def test_masking_the_spans_hides_the_data_and_nothing_else():
    text = "ann@example.com called +1 415-555-2671 from 203.0.113.9"
    hidden = set()
    for spans in flagged(text).values():
        for start, end in spans:
            hidden.update(range(start, end))
    masked = "".join("*" if i in hidden else c for i, c in enumerate(text))
    assert masked.replace("*", "") == " called  from "
    assert len(masked) == len(text)


def test_luhn_catches_every_changed_digit():
    rng = random.Random(1)
    for _ in range(200):
        body = "".join(rng.choices(string.digits, k=15))
        (check,) = [d for d in string.digits if personal.luhn(body + d)]
        number = body + check
        at = rng.randrange(16)
        other = rng.choice([d for d in string.digits if d != number[at]])
        assert not personal.luhn(number[:at] + other + number[at + 1:])


def test_iban_check_catches_every_changed_character():
    rng = random.Random(2)
    good = "GB82WEST12345698765432"
    assert personal.iban_valid(good)
    for _ in range(200):
        at = rng.randrange(2, len(good))
        pool = string.digits if good[at].isdigit() else string.ascii_uppercase
        other = rng.choice([c for c in pool if c != good[at]])
        assert not personal.iban_valid(good[:at] + other + good[at + 1:])
    assert not personal.iban_valid(good[:-1])


def test_spans_lie_in_the_text_and_do_not_depend_on_what_surrounds_the_batch():
    rng = random.Random(3)
    pieces = ["ann@example.com", "+1 415-555-2671", "4111111111111111", "203.0.113.9", "\u202e",
              "https://x.org/", "\U0001F468\u200d\U0001F469", "password=abc123XYZ", "::", "...", "1-2-3",
              " ", "\n", "\u0661\u0662\u0663", "key", "@", "000", "+"]
    texts = ["".join(rng.choices(pieces, k=rng.randrange(1, 12))) for _ in range(400)]
    texts += list(ODD.values())
    together = list(Pii().analyze(Batch.of(texts)))
    assert together == [Pii().analyze(Batch.of([text]))[0] for text in texts]
    for text, results in zip(texts, together):
        for result in results:
            assert 0 <= result.score <= 1
            assert all(0 <= a < b <= len(text) for a, b in result.spans)


@pytest.mark.parametrize("piece", ["1 ", "1-", "a.", "a@", "1.1.", ":", "a:", "A1", "x=", "-1",
                                   "http://", "www.", "(1)", "password ", "eyJ", "+1", "\u0660"])
def test_time_grows_with_length_only(piece):
    def seconds(size: int) -> float:
        text = (piece * size)[:size]
        started = time.process_time()
        personal.find(text)
        return time.process_time() - started

    # CPU time, against the same rules on a quarter of the text: quadratic would be 16.
    small = max(min(seconds(16_000) for _ in range(2)), 0.002)
    assert seconds(64_000) < 9 * small
