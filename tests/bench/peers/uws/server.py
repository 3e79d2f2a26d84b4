# SPDX-License-Identifier: MIT
"""uWebSockets (C++) through socketify, because uWebSockets.js is not on npm: a message costs a call of Python, the
fan-out runs in C++ by publish(), in the handler as its documentation has it. The path of the URL is the room.
usage: server.py PORT"""
from __future__ import annotations

import sys

from socketify import App, AppListenOptions, CompressOptions

app = App()


def upgrade(response, request, context) -> None:
    """Remembers the room."""
    header = request.get_header
    response.upgrade(header("sec-websocket-key"), header("sec-websocket-protocol"),
                     header("sec-websocket-extensions"), context, request.get_url())


app.ws("/*", {
    "compression": CompressOptions.DISABLED,
    "max_backpressure": 1 << 30,  # nobody is cut off for being behind, as in the other peers
    "upgrade": upgrade,
    "open": lambda ws: ws.subscribe(ws.get_user_data()),
    "message": lambda ws, text, opcode: app.publish(ws.get_user_data(), text, opcode),
})
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"))
app.run()
