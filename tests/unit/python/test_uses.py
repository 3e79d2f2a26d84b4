# SPDX-License-Identifier: MIT
"""Analyzers that read others' results, run after them, and fail with a reason when they
cannot; packages that are missing; entry points."""

from __future__ import annotations

import sys

import pytest

HEAD = "from parley import analyzer, Batch, Error, Result\n"
FIRST = HEAD + "@analyzer('zz')\ndef zz(text):\n    return Result('len', min(1.0, len(text) / 10))\n"
SECOND = HEAD + """
@analyzer("second", uses=["zz"])
class Second:
    def analyze(self, batch):
        out = []
        for found in batch.results["zz"]:
            out.append(Error(found.message, found.type) if isinstance(found, Error)
                       else Result("twice", min(1.0, 2 * found[0].score)))
        return out
"""


def test_results_of_another_are_there(load, judge):
    load(a_second=SECOND, z_first=FIRST)
    verdicts, failures, timings = judge("abc", "abcdefghij")
    assert failures == [] and [t[0] for t in timings] == ["zz", "second"]
    assert [[(v[0], v[3]) for v in of] for of in verdicts] == [
        [("zz", 0.3), ("second", 0.6)], [("zz", 1.0), ("second", 1.0)]]


def test_parts_of_a_batch_see_their_own_results(load, judge):
    load(a=SECOND.replace("uses=", "batch_size=1, uses="), z=FIRST)
    assert [of[1][3] for of in judge("a", "ab", "abc")[0]] == [0.2, 0.4, 0.6]


def test_a_fault_of_another_is_an_error_in_its_place(load, judge):
    load(a=SECOND, z=FIRST.replace("len(text) / 10", "1 / len(text)"))
    verdicts, failures, _ = judge("abc", "")
    assert [(f[0], f[1], f[2]) for f in failures] == [
        ("zz", 1, "ZeroDivisionError"), ("second", 1, "ZeroDivisionError")]
    assert len(verdicts[0]) == 2 and verdicts[1] == []


def test_whole_failures_of_another_are_errors_too(load, judge):
    load(a=SECOND, z=HEAD + "@analyzer('zz')\nclass Z:\n    def analyze(self, batch):\n"
                            "        return []\n")
    failures = judge("abc", "de")[1]
    assert [(f[0], f[1], f[2]) for f in failures] == [
        ("zz", -1, "AnalyzerError"), ("second", 0, "AnalyzerError"),
        ("second", 1, "AnalyzerError")]


def test_background_runs_last_unless_it_is_used(load, judge):
    load(a=HEAD + "@analyzer('slow', priority='background')\ndef f(text): return True\n",
         b=HEAD + "@analyzer('quick')\ndef f(text): return True\n",
         c=SECOND, z=FIRST.replace("'zz'", "'zz', priority='background'"))
    assert [t[0] for t in judge("x")[2]] == ["quick", "zz", "second", "slow"]


@pytest.mark.parametrize("files, broken", [
    ({"a": "uses=['a']"}, {"a": "'a' uses itself in a circle: a -> a"}),
    ({"a": "uses=['b']", "b": "uses=['a']"},
     {"a": "'a' uses itself in a circle: a -> b -> a", "b": "circle: b -> a -> b"}),
    ({"a": "uses=['no']"}, {"a": "uses the analyzer 'no', which is not there (analyzers: a, fine)"}),
    ({"a": "uses=['b']", "b": "requires=['no_such_module']"},
     {"a": "uses the analyzer 'b', which is not installed"}),
    ({"a": "uses=['b']", "b": "uses=['c']"},
     {"a": "uses the analyzer 'b', which is failed", "b": "'c', which is not there"}),
])
def test_what_cannot_be_used_is_told(load, judge, files, broken):
    sources = {name: HEAD + f"@analyzer('{name}', {what})\ndef f(text): return True\n"
               for name, what in files.items()}
    report = load(fine=HEAD + "@analyzer('fine')\ndef f(text): return True\n", **sources)
    for name, detail in broken.items():
        assert report[name]["status"] == "failed" and detail in report[name]["detail"]
    assert [v[0] for v in judge("x")[0][0]] == ["fine"]


def test_what_it_can_do_without_may_be_missing(load, judge):
    report = load(a=HEAD + """
@analyzer("a", uses=["gone?", "zz?"])
class A:
    def analyze(self, batch):
        return [" ".join(sorted(batch.results))] * len(batch)
""", z=FIRST)
    assert report["a"]["status"] == "ready"
    assert [v[2] for v in judge("x")[0][0]] == ["len", "zz"]


def test_missing_packages_come_with_the_command(load):
    report = load(a=HEAD + "@analyzer('a', requires=['numpy', 'nice-package:no_such_module'])"
                           "\ndef f(text): return True\n")
    assert report["a"]["status"] == "not installed"
    assert "module(s) no_such_module;" in report["a"]["detail"]
    assert "pip install nice-package" in report["a"]["detail"]


def test_installed_packages_are_found_by_entry_points(load, judge, tmp_path, monkeypatch):
    site = tmp_path / "site"
    info = site / "wisdom-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wisdom\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[parley.analyzers]\nwise = wisdom:wise\nmany = wisdom\ngone = wisdom:gone\n"
        "plain = wisdom:plain\nabsent = no_such_module\n")
    (site / "wisdom.py").write_text(
        HEAD + "@analyzer('wise', version='7')\ndef wise(text): return True\n"
               "def plain(text): return True\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "wisdom", raising=False)
    (tmp_path / "mine.py").write_text(HEAD + "@analyzer('mine')\ndef f(text): return True\n")
    report = load()
    assert report["wise"]["status"] == "ready" and report["wise (2)"]["status"] == "failed"
    assert "the name 'wise' is taken by the entry point many = wisdom" in \
        report["wise (2)"]["detail"]
    assert "gone = wisdom:gone" in report["gone"]["detail"]
    assert "offers no analyzer" in report["plain"]["detail"]
    assert "No module named 'no_such_module'" in report["absent"]["detail"]
    assert [v[:2] for v in judge("x")[0][0]] == [("wise", "7"), ("mine", "1.0.0")]


def test_an_edit_within_the_second_of_the_same_length_counts(load, judge):
    load(a=HEAD + "@analyzer('a')\ndef f(text): return 'one'\n")
    assert judge("x")[0][0][0][2] == "one"
    load(a=HEAD + "@analyzer('a')\ndef f(text): return 'two'\n")
    assert judge("x")[0][0][0][2] == "two"
