# SPDX-License-Identifier: MIT
"""Every sequence of frames in proto/vectors/frame.json, well-formed or not, ends as it says."""
import sys
from pathlib import Path

from harness import RawSocket, Scenario
from harness.rawsocket import CLOSE, PING, PONG, TEXT
from harness.server import Server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "proto"))
import vectors  # noqa: E402


def send_all(socket: RawSocket, vector: dict) -> None:
    for frame in vector["frames"]:
        payload = bytes.fromhex(frame["hex"]) if "hex" in frame else frame["text"].encode()
        count = vector.get("fragments", 1)
        if count == 1:
            socket.send_frame(frame["opcode"], payload, frame["fin"], frame.get("rsv", 0))
            continue
        # Cut in `count` fragments, the last of which may be empty.
        parts = [payload[i:i + 1] for i in range(min(count - 1, len(payload)))]
        parts += [b""] * (count - 1 - len(parts))
        parts.append(payload[count - 1:])
        for n, part in enumerate(parts):
            socket.send_frame(frame["opcode"] if n == 0 else 0, part, n == count - 1)


PROBE = 7_000_000_001  # id of a ping that is answered after all else


class Heard:
    """What came back: error replies, ids of ok replies, payloads of pongs, the close code."""

    def __init__(self) -> None:
        self.errors: list[dict] = []
        self.oks: list[int] = []
        self.pongs: list[str] = []
        self.close: int | None = None

    async def listen(self, socket: RawSocket, pongs: int) -> None:
        """Until the probe is answered and so many pongs came, or the connection has ended."""
        probed = False
        while not (probed and len(self.pongs) == pongs):
            frame = await socket.read_frame()
            if frame is None:
                return
            if frame.opcode == CLOSE:
                self.close = frame.close_code
                socket.send_frame(CLOSE, frame.payload[:2])
            elif frame.opcode == PING:
                socket.send_frame(PONG, frame.payload)
            elif frame.opcode == PONG:
                self.pongs.append(frame.payload.decode())
            elif frame.opcode == TEXT:
                probed |= self.takes(socket.decode(frame))

    def takes(self, value: dict) -> bool:
        if value["type"] == "error":
            self.errors.append(value)
        elif value["type"] == "ok" and value["id"] != PROBE:
            self.oks.append(value["id"])
        return value.get("id") == PROBE


def differs(heard: Heard, vector: dict) -> str | None:
    if heard.close != vector["close"]:
        return f"wanted close {vector['close']}, got {heard.close} after {heard.errors or heard.oks}"
    if heard.oks != vector.get("ok", []) or heard.pongs != vector.get("pongs", []):
        return f"got ok for {heard.oks}, pongs {heard.pongs}, errors {heard.errors}"
    told = [{name: error[name] for name in ("code", "id") if name in error} for error in heard.errors]
    if told != vector.get("errors", []):
        return f"wanted {vector.get('errors', [])}, got {heard.errors}"
    return None


async def judge(server: Server, name: str, vector: dict) -> str | None:
    socket = await server.raw()
    assert socket.status == 101
    await socket.hello(name)
    send_all(socket, vector)
    if vector["close"] is None:
        socket.send({"id": PROBE, "type": "ping"})
    heard = Heard()
    await heard.listen(socket, len(vector.get("pongs", [])))
    await socket.close()
    return differs(heard, vector)


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    witness = await server.client("witness", "lobby")
    wrong = []
    for data in vectors.load("transport").values():
        for n, vector in enumerate(data["vectors"]):
            problem = await judge(server, f"sender{n}", vector)
            if problem:
                wrong.append(f"{vector['name']}: {problem}")
    assert not wrong, "\n".join(wrong)
    server.alive()
    await witness.send("lobby", "still here")
