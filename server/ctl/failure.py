# SPDX-License-Identifier: MIT
"""How parleyctl ends when something is wrong."""


class Failure(Exception):
    """Something a person should read; ends the program with `code`."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
