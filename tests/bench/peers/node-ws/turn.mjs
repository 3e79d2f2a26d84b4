// SPDX-License-Identifier: MIT
// What can be had from Node by hand: a message is framed once, and all frames of a turn of the loop go to a
// member in one write, past the library to the socket below. usage: node turn.mjs PORT
import { Sender, WebSocket, WebSocketServer } from "ws";

const rooms = new Map();
const dirty = new Set();
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 16384 });

function flush() {
  for (const room of dirty) {
    const frames = Buffer.concat(room.pending);
    room.pending = [];
    for (const member of room.members) {
      if (member.readyState === WebSocket.OPEN) member._socket.write(frames);
    }
  }
  dirty.clear();
}

server.on("connection", (socket, request) => {
  const room = rooms.get(request.url) ?? { members: new Set(), pending: [] };
  rooms.set(request.url, room);
  room.members.add(socket);
  socket.on("error", console.error);
  socket.on("close", () => room.members.delete(socket));
  socket.on("message", (data) => {
    room.pending.push(...Sender.frame(data, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false }));
    if (dirty.size === 0) setImmediate(flush);
    dirty.add(room);
  });
});
