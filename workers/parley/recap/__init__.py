# SPDX-License-Identifier: MIT
"""What happened in a room: an extractive catch-up.  See `recap`."""

from parley.recap.compose import recap

__all__ = ["recap"]
