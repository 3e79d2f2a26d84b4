# SPDX-License-Identifier: MIT
"""The golden vectors and the schemas say the same: a vector is valid exactly when its schema says so."""
from __future__ import annotations

import pytest

import vectors
from schemas import Schemas

SCHEMAS = Schemas()
MESSAGES = {**vectors.load("client"), **vectors.load("server")}
CASES = [
    pytest.param(name, vector, id=f"{name}: {vector['name']}")
    for name, data in MESSAGES.items()
    for vector in data["vectors"]
]


@pytest.mark.parametrize("name, vector", CASES)
def test_vector_agrees_with_schema(name: str, vector: dict) -> None:
    errors = SCHEMAS.check(f"schema/{name}.json", vector["frame"])
    assert (not errors) == vector["valid"], errors or "the schema lets it pass"


@pytest.mark.parametrize("name, vector", CASES)
def test_vector_says_what_the_answer_is(name: str, vector: dict) -> None:
    if MESSAGES[name]["direction"] == "client":
        assert vector["valid"] or vector["error"] in SCHEMAS.error_codes()
        assert vector.get("given", MESSAGES[name]["given"]) in ("open", "hello", "joined")


def test_every_message_has_vectors_of_both_sorts() -> None:
    for name in SCHEMAS.files:
        if name == "common":
            continue
        sorts = {vector["valid"] for vector in MESSAGES[name]["vectors"]}
        assert True in sorts, f"{name} has no valid vector"
        assert False in sorts or name == "pong.client", f"{name} has no invalid vector"


def test_names_of_vectors_are_unique() -> None:
    for name, data in {**MESSAGES, **vectors.load("transport")}.items():
        names = [vector["name"] for vector in data["vectors"]]
        assert len(names) == len(set(names)), name


def test_transport_vectors_expect_known_codes() -> None:
    for data in vectors.load("transport").values():
        for vector in data["vectors"]:
            assert vector["close"] is None or vector["close"] in SCHEMAS.close_codes()
            for error in vector.get("errors", []):
                assert error["code"] in SCHEMAS.error_codes()
