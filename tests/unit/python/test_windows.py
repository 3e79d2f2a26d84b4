# SPDX-License-Identifier: MIT
"""Long messages are judged by their windows: where those are, scores, spans."""

from __future__ import annotations

import random

import numpy as np
import pytest

from parley.api import MODELS
from parley.features import Features
from parley.linear import LinearModel
from parley.windows import LONG, judge, windows
from test_features import ODD

CALM = ("The meeting was moved to Thursday because the room is taken. Please bring the "
        "printed plan along. We will look at the two drafts together and choose one. ")


@pytest.fixture(scope="module")
def model() -> LinearModel:
    return LinearModel.load(MODELS / "toxicity.npz")


def score(model: LinearModel, texts: list[str]) -> np.ndarray:
    return judge(model, texts, Features(texts)).scores


def test_windows_lie_in_order_and_leave_nothing_but_space_out():
    rng = random.Random(7)
    texts = [text * n for text in ODD.values() for n in (1, 30)]
    texts += ["".join(rng.choices("ab .!?\n", (9, 9, 6, 2, 1, 1, 1), k=rng.randrange(2000)))
              for _ in range(200)]
    for text in texts:
        parts = windows(text)
        ends = [0, *(at for part in parts for at in part), len(text)]
        assert ends == sorted(ends)
        between = "".join(text[a:b] for a, b in zip(ends[::2], ends[1::2]))
        assert between.strip() == "", (text, parts)
        assert parts == [(0, len(text))] or len(text) > LONG


def test_a_short_text_is_one_window_and_a_sentence_is_another():
    assert windows("One. Two. Three.") == [(0, 16)]
    long = CALM + "Bye and see you all there on Thursday then."
    assert [long[a:b] for a, b in windows(long)][0] == CALM.split(" Please")[0]
    assert [long[a:b] for a, b in windows(long)][-1].startswith("Bye")
    assert max(b - a for a, b in windows("x" * 5000)) <= 240


def test_one_rude_sentence_counts_in_a_long_calm_text(model):
    rude = "You are a fucking idiot and nobody likes you."
    alone, calm, both = score(model, [rude, CALM * 3, CALM * 2 + rude + " " + CALM])[:, 0]
    assert alone > 0.9 and calm < 0.2 and both == pytest.approx(alone, abs=0.01)


def test_spans_of_a_long_text_are_in_the_sentence_that_made_them(model):
    text = CALM + "You are a fucking idiot and nobody likes you. " + CALM
    judged = judge(model, ["hello", text], Features(["hello", text]))
    spans = judged.spans(1, 0)
    shown = [text[a:b] for a, b in spans]
    assert any("idiot" in part for part in shown), shown
    rude = text.index("You are a fucking")
    assert all(rude <= a < b <= rude + 46 for a, b in spans)


def test_scores_do_not_depend_on_neighbours(model):
    texts = ["idiot", CALM * 2 + "What a moron.", "hi", CALM, "", CALM * 5]
    together = score(model, texts)
    assert (together == np.concatenate([score(model, [text]) for text in texts])).all()
