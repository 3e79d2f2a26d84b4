#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Ask a running Parley server about its workers, rooms, figures and quarantine; make API keys; get
a link to the operator page; back up the history, and put it back.

Reads the server's address and the operator token from the data directory (DATA/url and
DATA/admin-token) and speaks the HTTP API of proto/openapi.yaml. Standard library only.

Exit codes: 0 fine, 1 the server could not be asked or refused, or a file is not right,
2 wrong usage.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import history
from failure import Failure

WIDTH = 100
TIMEOUT_S = 10.0
WATCH_S = 1.0

Json = dict  # a decoded JSON object; its fields are those of proto/openapi.yaml


# -- the server --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """Where to ask, and as whom."""

    url: str
    token: str
    cert: Path | None = None  # what an https server is known by; None: what the system trusts

    def trust(self) -> ssl.SSLContext:
        """The certificate that lies in the data directory is the server's, whatever its name."""
        if self.cert is None:
            return ssl.create_default_context()
        context = ssl.create_default_context(cafile=str(self.cert))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        return context

    def call(self, path: str, method: str = "GET", body: Json | None = None) -> Json:
        """The decoded answer of an API path. Failure says what to do."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=json.dumps(body or {}).encode() if method == "POST" else None,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.trust())
        )
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Failure(explain(error, self.url)) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Failure(
                f"no server answers at {self.url} ({reason}); start one with server/run, "
                "or name another with --url or --data"
            ) from error
        except ValueError as error:
            raise Failure(f"what answers at {self.url} is not a Parley server") from error


def explain(error: urllib.error.HTTPError, url: str) -> str:
    """What an HTTP error means for the caller of this program."""
    try:
        said = json.load(error)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return f"{url} answered {error.code} {error.reason}: is it a Parley server?"
    if error.code in (401, 403):
        return (
            f"{url} refused the token: the data directory belongs to another server; "
            "name the right one with --data DIR"
        )
    return f"{url} answered {error.code}: {said}"


def read_file(path: Path, option: str) -> str:
    """First line of a small file of the data directory."""
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except PermissionError as error:
        raise Failure(f"{path} may not be read: run as the server's user, or root") from error
    except OSError as error:
        raise Failure(f"{path} cannot be read ({error.strerror}); {option}", 2) from error
    if not text:
        raise Failure(f"{path} is empty; {option}", 2)
    return text.splitlines()[0]


def find_server(data: Path, url: str | None) -> Server:
    """The server of a data directory; `url` overrides where it is."""
    if not data.is_dir():
        raise Failure(f"{data} is no data directory; name the server's with --data DIR", 2)
    if url is None:
        url = read_file(data / "url", "start the server, or give its address with --url URL")
    token = read_file(data / "admin-token", "name the running server's directory with --data DIR")
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise Failure(f"'{url}' is no address; one looks like http://127.0.0.1:8080 (--url)", 2)
    cert = data / "tls-cert"
    return Server(url.rstrip("/"), token, cert if cert.is_file() else None)


# -- how figures look --------------------------------------------------------------------------


def clean(text: object) -> str:
    """Text of the server without what could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def count(n: float) -> str:
    """1234567 -> 1.23M"""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if n >= limit:
            return f"{n / (1e3 if unit == 'k' else limit):.3g}{unit}"
    return f"{n:.0f}" if n == int(n) or n >= 100 else f"{n:.1f}"


def size(n: float) -> str:
    """Bytes in binary units: 52428800 -> 50 MiB"""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n < 1024 or unit == "GiB":
            return f"{n:.0f} {unit}" if n >= 10 or unit == "B" else f"{n:.1f} {unit}"
        n /= 1024
    return ""


def span(ms: float) -> str:
    """A duration: 1500 -> 1.5 s, 90000 -> 1m30s"""
    if ms < 1:
        return f"{ms * 1000:.0f} us" if ms else "0"
    if ms < 1000:
        return f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"
    seconds = ms / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86400
    if minutes < 60:
        return f"{int(minutes)}m{int(seconds % 60):02}s"
    if hours < 24:
        return f"{int(hours)}h{int(minutes % 60):02}m"
    return f"{int(days)}d{int(hours % 24):02}h"


