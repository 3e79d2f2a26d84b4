# SPDX-License-Identifier: MIT
"""Finding analyzers and setting them up: the package's own and the drop-in folder's.

One analyzer's fault never keeps another from living: each is reported with what happened.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Iterable, Iterator

from parley import analyzers as builtin
from parley.api import MARK, AnalyzerError, Batch, Context, Spec

READY, FAILED, MISSING = "ready", "failed", "not installed"


@dataclass
class Entry:
    """One analyzer, living or not.  `detail` says why it is not."""

    name: str
    version: str = ""
    status: str = READY
    detail: str | None = None
    model: str | None = None
    spec: Spec | None = None
    run: Callable[[Batch], Any] | None = None
    instance: Any = field(default=None, repr=False)

    def report(self) -> dict[str, str | None]:
        return {"name": self.name, "version": self.version, "model": self.model,
                "status": self.status, "detail": self.detail}


def discover(folder: str | None, disable: Iterable[str] = ()) -> list[Entry]:
    """Every analyzer, set up.  `folder` is the drop-in folder, or None; `disable` names
    analyzers to leave out."""
    off, entries, taken = set(disable), [], {}
    for source, module, problem in _modules(folder):
        if problem:
            if source.stem not in off:
                entries.append(Entry(source.stem, status=FAILED, detail=problem))
            continue
        for spec in _specs(module):
            if spec.name in off:
                continue
            if spec.name in taken:
                entries.append(Entry(
                    spec.name, spec.version, FAILED,
                    f"{source}: the name '{spec.name}' is taken by {taken[spec.name]}; "
                    f"rename this one, or disable the other"))
                continue
            taken[spec.name] = source
            entries.append(_set_up(spec, source))
    return entries


def _modules(folder: str | None) -> Iterator[tuple[Path, ModuleType | None, str | None]]:
    """(file, module, problem) of each source of analyzers."""
    for info in sorted(pkgutil.iter_modules(builtin.__path__), key=lambda info: info.name):
        path = Path(builtin.__path__[0], f"{info.name}.py")
        yield _import(path, lambda name=info.name: importlib.import_module(
            f"{builtin.__name__}.{name}"))
    if folder is None:
        return
    try:
        files = sorted(p for p in Path(folder).iterdir()
                       if p.suffix == ".py" and not p.name.startswith((".", "_")))
    except FileNotFoundError:
        return
    except OSError as error:
        yield Path(folder), None, f"the folder of analyzers {folder} cannot be read: {error}"
        return
    for path in files:
        source, module, problem = _import(path, lambda path=path: _load_file(path))
        if module and not any(True for _ in _specs(module)):
            problem = (f"{path} defines no analyzer: put @analyzer(\"name\") above a "
                       f"function or a class in it")
        yield source, module, problem


def _import(path: Path, load: Callable[[], ModuleType]) \
        -> tuple[Path, ModuleType | None, str | None]:
    try:
        return path, load(), None
    except (Exception, SystemExit) as error:
        return path, None, explain(error)


def _load_file(path: Path) -> ModuleType:
    name = f"parley_drop_in_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _specs(module: ModuleType) -> Iterator[Spec]:
    """What the module itself declares, not what it imported from another."""
    seen = set()
    for value in vars(module).values():
        spec = getattr(value, "__dict__", {}).get(MARK)
        if isinstance(spec, Spec) and spec.target.__module__ == module.__name__ \
                and id(spec) not in seen:
            seen.add(id(spec))
            yield spec


def _set_up(spec: Spec, source: Path) -> Entry:
    entry = Entry(spec.name, spec.version, spec=spec)
    missing = [name for name in spec.requires if not _is_installed(name)]
    if missing:
        entry.status = MISSING
        entry.detail = f"it needs the Python module(s) {', '.join(missing)}"
        return entry
    if not spec.is_class:
        entry.run = lambda batch: _each(spec.target, batch)
        return entry
    context = Context(spec.name, spec.version, source.parent)
    try:
        entry.instance = spec.target()
        if callable(getattr(entry.instance, "setup", None)):
            entry.instance.setup(context)
    except (Exception, SystemExit) as error:
        entry.status, entry.detail = FAILED, explain(error)
        return entry
    entry.run = entry.instance.analyze
    entry.model = context.model_sha256
    return entry


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _each(function: Callable[[str], Any], batch: Batch) -> list[Any]:
    """Call a one-text analyzer for each text; its exceptions stay with their message."""
    outputs: list[Any] = []
    for text in batch.texts:
        try:
            outputs.append(function(text))
        except Exception as error:
            outputs.append(Raised(error))
    return outputs


@dataclass(frozen=True)
class Raised:
    """An exception in the place of one message's output."""

    error: Exception


def explain(error: BaseException) -> str:
    """For AnalyzerError the sentence alone, otherwise the traceback."""
    if isinstance(error, AnalyzerError):
        return str(error)
    return "".join(traceback.format_exception(error)).rstrip()
