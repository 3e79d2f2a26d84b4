# SPDX-License-Identifier: MIT
"""Bad outputs never get through: the author is told, other messages and analyzers live."""

from __future__ import annotations

import re

import pytest

HEAD = "from parley import analyzer, Batch, Error, Result\nimport math\n"
GOOD = HEAD + "@analyzer('good')\ndef good(text):\n    return True\n"


@pytest.mark.parametrize("value, message", [
    ("float('nan')", "score nan .* number from 0 to 1; check for a division by zero"),
    ("float('inf')", "score inf .* number from 0 to 1"),
    ("1.01", "score 1.01 to label 'bad'; a score is a number from 0 to 1"),
    ("-0.1", "score -0.1"),
    ("2", "score 2.0"),
    ("b'x'", "returned a bytes; return None, a bool"),
    ("object()", "returned a object; return None, a bool"),
    ("''", "label ''; a label is a printable string"),
    ("'x' * 65", "a label is a printable string of 1 to 39 bytes"),
    ("'a\\nb'", "a label is a printable string"),
    ("['toxic']", "a list holding a str; a list may hold Results only"),
    ("[[Result('a', 1)]]", "a list holding a list"),
    ("{'a': 'high'}", "score 'high' \\(a str\\) to label 'a'"),
    ("{'a': None}", "score None \\(None\\) to label 'a'"),
    ("{3: 0.5}", "label 3; a label is a printable string"),
    ("Result('a', 0.5j)", "score 0.5j"),
    ("Result('a', 0.5, threshold=2)", "threshold 2.0 to label 'a'"),
    ("Result('a', 0.5, threshold='x')", "threshold 'x' \\(a str\\)"),
    ("Result('a', 0.5, flagged='yes')", "flagged='yes' .* use True, False or None"),
    ("Result('a', 0.5, spans=None)", "spans=None .* list of \\(start, end\\) pairs"),
    ("Result('a', 0.5, spans='ab')", "spans='ab'"),
    ("Result('a', 0.5, spans=[(0, 6)])",
     "span \\(0, 6\\) to label 'a' of a text of 5 code points; it must be 0 <= start < end <= 5"),
    ("Result('a', 0.5, spans=[(-1, 2)])", "span \\(-1, 2\\)"),
    ("Result('a', 0.5, spans=[(2, 2)])", "span \\(2, 2\\)"),
    ("Result('a', 0.5, spans=[(3, 1)])", "span \\(3, 1\\)"),
    ("Result('a', 0.5, spans=[(0.0, 2)])", "a span is a pair of integers"),
    ("Result('a', 0.5, spans=[5])", "a span is a pair of integers"),
    ("Result('a', 0.5, spans=[(0, 1, 2)])", "a span is a pair of integers"),
    ("[Result('a', 0.5)] * 65", "65 labels to one message; at most 64"),
])
def test_bad_output_of_one_message(load, judge, value, message):
    load(bad=HEAD + f"@analyzer('bad')\ndef bad(text):\n"
                    f"    return {value} if text == 'wrong' else True\n", good=GOOD)
    verdicts, failures, _ = judge("right", "wrong", "right")
    assert [(f[0], f[1], f[2]) for f in failures] == [("bad", 1, "AnalyzerError")]
    assert re.search(message, failures[0][3]), failures[0][3]
    assert [[v[0] for v in of] for of in verdicts] == [["bad", "good"], ["good"],
                                                       ["bad", "good"]]


@pytest.mark.parametrize("value, message", [
    ("[]", "returned 0 entries for a batch of 2; return exactly one a message"),
    ("[True]", "returned 1 entries for a batch of 2"),
    ("[True] * 3", "returned 3 entries for a batch of 2"),
    ("None", "returned None for a batch of 2; return a list"),
    ("True", "returned a bool for a batch of 2"),
    ("'ab'", "returned a str for a batch of 2"),
    ("Result('a', 1.0)", "returned a Result for a batch of 2"),
    ("(True for _ in batch.texts)", "returned a generator for a batch of 2"),
])
def test_bad_output_of_a_whole_batch(load, judge, value, message):
    load(bad=HEAD + f"@analyzer('bad')\nclass Bad:\n    def analyze(self, batch):\n"
                    f"        return {value}\n", good=GOOD)
    verdicts, failures, _ = judge("a", "b")
    assert [(f[0], f[1]) for f in failures] == [("bad", -1)]
    assert message in failures[0][3]
    assert [[v[0] for v in of] for of in verdicts] == [["good"], ["good"]]


