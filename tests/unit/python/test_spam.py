# SPDX-License-Identifier: MIT
"""Spam: texts, links to known and to imitated sites, and what only looks like it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from parley import Batch, Context, links
from parley.analyzers.spam import Spam
from parley.api import MODELS
from parley.features import Features
from parley.spam import AdFeatures
from test_features import ODD

UNWANTED = (
    "URGENT! You have won a £1000 prize. Call 09061701461 now to claim, 150p per min",
    "WINNER!! Text CLAIM to 80062 to get your free ringtone, £1.50/msg",
    "check out my new channel and please subscribe!! http://youtube.com/user/xyz123",
    "free discord nitro for everyone https://dlscord-nitro.gift/claim",
    "hey is this you? http://steamcommunlty.com/profiles/7656119",
    "log in at www.paypa1-secure.com now")
WANTED = (
    "hello, how are you?", "see https://github.com/python/cpython/issues/1234 for the bug",
    "the build is at http://paste.ubuntu.com/12345/", "I'll call you at 8, ok?",
    "https://discord.com/channels/1/2", "store.steampowered.com has a sale", "",
    "sudo apt-get install build-essential", "can you check out the branch and try again?",
    "my paypal.com payment is stuck")


@pytest.fixture(scope="module")
def spam() -> Spam:
    found = Spam()
    found.setup(Context("spam", "1.0.0", MODELS))
    return found


@pytest.mark.parametrize("text", UNWANTED)
def test_spam_is_flagged_and_shows_where(spam, text):
    (result,) = spam.analyze(Batch.of([text]))
    assert result.score >= result.threshold
    assert result.spans and all(0 <= a < b <= len(text) for a, b in result.spans)


@pytest.mark.parametrize("text", WANTED)
def test_the_rest_is_let_pass(spam, text):
    (result,) = spam.analyze(Batch.of([text]))
    assert result.score < result.threshold and not result.spans


def test_the_span_of_a_scam_is_its_link(spam):
    text = "hey look http://steamcommunlty.com/gift please"
    (result,) = spam.analyze(Batch.of([text]))
    assert [text[a:b] for a, b in result.spans] == ["http://steamcommunlty.com"]


def test_scores_do_not_depend_on_the_batch(spam):
    rng = random.Random(5)
    texts = [*UNWANTED, *WANTED, *(text[:4000] for text in ODD.values())]
    together = spam.analyze(Batch.of(texts))
    assert together == [spam.analyze(Batch.of([text]))[0] for text in texts]
    order = rng.sample(range(len(texts)), len(texts))
    assert [together[i] for i in order] == spam.analyze(Batch.of([texts[i] for i in order]))


def test_further_features_keep_to_their_message():
    texts = ["call 0906 now", "", "hello"]
    features = AdFeatures(Features(texts), texts)
    for index, text in enumerate(texts):
        alone = AdFeatures(Features([text]), [text])
        part = features.slots[features.starts[index]:features.starts[index + 1]]
        assert np.array_equal(part, alone.slots)


@pytest.mark.parametrize("text,hosts", [
    ("see http://a.Example.com/x and www.b.org", ["a.example.com", "www.b.org"]),
    ("hxxp://evil[.]example[.]ru/x", ["evil.example.ru"]), ("discord.gg/abc", ["discord.gg"]),
    ("main.c foo.bar() 1.2.3", []), ("me@example.com", []), ("no dots", []),
    ("https://user:pw@host.net/", ["host.net"])])
def test_links_are_found(text, hosts):
    assert [link.host for link in links.find(text)] == hosts


@pytest.mark.parametrize("host,domain", [
    ("a.b.example.com", "example.com"), ("www.x.co.uk", "x.co.uk"), ("me.github.io", "me.github.io"),
    ("example.com", "example.com"), ("localhost", "localhost")])
def test_registered_names(host, domain):
    assert links.registrable(host) == domain


def test_distance_counts_edits():
    rng = random.Random(6)

    def slow(a: str, b: str) -> int:
        table = np.zeros((len(a) + 1, len(b) + 1), int)
        table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
        for i in range(1, len(a) + 1):
            for j in range(1, len(b) + 1):
                table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1,
                                  table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
                if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                    table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
        return int(table[-1, -1])

    for _ in range(500):
        a, b = ("".join(rng.choices("abc", k=rng.randrange(8))) for _ in range(2))
        assert links.distance(a, b, 3) == min(slow(a, b), 4)


@pytest.mark.parametrize("host", ["paypa1.com", "раураl.com", "steamcornmunity.com",
                                  "discrod.com", "faceb00k.com"])
def test_imitations_are_described_as_such(host):
    assert {"xlooksame", "xlookinside", "xnear1", "xnear2", "xnear1long", "xnear2long"} & set(
        links.describe(host).split())
