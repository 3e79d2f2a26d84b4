# SPDX-License-Identifier: MIT
"""The client protocol's schemas, loaded from proto/ and ready to judge frames.

Adds to draft-07 the two keywords that proto/schema uses (`x-maxBytes`, `x-ascending`) and reads
`pattern` as ECMAScript does: `$` is the very end, not "before a last newline".
"""
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator

import jsonschema
import yaml

PROTO = Path(__file__).resolve().parents[2] / "proto"
SCHEMA = PROTO / "schema"


def _pattern(_validator, pattern: str, value: Any, _schema) -> Iterator[jsonschema.ValidationError]:
    if isinstance(value, str):
        python = re.sub(r"(?<!\\)\$$", r"\\Z", pattern)
        if not re.search(python, value, re.ASCII):
            yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def _max_bytes(_validator, limit: int, value: Any, _schema) -> Iterator[jsonschema.ValidationError]:
    if isinstance(value, str):
        size = len(value.encode("utf-8", "surrogatepass"))
        if size > limit:
            yield jsonschema.ValidationError(f"{size} bytes of UTF-8, at most {limit}")


def _ascending(_validator, wanted: bool, value: Any, _schema) -> Iterator[jsonschema.ValidationError]:
    if wanted and isinstance(value, list) and all(isinstance(v, int) for v in value):
        if any(a >= b for a, b in zip(value, value[1:])):
            yield jsonschema.ValidationError(f"{value!r} does not ascend")


Validator = jsonschema.validators.extend(
    jsonschema.Draft7Validator,
    {"pattern": _pattern, "x-maxBytes": _max_bytes, "x-ascending": _ascending},
)


class Schemas:
    """All of proto/schema and the two documents that refer to it."""

    def __init__(self, proto: Path = PROTO) -> None:
        self.proto = proto
        self.files: dict[str, dict] = {
            path.stem: json.loads(path.read_text("utf-8"))
            for path in sorted((proto / "schema").glob("*.json"))
        }
        self.asyncapi: dict = yaml.safe_load((proto / "asyncapi.yaml").read_text("utf-8"))
        self.openapi: dict = yaml.safe_load((proto / "openapi.yaml").read_text("utf-8"))
        # Without "$schema", which would make jsonschema leave our Validator for its own.
        self._store: dict[str, dict] = {
            (proto / "schema" / f"{name}.json").as_uri(): {k: v for k, v in schema.items() if k != "$schema"}
            for name, schema in self.files.items()
        }
        self._store[(proto / "openapi.yaml").as_uri()] = self.openapi
        self._store[(proto / "asyncapi.yaml").as_uri()] = self.asyncapi
        self._validators: dict[str, Any] = {}

    def validator(self, ref: str):
        """A validator for `ref`, relative to proto/: "schema/send.ok.json", "openapi.yaml#/…"."""
        if ref not in self._validators:
            base = (self.proto / "index").as_uri()
            resolver = jsonschema.RefResolver(base, {}, store=self._store)
            self._validators[ref] = Validator({"$ref": ref}, resolver=resolver)
        return self._validators[ref]

    def check(self, ref: str, value: Any) -> list[str]:
        """What is wrong with value; an empty list when nothing is."""
        errors = self.validator(ref).iter_errors(value)
        return [_explain(error) for error in sorted(errors, key=lambda e: list(map(str, e.path)))]

    def requests(self) -> list[str]:
        return sorted(name[: -len(".request")] for name in self.files if name.endswith(".request"))

    def server_messages(self) -> list[str]:
        """Schema names of everything that the server may send."""
        return sorted(name for name in self.files if name.endswith((".ok", ".event", ".push"))) + ["error"]

    def error_codes(self) -> list[str]:
        return self.files["common"]["definitions"]["errorCode"]["enum"]

    def close_codes(self) -> list[int]:
        return self.files["common"]["definitions"]["closeCode"]["enum"]

    def classify(self, frame: Any, request: str | None) -> str:
        """Which schema a server frame must satisfy. `request` is the type of the request with the
        frame's id, as far as its sender knows. Raises ValueError when there is none."""
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            raise ValueError("not an object with a type")
        kind = frame["type"]
        if kind == "ok":
            name = f"{request}.ok"
        elif kind == "error":
            name = "error"
        elif kind == "event":
            name = f"{frame.get('kind')}.event"
        else:
            name = f"{kind}.push"
        if name not in self.files:
            raise ValueError(f"no message {name!r} in proto/schema")
        return name


def _explain(error: jsonschema.ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path) or "frame"
    if error.context:
        inner = "; ".join(_explain(sub) for sub in error.context[:4])
        return f"{where}: {inner}"
    text = error.message
    return f"{where}: {text if len(text) < 300 else text[:300] + '…'}"
