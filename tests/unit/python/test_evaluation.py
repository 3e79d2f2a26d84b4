# SPDX-License-Identifier: MIT
"""Metrics, splits, derived labels, and `python3 -m parley eval` on a small made-up set."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from parley.evaluation import datasets, functions, identity, metrics, questions

WORKERS = Path(__file__).resolve().parents[3] / "workers"


def array(*values: float) -> np.ndarray:
    return np.array(values, float)


def test_auc():
    assert metrics.auc(array(1, 2, 3, 4), array(0, 0, 1, 1)) == 1.0
    assert metrics.auc(array(4, 3, 2, 1), array(0, 0, 1, 1)) == 0.0
    assert metrics.auc(array(1, 1, 1, 1), array(0, 1, 0, 1)) == 0.5
    assert metrics.auc(array(1, 2, 2, 3), array(0, 0, 1, 1)) == 0.875
    assert math.isnan(metrics.auc(array(1, 2), array(1, 1)))


def test_f1_and_friends():
    guess, truth = array(1, 1, 0, 0), array(1, 0, 1, 0)
    assert metrics.f1(guess, truth) == 0.5
    assert metrics.f1(array(0, 0), array(0, 0)) == 0.0
    assert metrics.binary_macro_f1(guess, truth) == 0.5
    assert metrics.macro_f1(np.eye(2), np.eye(2)) == 1.0
    assert metrics.macro_recall(array(0, 0, 1, 2), array(0, 0, 1, 1)) == 0.75
    assert metrics.pearson(array(1, 2, 3), array(2, 4, 6)) == pytest.approx(1)


def test_calibration_error():
    assert metrics.calibration_error(array(0.25, 0.25, 0.25, 0.25), array(0, 0, 0, 1)) == 0
    assert metrics.calibration_error(array(1.0, 1.0), array(0, 1)) == 0.5


def test_interval_holds_the_value_and_is_repeatable():
    values = np.arange(100) / 100
    low, high = metrics.interval(metrics.share, (values,))
    assert low < values.mean() < high and high - low < 0.2
    assert (low, high) == metrics.interval(metrics.share, (values,))


def test_split_depends_on_the_words_alone_and_has_the_promised_shares():
    assert datasets.split_of("Hello  World\n") == datasets.split_of("hello world")
    splits = [datasets.split_of(f"message {n}") for n in range(4000)]
    shares = {name: splits.count(name) / 4000 for name in ("train", "tune", "test")}
    assert shares == {"train": pytest.approx(0.75, abs=0.03),
                      "tune": pytest.approx(0.10, abs=0.03),
                      "test": pytest.approx(0.15, abs=0.03)}


@pytest.mark.parametrize("text, asks, bare", [
    ("Is it? I think so.", True, "Is it I think so"),
    ("really ???", True, "really"), ("what?!", True, "what"),
    ("see http://x.org/?a=b", False, "see http://x.org/?a=b"),
    ("fine.", False, "fine"), ("a?b", False, "a?b")])
def test_question_marks(text, asks, bare):
    assert questions.asks(text) is asks
    assert questions.unmarked(text) == bare


def test_identity_templates_are_disjoint():
    train, test = (set(identity.templates(split)[0]) for split in ("train", "test"))
    assert len(train) > 500 and len(test) > 300 and not train & test


def test_identity_bias_names_the_worst_term():
    texts, toxic, named, which = identity.templates("test")
    assert set(identity.bias(toxic, toxic, named, which).values()) >= {(1.0, "")}
    blamed = toxic + 2.0 * (which == "muslim")
    found = identity.bias(blamed, toxic, named, which)
    assert found["BPSN"] == (0.0, "muslim")
    assert found["subgroup"][0] == 1.0 and 0.9 < found["BNSP"][0] < 1.0
    assert 0.9 < found["overall"][0] < 1.0


def test_civil_sentences_carry_the_marks_inside_them(tmp_path):
    folder = tmp_path / "toxic_spans_civilcomments"
    folder.mkdir()
    text = next(f"The bridge is closed {n}. What an idiot he is {n}! Good night to you {n}."
                for n in range(100) if datasets.split_of(
                    f"The bridge is closed {n}. What an idiot he is {n}! Good night to you {n}."
                ) == "train")
    (folder / "comments.csv").write_text(f'comment_id,comment_text\n1,"{text}"\n')
    (folder / "annotations.csv").write_text("annotation,comment_id\n0,1\n1,1\n")
    at = text.index("idiot")
    (folder / "spans.csv").write_text(f"annotation,type,start,end\n0,Insult,{at},{at + 5}\n")
    found = datasets.civil_sentences(tmp_path, "train")
    assert found.texts == [part + end for part, end in zip(
        text.replace("!", ".").split(". "), (".", "!", ""))]
    assert found.labels.tolist() == [[0] * 5, [0.5, 0.5, 0, 0, 0], [0] * 5]


def test_spearman_ranks():
    assert metrics.spearman(array(1, 2, 30), array(-5, 0, 1)) == pytest.approx(1)
    assert metrics.spearman(array(1, 2, 3), array(9, 8, 1)) == pytest.approx(-1)
    assert metrics.spearman(array(1, 1, 2), array(1, 1, 7)) == pytest.approx(1)


def test_functions_are_not_trained_on():
    training = WORKERS / "training"
    written = "".join((training / name).read_text("utf-8") for name in ("lexicon.py",))
    for name, _, sentences in functions.FUNCTIONS:
        assert len(sentences) >= 8, name
        assert not [text for text in sentences if f'"{text}"' in written]


def test_own_questions_are_not_trained_on():
    written = (WORKERS / "training" / "asking.py").read_text("utf-8")
    for name, _, sentences in questions.OWN:
        assert len(sentences) >= 5, name
        assert not [text for text in sentences if f'"{text}"' in written]


def evaluate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "parley", "eval", *arguments], text=True,
                          cwd=WORKERS, capture_output=True, env=dict(os.environ))


def test_eval_says_when_a_card_is_not_reproduced(tmp_path):
    """Made-up data cannot give the card's scores."""
    for folder in ("goemotions", "irc_ubuntu/dev", "clinc150"):
        (tmp_path / folder).mkdir(parents=True)
    lines = ["where are you?\t27\ta", "I am here.\t27\tb", "is it open?\t27\tc", "yes\t27\td"]
    (tmp_path / "goemotions" / "dev.tsv").write_text("\n".join(lines))
    chat = "[10:00] <ann> how do I leave?\n[10:01] <bob> ann: press escape\n=== carl left\n"
    (tmp_path / "irc_ubuntu" / "dev" / "x.raw.txt").write_text(chat)
    rows = [[f"{start} thing number {n}", "x"] for n in range(30) for start in ("what", "set")]
    (tmp_path / "clinc150" / "train_val.json").write_text(json.dumps({"train": rows}))
    done = evaluate("question", "--datasets", str(tmp_path), "--rounds", "5")
    assert done.returncode == 1, done.stderr
    assert "DIFFERS" in done.stdout and "score(s) differ from their card" in done.stdout
    assert "question" in done.stdout and "emotion" not in done.stdout


def test_eval_names_what_is_missing(tmp_path):
    done = evaluate("question", "--datasets", str(tmp_path))
    assert done.returncode == 2 and "--datasets must name the folder" in done.stderr
    done = evaluate("no-such-model", "--datasets", str(tmp_path))
    assert done.returncode == 2 and "choose from emotion, sentiment" in done.stderr
