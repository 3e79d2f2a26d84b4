# SPDX-License-Identifier: MIT
"""Finding analyzers and setting them up: the package's own, installed packages' (entry
points of the group "parley.analyzers") and the drop-in folder's.

One analyzer's fault never keeps another from living: each is reported with what happened.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
import traceback
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from inspect import Parameter, signature
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Callable, Container, Iterable, Iterator, NamedTuple

from parley import analyzers, rooms
from parley import config as settings
from parley import order
from parley.api import MARK, AnalyzerError, Batch, Context, Spec
from parley.room import RoomAnalyzer

READY, FAILED, MISSING = "ready", "failed", "not installed"
ENTRY_POINTS = "parley.analyzers"
_NO_ANALYZER = (".", "_", "test_")
"""How files of the drop-in folder begin that hold none: helpers and tests."""

_LOADERS = (__file__, "<frozen importlib")
"""Whose frames of a traceback tell an author nothing."""


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
    used: bool = False
    """Another analyzer reads its results."""

    def report(self) -> dict[str, str | None]:
        return {"name": self.name, "version": self.version, "model": self.model,
                "status": self.status, "detail": self.detail}

    def fail(self, detail: str) -> None:
        self.status, self.detail, self.run = FAILED, detail, None


class Source(NamedTuple):
    """A place that analyzers come from: what it declares, or why it cannot be used."""

    name: str
    where: str
    folder: Path
    specs: tuple[Spec, ...] = ()
    problem: str | None = None


def discover(folder: str | None, disable: Iterable[str] = ()) -> list[Entry]:
    """Every analyzer, set up, in the order in which they run.  `folder` is the drop-in
    folder, or None; `disable` names analyzers to leave out."""
    off = set(disable)
    entries: list[Entry] = []
    taken: dict[str, str] = {}
    settings_folder = Path(folder) if folder else None
    for source in _sources(folder):
        if source.problem is not None:
            if source.name not in off:
                entries.append(Entry(_free(source.name, taken), status=FAILED,
                                     detail=source.problem))
            continue
        for spec in source.specs:
            if spec.name in off:
                continue
            if spec.name in taken:
                entries.append(Entry(
                    _free(source.name, taken), spec.version, FAILED,
                    f"{source.where}: the name '{spec.name}' is taken by "
                    f"{taken[spec.name]}; rename this one, or disable the other"))
                continue
            taken[spec.name] = source.where
            entries.append(set_up(spec, source.folder, settings_folder))
    return order.arrange(entries)


def _free(name: str, taken: Container[str]) -> str:
    """What to call a source that gave nothing: as its file, but never as one that works."""
    return name if name not in taken else f"{name} (2)"


def _sources(folder: str | None) -> Iterator[Source]:
    for package in (analyzers, rooms):
        for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
            name = f"{package.__name__}.{info.name}"
            path = Path(package.__path__[0], f"{info.name}.py")
            yield _source(info.name, path, partial(importlib.import_module, name))
    for point in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS),
                        key=lambda point: point.name):
        yield _entry_point(point)
    if folder is not None:
        yield from _drop_ins(Path(folder))


def _source(name: str, path: Path, load: Callable[[], ModuleType]) -> Source:
    try:
        return Source(name, str(path), path.parent, tuple(_specs(load())))
    except AnalyzerError as error:
        return Source(name, str(path), path.parent, problem=f"{path}: {error}")
    except (Exception, SystemExit) as error:
        return Source(name, str(path), path.parent, problem=explain(error))


def _entry_point(point: importlib.metadata.EntryPoint) -> Source:
    """What an installed package offers: a module, or the analyzer itself."""
    where = f"the entry point {point.name} = {point.value}"
    try:
        offered = point.load()
        if isinstance(offered, ModuleType):
            specs, path = tuple(_specs(offered)), offered.__file__
        else:
            specs = tuple(filter(None, [_mark(offered)]))
            path = sys.modules[offered.__module__].__file__ if specs else None
    except (Exception, SystemExit) as error:
        return Source(point.name, where, Path(), problem=f"{where}: {explain(error)}")
    if not specs:
        return Source(point.name, where, Path(), problem=(
            f"{where} offers no analyzer: name a module with analyzers, or a function or a "
            f"class with @analyzer above it"))
    return Source(point.name, where, Path(path or ".").parent, specs)


def _drop_ins(folder: Path) -> Iterator[Source]:
    try:
        files = sorted(p for p in folder.iterdir()
                       if p.suffix == ".py" and not p.name.startswith(_NO_ANALYZER)
                       and p.name != "conftest.py")
    except FileNotFoundError:
        return
    except OSError as error:
        yield Source(folder.name, str(folder), folder, problem=(
            f"the folder of analyzers {folder} cannot be read: {error}"))
        return
    for path in files:
        source = _source(path.stem, path, partial(load_file, path))
        if source.problem is None and not source.specs:
            source = source._replace(problem=_nothing_in(path))
        yield source


class _Uncached(SourceFileLoader):
    """Compiles the file as it is now.  Cached bytecode is recognised by its second and its
    length, which an edit need not change."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def load_file(path: Path) -> ModuleType:
    """The module in a drop-in file, executed anew."""
    name = f"parley_drop_in_{path.stem}"
    loader = _Uncached(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert isinstance(spec, ModuleSpec)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def specs_of_file(path: Path) -> list[Spec]:
    """What a file declares.  Raises AnalyzerError when it cannot be used."""
    source = _source(path.stem, path, partial(load_file, path))
    if source.problem is not None:
        raise AnalyzerError(source.problem)
    if not source.specs:
        raise AnalyzerError(_nothing_in(path))
    return list(source.specs)


def _nothing_in(path: Path) -> str:
    return (f"{path} defines no analyzer: put @analyzer(\"name\") above a function or a "
            f"class in it")


def spec_of(target: Any) -> Spec:
    """What @analyzer declared of a function or a class.  Raises AnalyzerError."""
    spec = _mark(target)
    if spec is None:
        raise AnalyzerError(f"{target!r} is no analyzer: put @analyzer(\"name\") above it")
    return spec


def _mark(value: Any) -> Spec | None:
    spec = getattr(value, "__dict__", {}).get(MARK)
    return spec if isinstance(spec, Spec) else None


def _specs(module: ModuleType) -> Iterator[Spec]:
    """What the module itself declares, not what it imported from another."""
    seen = set()
    for value in vars(module).values():
        spec = _mark(value)
        if spec and spec.target.__module__ == module.__name__ and id(spec) not in seen:
            seen.add(id(spec))
            yield spec


def set_up(spec: Spec, folder: Path, settings_folder: Path | None,
           values: dict[str, Any] | None = None) -> Entry:
    """The analyzer, ready to run or with the reason why it is not.

    folder           where its own file is
    settings_folder  where NAME.toml may be, or None
    values           the settings, instead of the file's
    """
    entry = Entry(spec.name, spec.version, spec=spec)
    missing = [name for name in spec.requires if not _is_installed(name)]
    if missing:
        entry.status, entry.detail = MISSING, how_to_install(missing)
        return entry
    try:
        spec, config = _configure(spec, settings_folder, values)
        entry.spec = spec
        context = Context(spec.name, spec.version, folder, config)
        if spec.is_class:
            entry.instance = _instantiate(spec, context)
            if not isinstance(entry.instance, RoomAnalyzer):
                entry.run = entry.instance.analyze
        else:
            entry.run = _function(spec, config)
        entry.model = context.model_sha256
    except (Exception, SystemExit) as error:
        entry.fail(explain(error))
    return entry


def _configure(spec: Spec, folder: Path | None,
               values: dict[str, Any] | None) -> tuple[Spec, Any]:
    """The spec and the settings, with what NAME.toml says, or `values`."""
    path = folder / f"{spec.name}.toml" if folder else Path(f"{spec.name}.toml")
    if values is None:
        values = settings.read(path) if folder else {}
    values = dict(values)
    declared = spec.config or settings.Nothing
    if "threshold" in values and "threshold" not in settings.names(declared):
        chosen = settings.build(settings.Threshold, {"threshold": values.pop("threshold")},
                                str(path))
        spec = replace(spec, fixed_threshold=chosen.threshold)
    config = settings.build(declared, values, str(path))
    return spec, config if spec.config else None


def _instantiate(spec: Spec, context: Context) -> Any:
    instance = spec.target()
    if spec.config:
        instance.config = context.config
    if callable(getattr(instance, "setup", None)):
        instance.setup(context)
    return instance


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name.rpartition(":")[2]) is not None
    except (ImportError, ValueError):
        return False


