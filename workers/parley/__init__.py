# SPDX-License-Identifier: MIT
"""Parley's analyzers: how to write one, and the ones that come with the server.

    from parley import analyzer

    @analyzer("shout", version="1.0.0")
    def shout(text: str) -> bool:
        return len(text) > 3 and text.isupper()

See workers/README.md for the tutorial and `parley.api` for everything one may use.
"""

from parley.api import AnalyzerError, Batch, Context, Error, Result, Scores, analyzer
from parley.config import Field
from parley.room import Message, RoomAnalyzer

__all__ = ["AnalyzerError", "Batch", "Context", "Error", "Field", "Message", "Result",
           "RoomAnalyzer", "Scores", "analyzer"]