def ago(now_ms: float, then_ms: float) -> str:
    """How long since, or - for never."""
    return span(max(0, now_ms - then_ms)) + " ago" if then_ms else "-"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Aligned lines: the first `left` columns to the left, the others to the right.

    The first column gives way when the lines would be longer than WIDTH.
    """
    cells = [list(head), *[[clean(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    over = sum(widths) + 2 * (len(widths) - 1) - WIDTH
    if over > 0:
        widths[0] = max(8, widths[0] - over)
    lines = []
    for row in cells:
        if len(row[0]) > widths[0]:
            row[0] = row[0][: widths[0] - 1] + "…"
        pairs = enumerate(zip(row, widths))
        parts = [c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in pairs]
        lines.append("  ".join(parts).rstrip())
    return lines


def fit(line: str) -> str:
    """At most WIDTH columns."""
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


# -- the commands ------------------------------------------------------------------------------


WORKER_HEAD = (
    "SLOT", "PID", "STATE", "SINCE", "JOBS", "JOBS/S", "P50", "P99", "FLIGHT", "ERRORS", "RESTARTS",
    "RSS",
)  # fmt: skip


def worker_row(w: Json, now_ms: float) -> tuple[str, ...]:
    """A worker under WORKER_HEAD."""
    return (
        str(w["slot"]),
        str(w["pid"] or "-"),
        w["state"],
        span(max(0, now_ms - w["since_ms"])),
        count(w["jobs"]),
        count(w["jobs_per_s"]),
        span(w["latency_p50_ms"]),
        span(w["latency_p99_ms"]),
        count(w["in_flight"]),
        count(w["errors"]),
        count(w["restarts"]),
        size(w["rss_bytes"]),
    )


ANALYZER_HEAD = ("ANALYZER", "VERSION", "STATUS", "JOBS", "ERRORS", "P50/MSG", "MODEL")


def analyzer_row(a: Json) -> tuple[str, ...]:
    """An analyzer under ANALYZER_HEAD."""
    return (
        a["name"],
        a["version"],
        a["status"],
        count(a["jobs"]),
        count(a["errors"]),
        span(a["ms_per_message_p50"]),
        (a["model"] or "-")[:12],
    )


def show_workers(answer: Json) -> list[str]:
    """Workers, analyzers, the queue and the newest exceptions."""
    now, queue, ledger = answer["now_ms"], answer["queue"], answer["ledger"]
    lines = []
    if answer["problem"]:
        lines += [fit(f"problem: {clean(answer['problem'])}"), ""]
    if answer["workers"]:
        lines += table(WORKER_HEAD, [worker_row(w, now) for w in answer["workers"]], left=3)
        ended = [w for w in answer["workers"] if w["exit"]]
        lines += [fit(f"worker {w['slot']} ended before: {clean(w['exit'])}") for w in ended]
    else:
        lines.append(f"no worker runs ({answer['configured']} configured)")
    lines += [
        "",
        f"queue   {count(queue['depth'])} waiting, oldest {span(queue['oldest_ms'])}, "
        f"{count(queue['deferred'])} deferred",
        f"ledger  {count(ledger['sent'])} sent = {count(ledger['done'])} done"
        f" + {count(ledger['failed'])} failed + {count(ledger['quarantined'])} quarantined"
        f" + {count(ledger['in_flight'])} in flight",
    ]
    if answer["analyzers"]:
        rows = [analyzer_row(a) for a in answer["analyzers"]]
        lines += ["", *table(ANALYZER_HEAD, rows, left=3)]
        noted = [a for a in answer["analyzers"] if a["detail"]]
        lines += [fit(f"{clean(a['name'])}: {clean(a['detail'])}") for a in noted]
    for e in answer["exceptions"][:5]:
        what = f"{e['analyzer']}: {e['type']}: {e['message']}"
        lines += ["", f"{ago(now, e['ts'])}, worker {e['worker']}, {e['count']} times"]
        lines += [fit("  " + clean(what))]
    return lines


def show_rooms(answer: Json) -> list[str]:
    """Rooms, the most recently active first."""
    if not answer["rooms"]:
        return ["no rooms yet"]
    now = time.time() * 1000
    rows = [
        (r["room"], count(r["members"]), str(r["seq"]), ago(now, r["last_ts"]))
        for r in answer["rooms"]
    ]
    return table(("ROOM", "MEMBERS", "EVENTS", "LAST"), rows)


LOOP_HEAD = ("LOOP", "CONNECTIONS", "SESSIONS", "ROOMS", "DELIVERIES", "LAG P50", "P99", "MAX")


def loop_row(loop: Json) -> tuple[str, ...]:
    """An event loop under LOOP_HEAD."""
    return (
        str(loop["loop"]),
        count(loop["connections"]),
        count(loop["sessions"]),
        count(loop["rooms"]),
        count(loop["deliveries"]),
        span(loop["lag_p50_us"] / 1000),
        span(loop["lag_p99_us"] / 1000),
        span(loop["lag_max_us"] / 1000),
    )


def counts(values: Json, *names: str) -> str:
    """Some of the values with their names: "3 messages, 4 events"."""
    return ", ".join(f"{count(values[name])} {name.replace('_', ' ')}" for name in names)


def show_stats(answer: Json) -> list[str]:
    """The server's figures, its loops and its store."""
    totals, store, history = answer["totals"], answer["store"], answer["history"]
    columns = ("messages", "deliveries", "analysed")
    recent = {name: history[name][-10:] for name in columns}
    rates = {name: sum(column) / len(column) if column else 0 for name, column in recent.items()}
    p50, p99 = span(store["commit_p50_us"] / 1000), span(store["commit_p99_us"] / 1000)
    return [
        f"parley {clean(answer['version'])}, up {span(answer['uptime_s'] * 1000)}, "
        f"durability {answer['durability']}, memory {size(answer['rss_bytes'])}, "
        f"processor {span(answer['cpu_s'] * 1000)}",
        "now       " + counts(answer, "connections", "sessions", "rooms"),
        "a second  " + counts(rates, *columns) + " (mean of the last 10 s)",
        "in all    " + counts(totals, "messages", "events", "deliveries", "analysed", "errors"),
        f"          {count(totals['frames_in'])} frames received, {size(totals['bytes_out'])} sent",
        f"store     {counts(store, 'commits', 'failed_commits')}, {count(store['queue'])} waiting",
        f"          a commit: {count(store['batch_p50'])} events (p50), {p50} (p50), {p99} (p99)",
        "",
        *table(LOOP_HEAD, [loop_row(loop) for loop in answer["loops"]]),
    ]