TABLE = HEAD + "import numpy as np\nfrom parley import Scores\n"


def test_a_table_says_what_a_list_would(load, judge):
    load(table=TABLE + "@analyzer('table', threshold=0.4)\nclass Table:\n"
                       "    def analyze(self, batch):\n"
                       "        return Scores(['a', 'b'], np.array([[0.1, 0.5], [0.6, 0.4]]),\n"
                       "                      spans={(1, 0): [(0, 2)]})\n")
    verdicts, failures, _ = judge("ab", "cd")
    assert failures == []
    assert verdicts == [
        [("table", "1.0.0", "a", 0.1, 0.4, False, ()), ("table", "1.0.0", "b", 0.5, 0.4, True, ())],
        [("table", "1.0.0", "a", 0.6, 0.4, True, ((0, 2),)),
         ("table", "1.0.0", "b", 0.4, 0.4, True, ())]]
    assert all(type(v[3]) is float and type(v[5]) is bool for of in verdicts for v in of)


@pytest.mark.parametrize("value, message", [
    ("['a'], np.zeros((1, 1))", "scores have the shape \\(1, 1\\); .* must be \\(2, 1\\)"),
    ("['a', 'b'], np.zeros(2)", "scores have the shape \\(2,\\)"),
    ("['a'], np.zeros((2, 1)), flagged=np.zeros(2, bool)", "flagged have the shape \\(2,\\)"),
    ("['a'], np.zeros((2, 1)), [0.5, 0.5]", "2 thresholds for 1 labels; give one for each"),
    ("['a'], np.zeros((2, 1)), spans={(2, 0): []}", "spans at \\(2, 0\\); they belong at"),
    ("['a'], np.zeros((2, 1)), spans={0: []}", "spans at 0; they belong at"),
    ("['a'], np.zeros((2, 1)), spans={(1, 0): [(0, 9)]}", "span \\(0, 9\\) to label 'a'"),
])
def test_bad_shape_of_a_table(load, judge, value, message):
    load(bad=TABLE + f"@analyzer('bad')\nclass Bad:\n    def analyze(self, batch):\n"
                     f"        return Scores({value})\n", good=GOOD)
    verdicts, failures, _ = judge("a", "b")
    assert [(f[0], f[1]) for f in failures] == [("bad", -1)]
    assert re.search(message, failures[0][3]), failures[0][3]
    assert [[v[0] for v in of] for of in verdicts] == [["good"], ["good"]]


@pytest.mark.parametrize("value, message", [
    ("['a'], np.array([[0.5], [float('nan')]])", "score nan .* number from 0 to 1"),
    ("['a'], np.array([[0.5], [1.5]])", "score 1.5 to label 'a'"),
    ("['a'], np.array([[0.5], ['x']], object)", "score 'x' \\(a str\\)"),
    ("['a'], np.full((2, 1), 0.5), flagged=np.array([[True], ['no']], object)", "flagged='no'"),
])
def test_bad_value_in_a_table_stays_with_its_message(load, judge, value, message):
    load(bad=TABLE + f"@analyzer('bad')\nclass Bad:\n    def analyze(self, batch):\n"
                     f"        return Scores({value})\n", good=GOOD)
    verdicts, failures, _ = judge("a", "b")
    assert [(f[0], f[1]) for f in failures] == [("bad", 1)]
    assert re.search(message, failures[0][3]), failures[0][3]
    assert [[v[0] for v in of] for of in verdicts] == [["bad", "good"], ["good"]]


def test_exception_of_a_function_stays_with_its_message(load, judge):
    load(bad=HEAD + "@analyzer('bad')\ndef bad(text):\n    return 1 / len(text) > 0\n")
    verdicts, failures, _ = judge("a", "", "b")
    assert [len(of) for of in verdicts] == [1, 0, 1]
    (name, index, kind, message, trace), = failures
    assert (name, index, kind, message) == ("bad", 1, "ZeroDivisionError", "division by zero")
    assert "parley" in trace and "1 / len(text)" in trace


