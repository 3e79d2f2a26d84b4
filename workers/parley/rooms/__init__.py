# SPDX-License-Identifier: MIT
"""The room analyzers that come with the server; each module is found by itself."""
