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
MILD = (
    "damn", "dammit", "damnit", "goddamn", "crap", "crappy", "hell", "heck", "wtf", "wth", "omg",
    "omfg", "ffs", "sucks", "suck", "sucky", "stupid", "dumb", "lame", "ass", "arse", "badass",
    "kick ass", "pain in the ass", "screwed", "screw", "bloody", "freaking", "kill", "killer",
    "kills", "killing", "dead", "die", "dies", "fat", "shoot", "noob", "n00b", "newb", "newbie",
    "sex", "sexy", "nude", "hate", "silly", "abort", "dump", "strip", "master",
    "slave", "uninstall", "reported", "bot", "dog", "delete", "shut", "weird", "crazy", "insane")
"""Words that alone, or about a thing, are no abuse."""
CURSES = (
    "fucking", "damn", "shit", "crap", "wtf", "the hell", "bloody", "ffs", "stupid", "sucks",
    "fuck", "bullshit", "goddamn", "what the fuck", "hell", "damned", "freaking", "dammit",
    "shitty", "crappy", "wth", "screwed", "lame", "retarded", "idiotic", "fscking")
_PRAISED = (
    "player", "support", "carry", "friend", "guy", "admin", "mod", "team", "host",
    "teammate", "mid", "jungler", "person", "dev", "streamer", "healer", "tank")

_CONTEMPT = (
    "pathetic", "disgusting", "stupid", "dumb", "ignorant", "lying", "worthless", "useless",
    "idiotic", "moronic", "brainless", "clueless", "spineless", "corrupt", "evil", "vile", "sick",
    "nasty", "filthy", "ugly", "fat", "miserable", "crazy", "insane", "delusional", "hypocritical",
    "sorry", "whiny", "gutless", "hateful", "ridiculous", "dishonest", "classless", "damn",
    "fucking", "goddamn", "bloody", "dumb ass", "trashy", "arrogant", "creepy", "senile", "racist",
    "shameless", "gullible", "two-faced", "despicable", "repulsive", "crooked", "inbred")
_BUTTS = (
    "liar", "hypocrite", "coward", "traitor", "clown", "joke", "loser", "fraud", "crook", "thug",
    "criminal", "bully", "creep", "pervert", "psycho", "lunatic", "maniac", "snake", "rat", "pig",
    "scumbag", "sleazebag", "dirtbag", "dipshit", "asshat", "douche", "douchebag", "jackass",
    "asshole", "bastard", "bitch", "hag", "skank", "tool", "sellout", "puppet", "snowflake",
    "bigot", "nazi", "fascist", "racist", "idiot", "moron", "imbecile", "fool", "dumbass", "hack",
    "disgrace", "waste of space", "waste of oxygen", "piece of shit", "piece of trash",
    "piece of garbage", "sack of shit", "pos", "sob", "son of a bitch", "troll", "parasite",
    "cockroach", "excuse for a human being", "human being", "libtard", "nutjob", "nutcase",
    "airhead", "cretin", "weasel", "simpleton", "halfwit", "degenerate", "shitstain")
_MOCKED = (
    "he", "she", "this guy", "that guy", "this woman", "this man", "that senator",
    "the president", "your boss", "this reporter", "your hero", "that judge", "the mayor",
    "this actor", "that coach", "the host", "the ref", "his lawyer", "her husband")
_MOCKED_MANY = (
    "they", "these people", "those people", "liberals", "conservatives", "democrats",
    "republicans", "the media", "politicians", "you people", "your fans", "these kids",
    "reporters", "the cops", "his voters", "her fans", "you guys", "leftists",
    "gun owners", "celebrities", "bankers")
