#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds recordings of the integration scenarios against proto/: is every server frame and HTTP answer as
the schemas say, and was every message, error code, close code and HTTP operation seen at all?

    tests/proto/validate.py RECORDING…     files or directories of *.jsonl (run.py --record DIR)
    tests/proto/validate.py --partial …    of some scenarios only: what was not seen is no failure
"""
from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

from schemas import Schemas

SHOWN = 20  # distinct problems printed


class Judge:
    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self.seen: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.passed = 0
        self.routes = [
            (method.upper(), re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + r"\Z"), path, operation)
            for path, item in schemas.openapi["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
        ]

    def line(self, where: str, line: dict) -> None:
        if "frame" in line:
            errors = self.frame(line["frame"], line.get("request"))
        elif "http" in line:
            errors = self.http(line["http"])
        elif "close" in line:
            errors = self.close(line["close"])
        else:
            errors = [f"a frame that is no JSON: {line['raw'][:100]!r}"]
        if errors:
            for error in errors:
                self.problems[f"{where}: {error}"] += 1
        else:
            self.passed += 1

    def frame(self, frame: Any, request: str | None) -> list[str]:
        try:
            name = self.schemas.classify(frame, request)
        except ValueError as error:
            return [f"{error}: {json.dumps(frame)[:200]}"]
        self.seen[name] += 1
        if name == "error":
            self.seen[f"error {frame.get('code')}"] += 1
        for event in frame.get("events", []):
            self.seen[f"{event.get('kind')}.event"] += 1
        errors = self.schemas.check(f"schema/{name}.json", frame)
        return [f"{name}: {error}" for error in errors]

    def close(self, code: int) -> list[str]:
        if code in (1000, 1005, 1006):  # ended by the client, or cut
            return []
        self.seen[f"close {code}"] += 1
        return [] if code in self.schemas.close_codes() else [f"close code {code} is not in proto/"]

    def http(self, answer: dict) -> list[str]:
        path = answer["path"].partition("?")[0]
        label = f"{answer['method']} {path} {answer['status']}"
        for method, pattern, template, operation in self.routes:
            if method == answer["method"] and pattern.match(path):
                return [f"{label}: {error}" for error in self.operation(answer, template, operation)]
        if path.startswith("/api/"):
            return [f"{label}: {error}" for error in self.body(answer, "openapi.yaml#/components/schemas/Error")]
        return []

    def operation(self, answer: dict, template: str, operation: dict) -> list[str]:
        status = str(answer["status"])
        if status not in operation["responses"]:
            if status in ("400", "404", "405", "413"):  # what no operation declares, for a request out of bounds
                return self.body(answer, "openapi.yaml#/components/schemas/Error")
            return ["openapi.yaml does not list this status"]
        self.seen[f"{operation['operationId']} {status}"] += 1
        pointer = f"openapi.yaml#/paths/{template.replace('/', '~1')}/{answer['method'].lower()}/responses/{status}"
        response = operation["responses"][status]
        if "$ref" in response:
            pointer = "openapi.yaml" + response["$ref"]
            response = self.schemas.openapi["components"]["responses"][response["$ref"].rpartition("/")[2]]
        (kind,) = response["content"]
        if not answer["type"].startswith(kind):
            return [f"content type {answer['type']!r}, wanted {kind}"]
        if kind != "application/json":
            return []
        return self.body(answer, f"{pointer}/content/application~1json/schema")

    def body(self, answer: dict, ref: str) -> list[str]:
        try:
            value = json.loads(answer["body"])
        except ValueError:
            return [f"the body is no JSON: {answer['body'][:100]!r}"]
        return self.schemas.check(ref, value)

    def missing(self) -> Iterator[str]:
        """What was never seen though nothing excuses it, and what is excused though it was seen."""
        excused = dict(excuses(self.schemas))
        excused |= {f"{operation['operationId']} {status}": reason for _, _, _, operation in self.routes
                    for status, reason in operation.get("x-not-exercised", {}).items()}
        wanted = self.schemas.server_messages()
        wanted += [f"error {code}" for code in self.schemas.error_codes()]
        wanted += [f"close {code}" for code in self.schemas.close_codes()]
        for _, _, _, operation in self.routes:
            wanted += [f"{operation['operationId']} {status}" for status in operation["responses"]
                       if status.startswith("2") or status in ("401", "409")]
        for name in wanted:
            if not self.seen[name] and name not in excused:
                yield f"{name} was never seen: no scenario exercises it"
            if self.seen[name] and name in excused:
                yield f"{name} was seen: take its x-not-exercised out of proto/"


def excuses(schemas: Schemas) -> Iterator[tuple[str, str]]:
    """Names that asyncapi.yaml marks x-not-exercised, with the reason."""
    for message in schemas.asyncapi["components"]["messages"].values():
        reason = message.get("x-not-exercised")
        name = Path(message["payload"]["schema"]["$ref"]).stem
        if isinstance(reason, dict):
            for code, why in reason.items():
                yield f"{name} {code}", why
        elif reason:
            yield name, reason
    for code, item in schemas.asyncapi["x-close-codes"].items():
        if "x-not-exercised" in item:
            yield f"close {code}", item["x-not-exercised"]


def recordings(paths: list[Path]) -> list[Path]:
    found = [file for path in paths for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    return [path for path in found if path.stat().st_size > 0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", nargs="+", type=Path, help="files, or directories of *.jsonl")
    parser.add_argument("--partial", action="store_true", help="do not ask for everything to have been seen")
    options = parser.parse_args()
    judge = Judge(Schemas())
    files = recordings(options.recordings)
    for path in files:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                judge.line(path.stem, json.loads(line))
    problems = [f"{text} ({count} times)" for text, count in judge.problems.most_common()]
    if not judge.passed:
        problems.append("nothing was recorded")
    if not options.partial:
        problems += judge.missing()
    for problem in problems[:SHOWN]:
        print(problem)
    if len(problems) > SHOWN:
        print(f"… and {len(problems) - SHOWN} more")
    print(f"{judge.passed} frames and answers of {len(files)} recordings are as proto/ says")
    print(f"{judge.passed} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
