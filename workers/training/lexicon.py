# SPDX-License-Identifier: MIT
"""Words and phrases written by hand for training: abuse as it is typed in games and chats,
and the harmless sentences that hold the same words.  Offensive by purpose.

What the data sets lack: short game slang, wishes of harm, and the clean uses of "kill",
"die", "trash", "shoot" in games and on technical channels.
"""

from __future__ import annotations

import random
import re

INSULTS = (
    "idiot", "moron", "noob", "n00b", "retard", "trash", "garbage", "dumbass", "loser",
    "clown", "bot", "donkey", "monkey", "dog", "stupid", "dumb", "braindead", "scum",
    "pathetic", "useless", "worthless", "imbecile", "cretin", "pig", "rat", "coward",
    "fool", "shitter", "asshole", "dickhead", "bitch", "bastard", "cunt", "dick", "prick",
    "twat", "wanker", "pussy", "whore", "slut", "faggot", "fag", "cancer", "animal",
    "freak", "ugly", "fatass", "smartass", "jackass", "dumbfuck", "fuckface", "shithead",
    "motherfucker", "inbred", "degenerate", "lowlife", "crybaby", "brainless", "autist",
    "mongoloid", "noobs", "idiots", "morons", "retards", "clowns", "dogs", "fucker",
    "son of a bitch", "piece of shit")
PROFANE = (
    "fuck", "shit", "fucking", "fucked", "bullshit", "wtf", "stfu", "damn", "ass",
    "asshole", "bitch", "cunt", "dick", "cock", "pussy", "motherfucker", "fck", "fuk",
    "fkn", "fking", "cyka", "blyat", "suka", "puta", "mierda", "crap", "goddamn", "bastard",
    "slut", "whore", "fuckers", "shitty", "dickhead", "shithead", "fucktard", "wanker",
    "twat", "bollocks", "fag", "faggot", "nigger", "nigga", "af", "lmfao", "omfg", "ffs",
    "gtfo")
SLURS = (
    "nigger", "nigga", "faggot", "fag", "kike", "chink", "spic", "wetback", "tranny",
    "paki", "gook", "sandnigger", "raghead", "dyke", "retard", "towelhead", "coon",
    "beaner", "gypsy scum", "homo")
CURSES = (
    "fucking", "damn", "shit", "crap", "wtf", "the hell", "bloody", "ffs", "stupid", "sucks",
    "fuck", "bullshit", "goddamn", "what the fuck", "hell", "damned", "freaking", "dammit",
    "shitty", "crappy", "wth", "screwed", "lame", "retarded", "idiotic", "fscking")
_PRAISED = (
    "player", "support", "carry", "friend", "guy", "admin", "mod", "team", "host",
    "teammate", "mid", "jungler", "person", "dev", "streamer", "healer", "tank")

_INSULTING = (
    "{i}", "you {i}", "u {i}", "{i} team", "you are a {i}", "ur a {i}", "u are {i}",
    "fucking {i}", "what a {i}", "{i} mid", "such a {i}", "shut up {i}", "{i} {i}",
    "you {i} {i}", "stupid {i}", "this {i}", "my team is {i}", "ez {i}", "gg {i}",
    "report this {i}", "lol {i}", "delete game {i}", "go play with bots {i}",
    "learn to play {i}", "you play like a {i}", "uninstall {i}", "this guy is a {i}",
    "{i} carry", "you fucking {i}", "so bad {i}", "all of you are {i}",
    "another {i} on my team", "stop feeding {i}", "you're the biggest {i} here",
    "these {i}", "nice try {i}", "cry more {i}", "you are all {i}", "mods are {i}",
    "only a {i} would say that")
