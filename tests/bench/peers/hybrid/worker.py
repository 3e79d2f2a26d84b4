# SPDX-License-Identifier: MIT
"""The Python half of the hybrid: a message in, a verdict out, as the articles write it. It runs the same
analyzers as Parley's workers do, one message at a time. usage: worker.py DIRECTORY (of the sockets)"""
from __future__ import annotations

import json
import os
import sys
import threading
import time

import zmq
from parley import registry
from parley.api import Batch


def end_with_parent() -> None:
    """Standard input closes when the Node process ends."""
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Serves until the parent ends."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    analyzers = [entry for entry in registry.discover(None) if entry.run]
    context = zmq.Context()
    messages, verdicts = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    for socket, name in ((messages, "messages"), (verdicts, "verdicts")):
        socket.set_hwm(0)
        socket.connect(f"ipc://{sys.argv[1]}/{name}")
    verdicts.send(b"ready")
    while True:
        room, number, text = messages.recv_multipart()
        batch = Batch([text.decode()], [room.decode()], [""], [int(time.time() * 1000)])
        labels = {entry.name: shown(entry.run(batch)[0]) for entry in analyzers}
        verdict = {"type": "verdict", "on": int(number), "labels": labels}
        verdicts.send_multipart([room, json.dumps(verdict).encode()])


def shown(output: object) -> object:
    """What of an analyzer's output is worth sending: the labels that it flags."""
    results = output if isinstance(output, list) else [output]
    return [result.label for result in results if getattr(result, "flagged", False)]


if __name__ == "__main__":
    main()
