# SPDX-License-Identifier: MIT
"""The commands of `python3 -m parley`, one module each.

A module has HELP, add_arguments(parser) and run(options) -> exit code: 0 fine, 1 something is
not as it should be, 2 the command cannot be done as it was asked for.
"""
