# SPDX-License-Identifier: MIT
"""What parleyctl's copies of the history know of the store is what the store says."""
from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "server/ctl"))

import history  # noqa: E402
from failure import Failure  # noqa: E402


def constant(header: str, name: str) -> int:
    """A number that a header of the store defines."""
    text = (ROOT / "server/store" / header).read_text("utf-8")
    found = re.search(rf"#define {name} (\S+)", text)
    assert found, f"{header} has no {name}"
    return int(found.group(1), 0)


def test_constants_are_those_of_the_store() -> None:
    assert history.APPLICATION_ID == constant("db.h", "DB_APPLICATION_ID")
    assert history.SCHEMA_VERSION == constant("migrate.h", "MIGRATE_VERSION")


def make(data: Path) -> Path:
    """A history with nothing in it, of the first schema."""
    data.mkdir(mode=0o700, exist_ok=True)
    path = data / history.NAME
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript((ROOT / "server/store/schema.sql").read_text("utf-8"))
        db.execute(f"PRAGMA application_id = {history.APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.execute("INSERT INTO meta VALUES ('epoch', 'before'), ('running', 'full x')")
    return path


def meta(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT key, value FROM meta"))


def test_a_failed_backup_leaves_the_old_one(tmp_path: Path) -> None:
    path = make(tmp_path / "data")
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(Failure, match="--force"):
        history.backup(path.parent, target, False, lambda done: None)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(Failure):
        history.backup(path.parent, target, True, lambda done: None)
    assert target.read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.db", "data"]


def test_progress_ends_at_one(tmp_path: Path) -> None:
    path = make(tmp_path / "data")
    told: list[float] = []
    history.backup(path.parent, tmp_path / "copy.db", False, told.append)
    assert told[-1] == 1 and told == sorted(told)


def test_a_running_server_keeps_its_history(tmp_path: Path) -> None:
    path = make(tmp_path / "data")
    history.backup(path.parent, tmp_path / "copy.db", False, lambda done: None)
    before = path.read_bytes()
    fd = os.open(path.parent / "lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        with pytest.raises(Failure, match="stop it first"):
            history.restore(path.parent, tmp_path / "copy.db", lambda done: None)
    finally:
        os.close(fd)
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["lock", history.NAME]


def test_a_restore_keeps_what_was_there_with_its_log(tmp_path: Path) -> None:
    path = make(tmp_path / "data")
    history.backup(path.parent, tmp_path / "copy.db", False, lambda done: None)
    damaged = b"SQLite format 3\0" + b"rubbish " * 1000
    path.write_bytes(damaged)
    (path.parent / f"{history.NAME}-wal").write_bytes(b"a log")
    told = history.restore(path.parent, tmp_path / "copy.db", lambda done: None)
    kept = Path(str(told["replaced"]))
    assert kept.read_bytes() == damaged
    assert kept.with_name(kept.name + "-wal").read_bytes() == b"a log"
    assert not (path.parent / f"{history.NAME}-wal").exists()
    assert meta(path) == {"epoch": told["epoch"], "running": ""}
    assert told["epoch"] != "before" and path.stat().st_mode & 0o777 == 0o600


def test_a_restore_into_nothing_makes_the_directory(tmp_path: Path) -> None:
    path = make(tmp_path / "data")
    history.backup(path.parent, tmp_path / "copy.db", False, lambda done: None)
    told = history.restore(tmp_path / "new", tmp_path / "copy.db", lambda done: None)
    assert told["replaced"] is None
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert meta(tmp_path / "new" / history.NAME)["epoch"] == told["epoch"]
