# SPDX-License-Identifier: MIT
"""No worker program, no Python package, no such environment, a program that is no worker: chat works and `problem` says what to do."""
from harness import Scenario
from harness.scenario import poll


async def run(t: Scenario) -> None:
    empty = t.directory / "empty"
    empty.mkdir()
    for options, names in [
        ({"worker_binary": "/nonexistent/parley-worker"}, "/nonexistent/parley-worker"),
        ({"python_path": empty}, "parley"),
        ({"venv": "/nonexistent/venv"}, "/nonexistent/venv is no virtual environment"),
        ({"worker_binary": "/bin/false"}, ""),
    ]:
        server = t.unstarted(workers=1, **options)
        server.allow_error("worker|dispatch|supervisor|python")
        await server.start()
        ada = await server.client("ada", "lobby")
        for n in range(20):
            await ada.send("lobby", f"number {n}")

        async def problem() -> str | None:
            return (await server.api("workers"))["problem"]

        told = await poll(problem, f"a problem being told with {options}", timeout=30)
        assert names in told, told
        assert len(told.split()) >= 4, f"nothing to act on: {told!r}"
        await ada.send("lobby", "chat goes on")
        events = await server.history("lobby")
        assert [e["kind"] for e in events] == ["message"] * 21, "a verdict from nowhere"
        assert (await server.http("GET", "/readyz")).json["workers_ready"] == 0
        await server.stop()

    none = await t.server(workers=0)
    ada = await none.client("ada", "lobby")
    await ada.send("lobby", "hello")
    board = await none.api("workers")
    assert board["problem"] is None and board["workers"] == [] and board["configured"] == 0