def get_ops_link(server: Server) -> Json:
    """A link to the operator page, good once."""
    answer = server.call("/api/v1/ops/tickets", "POST")
    ticket = urllib.parse.quote(answer["ticket"], safe="")
    return {"url": f"{server.url}/ops#ticket={ticket}", "expires_in_s": answer["expires_in_s"]}


def culprit(entry: Json) -> str:
    """A message in quarantine, in a line."""
    now = time.time() * 1000
    return fit(
        f"{entry['id']:>6}  {entry['room']} {entry['seq']}, by {clean(entry['user']['name'])}, "
        f"{ago(now, entry['ts'])}: {clean(entry['reason'])}"
    )


def show_quarantine(answer: Json) -> list[str]:
    """What is in quarantine, the newest first."""
    if not answer["total"]:
        return ["nothing is in quarantine"]
    entries = answer["quarantine"]
    lines = ["    ID  MESSAGE", *map(culprit, entries)]
    if len(entries) < answer["total"]:
        lines.append(f"{len(entries)} of {answer['total']}")
    return lines


def show_culprit(answer: Json) -> list[str]:
    """A message, what it did, and where Python was then."""
    now = time.time() * 1000
    lines = [
        f"message   {answer['id']}: number {answer['seq']} of {answer['room']}, "
        f"by {clean(answer['user']['name'])}, {ago(now, answer['sent_ts'])}",
        f"reason    {clean(answer['reason'])}; {answer['attempts']} attempts, "
        f"given up {ago(now, answer['ts'])}",
        "text",
        *("    " + clean(line) for line in answer["text"].split("\n")),
    ]
    if answer["stack"]:
        lines += ["stack", *("    " + clean(line) for line in answer["stack"].rstrip().split("\n"))]
    return lines


SCOPES = ("analyze", "read", "write")


def add_key_options(parser: argparse.ArgumentParser) -> None:
    """A new key: its name and what it may do."""
    parser.add_argument("name", metavar="NAME", help="what it is for: a-z 0-9 . _ : -")
    parser.add_argument(
        "--scope",
        required=True,
        metavar="SCOPE[,SCOPE]",
        help="analyze: texts of its own; read: rooms' events; write: post into rooms",
    )


def add_key_name(parser: argparse.ArgumentParser) -> None:
    """A key."""
    parser.add_argument("name", metavar="NAME", help="as `key list` tells it")


def make_key(server: Server, args: argparse.Namespace) -> Json:
    """Makes a key; the answer is the only place where it is told."""
    scopes = [word for word in args.scope.split(",") if word]
    for word in scopes:
        if word not in SCOPES:
            raise Failure(f"'{word}' is no scope; there are {', '.join(SCOPES)}", 2)
    return server.call("/api/v1/keys", "POST", {"name": args.name, "scopes": scopes})


