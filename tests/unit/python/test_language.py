# SPDX-License-Identifier: MIT
"""Language identification: what a native reader sees at once, and the table's arithmetic."""

from __future__ import annotations

import json
import time
from collections import Counter

import numpy as np
import pytest

from parley import Batch, Context
from parley.analyzers.language import Language
from parley.api import MODELS
from parley.langid import ORDER, READ, hash_ngrams, hash_of, keys_of, letters_of
from test_features import ODD

SENTENCES = {
    "en": "Could somebody tell me where the meeting takes place tomorrow?",
    "es": "Mañana por la mañana vamos a la playa con los niños.",
    "pt": "Não sei o que aconteceu, mas amanhã vou falar com ele.",
    "fr": "Je ne sais pas encore si je viendrai demain soir.",
    "de": "Ich weiß noch nicht, ob wir morgen wirklich kommen können.",
    "it": "Non so ancora se domani verremo anche noi alla festa.",
    "nl": "Ik weet nog niet of we morgen naar het feest gaan.",
    "pl": "Nie wiem jeszcze, czy jutro przyjdziemy na spotkanie.",
    "ru": "Я ещё не знаю, придём ли мы завтра на встречу.",
    "uk": "Я ще не знаю, чи прийдемо ми завтра на зустріч.",
    "tr": "Yarın toplantıya gelip gelemeyeceğimizi henüz bilmiyorum.",
    "ar": "لا أعرف بعد ما إذا كنا سنأتي غدا إلى الاجتماع",
    "fa": "هنوز نمی‌دانم که فردا به جلسه می‌آییم یا نه",
    "hi": "मुझे अभी नहीं पता कि हम कल बैठक में आएंगे या नहीं",
    "bn": "আমি এখনও জানি না আমরা আগামীকাল আসব কিনা",
    "zh": "我还不知道我们明天会不会来参加会议",
    "ja": "明日の会議に行けるかどうかはまだ分かりません",
    "ko": "내일 회의에 갈 수 있을지 아직 모르겠어요",
    "vi": "Tôi chưa biết ngày mai chúng tôi có đến họp không.",
    "id": "Saya belum tahu apakah kami akan datang ke rapat besok.",
    "el": "Δεν ξέρω ακόμα αν θα έρθουμε αύριο.", "th": "ยังไม่รู้ว่าพรุ่งนี้จะมาประชุมไหม",
    "he": "אני עדיין לא יודע אם נבוא מחר לפגישה", "sv": "Jag vet inte om vi kommer i morgon.",
    "cs": "Ještě nevím, jestli zítra přijdeme na schůzku.", "hu": "Még nem tudom, hogy holnap jövünk-e.",
}


@pytest.fixture(scope="module")
def language() -> Language:
    found = Language()
    found.setup(Context("language", "1.0.0", MODELS))
    return found


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_is_recognised(language, code):
    (results,) = language.analyze(Batch.of([SENTENCES[code]]))
    assert [r.label for r in results if r.score >= r.threshold] == [code]


def test_links_names_and_addresses_are_not_read(language):
    text = "Das ist ja wirklich schön"
    noisy = f"@somebody {text} https://www.example.com/this/is/the/english/path me@there.com"
    assert language.analyze(Batch.of([noisy]))[0][0].label == "de"


@pytest.mark.parametrize("text", ["", "12345 !!", "\U0001F600\U0001F600", "https://example.com"])
def test_no_letters_no_language(language, text):
    (results,) = language.analyze(Batch.of([text]))
    assert len(results) == 5
    assert not any(r.score >= r.threshold for r in results)


def test_best_five_in_order_and_all_codes_are_on_the_card(language):
    card = json.loads((MODELS / "language.json").read_text("utf-8"))
    assert card["labels"] == list(language.model.languages)
    for results in language.analyze(Batch.of(list(SENTENCES.values()))):
        values = [r.score for r in results]
        assert values == sorted(values, reverse=True) and sum(values) <= 1.00001
        assert len({r.label for r in results}) == 5


def test_scores_do_not_depend_on_the_batch(language):
    texts = [*SENTENCES.values(), *ODD.values(), "a", "ok lol", ""]
    together = language.analyze(Batch.of(texts))
    assert together == [language.analyze(Batch.of([text]))[0] for text in texts]
    assert together[::-1] == language.analyze(Batch.of(texts[::-1]))


def test_ngrams_are_those_of_the_words():
    letters, message = letters_of(["Où, 2 cats?", "", "x"])
    assert "".join(chr(c) if c else " " for c in letters) == " où cats x "
    expected = Counter()
    for owner, words in ((0, ("où", "cats")), (2, ("x",))):
        for word in words:
            edged = f" {word} "
            for n in range(1, ORDER + 1):
                for at in range(len(edged) - n + 1):
                    if edged[at:at + n] != " ":
                        expected[owner, hash_of(edged[at:at + n])] += 1
    found = Counter((int(owner), int(key)) for ngrams in hash_ngrams(letters, message)
                    for owner, key in zip(ngrams.message, ngrams.hash))
    assert found == expected


def test_a_word_scores_as_the_sum_of_its_ngrams(language):
    model = language.model
    likelihood, letters = model.likelihoods(["katze"])
    total = np.zeros(len(model.languages))
    for n in range(1, ORDER + 1):
        for at in range(len(" katze ") - n + 1):
            gram = " katze "[at:at + n]
            key = keys_of(np.array([hash_of(gram)], np.uint64))[0]
            row = np.flatnonzero(model.keys == key)
            if gram != " " and len(row):
                total += model.weights[row[0]] * model.unit
    assert letters.tolist() == [5]
    assert likelihood[0] == pytest.approx(total)


def test_long_texts_cost_no_more_than_what_is_read(language):
    def seconds(size: int) -> float:
        started = time.process_time()
        language.analyze(Batch.of(["Katze " * (size // 6)]))
        return time.process_time() - started

    assert READ < 1000
    seconds(6000)
    assert seconds(60_000) < 20 * max(seconds(6000), 0.001)
