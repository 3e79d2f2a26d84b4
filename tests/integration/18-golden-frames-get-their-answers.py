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


async def judge(server: Server, name: str, vector: dict) -> str | None:
    socket = await server.raw()
    assert socket.status == 101
    await socket.hello(name)
    send_all(socket, vector)
    if vector["close"] is None:
        socket.send({"id": 7_000_000_001, "type": "ping"})
    errors, oks, pongs, code = [], [], [], None
    while True:
        frame = await socket.read_frame()
        if frame is None:
            break
        if frame.opcode == CLOSE:
            code = frame.close_code
            socket.send_frame(CLOSE, frame.payload[:2])
        elif frame.opcode == PING:
            socket.send_frame(PONG, frame.payload)
        elif frame.opcode == PONG:
            pongs.append(frame.payload.decode())
        elif frame.opcode == TEXT:
            value = socket.decode(frame)
            if value.get("id") == 7_000_000_001:
                break
            if value["type"] == "error":
                errors.append(value)
            elif value["type"] == "ok":
                oks.append(value["id"])
    await socket.close()
    if code != vector["close"]:
        return f"wanted close {vector['close']}, got {code} after {errors or oks}"
    if oks != vector.get("ok", []):
        return f"wanted ok for {vector.get('ok', [])}, got {oks} and {errors}"
    if pongs != vector.get("pongs", []):
        return f"wanted pongs {vector.get('pongs', [])}, got {pongs}"
    wanted = vector.get("errors", [])
    if len(errors) != len(wanted) and vector["close"] in (None, 4000):
        return f"wanted {wanted}, got {errors}"
    for want, got in zip(wanted, errors):
        if want["code"] != got["code"] or want.get("id") != got.get("id"):
            return f"wanted {want}, got {got}"
    return None


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
