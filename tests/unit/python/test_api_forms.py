# SPDX-License-Identifier: MIT
"""Every form an analyzer may take, and what its outputs become."""

from __future__ import annotations

import pytest

from parley import AnalyzerError, Batch, Result, analyzer

HEAD = "from parley import analyzer, Batch, Context, Error, Result\n"


@pytest.mark.parametrize("body, expected", [
    ("-> bool: return text.isupper()", [("form", 1.0, True)]),
    ("-> bool: return False", [("form", 0.0, False)]),
    ("-> float: return 0.75", [("form", 0.75, True)]),
    ("-> float: return 0.25", [("form", 0.25, False)]),
    ("-> int: return 1", [("form", 1.0, True)]),
    ("-> str: return 'loud'", [("loud", 1.0, True)]),
    ("-> None: return None", []),
    ("-> list: return []", []),
    ("-> dict: return {'a': 0.9, 'b': 0.1}", [("a", 0.9, True), ("b", 0.1, False)]),
    ("-> Result: return Result('x', 0.6)", [("x", 0.6, True)]),
    ("-> Result: return Result('x', 0.6, threshold=0.7)", [("x", 0.6, False)]),
    ("-> Result: return Result('x', 0.6, flagged=False)", [("x", 0.6, False)]),
    ("-> list: return [Result('x', 0.6), Result('y', 0.4)]",
     [("x", 0.6, True), ("y", 0.4, False)]),
])
def test_function_forms(load, judge, body, expected):
    load(form=HEAD + f"@analyzer('form', version='2.1')\ndef form(text: str) {body}\n")
    verdicts, failures, _ = judge("HELLO")
    assert failures == []
    assert [(v[2], v[3], v[5]) for v in verdicts[0]] == expected
    assert all(v[:2] == ("form", "2.1") for v in verdicts[0])


def test_numpy_numbers_are_numbers(load, judge):
    load(form=HEAD + """
import numpy as np
@analyzer("form")
def form(text):
    return [Result("f", np.float32(0.5), spans=[(np.int64(0), np.int32(2))]),
            Result("b", np.bool_(True), flagged=np.bool_(False))]
""")
    verdicts, failures, _ = judge("hello")
    assert failures == []
    assert [v[2:] for v in verdicts[0]] == [("f", 0.5, 0.5, True, ((0, 2),)),
                                           ("b", 1.0, 0.5, False, ())]
    assert type(verdicts[0][0][3]) is float and type(verdicts[0][1][5]) is bool
    assert type(verdicts[0][0][6][0][0]) is int


def test_class_sees_whole_batches_and_is_set_up_once_and_closed(load, judge):
    load(counter=HEAD + """
calls = []
@analyzer("counter", threshold=0.2)
class Counter:
    def setup(self, ctx: Context):
        calls.append(("setup", ctx.name, ctx.version, ctx.folder.is_dir()))
    def analyze(self, batch: Batch):
        calls.append(("analyze", len(batch), batch.rooms, batch.users, batch.times_ms))
        return [Result("long", min(1.0, len(text) / 10)) for text in batch.texts]
    def close(self):
        calls.append(("close",))
""")
    import sys
    calls = sys.modules["parley_drop_in_counter"].calls
    verdicts, failures, timings = judge("a", "abcdefghij")
    assert failures == []
    assert [v[0][2:6] for v in verdicts] == [("long", 0.1, 0.2, False), ("long", 1.0, 0.2, True)]
    assert timings[0][0] == "counter" and timings[0][2] == 2 and timings[0][1] >= 0
    from parley import host
    host.close()
    assert calls == [("setup", "counter", "1.0.0", True),
                     ("analyze", 2, ["lobby"] * 2, ["u1"] * 2, [0, 1]), ("close",)]