_SCORN = (
    "you are a {c} {b}", "you are a {c} {c} {b}", "you {c} {c} {b}", "you {c} {b}",
    "what a {c} {b}", "{m} is a {c} {b}", "{m} is a {b}",
    "{m} is {c}", "{m} is such a {b}", "{m} is nothing but a {c} {b}", "{n} are {c} {b}s",
    "{n} are {c}", "{n} are all {b}s", "{n} are so {c} and {c}", "shut up you {c} {b}",
    "fuck {n}", "fuck off {b}", "screw {n}", "{n} can go to hell", "{n} can kiss my ass",
    "{m} can rot in hell", "i hope {m} rots in prison", "lock the {b} up", "{n} make me sick",
    "{m} makes me sick", "{m} is full of shit", "{m} is full of crap", "you are full of shit",
    "you sound like a {c} {b}", "go to hell {b}", "eat shit {b}", "you are {c} and {c}",
    "you are the biggest {b} ever", "{b}", "{c} {b}", "another {c} {b}", "you {b}",
    "wow {m} is {c}",
    "{m} is a {c} excuse for a human being", "no one cares what you think {b}",
    "nobody gives a shit about {n}", "{m} is a piece of {c} shit", "{n} have no shame",
    "{n} have shit for brains", "{n} only lie", "{m} has no brain", "{m} is brain dead",
    "how {c} are you", "how {c} can {n} be", "are you really this {c}", "get lost {b}",
    "{m} needs to shut up", "{m} should shut the fuck up", "only {c} {b}s believe that",
    "{n} suck", "{m} sucks", "you suck", "{m} is trash", "{n} are trash", "{n} are garbage",
    "{m} is a sick {b}", "{m} is mentally ill", "{n} are mentally ill",
    "{n} are the scum of the earth",
    "shame on you {b}", "your {c} ass", "get your {c} ass out of here", "{m} can suck it",
    "this {b} again", "typical {b}", "{n} disgust me", "i can't stand that {c} {b}",
    "stop being a {b}", "stop being so {c}", "what the fuck is wrong with {n}",
    "what is wrong with you {b}", "go fuck yourself {b}", "bullshit you {b}", "{m} is a {b} lol")
_HARM = (
    "kill", "murder", "strangle", "choke", "stab", "shoot", "beat", "punch", "hurt", "smash",
    "slap", "bury", "destroy", "crush", "hang", "burn", "drown", "cut", "knock out")
_BODY = ("face", "legs", "arms", "skull", "teeth", "nose", "ribs", "head", "fingers", "jaw")
_FATES = (
    "beaten", "shot", "hanged", "stabbed", "killed", "run over", "lynched", "executed", "burned",
    "raped", "crippled", "put down", "drowned", "strangled", "dragged outside and shot")
_MENACE = (
    "i will {h} you", "i'll {h} you", "i am going to {h} you", "i'm gonna {h} you",
    "i swear i'll {h} you", "we will {h} you", "we are going to {h} you",
    "someone should {h} you", "someone should {h} {m}", "somebody needs to {h} {m}",
    "i want to {h} {m}", "i will break your {y}", "i'll smash your {y} in",
    "i know where you live and i will {h} you", "you will be {f}", "you should be {f}",
    "you deserve to be {f}", "{m} deserves to be {f}", "{m} should be {f}", "{n} should be {f}",
    "i hope you get {f}", "i hope {m} gets {f}", "i hope your family gets {f}",
    "say that again and i'll {h} you", "if i see you i will {h} you",
    "if i ever meet you i will break your {y}", "you are dead meat",
    "next time i see you i'll break your {y}", "watch out or i'll {h} you", "i am coming for you",
    "you won't live to see tomorrow", "you have one day left to live",
    "i'll put a knife in your {y}", "a rope for {m}", "we know where your kids go to school",
    "i will {h} your dog", "you will pay with your life")
