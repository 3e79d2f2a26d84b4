# SPDX-License-Identifier: MIT
"""What a toxicity model can and cannot do, by small sets of sentences written for it.

Each function is a name, whether its sentences are toxic, and the sentences.  None of them
is trained on.  Offensive by purpose.
"""

from __future__ import annotations

FUNCTIONS: tuple[tuple[str, bool, tuple[str, ...]], ...] = (
    ("plain insult", True, (
        "you are a complete imbecile", "what a bunch of clueless morons", "he is a lying rat",
        "only an idiot would write this", "you filthy animal", "she is such a pathetic bitch",
        "your whole family are losers", "get lost you creep")),
    ("threat", True, (
        "i will come to your house and break your neck", "you are going to die tonight",
        "keep talking and i will shoot you", "someone should burn his house down",
        "i'm going to beat the hell out of you", "we will hunt you down",
        "you deserve a bullet in the head", "i hope somebody stabs you")),
    ("disguised spelling", True, (
        "you are an 1d10t", "what a p i e c e of s h i t", "fuuuuuck you", "stfu you m0r0n",
        "you b!tch", "a$$hole", "you are so st00pid", "f*ck off")),
    ("group attacked without a rude word", True, (
        "those people should all go back where they came from", "women belong in the kitchen",
        "they breed like rabbits and live off us", "people like you should not be allowed to vote",
        "we do not want their kind here", "they are not even human",
        "that religion is a disease", "men like him are born criminals")),
    ("polite contempt and irony", True, (
        "wow, you must be really proud of your one brain cell",
        "did your mother help you write this", "thanks for proving how little you know",
        "oh look, the genius speaks again", "bless your heart, reading is hard",
        "i have met bricks with more insight", "congratulations on being wrong yet again",
        "please never have children")),
    ("negated abuse", False, (
        "you are not an idiot", "nobody here is stupid", "i never said you were a liar",
        "she is no fool", "this is not a bad idea at all", "he isn't a loser, give him time",
        "i would never hurt you", "don't worry, you are not dumb")),
    ("abuse quoted or reported", False, (
        "he called me an idiot and i reported it", "please do not use the word retard here",
        "calling someone a moron is against the rules", "the song is called kill bill",
        "they shouted slurs at my sister", "why did the bot remove my message with 'stupid' in it",
        "the word bitch meant a female dog", "she was told to shut up at the meeting")),
    ("cursing at oneself or at things", False, (
        "my stupid printer jams again", "i am such an idiot, the cable was unplugged",
        "damn, i missed the bus", "this crappy driver crashes every hour",
        "i hate this ugly font", "silly me, wrong window", "what a dumb error message",
        "the build is broken as hell")),
    ("violent words, harmless sense", False, (
        "how do i kill a zombie process", "that show killed me, so funny",
        "i would die for a coffee",
        "shoot me an email tomorrow", "we got destroyed in the second half",
        "the boss fight murdered our tank", "they bombed at the box office",
        "attack the problem from both ends")),
    ("group named without malice", False, (
        "my wife is korean and loves kimchi", "the gay pride parade starts at noon",
        "a muslim doctor treated my father", "black women founded this charity",
        "are there any deaf gamers here", "jewish holidays fall late this year",
        "trans people deserve respect", "the old man next door is from nigeria")),
    ("disagreement without abuse", False, (
        "i think you are wrong about this", "that argument does not hold",
        "the article is misleading and should be deleted", "i strongly oppose this change",
        "your sources are weak", "this policy failed and cost us millions",
        "please stop reverting my edits", "i find that remark unhelpful")),
)
