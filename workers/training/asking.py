# SPDX-License-Identifier: MIT
"""Questions in the spelling of chat, and statements that hold question words, by hand: what
the data sets, which take a "?" for the sign of a question, teach wrongly or not at all."""

from __future__ import annotations

import random

_ASKS = (
    # chat spelling
    "wat {u} {ing}", "wat r {u} up 2", "wat did {u} {do}", "wats ur {thing}", "wats wrong",
    "whats up {who}", "wassup {who}", "sup {who}", "how r {u}", "how r u {who}", "how ru",
    "how are ya", "hows {it}", "hows ur {thing}", "how was ur {day}", "how do u {do}",
    "where {u} from", "where r {u} from {who}", "where u at", "wher r u", "whre do u live",
    "y not", "y r {u} {ing}", "y did {u} {do}", "y do u {do}", "y is it {adj}", "why u {ing}",
    "u there {who}", "{who} u there", "u here", "u ok", "r {u} ok {who}", "r {u} there",
    "r {u} {ing}", "u still {ing}", "u {ing} too", "u like {things}", "u have a {thing}",
    "u got {things}", "u wanna {do}", "wanna {do}", "wanna {do} {who}", "want to {do} with me",
    "care to {do}", "up for a {thing}", "ready to {do}", "feel like {ing}", "do u {do}",
    "do ya {do}", "does ur {thing} {do}", "did u {do}", "did ya {do}", "can u {do}",
    "can u {do} me ur {thing}", "cud u {do}", "wud u {do}", "r u a {person}", "r u {adj}",
    "r u male or female", "asl", "asl pls", "asl {who}", "age sex location", "m or f",
    "how old r {u}",
    "who r {u}", "who is ur {person}", "whos ur {person}", "whos {ing}", "who wants to {do}",
    "who wants {things}", "any1 {ing}", "any1 here {ing}", "any1 wanna {do}", "any one here",
    # to everybody
    "anyone {ing}", "anyone here {ing}", "anyone from {place}", "anybody from {place} here",
    "anyone want to {do}", "anybody wanna {do}", "any {people} here", "any {people} from {place}",
    "any {people} wanna {do}", "any {people} in here want to {do}", "anyone else {ing}",
    "anyone know how to {do}", "anybody knows where i can {do}", "any idea how to {do}",
    "any ideas", "any clue why my {thing} is {adj}", "any luck with the {thing}",
    "any news on the {thing}", "any tips for a {thing}", "any help", "some help with my {thing}",
    "someone here who can {do}", "somebody know a good {thing}", "is anyone {ing}",
    # without a verb, or with the question at the end
    "you {ing} or what", "you {ing} or not", "the {adj} one or the {adj2} one",
    "{adj} or {adj2}", "tea or coffee", "you {adj} {who}", "you from {place}",
    "you have a {thing} right", "you are {adj} right", "so you {do}, right",
    "you {do} too, don't you", "you {do} too dont u", "that was {adj}, wasn't it",
    "that is {adj}, isn't it", "its {adj} isnt it", "he can {do}, can't he", "{adj} eh",
    "{adj}, huh", "{adj} huh", "she did {do}, didn't she", "we will {do}, won't we",
    "they are {adj}, aren't they", "you won't {do}, will you", "and you", "and u {who}",
    "what else",
    "what now", "what then", "now what", "my {thing} is {adj}, what now",
    "i {do} but my {thing} stays {adj}, why", "so what about the {thing}", "what about {things}",
    "how about we {do}", "how about {things}", "how so", "since when", "what for", "who else",
    "says who", "like what", "and then what", "which {thing}", "the {thing} is where",
    "you did what", "you went where", "he said what",
    # negated verbs
    "isnt it {adj}", "isn't that {adj}", "arent you {adj}", "aren't they {ing}",
    "didnt you {do}", "didn't he {do}", "dont you {do}", "don't you ever {do}",
    "doesnt it {do}", "wasnt it {adj}", "won't it {do}", "couldnt you {do}", "shouldn't we {do}",
    "havent you seen the {thing}", "cant you {do}",
    # indirect
    "i was wondering if {you} {do}", "i was wondering whether i can {do}",
    "i wonder if {you} {do}", "wondering if anyone can {do}", "just wondering how {you} {do}",
    "i'd like to know how to {do}", "i would like to know why it is {adj}",
    "i want to know how i can {do}", "i need to know where to {do}",
    "need to know if {you} {do}", "tell me why you {do}", "tell me how to {do}",
    "tell me where the {thing} is", "tell me what you {do}", "can you tell me who can {do}",
    "please tell me how to {do}", "i am curious how {you} {do}", "curious if {you} {do}",
    "do you know if the {thing} is {adj}", "explain why it is {adj}", "let me ask, do {you} {do}",
    "question: how do i {do}", "quick question, can i {do}", "what i want to know is how to {do}")
