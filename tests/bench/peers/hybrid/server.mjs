// SPDX-License-Identifier: MIT
// The hybrid of the article: Node.js holds the sockets and broadcasts at once; each message also goes over ZeroMQ
// to a Python process, whose verdict comes back and is broadcast too. usage: node server.mjs PORT PYTHON WORKER
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import { Pull, Push } from "zeromq";

const [port, python, worker] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "bench-hybrid-"));
const toWorker = new Push({ sendHighWaterMark: 0, linger: 0 });
const fromWorker = new Pull({ receiveHighWaterMark: 0, linger: 0 });
await toWorker.bind(`ipc://${directory}/messages`);
await fromWorker.bind(`ipc://${directory}/verdicts`);

// The worker ends when its standard input does, that is with this process.
const child = spawn(python, [worker, directory], { stdio: ["pipe", "inherit", "inherit"] });
child.on("exit", (code) => process.exit(code ?? 1));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
process.on("SIGTERM", () => process.exit(0));
await fromWorker.receive(); // the worker has its models

const rooms = new Map();
const waiting = []; // a ZeroMQ socket sends one message at a time
let sending = false;
let number = 0;

function broadcast(members, data) {
  for (const member of members) {
    if (member.readyState === WebSocket.OPEN) member.send(data, { binary: false });
  }
}

async function analyse(message) {
  waiting.push(message);
  if (sending) return;
  sending = true;
  while (waiting.length > 0) await toWorker.send(waiting.shift());
  sending = false;
}

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), backlog: 16384 });
server.on("connection", (socket, request) => {
  const members = rooms.get(request.url) ?? new Set();
  rooms.set(request.url, members.add(socket));
  socket.on("error", console.error);
  socket.on("close", () => members.delete(socket));
  socket.on("message", (data) => {
    broadcast(members, data);
    analyse([request.url, String(++number), data]);
  });
});

for await (const [room, verdict] of fromWorker) broadcast(rooms.get(room.toString()) ?? [], verdict);