_CALM_PLANS = (
    "i will kill the process", "i will show you", "i'll send you the link", "i will help you",
    "i am going to call you", "we will visit you", "i will come to your place at eight",
    "we will hunt down this bug", "someone should help you", "someone should fix {t}",
    "i'll beat the last level tonight", "this boss will kill you fast", "i will break {t} again",
    "i know where you work, see you there", "you will be fine", "you will be missed",
    "you should be careful", "you should be there by nine", "you deserve to be happy",
    "i hope you get well", "i hope you get the job", "i hope {m} gets better",
    "he was shot in 1963", "if i see you i will say hello", "i am coming for dinner",
    "i'll burn you a cd", "i will cut the second part", "the police shot him",
    "the house burned down", "the vet put it down", "i'll punch in the numbers",
    "i will hang up now", "he should be released", "stab in the dark",
    "they will destroy us in the final", "my boss will kill me", "my wife is going to kill me",
    "this diet will kill me", "the heat will kill you", "i could kill for a pizza",
    "shoot me a mail")
_CIVIL_CLEAN = (
    "{m} is right about this", "{m} is on tv tonight", "{m} is a friend of mine",
    "{m} is doing a good job", "{m} is so sweet", "{m} is amazing", "{m} is beautiful",
    "{m} is the best", "{m} won again", "{m} is coming to town", "what did {m} say", "i agree",
    "{m} gave a long speech", "{m} answered every question", "{m} is not wrong", "i miss you",
    "{n} voted for the bill", "{n} want lower taxes", "{n} are meeting in the city today",
    "{n} are against gun control", "{n} are for gun control", "{n} won the debate",
    "{n} deserve better", "do {n} support this", "what do {n} think about it",
    "{n} have a new plan", "thank you for following", "you are welcome", "you are right",
    "you are so kind", "you are amazing", "you are the best", "what a great day",
    "what a beautiful picture", "he is a good man", "she is a good woman", "happy birthday",
    "{n} are lovely", "{n} are friends of ours", "{m} is as smart as they come",
    "i don't agree with {n}", "{m} lost the vote", "the story about {m} is not true",
    "{n} should look at the facts", "{m} is under investigation", "is {m} still in charge",
    "where is {m} now", "{m} is running for office", "can you believe {m} is ninety",
    "make america great again", "gun control will not pass", "support our troops",
    "{m} is a liberal", "{m} is a conservative", "antifa was at the protest", "vote tomorrow",
    "{m} is a lawyer", "{m} is a great actor", "you are on the list", "she is my sister",
    "are you going tonight", "you are not alone", "you are in my prayers", "he is the one")
_THINGS = (
    "ubuntu", "windows", "linux", "gnome", "kde", "xorg", "my laptop", "my computer", "this driver",
    "the driver", "ati", "nvidia", "wifi", "my wifi", "the kernel", "this thing", "apt", "vim",
    "emacs", "flash", "java", "the server", "my server", "this box", "grub", "the build", "firefox",
    "my internet", "this script", "the docs", "this font", "php", "bash", "my keyboard", "the lag",
    "this update", "my phone", "the printer", "my code", "the bus", "this bug", "the installer",
    "my english", "the weather", "monday", "my memory", "the compiler", "this error", "the network",
    "my connection", "the game", "the patch", "the router", "my spelling", "my sound card")