def show_new_key(answer: Json) -> list[str]:
    """The key alone, so that it can be handed to another program."""
    print("keep it: it is told only now, the server keeps its hash", file=sys.stderr)
    return [answer["key"]]


def show_keys(answer: Json) -> list[str]:
    """Keys, those that were revoked too."""
    if not answer["keys"]:
        return ["no keys; `key add NAME --scope analyze` makes one"]
    now = time.time() * 1000
    rows = [
        (
            key["name"],
            ",".join(key["scopes"]),
            ago(now, key["created"]),
            ago(now, key["last_used"] or 0),
            ago(now, key["revoked"] or 0),
        )
        for key in answer["keys"]
    ]
    return table(("KEY", "SCOPES", "MADE", "USED", "REVOKED"), rows, left=2)


def revoke_key(server: Server, args: argparse.Namespace) -> Json:
    """The key is good for nothing from now on."""
    return server.call(f"/api/v1/keys/{urllib.parse.quote(args.name, safe='')}", "DELETE")


Work = Callable[[Path, argparse.Namespace], Json]  # on a data directory


def asking(ask: Callable[[Server, argparse.Namespace], Json]) -> Work:
    """Work that the server of the directory does."""
    return lambda data, args: ask(find_server(data, args.url), args)


def get(path: str) -> Work:
    """Asks for what is at a path of the API."""
    return asking(lambda server, args: server.call(path))


def decide(method: str, tail: str) -> Work:
    """Asks for something to be done with each id."""

    def ask(server: Server, args: argparse.Namespace) -> Json:
        for number in args.ids:
            server.call(f"/api/v1/quarantine/{number}{tail}", method)
        return {"ids": args.ids}

    return asking(ask)


def add_id(parser: argparse.ArgumentParser) -> None:
    """A message."""
    parser.add_argument("id", type=int, metavar="ID", help="as `quarantine list` tells it")


def add_ids(parser: argparse.ArgumentParser) -> None:
    """Messages."""
    parser.add_argument(
        "ids", type=int, nargs="+", metavar="ID", help="as `quarantine list` tells it"
    )