_INSULTING_FIXED = (
    "you suck", "u suck", "u suck so much", "you suck at this game", "worst player ever",
    "uninstall", "delete the game", "uninstall the game please", "you have no brain",
    "no brain", "zero brain", "0 iq", "iq 0", "low iq", "get a life", "no life",
    "nobody likes you", "no one likes you", "your mom", "ur mom is fat",
    "your mother is a whore", "go back to school", "are you blind or stupid",
    "you are so bad", "ur so bad", "u are so bad", "so fucking bad", "worst team ever",
    "sit down kid", "shut up", "shut the fuck up", "stfu", "stfu pls", "shut it",
    "go away nobody wants you", "ez", "ez game ez life", "ezzz", "ez pz", "ez mid",
    "too ez", "gg ez", "so ez lol", "2 ez", "easy noobs", "cry more", "cry baby",
    "stay mad", "get rekt", "rekt", "get owned", "owned kid", "report mid", "report him",
    "report this guy", "report my team", "reported", "reported for feeding", "feeder",
    "fucking feeder", "stop feeding", "you feed", "he feeds all game", "useless team",
    "useless support", "bad team", "what a joke of a player", "you disgust me",
    "you are disgusting", "you make me sick", "suck my dick", "suck it", "eat shit",
    "kiss my ass", "fuck you", "fuck u", "fuck off", "f u", "fu", "screw you", "go to hell",
    "piss off", "fuck your mother", "fuck this team", "fuck my team", "l2p", "l2p noob",
    "go fuck yourself", "go play minecraft", "my dog plays better", "nobody asked you",
    "you are nothing", "you're a waste of space", "you are a disgrace",
    "your parents must be ashamed")
_THREATENING = (
    "kill yourself", "kys", "kys noob", "go kys", "pls kys", "please kill yourself",
    "go kill urself", "kill urself", "i will kill you", "i'll kill you",
    "im gonna kill you", "ill find you and kill you", "i will find where you live",
    "i know where you live", "you are dead", "you will die", "hope you die",
    "i hope you die", "i hope you get cancer", "get cancer", "die in a fire", "go die",
    "just die", "die {i}", "drink bleach", "hang yourself", "go hang yourself",
    "jump off a bridge", "neck yourself", "rope yourself", "end yourself",
    "i will beat you up", "i'll smash your face", "i will hurt you",
    "i'm going to hurt your family", "someone should shoot you", "you should be shot",
    "watch your back", "i will rape you", "you deserve to be beaten",
    "i hope your family dies", "i'll break your legs",
    "you better watch out i am coming for you", "gonna punch you in the face",
    "burn in hell", "i hope you get hit by a car", "slit your wrists", "you should die",
    "i will cut you", "come say that to my face and see what happens",
    "i swear i will end you", "bomb them all")
_SWEARING = (
    "{p}", "oh {p}", "what the {p}", "{p} this", "{p} lag", "holy {p}", "{p} yes",
    "this is {p}", "{p} it", "{p} man", "omg {p}", "{p} my internet", "so {p} good",
    "{p} that was close", "{p} bug", "{p} internet", "well {p}", "i don't give a {p}",
    "{p} dude", "lol {p}", "where the {p} are you")
_HATEFUL = (
    "{s}", "you {s}", "fucking {s}", "stupid {s}", "{s} go home", "i hate {s}s",
    "kill all {s}s", "all {s}s must die", "dirty {s}", "shut up {s}", "you are a {s}",
    "{s}s everywhere", "ban all {s}s", "what a {s}", "noob {s}", "{s} team",
    "go back to your country {s}")
