# SPDX-License-Identifier: MIT
"""The analyzers that come with the server; each module is found by itself."""
