# SPDX-License-Identifier: MIT
"""pytest's fixtures for analyzers: `pytest_plugins = ["parley.testing.plugin"]`.

    def test_shout(harness):
        h = harness(shout)
        assert h.say("HELP ME")[0].flagged

    def test_odd(harness, odd_text):          # once for each odd text
        harness(shout).say(odd_text)
"""

from __future__ import annotations

from typing import Iterator

import pytest

from parley.testing.harness import Harness
from parley.testing.texts import ODD


@pytest.fixture
def harness() -> Iterator[type[Harness]]:
    """The class Harness."""
    yield Harness


@pytest.fixture(params=list(ODD.values()), ids=list(ODD))
def odd_text(request: pytest.FixtureRequest) -> str:
    """Each odd text in turn."""
    return str(request.param)
