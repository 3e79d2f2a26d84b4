# SPDX-License-Identifier: MIT
"""Port taken, data locked, options wrong: an exit code, and a sentence that names what is wrong and what is right."""
import re
from pathlib import Path

from harness import Scenario, Server

OPTIONS = Path(__file__).resolve().parents[2] / "server/config/options.inc"


async def refused(server: Server, *extra: str, says: list[str]) -> None:
    """parleyd with these arguments ends with a failure and a message that holds all of `says`."""
    server.allow_error(".")
    await server.spawn(*extra)
    code = await server.wait(20)
    text = server.log()
    label = " ".join(extra) or str(server.options)
    assert 0 < code < 128, f"{label}: exit code {code}\n{text}"
    for pattern in says:
        assert re.search(pattern, text, re.IGNORECASE), f"{label}: {pattern!r} is not in: {text}"
    assert len(text.strip().splitlines()) <= 6, f"{label}: too much to read:\n{text}"


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    await ada.send("lobby", "hello")

    taken = f"127.0.0.1:{server.port}"
    await refused(t.unstarted(listen=taken), says=[r"\b127\.0\.0\.1\b", rf"\b{server.port}\b", "in use|taken"])
    await refused(t.unstarted(data=server.data), says=[re.escape(str(server.data)), "another|running|lock|use"])

    plain = t.unstarted()
    (t.directory / "a-file").write_text("no directory")
    (t.directory / "bad.conf").write_text("loops = 2\nloop = 3\n")
    for extra, says in [
        (["--loop", "3"], ["--loop\\b", "--loops"]),
        (["--lisen", "127.0.0.1:0"], ["--lisen", "--listen"]),
        (["--worker", "3"], ["--workers"]),
        (["--loops", "x"], ["loops", "x", "number|0"]),
        (["--loops", "65"], ["loops", "65", "64"]),
        (["--loops", "-1"], ["loops", "-1"]),
        (["--loops", ""], ["loops"]),
        (["--workers", "65"], ["workers", "64"]),
        (["--durability", "fsync"], ["durability", "fsync", "full", "os", "memory"]),
        (["--limits", "on"], ["limits", "default", "off"]),
        (["--log-level", "loud"], ["log-level", "info"]),
        (["--heartbeat-ms", "0"], ["heartbeat-ms", "50"]),
        (["--text-max", "8q"], ["text-max", "8q"]),
        (["--listen", "nonsense"], ["listen", "nonsense"]),
        (["--listen", "127.0.0.1:70000"], ["listen", "70000"]),
        (["--listen", "192.0.2.1:0"], ["192.0.2.1"]),
        (["--data"], ["data"]),
        (["lobby"], ["lobby"]),
        (["--config", str(t.directory / "none.conf")], ["none.conf"]),
        (["--config", str(t.directory / "bad.conf")], ["bad.conf", "2", "loop\\b", "loops"]),
        (["--data", str(t.directory / "a-file")], ["a-file"]),
        (["--data", "/proc/parley"], ["/proc/parley"]),
    ]:
        await refused(plain, *extra, says=says)

    await plain.spawn("--help")
    printed = (await plain.process.stdout.read()).decode()
    assert await plain.wait() == 0
    names = re.findall(r'^OPTION\(\w+, "([a-z-]+)"', OPTIONS.read_text(), re.MULTILINE)
    assert len(names) > 9
    for name in names:
        assert f"--{name}" in printed, f"--help does not tell --{name}"

    await ada.send("lobby", "nothing of this disturbed me")
