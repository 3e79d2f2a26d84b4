# SPDX-License-Identifier: MIT
"""The documents of proto/ agree with one another, with README.md and with the server's own table."""
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import unquote

import jsonschema
import pytest
import yaml

from schemas import PROTO, Schemas

SCHEMAS = Schemas()
ROOT = PROTO.parent


def refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref":
                yield item
            else:
                yield from refs(item)
    elif isinstance(value, list):
        for item in value:
            yield from refs(item)


def resolve(document: Path, ref: str) -> Any:
    file, _, pointer = ref.partition("#")
    target = (document.parent / file).resolve() if file else document
    text = target.read_text("utf-8")
    value = json.loads(text) if target.suffix == ".json" else yaml.safe_load(text)
    for part in pointer.split("/")[1:]:
        value = value[unquote(part).replace("~1", "/").replace("~0", "~")]
    return value


def documents() -> list[Path]:
    return [PROTO / "asyncapi.yaml", PROTO / "openapi.yaml", *sorted(PROTO.glob("schema/*.json"))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_every_reference_resolves(path: Path) -> None:
    text = path.read_text("utf-8")
    value = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    for ref in refs(value):
        assert resolve(path, ref) is not None, ref


@pytest.mark.parametrize("name", SCHEMAS.files)
def test_schema_is_well_formed(name: str) -> None:
    schema = SCHEMAS.files[name]
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["title"] and schema["description"]


def in_openapi(value: Any, path: str = "") -> Iterator[tuple[str, dict]]:
    """Every schema object of openapi.yaml."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "schema":
                yield path, item
            elif key == "schemas":
                for name, schema in item.items():
                    yield f"{path}/{name}", schema
            else:
                yield from in_openapi(item, f"{path}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from in_openapi(item, f"{path}/{index}")


def test_openapi_schemas_are_well_formed() -> None:
    found = list(in_openapi(SCHEMAS.openapi))
    assert len(found) > 20
    for _, schema in found:
        jsonschema.Draft7Validator.check_schema(schema)


def test_openapi_operations_are_complete() -> None:
    ids = []
    for path, item in SCHEMAS.openapi["paths"].items():
        in_path = set(re.findall(r"\{(\w+)\}", path))
        declared = {resolve(PROTO / "openapi.yaml", p["$ref"])["name"] for p in item.get("parameters", [])}
        assert in_path == declared, path
        for method, operation in item.items():
            if method == "parameters":
                continue
            ids.append(operation["operationId"])
            assert operation["summary"], path
            assert any(code[0] in "12" for code in operation["responses"]), path
            if path.startswith("/api/") and operation.get("security") != []:
                assert {"401", "403"} <= set(operation["responses"]), path
    assert len(ids) == len(set(ids))


def payload(ref: str) -> str:
    """The schema name behind a message reference of a channel."""
    message = resolve(PROTO / "asyncapi.yaml", resolve(PROTO / "asyncapi.yaml", ref)["$ref"])
    return Path(message["payload"]["schema"]["$ref"]).stem


def test_asyncapi_covers_every_schema() -> None:
    messages = SCHEMAS.asyncapi["components"]["messages"]
    named = sorted(Path(m["payload"]["schema"]["$ref"]).stem for m in messages.values())
    assert named == sorted(set(SCHEMAS.files) - {"common"})
    assert set(SCHEMAS.asyncapi["channels"]["connection"]["messages"]) == set(messages)
    for name, message in messages.items():
        assert message["name"] == name


def test_every_request_is_an_operation_with_its_replies() -> None:
    operations = SCHEMAS.asyncapi["operations"]
    for request in SCHEMAS.requests():
        operation = operations[request]
        assert operation["action"] == "receive"
        assert [payload(m["$ref"]) for m in operation["messages"]] == [f"{request}.request"]
        replies = [payload(m["$ref"]) for m in operation["reply"]["messages"]]
        assert replies == [f"{request}.ok", "error"]


def test_every_push_is_sent_by_an_operation() -> None:
    sent = {
        payload(message["$ref"])
        for operation in SCHEMAS.asyncapi["operations"].values()
        if operation["action"] == "send"
        for message in operation["messages"]
    }
    assert sent == {name for name in SCHEMAS.files if name.endswith((".event", ".push"))}


def readme_table(heading: str) -> list[str]:
    """First cells, without backquotes, of the table under a heading of proto/README.md."""
    text = (PROTO / "README.md").read_text("utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = [line.split("|")[1].strip().strip("`") for line in section.splitlines() if line.startswith("|")]
    return cells[2:]


def test_readme_lists_every_error_code() -> None:
    assert readme_table("Error codes") == SCHEMAS.error_codes()


def test_readme_lists_every_close_code() -> None:
    assert [int(cell) for cell in readme_table("Close codes")] == SCHEMAS.close_codes()


def test_readme_lists_every_request() -> None:
    assert sorted(readme_table("Requests")) == SCHEMAS.requests()


def test_asyncapi_lists_every_close_code() -> None:
    listed = [int(code) for code in SCHEMAS.asyncapi["x-close-codes"]]
    assert listed == SCHEMAS.close_codes()


def test_the_server_knows_the_same_error_codes() -> None:
    table = (ROOT / "server/base/status.h").read_text("utf-8")
    wire = set(re.findall(r'X\(E_\w+,\s*-?\d+,\s*"(\w+)"', table)) - {"ok"}
    assert wire == set(SCHEMAS.error_codes())


def test_the_server_knows_the_same_event_kinds_and_roles() -> None:
    definitions = SCHEMAS.files["common"]["definitions"]
    kinds = re.findall(r'X\(EVENT_\w+,\s*\d+,\s*"(\w+)"\)', (ROOT / "server/base/event.h").read_text("utf-8"))
    assert sorted(kinds) == sorted(definitions["event"]["properties"]["kind"]["enum"])
    roles = re.findall(r'X\(ROLE_\w+,\s*"(\w+)"\)', (ROOT / "server/base/user.h").read_text("utf-8"))
    assert sorted(roles) == sorted(definitions["role"]["enum"])


def test_default_limits_are_those_of_the_server() -> None:
    definitions = SCHEMAS.files["common"]["definitions"]
    options = (ROOT / "server/config/options.inc").read_text("utf-8")
    text_max = re.search(r'OPTION\(text_max, "text-max", SIZE, "(\d+)"', options)
    assert int(text_max.group(1)) == definitions["text"]["x-maxBytes"]
