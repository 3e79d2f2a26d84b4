# SPDX-License-Identifier: MIT
"""Runs parleyctl on a server's data directory."""
from __future__ import annotations

import asyncio
import json
from typing import Any

from .scenario import Scenario
from .server import Server

TIMEOUT_S = 60.0


async def attempt(t: Scenario, server: Server, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        str(t.programs.ctl), "--data", str(server.data), *words, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    assert b"Traceback" not in err, err.decode()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def ctl(t: Scenario, server: Server, *words: str) -> str:
    """Standard output; fails unless the command succeeds."""
    code, out, err = await attempt(t, server, *words)
    assert code == 0, f"parleyctl {' '.join(words)}: {code} {err}"
    return out


async def ctl_json(t: Scenario, server: Server, *words: str) -> Any:
    """The same with --json, decoded."""
    return json.loads(await ctl(t, server, "--json", *words))


async def refused(t: Scenario, server: Server, *words: str) -> str:
    """What it says when it refuses."""
    code, out, err = await attempt(t, server, *words)
    assert code != 0, f"parleyctl {' '.join(words)} succeeded: {out}"
    return err