def add_limit(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most (50)")


def add_file(parser: argparse.ArgumentParser) -> None:
    """A backup that is there."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup")


def add_new_file(parser: argparse.ArgumentParser) -> None:
    """A backup to be made."""
    add_file(parser)
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there")


def show_progress(done: float) -> None:
    """A line that counts up, for people who watch."""
    if sys.stderr.isatty():
        line = f"{done:4.0%}" if done < 1 else "    "
        print(f"\r{line}\r", end="", file=sys.stderr, flush=True)


def make_backup(data: Path, args: argparse.Namespace) -> Json:
    """Copies the history while the server runs."""
    return history.backup(data, args.file, args.force, show_progress)


def show_backup(answer: Json) -> list[str]:
    """What was copied."""
    return [
        f"{answer['file']}: {answer['rooms']} rooms, {answer['events']} events, "
        f"{size(answer['bytes'])}, checked; {span(answer['seconds'] * 1000)}"
    ]


def put_back(data: Path, args: argparse.Namespace) -> Json:
    """Puts a backup in the place of the history."""
    return history.restore(data, args.file, show_progress)


def show_restored(answer: Json) -> list[str]:
    """What is there now, what became of the old, and what clients will see."""
    lines = [f"restored {answer['rooms']} rooms, {answer['events']} events from {answer['file']}"]
    if answer["replaced"]:
        lines.append(f"the history that was there is kept as {answer['replaced']}")
    return lines + [
        f"events after the backup are lost, so rooms take the new epoch {answer['epoch']}: clients "
        "that resume",
        "get recovered:false and the newest page, and numbers go on from the backup's last",
    ]


@dataclass(frozen=True)
class Command:
    """A subcommand: what it does, how it shows the answer, and what it takes.

    One of two words is a subcommand of the first.
    """

    help: str
    work: Work
    show: Callable[[Json], list[str]]
    add: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    watchable: bool = True


COMMANDS = {
    "workers": Command(
        "worker processes, analyzers, exceptions", get("/api/v1/workers"), show_workers
    ),
    "retry-workers": Command(
        "start the workers at once that were given up",
        asking(lambda server, args: server.call("/api/v1/workers/retry", "POST")),
        lambda answer: ["asked; `parleyctl workers` shows what came of it"],
        watchable=False,
    ),
    "rooms": Command("rooms, the most recently active first", get("/api/v1/rooms"), show_rooms),
    "stats": Command("connections, rates, loops, store", get("/api/v1/stats"), show_stats),
    "ops-link": Command(
        "a link that opens the operator page, once, within a minute",
        asking(lambda server, args: get_ops_link(server)),
        lambda answer: [answer["url"]],
        watchable=False,
    ),
    "quarantine list": Command(
        "messages that ended their workers three times, the newest first",
        asking(lambda server, args: server.call(f"/api/v1/quarantine?limit={args.limit}")),
        show_quarantine,
        add=add_limit,
    ),
    "quarantine show": Command(
        "one of them: text, reason, and where Python was",
        asking(lambda server, args: server.call(f"/api/v1/quarantine/{args.id}")),
        show_culprit,
        add=add_id,
        watchable=False,
    ),
    "quarantine replay": Command(
        "have them analysed once more",
        decide("POST", "/replay"),
        lambda answer: ["queued for analysis: " + " ".join(map(str, answer["ids"]))],
        add=add_ids,
        watchable=False,
    ),
    "quarantine drop": Command(
        "leave them without analysis for good",
        decide("DELETE", ""),
        lambda answer: ["dropped: " + " ".join(map(str, answer["ids"]))],
        add=add_ids,
        watchable=False,
    ),
    "key add": Command(
        "make an API key and print it, once",
        asking(make_key),
        show_new_key,
        add=add_key_options,
        watchable=False,
    ),
    "key list": Command("API keys: names, scopes, last use", get("/api/v1/keys"), show_keys),
    "key revoke": Command(
        "make a key good for nothing",
        asking(revoke_key),
        lambda answer: [f"revoked: {answer['name']}"],
        add=add_key_name,
        watchable=False,
    ),
    "backup": Command(
        "copy the history into a file, while the server runs",
        make_backup,
        show_backup,
        add=add_new_file,
        watchable=False,
    ),
    "restore": Command(
        "put a backup in the place of the history, while no server runs",
        put_back,
        show_restored,
        add=add_file,
        watchable=False,
    ),
}

GROUPS = {
    "quarantine": "messages that ended their workers: list, show, replay, drop",
    "key": "API keys: add, list, revoke",
}


def perform(command: Command, data: Path, args: argparse.Namespace) -> None:
    """Works and prints; with `watch`, again and again until interrupted."""
    while True:
        answer = command.work(data, args)
        text = json.dumps(answer) if args.json else "\n".join(command.show(answer))
        if args.watch and not args.json and sys.stdout.isatty():
            text = "\x1b[H\x1b[2J" + text
        print(text, flush=True)
        if not args.watch:
            return
        time.sleep(WATCH_S)


def add_options(target: argparse.ArgumentParser, inner: bool) -> None:
    """The options of every command."""
    nothing = argparse.SUPPRESS if inner else None
    no = argparse.SUPPRESS if inner else False
    target.add_argument(
        "--data",
        type=Path,
        default=nothing,
        metavar="DIR",
        help="the server's data directory (otherwise $PARLEY_DATA, or ./data)",
    )
    target.add_argument(
        "--url",
        default=nothing,
        metavar="URL",
        help="the server's address, when it is not the one in DIR/url",
    )
    target.add_argument(
        "--json", action="store_true", default=no, help="print the answer as the server gave it"
    )
    target.add_argument(
        "--watch", action="store_true", default=no, help="ask every second, until interrupted"
    )


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="parleyctl", description="Ask and look after a Parley server."
    )
    common = argparse.ArgumentParser(add_help=False)
    # The same options before and behind the command; the inner ones must not reset the outer.
    for target, inner in ((parser, False), (common, True)):
        add_options(target, inner)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    groups = {"": commands}
    for name, words in GROUPS.items():
        group = commands.add_parser(name, help=words, description=words.capitalize() + ".")
        groups[name] = group.add_subparsers(metavar="WHAT", required=True)
    for name, command in COMMANDS.items():
        group, _, word = name.rpartition(" ")
        description = command.help.capitalize() + "."
        inner = groups[group].add_parser(
            word, help=command.help, description=description, parents=[common]
        )
        inner.set_defaults(command=name)
        command.add(inner)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    args = make_parser().parse_args(argv)
    command = COMMANDS[args.command]
    try:
        if args.watch and not command.watchable:
            raise Failure(f"{args.command} cannot be watched", 2)
        data = args.data or Path(os.environ.get("PARLEY_DATA", "data"))
        perform(command, data, args)
    except Failure as failure:
        print(f"parleyctl: {failure}", file=sys.stderr)
        return failure.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
