# SPDX-License-Identifier: MIT
"""Analyzers whose packages are not part of the default install.

`tests/run extras` runs this file where workers/extras.txt is installed; elsewhere the tests
that need a package are skipped by name, and the others show what its absence looks like.
"""

from __future__ import annotations

import importlib.util
import json

import pytest

from parley import host
from parley.analyzers.extras import Lingua, Vader
from parley.meaning import Meaning
from parley.rooms.near_duplicate import NearDuplicate
from parley.testing import Harness

PACKAGES = {"sentiment-vader": ("vaderSentiment", "vaderSentiment"),
            "language-lingua": ("lingua", "lingua-language-detector"),
            "near-duplicate": ("wordllama", "wordllama")}
"""analyzer: (module, package)"""


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def needs(module: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not has(module), reason=f"{module} is not installed")


def test_what_is_missing_is_told_with_the_way_to_install_it(load):
    report = load(built_in=True)
    for name, (module, package) in PACKAGES.items():
        entry = report[name]
        if has(module):
            assert entry["status"] == "ready", entry["detail"]
        else:
            assert entry["status"] == "not installed"
            assert f"pip install {package}" in entry["detail"]


@pytest.fixture(scope="module")
def lingua() -> Harness:
    """Of few languages: all of them take seconds to load."""
    return Harness(Lingua, settings={"languages": ["en", "de", "es", "ja", "ru"]})


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
def test_lingua_names_the_language(lingua, text, language):
    found = lingua.say(text)
    assert 0 < len(found) <= 5
    assert [r.label for r in found if r.flagged] == [language]


@needs("lingua")
def test_lingua_says_nothing_of_what_is_no_language(lingua):
    for text in ("", "12345 !!", "???"):
        assert lingua.say(text) == []


@needs("lingua")
def test_lingua_keeps_to_the_rules_of_an_analyzer(lingua):
    lingua.check()


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


OFFER = ("Congrats! You have won a free holiday in Spain, call 0906 5551234 to claim it now",
         "Congrats! U have won a free holiday to Spain, phone 0871 2229876 to claim it today",
         "hey, congrats! You won a free holiday in Spain, ring 0905 7774321 to claim it at once",
         "congrats: claim the free holiday in Spain you have won now, call 0909 1112223")


def campaigns(harness: Harness) -> list[dict]:
    """What was told last."""
    return [told for told in harness.told if "campaigns" in told][-1]["campaigns"]


@needs("wordllama")
def test_a_campaign_of_several_people_is_found_and_explained():
    harness = Harness(NearDuplicate)
    for n, text in enumerate(OFFER[:2]):
        harness.message(text, user=f"u{n}")
        harness.message("does anybody know how to mount a second disk at boot", user="ada")
        harness.message(f"try the option noauto in fstab, chapter {n}", user="bob")
    assert harness.told == [], "two people are not three"
    harness.message(OFFER[2], user="u2")
    harness.advance("2s")
    (found,) = campaigns(harness)
    assert found["user"] == "u2" and set(found["authors"]) == {"u0", "u1", "u2"}
    assert {near["user"] for near in found["like"]} == {"u0", "u1"}
    assert all(0.75 <= near["similarity"] <= 1 for near in found["like"])
    assert all(any(text.startswith(near["text"]) for text in OFFER) for near in found["like"])
    near = [near["similarity"] for near in found["like"]]
    assert near == sorted(near, reverse=True)


@needs("wordllama")
def test_one_person_or_a_later_hour_or_few_words_make_no_campaign():
    harness = Harness(NearDuplicate)
    for text in OFFER:
        harness.message(text, user="u1")
    harness.advance("11m")
    for n, text in enumerate(OFFER[:2]):
        harness.message(text, user=f"u{n + 2}")
        harness.advance("11m")
    for n in range(6):
        harness.message("thank you so much", user=f"u{n}")
    harness.advance("5s")
    assert harness.told == []


@needs("wordllama")
def test_a_campaign_is_remembered_through_a_restart_and_forgotten_after_an_hour():
    harness = Harness(NearDuplicate)
    for n, text in enumerate(OFFER[:2]):
        harness.message(text, user=f"u{n}")
    harness.restart()
    harness.message(OFFER[2], user="u2")
    harness.advance("2s")
    assert len(campaigns(harness)) == 1
    harness.restart()
    harness.advance("2h")
    assert campaigns(harness) == []


@needs("wordllama")
def test_near_duplicate_keeps_to_the_rules_of_a_room_analyzer():
    harness = Harness(NearDuplicate)
    harness.check()
    for n in range(400):
        harness.message(f"{OFFER[n % 4]} {'x' * 400} {n}", user=f"user-{n}")
    state = harness.entry.instance.to_bytes(next(iter(harness._keeper._rooms.values()))
                                            ["near-duplicate"].state)
    assert len(state) < 100 * 1024


def event(seq: int, kind: str = "message", **more: object) -> dict:
    return {"seq": seq, "ts": seq, "kind": kind, "user": {"id": "u1", "name": "ada"}, **more}


def ask(question: str, *events: dict, limit: int = 10) -> dict:
    return json.loads(host.call("search", json.dumps(
        {"q": question, "limit": limit, "events": events})))


@pytest.mark.skipif(has("wordllama"), reason="wordllama is installed")
def test_a_search_without_its_package_says_what_to_install():
    answer = ask("cat", event(1, text="the kitten sleeps"))
    assert answer.keys() == {"error"} and "pip install wordllama" in answer["error"]


@needs("wordllama")
def test_a_search_finds_what_is_meant_as_it_now_reads():
    answer = ask("sleeping cat", event(4, "edit", on=2, text="the kitten dozes on the sofa"),
                 event(5, "delete", on=3), event(1, text="who wants pizza for lunch?"),
                 event(2, text="my printer is jammed"), event(3, text="the cat is asleep"))
    assert answer["searched"] == 2 and answer["from"] == 1
    best = answer["hits"][0]
    assert best["seq"] == 2 and best["user"] == {"id": "u1", "name": "ada"}
    assert [best["text"][start:end] for start, end in best["words"]][0] == "kitten"


@needs("wordllama")
def test_a_search_takes_odd_texts_and_none():
    assert ask("anything") == {"hits": [], "searched": 0, "from": None}
    odd = ["", " ", "\u0000", "\ud83d", "日本語", "x" * 8192, "\u202e.", "1"]
    for question in odd:
        answer = ask(question, *(event(n + 1, text=text) for n, text in enumerate(odd)), limit=3)
        assert len(answer["hits"]) <= 3
        assert all(0 <= hit["score"] <= 1 for hit in answer["hits"])


@needs("wordllama")
def test_vectors_are_remembered_in_bounds_and_do_not_depend_on_the_batch():
    small, large = Meaning(remembered=3), Meaning()
    texts = [f"sentence number {n} about something else" for n in range(100)] + ["", "CAFÉ café"]
    together = large.vectors(texts)
    for text, row in zip(texts, together):
        assert abs(small.vectors([text])[0] - row).max() < 1e-5
        assert len(small._known) <= 3
    lengths = (together ** 2).sum(axis=1)
    assert abs(lengths[:-2] - 1).max() < 1e-5 and lengths[-2] == 0
