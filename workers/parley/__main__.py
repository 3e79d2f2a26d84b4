# SPDX-License-Identifier: MIT
"""Command line of the package: `python3 -m parley COMMAND`."""

from __future__ import annotations

import argparse
import sys

from parley.evaluation import command as evaluation


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m parley")
    commands = parser.add_subparsers(dest="command", required=True)
    evaluation.add_arguments(commands.add_parser(
        "eval", help="measure the shipped models and compare with their cards"))
    return evaluation.run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