def how_to_install(missing: list[str]) -> str:
    """What to type for packages ("package" or "package:module") that are missing."""
    modules = ", ".join(name.rpartition(":")[2] for name in missing)
    packages = " ".join(name.partition(":")[0] for name in missing)
    if sys.prefix != sys.base_prefix:
        how = f"{sys.prefix}/bin/pip install {packages}"
    else:
        how = (f"/usr/bin/python3 -m venv --system-site-packages VENV && VENV/bin/pip install "
               f"{packages}, and start parleyd with --venv VENV")
    return f"it needs the Python module(s) {modules}; install with: {how}"


def _function(spec: Spec, config: Any) -> Callable[[Batch], list[Any]]:
    """A one-text analyzer as one of batches; its exceptions stay with their message."""
    call: Callable[[str], Any] = spec.target
    if spec.config:
        wanted = [p for p in signature(spec.target).parameters.values()
                  if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
        if len(wanted) < 2:
            raise AnalyzerError(f"'{spec.name}' declares config=, so its function must take "
                                f"(text, config)")
        call = partial(_with, spec.target, config)

    def run(batch: Batch) -> list[Any]:
        outputs: list[Any] = []
        for text in batch.texts:
            try:
                outputs.append(call(text))
            except Exception as error:
                outputs.append(Raised(error))
        return outputs
    return run


def _with(target: Callable[..., Any], config: Any, text: str) -> Any:
    return target(text, config)


@dataclass(frozen=True)
class Raised:
    """An exception in the place of one message's output."""

    error: BaseException


def explain(error: BaseException) -> str:
    """For AnalyzerError the sentence alone, otherwise the traceback, from the author's file on."""
    if isinstance(error, AnalyzerError):
        return str(error)
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename.startswith(_LOADERS):
        own = own.tb_next
    if own is None and not isinstance(error, SyntaxError):  # which says itself where it is
        own = error.__traceback__
    return "".join(traceback.format_exception(type(error), error, own)).rstrip()