def test_exceptions_of_a_function_are_counted_each(load, judge):
    load(bad=HEAD + "@analyzer('bad')\ndef bad(text):\n    raise RuntimeError('no luck')\n")
    assert [f[1] for f in judge("a", "b")[1]] == [0, 1]


def test_exception_of_a_class_for_every_message_is_the_batch_s(load, judge):
    load(bad=HEAD + "@analyzer('bad')\nclass Bad:\n    def analyze(self, batch):\n"
                    "        raise RuntimeError('no luck')\n", good=GOOD)
    verdicts, failures, _ = judge("a", "b")
    assert [f[:4] for f in failures] == [("bad", -1, "RuntimeError", "no luck")]
    assert [len(of) for of in verdicts] == [1, 1]


@pytest.mark.parametrize("size, guilty", [(2, {0}), (7, {6}), (64, {17}), (64, {3, 40, 63})])
def test_exception_of_a_class_is_narrowed_down_to_the_guilty(load, judge, size, guilty):
    load(bad=HEAD + "@analyzer('bad')\nclass Bad:\n    def analyze(self, batch):\n"
                    "        if 'poison' in batch.texts: raise RuntimeError('no luck')\n"
                    "        return [Result('n', 1.0, [(0, len(t))]) for t in batch.texts]\n",
         good=GOOD)
    texts = ["poison" if i in guilty else "x" * (i + 1) for i in range(size)]
    verdicts, failures, timings = judge(*texts)
    assert [f[:4] for f in failures] == [("bad", i, "RuntimeError", "no luck")
                                         for i in sorted(guilty)]
    assert [v[0] for of in verdicts for v in of if v[0] == "good"] == ["good"] * size
    for index, of in enumerate(verdicts):
        assert [v[6] for v in of if v[0] == "bad"] == \
            ([] if index in guilty else [((0, len(texts[index])),)])
    assert [t[0] for t in timings] == ["bad", "good"]


def test_narrowing_down_ends_when_half_of_a_batch_is_guilty(load, judge):
    load(bad=HEAD + "calls = []\n@analyzer('bad')\nclass Bad:\n"
                    "    def analyze(self, batch):\n"
                    "        calls.append(len(batch))\n"
                    "        if 'odd' in batch.texts: raise RuntimeError('no luck')\n"
                    "        return [True] * len(batch)\n")
    import sys
    verdicts, failures, _ = judge(*["odd", "even"] * 32)
    assert {f[1] for f in failures} >= set(range(0, 64, 2))
    assert len(sys.modules["parley_drop_in_bad"].calls) <= 1 + 6 * 7


def test_too_many_spans_are_joined_so_that_none_is_left_bare(load, judge):
    load(many=HEAD + "@analyzer('many')\ndef many(text):\n"
                     "    return Result('x', 1.0, [(i, i + 1) for i in range(199, -1, -2)])\n")
    (verdict,), = judge("y" * 200)[0]
    assert verdict[6] == tuple((i, i + 1) for i in range(1, 127, 2)) + ((127, 200),)


def test_error_object_stays_with_its_message(load, judge):
    load(bad=HEAD + "@analyzer('bad')\nclass Bad:\n    def analyze(self, batch):\n"
                    "        return [True, Error('too odd', 'OddText')]\n")
    verdicts, failures, _ = judge("a", "b")
    assert failures == [("bad", 1, "OddText", "too odd", "")]
    assert [len(of) for of in verdicts] == [1, 0]


@pytest.mark.parametrize("line", ["raise SystemExit(3)", "import sys; sys.exit('bye')"])
def test_exit_does_not_end_the_worker(load, judge, line):
    load(bad=HEAD + f"@analyzer('bad')\nclass Bad:\n    def analyze(self, batch):\n"
                    f"        {line}\n", good=GOOD)
    verdicts, failures, _ = judge("a")
    assert [f[:3] for f in failures] == [("bad", 0, "SystemExit")]
    assert len(verdicts[0]) == 1


def test_empty_batch(load, judge):
    load(good=GOOD)
    assert judge() == ([], [], [])
