# SPDX-License-Identifier: MIT
"""Texts to try analyzers on: ordinary ones, and every kind of odd one that chat brings."""

from __future__ import annotations

ORDINARY: tuple[str, ...] = (
    "good morning everybody", "Does anyone know how to restart the server?",
    "I love this, thank you so much!", "that is the worst idea I have heard all week",
    "HELP ME", "see https://example.org/path?q=1 for the details", "lol ok",
    "meeting moved to 15:30, room 4", "@ada could you have a look at #42?",
    "you are an idiot and nobody likes you", "Wo ist der Bahnhof, bitte?",
    "¿Dónde está la biblioteca?", "je ne sais pas encore", "это очень хорошо", "お元気ですか",
    "مرحبا بالجميع", "buy now!!! free crypto at http://win.example", "brb, lunch 🍕",
    "my mail is ada@example.org", "no", "the build is green again", "haha that's hilarious 😂",
    "can we ship on Friday? I think we can.", "I'm so sorry for your loss",
)

ODD: dict[str, str] = {
    "empty": "",
    "one space": " ",
    "only spaces and breaks": " \t\r\n\u2028\u00a0\u3000 ",
    "one letter": "a",
    "64 kB of one letter": "a" * 65536,
    "64 kB of words": ("lorem ipsum dolor " * 3641)[:65536],
    "64 kB without a space, mixed": "aB3$" * 16384,
    "right to left": "שלום עולם مرحبا بالعالم",
    "direction overrides": "\u202eabc\u202c \u2066x\u2069 \u200f",
    "family emoji with joiners": "👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽",
    "thousand emoji": "😀" * 1000,
    "astral letters": "𝓗𝓮𝓵𝓵𝓸 𝕎𝕠𝕣𝕝𝕕 𐍈",
    "highest code point": "\U0010ffff\uffff",
    "stacked combining marks": "Z" + "\u0301\u0323\u0337" * 500,
    "only combining marks": "\u0301" * 50,
    "zero width": "a\u200bb\u200cc\u200dd\ufeff",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x9f",
    "null": "a\x00b",
    "case that changes length": "ß İ ŉ ﬀ ΐ",
    "wide and half width": "Ｈｅｌｌｏ ﾊﾛｰ",
    "digits of the world": "١٢٣ १२३ 一二三 ²³ Ⅷ",
    "no letters": "!?!?... --- *** ((( ))) \\ / \" ' `",
    "looks like code": "'; DROP TABLE users; -- <script>alert(1)</script> {{7*7}} %s %n",
    "looks like a number": "-1e309",
    "very many lines": "line\n" * 5000,
    "nested brackets": "(" * 3000 + ")" * 3000,
    "regex bait": "a" * 5000 + "!",
}
"""By what is odd about them.  Lone surrogates are not among them: the server lets none in."""
