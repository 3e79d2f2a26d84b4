# SPDX-License-Identifier: MIT
"""Trying analyzers without a server: see `Harness`.

With pytest, `pytest_plugins = ["parley.testing.plugin"]` in conftest.py (or -p on the
command line) gives the fixtures `harness` and `odd_text`.
"""

from parley.testing.harness import Harness, Isolated
from parley.testing.texts import ODD, ORDINARY

__all__ = ["Harness", "Isolated", "ODD", "ORDINARY"]
