# SPDX-License-Identifier: MIT
"""Analyzers whose packages are not part of the default install.

`tests/run extras` runs this file where workers/extras.txt is installed; elsewhere the tests
that need a package are skipped by name, and the others show what its absence looks like.
"""

from __future__ import annotations

import importlib.util

import pytest

from parley.analyzers.extras import Lingua, Vader
from parley.testing import Harness

PACKAGES = {"sentiment-vader": ("vaderSentiment", "vaderSentiment"),
            "language-lingua": ("lingua", "lingua-language-detector")}
"""analyzer: (module, package)"""


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def needs(module: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not has(module), reason=f"{module} is not installed")


@pytest.mark.parametrize("name", PACKAGES)
def test_what_is_missing_is_told_with_the_way_to_install_it(load, name):
    module, package = PACKAGES[name]
    entry = load(built_in=True)[name]
    if has(module):
        assert entry["status"] == "ready", entry["detail"]
    else:
        assert entry["status"] == "not installed"
        assert f"pip install {package}" in entry["detail"]


@needs("vaderSentiment")
def test_vader_tells_good_from_bad():
    good, bad, none = Harness(Vader).judge(["I love this, great!", "horrible, I hate it", ""])[0]
    assert [v[2] for v in good if v[5]] == ["positive"]
    assert [v[2] for v in bad if v[5]] == ["negative"]
    assert not any(v[5] for v in none)


@needs("lingua")
@pytest.mark.parametrize("text, language", [
    ("could you please look at the log once more", "en"),
    ("ich habe das gestern schon einmal versucht", "de"),
    ("ayer intenté instalarlo y no funcionó", "es"),
    ("これはとても面白いですね", "ja"), ("где находится библиотека", "ru")])
def test_lingua_names_the_language(text, language):
    found = Harness(Lingua).say(text)
    assert 0 < len(found) <= 5
    assert [r.label for r in found if r.flagged] == [language]


@needs("lingua")
def test_lingua_says_nothing_of_what_is_no_language():
    for text in ("", "12345 !!", "???"):
        assert Harness(Lingua).say(text) == []


@needs("lingua")
def test_lingua_keeps_to_the_rules_of_an_analyzer():
    Harness(Lingua, settings={"languages": ["en", "de", "fr"]}).check()


@needs("lingua")
def test_a_language_that_lingua_does_not_know_is_named(tmp_path, load):
    (tmp_path / "language-lingua.toml").write_text('languages = ["en", "xx"]\n')
    entry = load(built_in=True)["language-lingua"]
    assert entry["status"] == "failed"
    assert "does not know 'xx'" in entry["detail"] and "zu" in entry["detail"]


@needs("lingua")
def test_one_language_is_no_choice(tmp_path, load):
    (tmp_path / "language-lingua.toml").write_text('languages = ["en"]\n')
    assert "two languages" in load(built_in=True)["language-lingua"]["detail"]