def test_batch_size_is_the_most_a_class_gets(load, judge):
    load(small=HEAD + """
sizes = []
@analyzer("small", batch_size=3)
class Small:
    def analyze(self, batch: Batch):
        sizes.append((len(batch), len(batch.rooms), batch.gate))
        return [text for text in batch.texts]
""")
    import sys
    verdicts, failures, _ = judge(*"abcdefgh")
    assert failures == [] and [v[0][2] for v in verdicts] == list("abcdefgh")
    assert sys.modules["parley_drop_in_small"].sizes == [(3, 3, False), (3, 3, False),
                                                        (2, 2, False)]


def test_gate_is_told(load):
    from parley import host
    load(g=HEAD + "@analyzer('g')\nclass G:\n    def analyze(self, batch):\n"
                  "        return [batch.gate]\n")
    assert host.analyze(["x"], ["r"], ["u"], [0], True)[0][0][0][3] == 1.0
    assert host.analyze(["x"], ["r"], ["u"], [0])[0][0][0][3] == 0.0


def test_bytes_of_a_batch_are_views():
    texts = ["", "hé", "😀x", "plain", "", "end"]
    batch = Batch.of(texts)
    assert batch.utf8 is batch.utf8 and batch.offsets is batch.offsets
    assert [bytes(batch.utf8[a:b]).decode() for a, b
            in zip(batch.offsets, batch.offsets[1:])] == texts
    assert batch.utf8[:3].base is not None
    for array in (batch.utf8, batch.offsets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert Batch.of([]).offsets.tolist() == [0] and len(Batch.of([]).utf8) == 0
    assert Batch.of(["ascii", "only"]).offsets.tolist() == [0, 5, 9]


def test_decorated_function_stays_callable():
    @analyzer("plain")
    def plain(text: str) -> bool:
        return text == "x"
    assert plain("x") is True


def test_batch_of_texts():
    batch = Batch.of(["a", "b"])
    assert len(batch) == 2 and batch.features is batch.features


@pytest.mark.parametrize("arguments, message", [
    ({"name": "Has Space"}, "use 1 to 32 of a-z 0-9"),
    ({"name": ""}, "use 1 to 32 of a-z 0-9"),
    ({"name": "x" * 33}, "use 1 to 32 of a-z 0-9"),
    ({"name": 5}, "use 1 to 32 of a-z 0-9"),
    ({"name": "ok", "version": 2}, "version 2 must be a string"),
    ({"name": "ok", "threshold": 1.5}, "threshold 1.5 must be a number from 0 to 1"),
    ({"name": "ok", "threshold": True}, "threshold True must be a number from 0 to 1"),
    ({"name": "ok", "version": "1" * 24}, "must be a string of 1 to 23 characters"),
    ({"name": "ok", "batch_size": 0}, "batch_size 0 must be a whole number of at least 1"),
    ({"name": "ok", "batch_size": "8"}, "batch_size '8' must be a whole number"),
    ({"name": "ok", "timeout": "50"}, "timeout: '50' is no duration"),
    ({"name": "ok", "timeout": -1}, "timeout: -1 is no duration"),
    ({"name": "ok", "timeout": 0}, "timeout 0 leaves no time at all"),
    ({"name": "ok", "priority": "high"}, "priority 'high' must be \"gate\" or"),
    ({"name": "ok", "config": dict}, "must be a class with @dataclass above it"),
])
def test_bad_declarations_say_what_would_be_right(arguments, message):
    with pytest.raises(AnalyzerError, match=message):
        analyzer(**arguments)


def test_decorator_without_a_name_says_how_to_write_it():
    with pytest.raises(AnalyzerError, match='write @analyzer\\("shout"\\)'):
        @analyzer
        def shout(text: str) -> bool:
            return True


def test_class_without_analyze_is_refused():
    with pytest.raises(AnalyzerError, match="has no method analyze"):
        @analyzer("empty")
        class Empty:
            pass


def test_result_is_positional_and_immutable():
    result = Result("toxic", 0.5, [(0, 1)])
    with pytest.raises(AttributeError):
        result.score = 0.6
