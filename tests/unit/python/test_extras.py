# SPDX-License-Identifier: MIT
"""Analyzers whose packages are not part of the default install."""

from __future__ import annotations

import importlib.util

import pytest

from parley import Batch, Context
from parley.analyzers.extras import Vader
from parley.api import MODELS

HAS_VADER = importlib.util.find_spec("vaderSentiment") is not None


def test_what_is_missing_is_told_with_the_way_to_install_it(load):
    entry = load(built_in=True)["sentiment-vader"]
    if HAS_VADER:
        assert entry["status"] == "ready"
    else:
        assert entry["status"] == "not installed"
        assert "pip install vaderSentiment" in entry["detail"]


@pytest.mark.skipif(not HAS_VADER, reason="vaderSentiment is not installed")
def test_vader_tells_good_from_bad():
    vader = Vader()
    vader.setup(Context("sentiment-vader", "1.0.0", MODELS))
    good, bad, none = vader.analyze(Batch.of(["I love this, great!", "horrible, I hate it", ""]))
    assert [r.label for r in good if r.flagged] == ["positive"]
    assert [r.label for r in bad if r.flagged] == ["negative"]
    assert not any(r.flagged for r in none)
