# SPDX-License-Identifier: MIT
"""A whole analyzer: copy it into the folder analyzers.d of the data directory."""

from parley import analyzer


@analyzer("shout", version="1.0.0")
def shout(text: str) -> bool:
    return len(text) > 3 and text.isupper()
