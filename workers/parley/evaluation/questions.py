# SPDX-License-Identifier: MIT
"""Questions without a set of their own: derived from punctuation and from word order.

People mark their own questions: a message with a sentence that ends in "?" asks, one
without any "?" mostly does not.  With the mark taken away the words alone must tell, and
that is what is trained and measured ("marks removed").  Taking it away must not show: the
closing punctuation of the others goes as well.  What the labels miss is a question typed
without its mark, so a measured false alarm may be none: the scores are lower bounds.  Such
questions, and statements that look like one, are in a small set written by hand.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np

from parley.analyzers.question import LINK, MARK, asks
from parley.evaluation import datasets
from parley.evaluation.datasets import Texts

_CLOSING = re.compile(r"[\s.!?\u2026]+$")
_ASKS = re.compile(
    r"(what|whats|what's|when|whens|where|wheres|who|whos|who's|whose|why|how|hows|how's|"
    r"which|is|isn't|are|aren't|am|do|does|did|don't|can|could|would|will|should|was|were|"
    r"has|have)\b")
_TELLS = re.compile(
    r"(set|tell|show|give|remind|play|turn|add|put|please|let|let's|i|i'm|i'd|i'll|my|the|"
    r"make|call|text|send|change|cancel|book|find|get|help|remove|delete|thanks|thank|okay|"
    r"ok|yes|no|sure|order|schedule|start|stop|pause|read|check|look|track|transfer|pay|"
    r"submit|update|go|create|clear|report|share|speak|use|order|hello|hi|good|you|that|"
    r"that's|it's|this|there)\b")

OWN: tuple[tuple[str, bool, tuple[str, ...]], ...] = (
    ("begins with a question word, no mark", True, (
        "what time does the game start", "where did you put the installer",
        "why is my screen black", "who broke the build again", "how long does the upgrade take",
        "which one of you is the admin", "when is the next meetup",
        "whats the password for the wifi", "how come nobody told me", "wheres everybody today",
        "how much ram do you have", "what did you have for lunch")),
    ("begins with a verb, no mark", True, (
        "is it possible to run two of them", "does it work on a laptop",
        "can i borrow your notes", "did you see the match last night",
        "are you coming to the party", "do i have to reboot", "should i buy the red one",
        "would you help me with this", "have you tried the new version", "was that you on tv",
        "could you say that again", "isnt it cold over there")),
    ("to everybody, no mark", True, (
        "anyone from berlin here", "anybody know a good pizza place", "any idea why it crashes",
        "does anyone have a spare key", "has anybody tried this on arm",
        "any ladies here want to talk", "someone knows how to do this",
        "any chance you could look at it", "any news on the release",
        "can somebody tell me what this means", "anyone up for a game",
        "any suggestions for a mouse")),
    ("chat spelling, no mark", True, (
        "wat r u doing", "how r u today", "where u from", "u there", "y did he leave",
        "wanna chat", "r u ok", "wats up", "how old r u", "do u like cats", "hows it going man",
        "u play guitar too")),
    ("after a greeting or a reason, no mark", True, (
        "hi all, how do i mount a usb stick", "my sound is gone, what should i do",
        "hey dave did you get my mail", "i have no network, any ideas",
        "ok so where do i click", "sorry what did you say", "lol what are you talking about",
        "thanks, and how do i undo it", "i installed it but it does not start, what now",
        "hello can anyone help me with wine", "so is it fixed now",
        "hmm why would it do that")),
    ("indirect, no mark", True, (
        "i was wondering if you have the old files", "i would like to know how to install java",
        "can you tell me where the logs are", "do you know if it supports bluetooth",
        "just wondering what you use for backups", "tell me why you left",
        "i need to know when it ends", "wondering if anybody has seen this error")),
    ("asks at the end, no mark", True, (
        "you are from canada right", "it works on yours, doesn't it", "so you moved, huh",
        "the blue one is better, or not", "nice weather, isn't it",
        "you got the job, didn't you")),
    ("with a mark", True, (
        "really?", "me?", "the second one?", "you sure about that?", "coffee?", "and then??",
        "Why would you do that?! I told you not to.", "Is this the right room? I am new.",
        "seriously?!", "you're kidding right?")),
    ("a statement with a question word", False, (
        "what a beautiful day", "when i get home i will call you", "that is what she said",
        "how cute", "i know what you mean", "this is where i live", "what i need is sleep",
        "which is why i left", "whatever you say", "who cares", "when it rains it pours",
        "how i wish i was there", "no idea what that is", "that's why we use linux",
        "what an idiot", "i don't know how to do that")),
    ("a statement", False, (
        "i am going to bed now", "thanks that worked", "hello everyone", "lol",
        "good morning all", "i have two cats and a dog", "it is not working",
        "you should reboot", "try the other cable", "my car broke down", "do it again",
        "have a nice day", "the server is down for the night", "i asked him already",
        "she wants to know everything", "brb dinner", "no", "same here")),
    ("a request, not a question", False, (
        "please send me the file", "help me with my homework", "turn off the lights",
        "let me know", "give me a minute", "read the manual", "do not touch that",
        "have a look at it", "tell him i said hi", "please wait")),
    ("a mark that asks nothing", False, (
        "see http://example.org/?q=1", "the regex is colou?r", "use a ?: b in c",
        "http://host/index.php?page=3 is down", "files like report?.txt are matched")),
)
"""(what, whether it asks, sentences): written for this, none of them trained on."""


def unmarked(text: str) -> str:
    """`text` without its question marks and without closing punctuation."""
    return _CLOSING.sub("", MARK.sub("", text))


def coin(text: str, salt: str) -> float:
    """A number in [0, 1) that depends on the text alone."""
    return int.from_bytes(hashlib.sha256((salt + text).encode()).digest()[:4], "big") / 2**32


def _marked(data: Texts) -> Texts:
    usable = [text for text in data.texts if len(unmarked(text)) > 1
              and (asks(text) or "?" not in LINK.sub("", text))]
    return Texts(data.name, usable, np.array([[float(asks(text))] for text in usable]))


def _clinc(root: Path, split: str) -> Texts:
    """Requests, by their first word: CLINC holds no punctuation."""
    texts, labels = [], []
    for text in datasets.clinc(root, split)[0].texts:
        if _ASKS.match(text) or _TELLS.match(text):
            texts.append(text)
            labels.append([float(_ASKS.match(text) is not None)])
    return Texts(f"clinc/{split}", texts, np.array(labels))


def sets(root: Path, split: str) -> list[tuple[str, Texts]]:
    """(name, texts with labels [n, 1]) of "train", "tune" or "test"."""
    out = []
    for name, data in (("GoEmotions", datasets.goemotions(root, split)),
                       ("IRC", datasets.irc(root, split))):
        marked = _marked(data)
        bare = Texts(marked.name, [unmarked(text) for text in marked.texts], marked.labels)
        out.append((f"{name}, as written", marked))
        out.append((f"{name}, marks removed", bare))
    out.append(("CLINC150, by first word", _clinc(root, split)))
    return out


def own() -> Texts:
    """The sentences of OWN, labels [n, 1]."""
    return Texts("own", [text for _, _, texts in OWN for text in texts],
                 np.array([[float(asks)] for _, asks, texts in OWN for _ in texts]))
