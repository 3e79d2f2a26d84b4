# SPDX-License-Identifier: MIT
"""Copies of a data directory's history: made while the server runs, put back while it does not.

A backup is one SQLite file that holds everything: rooms, events, users, the quarantine, and the key
that signs sessions (so it is as secret as the data directory, and made with mode 0600). It is a
snapshot: what was acknowledged before the backup began is in it. (With `durability = memory`: what
was 50 ms before.)
"""

from __future__ import annotations

import fcntl
import itertools
import os
import secrets
import sqlite3
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from failure import Failure

APPLICATION_ID = 0x5061726C  # DB_APPLICATION_ID of server/store/db.h
SCHEMA_VERSION = 6  # MIGRATE_VERSION of server/store/migrate.h: the newest that this program knows
NAME = "parley.db"
PAGES = 2048  # copied at once: 8 MiB
BUSY_S = 10.0

Progress = Callable[[float], None]  # is told the part that is done, 0 to 1
Summary = dict[str, object]


def open_readonly(path: Path) -> sqlite3.Connection:
    """A connection that cannot change the file."""
    name = urllib.parse.quote(str(path.absolute()))
    return sqlite3.connect(
        f"file:{name}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_S
    )


def number(db: sqlite3.Connection, sql: str) -> int:
    """First column of the first row."""
    return int(db.execute(sql).fetchone()[0])


def check_kind(db: sqlite3.Connection, path: Path) -> None:
    """Failure unless the file is a history of Parley that this program understands."""
    try:
        kind = number(db, "PRAGMA application_id")
        version = number(db, "PRAGMA user_version")
    except sqlite3.DatabaseError as error:
        raise Failure(f"{path} is no history of Parley ({error})") from error
    if kind != APPLICATION_ID or version < 1:
        raise Failure(f"{path} is no history of Parley, but some other database")
    if version > SCHEMA_VERSION:
        raise Failure(
            f"{path} is of a newer Parley (schema {version}; this one knows up to "
            f"{SCHEMA_VERSION}): use the newer one's parleyctl"
        )


def check_content(db: sqlite3.Connection, path: Path) -> None:
    """Failure unless the file holds together."""
    try:
        answer = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        raise Failure(f"{path} is damaged: {answer}")


def copy(source: sqlite3.Connection, target: Path, progress: Progress) -> None:
    """Copies what `source` sees into the new file `target` (0600), checks and syncs the copy."""
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def tell(_status: int, remaining: int, total: int) -> None:
        progress(1 - remaining / total if total else 1)

    with closing(sqlite3.connect(target, isolation_level=None)) as db:
        # Held for the whole copy: else each commit of the server would make it begin again.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM meta").fetchone()
        source.backup(db, pages=PAGES, progress=tell)
        source.execute("ROLLBACK")
        db.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        check_content(db, target)
    sync(target)


def sync(path: Path) -> None:
    """fsync of a file or a directory."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def count(path: Path) -> Summary:
    """What is in a history, for people."""
    with closing(open_readonly(path)) as db:
        return {
            "rooms": number(db, "SELECT count(*) FROM rooms"),
            "events": number(db, "SELECT count(*) FROM events"),
            "bytes": path.stat().st_size,
        }


def backup(data: Path, target: Path, force: bool, progress: Progress) -> Summary:
    """Copies the history of `data` into `target`; the server may run and write meanwhile."""
    source = data / NAME
    if not source.is_file():
        raise Failure(f"{source} is missing: name the server's data directory with --data DIR", 2)
    if target.exists() and not force:
        raise Failure(f"{target} is there already; choose another name, or --force", 2)
    part = target.with_name(target.name + ".part")
    begin = time.monotonic()
    try:
        with closing(open_readonly(source)) as db:
            check_kind(db, source)
            copy(db, part, progress)
        os.replace(part, target)
        sync(target.absolute().parent)
    except sqlite3.Error as error:
        raise Failure(f"the backup failed: {error}") from error
    except OSError as error:
        raise Failure(f"the backup failed: {error.filename}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return {"file": str(target), **count(target), "seconds": round(time.monotonic() - begin, 3)}


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Holds the lock that a running server holds; Failure when one does."""
    fd = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
            raise Failure(f"a server runs in {data} (pid {pid}): stop it first") from error
        yield
    finally:
        os.close(fd)


def begin_epoch(path: Path) -> str:
    """Gives every room a new epoch: events after the backup are lost, their numbers used again."""
    epoch = secrets.token_hex(8)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
        db.execute("UPDATE meta SET value = '' WHERE key = 'running'")
    sync(path)
    return epoch


def fold_log(path: Path) -> None:
    """Moves the write-ahead log into the file; a damaged one stays as it is, log and all."""
    try:
        with closing(open_readonly(path)) as db:
            check_content(db, path)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except (Failure, sqlite3.Error):
        pass


def set_aside(data: Path) -> Path | None:
    """Gives the present history a second name, under which SQLite finds its log too.

    At each moment DATA/parley.db is a whole history: the old one until the new one takes its place.
    """
    old = data / NAME
    if not old.exists():
        return None
    fold_log(old)
    stamp = f"{NAME}.replaced-{time.strftime('%Y%m%d-%H%M%S')}"
    names = (data / (stamp + (f"-{n}" if n else "")) for n in itertools.count())
    kept = next(name for name in names if not name.exists())
    os.link(old, kept)
    for tail in ("-wal", "-shm"):
        beside = data / (NAME + tail)
        if beside.exists():
            os.rename(beside, data / (kept.name + tail))
    return kept


def belong(path: Path, data: Path) -> None:
    """Root restores, but the server's user must be able to write."""
    if os.geteuid() == 0:
        owner = data.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def restore(data: Path, source: Path, progress: Progress) -> Summary:
    """Puts the history in `source` in the place of that of `data`, which is kept, renamed."""
    if not source.is_file():
        raise Failure(f"{source} is no file", 2)
    new = data / f"{NAME}.restoring"
    try:
        data.mkdir(mode=0o700, exist_ok=True)
        with locked(data):
            with closing(open_readonly(source)) as db:
                check_kind(db, source)
                check_content(db, source)
                copy(db, new, progress)
            epoch = begin_epoch(new)
            belong(new, data)
            belong(data / "lock", data)
            kept = set_aside(data)
            os.replace(new, data / NAME)
            (data / "inflight").unlink(missing_ok=True)  # of messages that are gone
            sync(data)
            found = count(data / NAME)
    except sqlite3.Error as error:
        raise Failure(f"restoring failed: {error}") from error
    except OSError as error:
        raise Failure(f"restoring failed: {error.filename}: {error.strerror}") from error
    finally:
        new.unlink(missing_ok=True)
    return {"file": str(source), **found, "epoch": epoch, "replaced": kept and str(kept)}
