# SPDX-License-Identifier: MIT
"""The shipped models: loading, scoring, spans, and what each is expected to see."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from parley import Batch, Context, host
from parley.api import MODELS
from parley.evaluation import scores
from parley.features import SLOTS, Features
from parley.linear import LinearModel, ModelError, save
from test_features import ODD

NAMES = ("emotion", "sentiment", "toxicity", "question", "language", "spam", "pii",
         "intent")
ISSUE_NAMES = {
    "sentiment": {"negative", "neutral", "positive"},
    "toxicity": {"toxic", "insult", "threat", "identity", "profane"},
    "question": {"question"}, "spam": {"spam"},
    "pii": {"email", "phone", "card", "iban", "ip", "ssn", "url", "secret"}}


@pytest.fixture(scope="module", autouse=True)
def loaded():
    host.load({"analyzers_dir": None, "disable": []})
    yield
    host.close()


def labels(text: str, analyzer: str) -> dict[str, tuple]:
    verdicts, failures, _ = host.analyze([text], ["r"], ["u"], [0])
    assert failures == []
    return {v[2]: v for v in verdicts[0] if v[0] == analyzer}


def flagged(text: str, analyzer: str) -> set[str]:
    return {label for label, v in labels(text, analyzer).items() if v[5]}


@pytest.mark.parametrize("name", NAMES)
def test_card_says_what_is_in_the_weights(name):
    model, sha256 = scores.load(name)
    card = json.loads((MODELS / f"{name}.json").read_text("utf-8"))
    if isinstance(model, LinearModel):
        assert card["labels"] == list(model.labels)
        assert card["thresholds"] == pytest.approx(list(model.thresholds))
    assert card["weights_sha256"] == sha256
    assert card["scores"] and card["limits"]
    assert all(source["licence"] and source["files"] for source in card["data"])
    assert sha256 in (MODELS / f"{name}.md").read_text("utf-8")
    if name != "pii":
        assert (MODELS / f"{name}.npz").stat().st_size < 8_000_000


def test_every_label_of_every_analyzer_is_given_with_a_probability():
    for analyzer, expected in ISSUE_NAMES.items():
        assert set(labels("hello there", analyzer)) == expected
    assert len(labels("hello there", "emotion")) == 28
    sentiment = labels("hello there", "sentiment")
    assert sum(v[3] for v in sentiment.values()) == pytest.approx(1, abs=1e-5)


def test_scores_do_not_depend_on_the_batch():
    rng = random.Random(3)
    words = ("you", "idiot", "love", "this", "what", "kill", "the", "process", "thanks", "\U0001F600",
             "not", "stupid", "install", "?", "hate", "f u c k", "k1ll", "and")
    texts = [" ".join(rng.choices(words, k=rng.randrange(1, 30))) for _ in range(41)]
    texts += [text[:4000] for text in ODD.values()]
    count = len(texts)

    def run(some: list[str]) -> list:
        verdicts, failures, _ = host.analyze(some, ["r"] * len(some), ["u"] * len(some),
                                             [0] * len(some))
        assert failures == []
        return verdicts

    together = run(texts)
    assert together == [run([text])[0] for text in texts]
    order = rng.sample(range(count), count)
    assert [together[i] for i in order] == run([texts[i] for i in order])


@pytest.mark.parametrize("name", ODD)
def test_odd_texts_get_probabilities_and_spans_inside(name):
    text = ODD[name] + " idiot"
    verdicts, failures, _ = host.analyze([ODD[name], text], ["r"] * 2, ["u"] * 2, [0] * 2)
    assert failures == []
    for of, length in zip(verdicts, (len(ODD[name]), len(text))):
        # The most a message may have is 64; intents are for some messages only.
        assert len([v for v in of if v[0] != "intent"]) == 3 + 28 + 5 + 1 + 1 + 8 + 5
        assert len(of) <= 3 + 28 + 5 + 1 + 1 + 8 + 5 + 3
        for _, _, _, score, threshold, _, spans in of:
            assert 0 <= score <= 1 and 0 <= threshold <= 1
            assert all(0 <= a < b <= length for a, b in spans)


@pytest.mark.parametrize("text, label, words", [
    ("you are a fucking idiot, go away", "toxic", {"fucking idiot"}),
    ("well that was a stupid thing, MORON!", "toxic", {"MORON"}),
    ("\U0001F600\U0001F600 caf\u00e9 people say you are an idiot", "toxic", {"idiot"}),
    ("please just kill yourself", "threat", {"kill yourself"}),
    ("what the f u c k is this", "profane", {"f u c k"}),
    ("what a piece of sh1t", "profane", {"sh1t"}),
    ("you b\u200bi\u200bt\u200bch", "toxic", {"b\u200bi\u200bt\u200bch"}),
])
def test_spans_point_to_the_words(text, label, words):
    verdict = labels(text, "toxicity")[label]
    assert verdict[5], f"{label} {verdict[3]} is below {verdict[4]}"
    shown = " | ".join(text[a:b] for a, b in verdict[6])
    assert all(word in shown for word in words), shown
    assert len(shown) <= 0.7 * len(text), shown


@pytest.mark.parametrize("text", [
    "hello everyone, nice to meet you", "how do I kill a process?", "sudo apt-get install vim",
    "kill -9 1234 does not stop the zombie child", "I am a gay man from Berlin",
    "my muslim neighbours invited us for dinner", "the master branch is broken again",
    "thanks, that fixed it!", "good game, well played", "can somebody execute the parent first",
    "see you tomorrow at the meeting", "my laptop died again", ""])
def test_harmless_messages_are_not_flagged(text):
    assert flagged(text, "toxicity") == set()


@pytest.mark.parametrize("text, expected", [
    ("I love this so much, thank you!", "positive"), ("this is awesome :)", "positive"),
    ("I hate this, it is terrible", "negative"), ("so sad to hear that :(", "negative")])
def test_sentiment(text, expected):
    assert flagged(text, "sentiment") == {expected}


def test_neutral_is_scored_but_never_shown():
    text = "the meeting is at nine in room four"
    neutral = labels(text, "sentiment")["neutral"]
    assert neutral[3] > 0.5 and flagged(text, "sentiment") == set()


@pytest.mark.parametrize("text, expected", [
    ("thank you so much for your help", "gratitude"), ("lol that is hilarious", "amusement"),
    ("I love you", "love"), ("I'm so sorry for your loss", "sadness")])
def test_emotion_shows_at_most_the_likeliest(text, expected):
    found = labels(text, "emotion")
    assert found[expected][3] >= found[expected][4]
    assert len(flagged(text, "emotion")) <= 1


@pytest.mark.parametrize("text, expected", [
    ("how do I install this", True), ("what time is it", True), ("anyone here?", True),
    ("where are you from", True), ("does it work for you", True), ("I installed it", False),
    ("the door is open", False), ("thanks a lot", False), ("see https://x.org/?q=1", False)])
def test_question(text, expected):
    assert (flagged(text, "question") == {"question"}) is expected


@pytest.mark.parametrize("text, expected", [
    ("how many calories are in a banana", "calories"), ("roll a dice", "roll_dice"),
    ("will it rain in berlin tomorrow", "weather"), ("set a timer for ten minutes", "timer"),
    ("book a flight from boston to denver", "book_flight")])
def test_intent_of_a_request(text, expected):
    found = labels(text, "intent")
    assert max(found.values(), key=lambda verdict: verdict[3])[2] == expected
    assert len(found) == 3 and flagged(text, "intent") == {expected}


@pytest.mark.parametrize("text", [
    "my printer does not print since the update", "lol", "I watched a movie yesterday",
    "that song makes me cry", "does anyone know why apt hangs", ""])
def test_talk_has_no_intent(text):
    assert flagged(text, "intent") == set()


def test_intents_of_some_messages_of_a_batch():
    model, _ = scores.load("intent")
    texts = ["roll a dice", "lol", "thanks, that fixed my kernel", "", "what time is it in rome"]
    messages, found = model.scores(Features(texts))
    assert {0, 4} <= set(messages.tolist()) < set(range(5))
    for row, message in enumerate(messages.tolist()):
        alone = model.scores(Features([texts[message]]))[1]
        assert np.array_equal(found[row], alone[0])
    assert model.scores(Features(["lol"]))[1].shape == (0, len(model.labels))


def test_context_loads_models_and_keeps_their_hash(tmp_path):
    context = Context("mine", "1", tmp_path)
    model = context.model("question")
    assert context.model_sha256 == model.sha256 and len(model.sha256) == 64
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        context.model("absent", tmp_path)


def _tiny() -> dict[str, np.ndarray]:
    return {"features": np.int64(1), "steps": np.array([3, 4], np.uint16),
            "weights": np.array([[1], [2]], np.int8), "norm": np.array([256, 256], np.uint16),
            "scale": np.ones(1), "bias": np.zeros(1), "threshold": np.full(1, 0.5),
            "labels": np.array(["x"]), "link": np.array("sigmoid")}


def _put(path: Path, arrays: dict[str, np.ndarray]) -> None:
    sha256 = save(path, arrays)
    path.with_suffix(".json").write_text(json.dumps({"weights_sha256": sha256}))


def test_saving_is_repeatable(tmp_path):
    assert save(tmp_path / "a.npz", _tiny()) == save(tmp_path / "b.npz", _tiny())


def test_wrong_files_are_refused_with_a_reason(tmp_path):
    path = tmp_path / "m.npz"
    _put(path, _tiny())
    assert LinearModel.load(path).scores(Features(["hi"])).shape == (1, 1)
    _put(path, _tiny() | {"features": np.int64(99)})
    with pytest.raises(ModelError, match="features version 99"):
        LinearModel.load(path)
    _put(path, {name: value for name, value in _tiny().items() if name != "scale"})
    with pytest.raises(ModelError, match="not a weight file"):
        LinearModel.load(path)
    for name, value in _tiny().items():
        if name in ("weights", "norm", "scale", "bias", "threshold"):
            _put(path, _tiny() | {name: value[:0]})
            with pytest.raises(ModelError, match=f"'{name}' has the shape"):
                LinearModel.load(path)
    _put(path, _tiny() | {"steps": np.array([SLOTS, 1], np.uint32)})
    with pytest.raises(ModelError, match="not a weight file"):
        LinearModel.load(path)
    path.write_bytes(b"no zip")
    with pytest.raises(ModelError, match="was altered"):
        LinearModel.load(path)
    path.with_suffix(".json").write_text("{}")
    with pytest.raises(ModelError, match="not a model card"):
        LinearModel.load(path)


def test_batch_shares_one_set_of_features(monkeypatch):
    made = []
    monkeypatch.setattr("parley.features.Features.__init__",
                        lambda self, texts, original=Features.__init__:
                        (made.append(len(texts)), original(self, texts))[1])
    host.analyze(["a", "b"], ["r"] * 2, ["u"] * 2, [0] * 2)
    assert made == [2]
    assert Batch.of(["x"]).features.count == 1