_GRUMBLES = (
    "{g} {t}", "{g}", "oh {g}", "{t} is {a}", "{t} sucks", "{t} suck", "{t} really sucks",
    "stupid {t}", "{g} it", "{g}, {t} died again", "{t} is killing me", "i hate {t}", "{g} you {t}",
    "why is {t} so {a}", "{t} is a pain in the ass", "{t} is a pain", "{t} kicks ass", "bloody {t}",
    "{t} is crap", "{t} is a piece of crap", "stupid me", "i am stupid", "i'm so dumb", "i suck",
    "i suck at {t}", "my bad, i'm an idiot", "what the hell is wrong with {t}", "{g} that was fast",
    "what the {g}", "i am such a noob", "i'm a noob with {t}", "noob question", "n00b question",
    "i'm a total newbie", "sorry i am an idiot", "that was dumb of me", "dumb question about {t}",
    "this is a stupid question", "i screwed up {t}", "i messed up {t}", "{t} is screwed up",
    "{t} is weird", "get rid of {t}", "{t} is useless", "{t} is retarded", "{t} drives me crazy",
    "{t} is driving me nuts", "delete {t}", "uninstall {t}", "just uninstall {t}", "kill {t}",
    "just kill {t}", "kill it", "kill the pid", "kill them all with killall", "shoot", "shoot it",
    "{t} is dead", "{t} dies on boot", "{t} is evil", "it sucks", "that sucks", "sucks to be {t}",
    "it's a mess", "{t} is a mess", "what a waste", "what a mess", "{g} slow {t}", "crap {t}",
    "how do i kill {t}", "smart bot", "bad bot", "silly bot", "dead link", "{t} hates me",
    "strip {t}", "abort {t}", "dump {t}", "{t} dumps core", "{t} chokes on it", "blow away {t}",
    "nuke {t}", "wipe {t}", "mount the dead drive", "execute {t}", "fork and kill {t}",
    "trash {t}", "{t} is trash", "purge {t}", "burn it to a cd", "burn {t}", "hack {t}",
    "crack the shell", "finger the user", "unmount the slave", "touch it", "eject {t}")
_GRUMBLING_WORDS = ("damn", "crap", "hell", "dammit", "wtf", "ffs", "gah", "ugh", "argh", "doh",
                    "oh crap", "holy crap", "oh damn", "what the hell", "wth", "omg", "damn it")
_BLAMED = ("slow", "ugly", "broken", "stupid", "dumb", "lame", "bad", "buggy", "weird", "crap",
           "evil", "insane", "hard", "useless", "annoying", "retarded", "crazy", "terrible",
           "horrible", "awful", "screwed")

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
            labels = [0.15 if swear in MILD else 0.3 if mild else 0.7, 0.1, 0.0,
                      float(swear in SLURS), 0.4 if mild else 1.0]
        else:
            text = rng.choice(_HATEFUL).replace("{s}", slur)
            labels = [1.0, 0.8, float("kill" in text or "die" in text), 1.0, 0.6]
        if swears(text):
            labels[4] = 1.0
        out.append((text, tuple(labels)))
    return out


def scornful(rng: random.Random, count: int) -> tuple[list[str], list[str]]:
    """`count` phrases of contempt as in public quarrels, which name no group by birth or
    faith, and as many harmless ones about the same people."""
    def fill(text: str) -> str:
        for hole, words in (("{c}", _CONTEMPT), ("{b}", _BUTTS), ("{m}", _MOCKED),
                            ("{n}", _MOCKED_MANY)):
            while hole in text:
                text = text.replace(hole, rng.choice(words), 1)
        return f"@user {text}" if rng.random() < 0.25 else text

    return ([fill(rng.choice(_SCORN)) for _ in range(count)],
            [fill(rng.choice(_CIVIL_CLEAN)) for _ in range(count)])


def menacing(rng: random.Random, count: int) -> tuple[list[str], list[str]]:
    """`count` threats and wishes of harm, and as many harmless plans in like words."""
    def fill(text: str) -> str:
        for hole, words in (("{h}", _HARM), ("{y}", _BODY), ("{f}", _FATES), ("{m}", _MOCKED),
                            ("{n}", _MOCKED_MANY), ("{t}", _THINGS)):
            text = text.replace(hole, rng.choice(words))
        return text

    return ([fill(rng.choice(_MENACE)) for _ in range(count)],
            [fill(rng.choice(_CALM_PLANS)) for _ in range(count)])


def grumbling(rng: random.Random, count: int) -> list[str]:
    """`count` complaints about things and oneself, and technical senses of violent words."""
    out = []
    for _ in range(count):
        text = rng.choice(_GRUMBLES)
        text = text.replace("{t}", rng.choice(_THINGS)).replace("{a}", rng.choice(_BLAMED))
        out.append(text.replace("{g}", rng.choice(_GRUMBLING_WORDS)))
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