_STATES = (
    "what a {adj} {thing}", "what an awful {thing}", "what {adj} {things}", "how {adj}",
    "how very {adj}",
    "how {adj} of you", "how {adj} is that, lol", "when i {do} i feel {adj}",
    "when you {do} it gets {adj}", "when i was {ing} it was {adj}",
    "when they {do} my {thing} will be {adj}", "when in doubt {do}", "where i live it is {adj}",
    "where there is a {thing} there are {things}", "what i {do} is {adj}", "what you {do} is {adj}",
    "what you need is a {thing}", "what he said", "what they {do} is none of my business",
    "what matters is the {thing}", "which means it is {adj}", "which is {adj}",
    "which i {do} every day", "which was why we {do}", "whatever", "whatever you {do}",
    "whoever did {do}",
    "who knows", "who knew", "who cares about {things}", "why not, i will {do}",
    "why i {do}: it is {adj}", "how i {do} is my business", "how to {do}: a guide",
    "how i miss my {thing}", "who wants it can {do}", "this is why i {do}", "that is what i {do}",
    "that's how you {do}", "that is when i {do}", "that's where the {thing} is",
    "here is how to {do}", "i know why you {do}", "i know how to {do}", "i see what you {do}",
    "i saw what you did", "i told you how to {do}", "i told him why", "no idea why",
    "not sure how to {do}",
    "not sure what you {do}", "i don't know why it is {adj}", "i don't know if {you} {do}",
    "dunno what happened", "dunno why", "idk how", "idk what to {do}", "i forgot how to {do}",
    "i remember when we {do}", "i wonder why, heh", "he asked me if i {do}",
    "she asked how to {do}",
    "they explained what to {do}", "it depends on what you {do}", "it depends on how {adj} it is",
    "just {do} what you want", "do what you want", "do the {thing} first", "do not {do}",
    "do as i say", "do it yourself", "do it {who}", "have fun {ing}", "have a {adj} {day}",
    "have you in my list now", "is {adj}", "is what i said", "is now {ing}", "was {ing} all {day}",
    "was {adj}", "will {do} tomorrow", "will do", "would love to {do}", "would be {adj}",
    "could be {adj}", "could be the {thing}", "should work now", "should be {adj}",
    "can do", "can't {do} now", "cant {do}", "can recommend the {thing}", "does not {do}",
    "doesnt {do} here",
    "did that already", "did not {do}", "are now {ing}", "am {ing}", "am {adj}",
    "has a {thing}", "had to {do}", "may be {adj}", "u r {adj}", "u can {do}", "u should {do}",
    "u {do} too much",
    "ur {adj}", "ur {thing} is {adj}", "r.i.p. my {thing}", "y'all {do}", "i wanna {do}",
    "i want to {do}", "i feel like {ing}", "anyone can {do}", "anybody could {do} that",
    "any {thing} will do", "someone should {do}", "somebody did {do}", "any day now",
    "i need a {thing}", "i need help with my {thing}", "please help me {do}", "tell me more",
    "tell me about it", "tell {who} i said hi", "tell them to {do}", "let me know when you {do}",
    "let me know if you {do}", "let me know how it is", "show me the {thing}",
    "give me your {thing}",
    "explain it to {who}", "you are right", "you're right", "right", "right, {do} it",
    "that's right", "or not", "or something", "so what", "you know what, i {do}", "guess what",
    "guess who is {ing}", "say what you want", "you know how it is", "no matter what you {do}",
    "no matter how {adj}", "and how", "so {adj}", "so i {do}", "so you can {do}",
    "the regex {word}?{word} matches", "use {word}?{word} there", "call {word}?.{word} instead",
    "it shows caf?{word} in the {thing}", "open /{word}.php?{word}=1", "a ?{word} in the path",
    "the ?: operator is {adj}", "type ?{word} to {do}", "look for *.{word}?",
    "nullable {word}?, fine", "/{word}?{word}")
