# SPDX-License-Identifier: MIT
"""Settings: declared as a dataclass, given in NAME.toml, every fault named with its file."""

from __future__ import annotations

import pytest

HEAD = """
from __future__ import annotations
from dataclasses import dataclass
from parley import Field, Result, analyzer

@dataclass
class Settings:
    at_least: int = Field(4, ge=1, le=100, doc="shortest text")
    share: float = Field(0.5, ge=0)
    mode: str = Field("strict", choices=("strict", "loose"))
    words: list[str] = Field(["a", "b"])
    on: bool = True
"""
CLASS = HEAD + """
@analyzer("shout", config=Settings)
class Shout:
    def setup(self, ctx):
        assert ctx.config is self.config
    def analyze(self, batch):
        s = self.config
        return [f"{s.at_least} {s.share} {s.mode} {' '.join(s.words)} {s.on}"
                for _ in batch.texts]
"""
FUNCTION = HEAD + """
@analyzer("shout", config=Settings)
def shout(text, config):
    return f"{config.at_least} {config.mode}"
"""


def test_defaults_hold_without_a_file(load, judge):
    load(shout=CLASS)
    assert judge("x")[0][0][0][2] == "4 0.5 strict a b True"


def test_a_file_sets_values(load, judge, tmp_path):
    (tmp_path / "shout.toml").write_text(
        'at_least = 7\nshare = 1\nmode = "loose"\nwords = ["x"]\non = false\n')
    load(shout=CLASS)
    assert judge("x")[0][0][0][2] == "7 1.0 loose x False"


def test_a_function_takes_its_settings_second(load, judge, tmp_path):
    (tmp_path / "shout.toml").write_text("at_least = 9\n")
    load(shout=FUNCTION)
    assert judge("x")[0][0][0][2] == "9 strict"


def test_a_function_that_takes_none_is_told(load):
    report = load(shout=FUNCTION.replace("(text, config)", "(text)"))
    assert "its function must take (text, config)" in report["shout"]["detail"]


def test_defaults_are_not_shared(load, judge):
    source = CLASS.replace("s = self.config", "s = self.config; s.words.append('c')")
    load(shout=source)
    judge("x")
    load(shout=source)
    assert judge("x")[0][0][0][2] == "4 0.5 strict a b c True"


@pytest.mark.parametrize("values, message", [
    ("at_least = 500", "at_least = 500, but it must be from 1 to 100"),
    ("at_least = 0", "at_least = 0, but it must be from 1 to 100"),
    ("at_least = 4.5", "at_least = 4.5 is not a whole number (must be from 1 to 100)"),
    ("at_least = true", "at_least = True is not a whole number"),
    ("at_least = 'four'", "at_least = 'four' is not a whole number"),
    ("share = -1", "share = -1, but it must be at least 0"),
    ("share = nan", "share = nan is not a number (must be at least 0)"),
    ("mode = 'lax'", "mode = 'lax', but it must be one of 'strict', 'loose'"),
    ("words = 'x'", "words = 'x' is not a list, each entry a text"),
    ("words = ['x', 3]", "words = ['x', 3] is not a list, each entry a text"),
    ("on = 1", "on = 1 is not true or false"),
    ("at_leats = 5", "there is no setting at_leats; did you mean at_least? (settings: at_least,"),
    ("at_least = ", "is no TOML: Invalid value (at end of document)"),
    ("threshold = 2", "threshold = 2, but it must be from 0 to 1"),
])
def test_a_wrong_value_names_file_key_value_and_what_would_be_right(load, tmp_path, values,
                                                                  message):
    path = tmp_path / "shout.toml"
    path.write_text(values)
    entry = load(shout=CLASS)["shout"]
    assert entry["status"] == "failed"
    assert message in entry["detail"] and str(path) in entry["detail"]


def test_all_faults_are_told_at_once(load, tmp_path):
    (tmp_path / "shout.toml").write_text("at_least = 0\nmode = 'x'\nnothing = 1\n")
    assert len(load(shout=CLASS)["shout"]["detail"].splitlines()) == 3


def test_a_setting_without_default_must_be_given(load, judge, tmp_path):
    source = CLASS.replace('    at_least: int = Field(4, ge=1, le=100, doc="shortest text")',
                           "    at_least: int = Field(ge=1)").replace(
        "class Settings:", "class Settings:\n    pass").replace("    pass\n", "")
    assert "at_least is missing; give a whole number (must be at least 1)" in \
        load(shout=source)["shout"]["detail"]
    (tmp_path / "shout.toml").write_text("at_least = 3\n")
    assert load(shout=source)["shout"]["status"] == "ready"


def test_threshold_of_any_analyzer_may_be_set(load, judge, tmp_path):
    (tmp_path / "plain.toml").write_text("threshold = 0.9\n")
    load(plain="from parley import analyzer\n@analyzer('plain')\ndef f(text): return 0.8\n")
    assert judge("x")[0][0][0][3:6] == (0.8, 0.9, False)


def test_the_operator_s_threshold_goes_before_that_of_a_result(load, judge, tmp_path):
    (tmp_path / "own.toml").write_text("threshold = 0.9\n")
    load(own="from parley import Result, analyzer\n@analyzer('own')\ndef f(text): return "
             "[Result('a', 0.8, threshold=0.1), Result('b', 0.95, threshold=0.99),\n"
             "Result('c', 0.8, flagged=True), Result('d', 0.95, flagged=False)]\n")
    assert [verdict[2:6] for verdict in judge("x")[0][0]] == [
        ("a", 0.8, 0.9, False), ("b", 0.95, 0.9, True), ("c", 0.8, 0.9, False),
        ("d", 0.95, 0.9, False)]


def test_the_operator_s_threshold_goes_before_those_of_scores(load, judge, tmp_path):
    (tmp_path / "own.toml").write_text("threshold = 0.9\n")
    load(own="import numpy as np\nfrom parley import analyzer\nfrom parley.api import Scores\n"
             "@analyzer('own')\nclass Own:\n    def analyze(self, batch):\n"
             "        return Scores(['a', 'b', 'c'], np.array([[0.8, 0.95, 0.8]]), [0.1, 0.99, 0.1],\n"
             "                      np.array([[True, True, False]]))\n")
    assert [verdict[2:6] for verdict in judge("x")[0][0]] == [
        ("a", 0.8, 0.9, False), ("b", 0.95, 0.9, True), ("c", 0.8, 0.9, False)]


def test_a_default_outside_its_limits_is_the_author_s_fault(load):
    report = load(shout=CLASS.replace("Field(4, ge=1", "Field(0, ge=1"))
    assert "the default of Settings.at_least is 0, but it must be from 1 to 100" in \
        report["shout"]["detail"]