CLEAN = (
    "kill the process", "kill the boss first", "how do i kill a process",
    "kill -9 does not work", "we killed it last night great show",
    "killing time before the raid", "kill the mid tower", "i die every time at this level",
    "my laptop died", "the battery died", "that joke killed me", "you nearly killed me lol",
    "die roll was six", "he died in the second act", "take out the trash",
    "empty the trash folder", "move it to trash", "garbage collection takes too long",
    "the garbage collector", "shoot me a message", "shoot the ball",
    "let's shoot some hoops", "good shot", "headshot nice", "i hate mondays",
    "i hate this bug", "i hate when it rains", "this sucks", "that sucks sorry to hear",
    "my connection sucks today", "stupid question but how do i exit vim",
    "dumb question sorry", "silly me", "i feel stupid now",
    "i was such an idiot to forget my keys", "the dummy variable", "dumb terminal",
    "well played", "wp", "gg", "gg wp", "ggwp", "good game", "good game all", "nice",
    "nice one", "glhf", "gl hf", "go mid", "need ward", "push top", "back", "miss mid",
    "no mana", "my ult is ready", "wait for me", "lol", "lmao", "haha", "hahaha", "rofl",
    "xd", ":)", ":d", "ty", "thx", "np", "sry", "sorry", "my bad", "brb", "afk", "omw",
    "lag", "lagging", "pause pls", "pls pause", "wait", "ready", "rdy", "go", "go go go",
    "?", "??", "???", "ok", "k", "yes", "no", "why", "end", "end please", "end fast",
    "just end it", "finish the game", "defend", "def base", "attack now", "group up",
    "all mid", "they have no wards", "can we pause", "i have to go", "bye", "hi all",
    "hello", "hey guys", "from where are you", "commend me", "commend pls", "pls commend",
    "good job team", "well done team", "great support", "you are the best", "u r good",
    "you play well", "you're awesome", "we can win this", "don't give up", "never give up",
    "we lost", "we win", "unlucky", "close game", "that was close", "so close", "carry us",
    "buy wards", "my cat ate my ass essay typo sorry assignment", "assassin build",
    "class assignment", "pass the bass", "scunthorpe is a town", "the cockpit door",
    "cocktail recipe", "dick van dyke was an actor", "moby dick",
    "master and slave replication", "man page", "abort the job", "fork the child process",
    "kill orphan child", "execute the parent", "the daemon dies on start",
    "bloody cold today", "black friday sale", "white space", "blacklist the module",
    "whitelist my ip", "dummy package", "strip the binary", "nude colors", "sex ratio",
    "the suspect was shot by police", "he was murdered in 1963", "bomb disposal unit",
    "attack vector", "exploit the vulnerability", "inject the dependency",
    "the crash was caused by a race", "race condition", "my gay friends are visiting",
    "muslim holidays this year", "a black cat", "the jewish museum", "you are not stupid",
    "you're not an idiot", "nobody here is a noob", "don't call people idiots",
    "please don't swear", "no insults please", "that word is not allowed here",
    "be nice to each other")

AMBIGUOUS = frozenset((
    "ez", "af", "lmfao", "reported", "bot", "dog", "dogs", "animal", "report him", "nigga",
    "damn", "crap", "feeder", "ez mid", "wtf", "ffs", "omfg"))
_SWEAR_WORDS = frozenset(PROFANE) - AMBIGUOUS - {"ass", "cock", "fag", "wtf", "ffs", "omfg"}
_LETTERS = re.compile(r"[a-z]+")


def swears(text: str) -> bool:
    """Whether `text` holds a word that is profane in any company."""
    return not _SWEAR_WORDS.isdisjoint(_LETTERS.findall(text.lower()))


def abusive(rng: random.Random, count: int) -> list[tuple[str, tuple[float, ...]]]:
    """`count` phrases with their (toxic, insult, threat, identity, profane) labels."""
    out = []
    for _ in range(count):
        kind = rng.random()
        insult, slur = rng.choice(INSULTS), rng.choice(SLURS)
        swear = rng.choice(PROFANE)
        if kind < 0.40:
            text = rng.choice(_INSULTING).replace("{i}", insult)
            labels = [1.0, 1.0, 0.0, float(insult in SLURS) * 0.7, 0.0]
            if text in AMBIGUOUS:
                labels[:2] = [0.5, 0.5]
        elif kind < 0.62:
            text = rng.choice(_INSULTING_FIXED)
            hard = 0.6 if text.startswith(("ez", "report", "gg", "2 ez", "too ez")) else 1.0
            labels = [hard, hard * 0.9, 0.0, 0.0, 0.0]
        elif kind < 0.76:
            text = rng.choice(_THREATENING).replace("{i}", insult)
            labels = [1.0, 0.4, 1.0, 0.0, 0.0]
        elif kind < 0.90:
            text = rng.choice(_SWEARING).replace("{p}", swear)
            mild = swear in AMBIGUOUS
            labels = [0.3 if mild else 0.7, 0.1, 0.0, float(swear in SLURS),
                      0.4 if mild else 1.0]
        else:
            text = rng.choice(_HATEFUL).replace("{s}", slur)
            labels = [1.0, 0.8, float("kill" in text or "die" in text), 1.0, 0.6]
        if swears(text):
            labels[4] = 1.0
        out.append((text, tuple(labels)))
    return out


def harmless(rng: random.Random, count: int) -> list[str]:
    """`count` harmless phrases, some with a name or a kind word."""
    out = []
    for _ in range(count):
        text = rng.choice(CLEAN)
        if rng.random() < 0.2:
            text += " " + rng.choice(("please", "thanks", "guys", "lol", "man", "bro", "mate"))
        elif rng.random() < 0.15:
            text = f"good {rng.choice(_PRAISED)} " + text
        out.append(text)
    return out
