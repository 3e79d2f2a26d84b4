# SPDX-License-Identifier: MIT
"""parleyctl workers, rooms, stats and ops-link print what the API says; without a server they say what is wrong."""
import asyncio
import re

from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby", "kitchen")
    await ada.send("lobby", "hello")

    async def ctl(*words: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            str(t.programs.ctl), "--data", str(server.data), *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, err = await asyncio.wait_for(process.communicate(), 20)
        return process.returncode, out.decode(), err.decode()

    for word, holds in (("workers", ""), ("rooms", "lobby"), ("stats", "connections")):
        code, out, err = await ctl(word)
        assert code == 0, f"{word}: {code} {err}"
        assert holds in out, f"{word}: {out}"
    code, out, err = await ctl("ops-link")
    assert code == 0, err
    found = re.search(rf"http://127\.0\.0\.1:{server.port}/ops#ticket=(\S+)", out)
    assert found, out
    traded = await server.http("POST", "/api/v1/ops/session", body={"ticket": found.group(1)})
    assert traded.status == 201

    code, out, err = await ctl("nonsense")
    assert code != 0 and "nonsense" in err
    await server.stop()
    code, out, err = await ctl("stats")
    assert code != 0 and str(server.port) in err and "Traceback" not in err, err
