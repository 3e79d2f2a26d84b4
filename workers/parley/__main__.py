# SPDX-License-Identifier: MIT
"""Command line of the package: `python3 -m parley COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys

from parley.cli import bench, check, find, new, replay
from parley.evaluation import command as evaluation

_COMMANDS = {"new": new, "check": check, "bench": bench, "replay": replay}


def main() -> int:
    """The exit code: 0 fine, 1 something is not as it should be, 2 it cannot be done so."""
    parser = argparse.ArgumentParser(prog="python3 -m parley",
                                     description="Write, check and measure analyzers.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in _COMMANDS.items():
        module.add_arguments(commands.add_parser(name, help=module.HELP,
                                                 description=module.__doc__))
    evaluation.add_arguments(commands.add_parser(
        "eval", help="measure the shipped models and compare with their cards"))
    options = parser.parse_args()
    try:
        run = _COMMANDS[options.command].run if options.command in _COMMANDS \
            else evaluation.run
        return run(options)
    except find.Unusable as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # a pager that was closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
