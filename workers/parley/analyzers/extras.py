# SPDX-License-Identifier: MIT
"""Analyzers that need packages from PyPI; without them they are shown as not installed.

They run after the others.  VADER is a lexicon of sentiment whose scores many know; lingua
knows 75 languages.  Both bring their data in their wheels and fetch nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from parley.api import AnalyzerError, Batch, Context, Result, analyzer
from parley.config import Field

_READ = 400
_SHOWN = 5
_SAME_AS_LANGUAGE = """en es pt fr de it nl pl ru uk tr ar fa hi bn zh ja ko vi id sv da nb fi
cs ro hu bg ur mr el he th ka hy ta te gu pa""".split()
"""The languages of the analyzer `language` but Sinhala, which lingua does not know."""


@analyzer("sentiment-vader", version="1.0.0", requires="vaderSentiment", priority="background")
class Vader:
    """VADER's shares of negative, neutral and positive words (MIT)."""

    def setup(self, ctx: Context) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
        self.lexicon = SentimentIntensityAnalyzer()

    def analyze(self, batch: Batch) -> list[list[Result]]:
        out = []
        for text in batch.texts:
            shares = self.lexicon.polarity_scores(text[:_READ])
            compound = shares["compound"]
            out.append([Result("negative", shares["neg"], flagged=compound <= -0.05),
                        Result("neutral", shares["neu"], flagged=False),
                        Result("positive", shares["pos"], flagged=compound >= 0.05)])
        return out


@dataclass
class Languages:
    languages: list[str] = Field(_SAME_AS_LANGUAGE, doc=(
        "ISO 639-1 codes to choose from: fewer are more certain, faster and smaller"))


@analyzer("language-lingua", version="1.0.0", requires="lingua-language-detector:lingua",
          priority="background", config=Languages)
class Lingua:
    """The five likeliest languages by lingua (Apache-2.0), labels as `language` gives them."""

    config: Languages

    def setup(self, ctx: Context) -> None:
        from lingua import Language, LanguageDetectorBuilder
        known = {language.iso_code_639_1.name.lower(): language for language in Language.all()}
        wanted = list(dict.fromkeys(self.config.languages))
        unknown = [code for code in wanted if code not in known]
        if unknown or len(wanted) < 2:
            what = f"does not know {', '.join(map(repr, unknown))}" if unknown \
                else "needs two languages or more to choose from"
            raise AnalyzerError(f"languages: lingua {what}; there are {', '.join(sorted(known))}")
        # Loaded here, not with the first message: it takes seconds, and no timeout ends it.
        self.detector = LanguageDetectorBuilder.from_languages(
            *(known[code] for code in wanted)).with_preloaded_language_models().build()

    def analyze(self, batch: Batch) -> list[list[Result]]:
        return [[Result(value.language.iso_code_639_1.name.lower(), min(value.value, 1.0))
                 for value in self.detector.compute_language_confidence_values(text[:_READ])
                 [:_SHOWN] if value.value > 0] for text in batch.texts]
