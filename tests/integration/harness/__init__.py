# SPDX-License-Identifier: MIT
"""What the integration scenarios stand on: a server of their own, clients that check as they go."""
from .client import Client, Closed
from .http import Response
from .rawsocket import RawSocket
from .scenario import Scenario
from .server import Server

__all__ = ["Client", "Closed", "RawSocket", "Response", "Scenario", "Server"]