_SLOTS = {
    "u": ("u", "u", "you", "ya", "they", "we"),
    "who": ("man", "guys", "mate", "all", "bro", "dude", "tom", "sara", "everyone", "hun",
            "people"),
    "do": ("chat", "play", "install it", "fix the thing", "talk", "dance", "cook", "watch a movie",
           "read books", "run the script", "restart it", "travel", "go out", "pm me", "trade",
           "sleep", "log in", "build it", "print", "eat meat", "smoke", "go to school", "work",
           "use vim", "mount a drive", "get a job", "see the pic", "sing", "drive", "call mum",
           "change the colour", "send a pic", "stay up late", "meet", "learn german"),
    "ing": ("playing", "chatting", "working", "listening", "going out", "watching the game",
            "using windows", "having lag", "awake", "coming", "leaving", "seeing this",
            "getting errors", "drinking", "in school", "at home", "single", "bored", "online",
            "running debian", "going to the show"),
    "thing": ("computer", "phone", "dog", "name", "game", "printer", "job", "car", "song", "pic",
              "screen", "house", "router", "book", "kernel", "movie", "band", "keyboard", "update",
              "bug", "password", "website", "guitar"),
    "things": ("cats", "dogs", "movies", "games", "pizza", "rock music", "updates", "drivers",
               "kids", "photos", "beers", "logs", "sports", "books"),
    "adj": ("cool", "broken", "cold", "nice", "slow", "weird", "funny", "good", "sad", "free",
            "hot", "expensive", "crazy", "sweet", "beautiful", "stupid", "late", "hard", "red",
            "lovely", "strange"),
    "adj2": ("blue", "old", "fast", "small", "cheap", "bad", "new", "big"),
    "it": ("everyone", "everything", "life", "things", "work", "ur day", "the weather", "school"),
    "day": ("day", "weekend", "night", "trip", "week", "holiday", "evening"),
    "place": ("texas", "london", "india", "canada", "ohio", "france", "the uk", "norway", "nyc",
              "california", "brazil", "around here"),
    "people": ("girls", "guys", "gamers", "experts", "students", "parents", "mods", "fans",
               "admins", "drummers", "old people", "nurses", "women", "men"),
    "person": ("boyfriend", "teacher", "girl", "guy", "boss", "student", "doctor", "bot", "mod"),
    "you": ("you", "u", "anyone", "people", "i", "we", "they"),
    "word": ("foo", "name", "id", "item", "file", "user", "x", "page", "abc", "list", "txt")}


def messages(rng: random.Random, count: int) -> list[tuple[str, bool]]:
    """(text without closing marks, whether it asks), as many of either."""
    out = []
    for index in range(count):
        asks = index % 2 == 0
        text = rng.choice(_ASKS if asks else _STATES)
        while "{" in text:
            start = text.index("{")
            end = text.index("}", start)
            text = text[:start] + rng.choice(_SLOTS[text[start + 1:end]]) + text[end + 1:]
        way = rng.random()
        if way < 0.15:
            text = text[:1].upper() + text[1:]
        elif way < 0.25:
            text = rng.choice(("lol ", "hey ", "hi all, ", "ok ", "so ", "well ", "hmm ", "hi ",
                               "but ", "and ", "oh ", "thanks, ", "brb ")) + text
        elif way < 0.32:
            text += rng.choice((" lol", " :)", " haha", " please", " heh", " :("))
        out.append((text, asks))
    return out
