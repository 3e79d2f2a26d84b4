# SPDX-License-Identifier: MIT
"""Rules that find personal and secret data in a text: what it looks like, and what proves it.

A regular expression finds a candidate, a check (Luhn, mod 97, country lengths, octets,
entropy, the words around it) decides how sure it is.  Every expression is linear: no
repetition of a repetition that could match the same characters in two ways, all counts
bounded.  What looks similar must not fire: dates, prices, order numbers, versions, hashes,
screen sizes, kernel logs.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from typing import Callable, Iterator, NamedTuple

LABELS = ("email", "phone", "card", "iban", "ip", "ssn", "url", "secret")


class Found(NamedTuple):
    """One piece of data: half-open range of code points, and how sure the rule is."""

    start: int
    end: int
    score: float


Rule = Callable[[str], Iterator[Found]]

_NEAR = 48
"""How many characters before a number may say what it is."""

# --- e-mail and links -------------------------------------------------------------------

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w+%-]{1,64}(?:\.[\w+%-]{1,64}){0,8}@"
    r"(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w@])")
_SCHEME = re.compile(
    r"(?<![A-Za-z0-9])(?:https?|ftps?|sftp|wss?|ssh|git|ircs?|magnet|tg|discord)"
    r"://[^\s<>\"'`{}|\\^]{2,2000}|(?<![\w.@/-])www\d?\.[^\s<>\"'`{}|\\^]{3,2000}",
    re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?<![\w.@/$~\\-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}"
    r"(?:com|net|org|io|gg|co|me|tv|info|biz|xyz|online|site|shop|store|club|app|dev|ru|de|"
    r"fr|uk|eu|us|nl|pl|br|jp|cn|in|it|es|se|ch|at|be|cz|pt|ca|au|link|live|top|gift|click|"
    r"space|website|tech|cloud|fun|pro|news|edu|gov|int|ly|ai)"
    r"(?::\d{2,5})?(?![\w@-])(?!\.\w)(?:/[^\s<>\"'`{}|\\^]{0,2000})?", re.IGNORECASE)
_CLOSING = ".,;:!?\u2026'\"*_~\u201d\u2019\u3002\uff0c"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def _without_closing(text: str, start: int, end: int) -> int:
    """The end of a link without the punctuation of the sentence around it."""
    while end > start:
        last = text[end - 1]
        if last in _CLOSING:
            end -= 1
        elif last in _PAIRS and text.count(last, start, end) > text.count(
                _PAIRS[last], start, end):
            end -= 1
        else:
            break
    return end


def find_emails(text: str) -> Iterator[Found]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Found(*match.span(), 0.99)


def find_urls(text: str) -> Iterator[Found]:
    if "." not in text and "://" not in text:
        return
    last = 0
    for match in _SCHEME.finditer(text):
        last = _without_closing(text, *match.span())
        yield Found(match.start(), last, 0.99)
    if last:
        return  # a message with full links spells its hosts in them
    for match in _DOMAIN.finditer(text):
        path = "/" in match.group()
        yield Found(match.start(), _without_closing(text, *match.span()), 0.9 if path else 0.7)


# --- numbers ----------------------------------------------------------------------------

_CARD = re.compile(r"(?<![\w.,/#$\u20ac\u00a3+-])\d(?:[ -]?\d){11,18}(?![\w]|[.,-]\d)")
_CARD_SHAPE = re.compile(r"\d{12,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5}"
                         r"|\d{4}([ -])\d{4}\3\d{4}\3\d{4}\3\d{3}")
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)), (re.compile(r"5[1-5]|2[2-7]"), (16,)),
    (re.compile(r"3[47]"), (15,)), (re.compile(r"30[0-5]|36|3[89]"), (14, 16)),
    (re.compile(r"6011|64[4-9]|65|62"), (16, 17, 18, 19)), (re.compile(r"35"), (16,)),
    (re.compile(r"1800|2131"), (15,)),
    (re.compile(r"5018|5020|5038|5[678]|6304|6390|6759|676[1-3]|0604"), range(12, 20)),
    (re.compile(r"220[0-4]|8[16]|60|9792"), (16,)))
_NO_CARD = re.compile(r"(?:order|invoice|ticket|tracking|track|imei|isbn|serial|ref(?:erence)?|"
                      r"case|id|uid|uuid|snowflake|epoch|timestamp|block|build|parcel|"
                      r"shipment)\W{0,6}(?:no|nr|num|number|is|code)?\W{0,4}$", re.IGNORECASE)
_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![^\W_])", re.IGNORECASE)
_IBAN_LENGTHS = dict(
    AD=24, AE=23, AL=28, AT=20, AZ=28, BA=20, BE=16, BG=22, BH=22, BR=29, BY=28, CH=21, CR=22,
    CY=28, CZ=24, DE=22, DK=18, DO=28, EE=20, EG=29, ES=24, FI=18, FO=18, FR=27, GB=22, GE=22,
    GI=23, GL=18, GR=27, GT=28, HR=21, HU=28, IE=22, IL=23, IQ=23, IS=26, IT=27, JO=30, KW=30,
    KZ=20, LB=28, LC=32, LI=21, LT=20, LU=20, LV=21, LY=25, MC=27, MD=24, ME=22, MK=19, MR=27,
    MT=31, MU=30, NL=18, NO=15, PK=24, PL=28, PS=29, PT=25, QA=29, RO=24, RS=22, SA=24, SC=31,
    SD=18, SE=24, SI=19, SK=24, SM=27, ST=25, SV=28, TL=23, TN=24, TR=26, UA=29, VA=22, VG=24,
    XK=20)
_SSN = re.compile(r"(?<![\w.$#+-])(\d{3})([- ]?)(\d{2})\2(\d{4})(?![\w]|[-.,]\d)")
_SSN_WORDS = re.compile(r"\bssn\b|social[ -]?sec|\bsocial\b|\bitin\b|tax ?id", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.-])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w-]|\.\w)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:\.\d{1,3}){0,3}"
                   r"(?:%\w{1,15})?(?![\w:])", re.IGNORECASE)
_VERSION = re.compile(r"(?:\bv|ver|version|release|build|firmware|kernel|driver|section|"
                      r"chapter|rev)[\s.:=]{0,3}$", re.IGNORECASE)


def luhn(number: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for index, char in enumerate(reversed(number)):
        digit = ord(char) - 48
        if index % 2:
            digit = digit * 2 - 9 * (digit > 4)
        total += digit
    return total % 10 == 0


def iban_valid(iban: str) -> bool:
    """Country, length and check digits (ISO 13616); `iban` in capitals without blanks."""
    if _IBAN_LENGTHS.get(iban[:2]) != len(iban):
        return False
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def _digits(text: str) -> str:
    return "".join(char for char in text if "0" <= char <= "9")


def find_cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        number = _digits(match.group())
        if not _CARD_SHAPE.fullmatch(match.group()) or not luhn(number) \
                or len(set(number)) < 2:
            continue
        if not any(len(number) in lengths and issuer.match(number)
                   for issuer, lengths in _ISSUERS):
            continue
        doubt = _NO_CARD.search(text, max(0, match.start() - _NEAR), match.start())
        yield Found(*match.span(), 0.3 if doubt else 0.95)


def find_ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        start, iban = match.start(), ""
        length = _IBAN_LENGTHS.get(match.group()[:2].upper(), 0)
        for end in range(start, match.end()):  # words may follow after a blank
            if text[end] != " ":
                iban += text[end].upper()
            if len(iban) == length:
                whole = end + 1 == len(text) or not text[end + 1].isalnum()
                if whole and iban.isascii() and iban_valid(iban):
                    yield Found(start, end + 1, 0.99)
                break


def find_ssns(text: str) -> Iterator[Found]:
    for match in _SSN.finditer(text):
        area, separator, group, serial = match.groups()
        if area in ("000", "666") or group == "00" or serial == "0000":
            continue
        said = _SSN_WORDS.search(text, max(0, match.start() - _NEAR), match.start())
        if said:
            yield Found(*match.span(), 0.97)
        elif separator == "-" and area < "900":
            yield Found(*match.span(), 0.85)


def find_ips(text: str) -> Iterator[Found]:
    if text.count(".") >= 3:
        for match in _IPV4.finditer(text):
            octets = [int(part) for part in match.groups()]
            if max(octets) > 255 or any(len(part) > 1 and part[0] == "0"
                                        for part in match.groups()):
                continue
            version = _VERSION.search(text, max(0, match.start() - 12), match.start())
            nobody = octets[0] in (0, 127, 255)
            yield Found(*match.span(), 0.2 if version else 0.4 if nobody else 0.95)
    if text.count(":") >= 2:
        for match in _IPV6.finditer(text):
            found = match.group().rstrip(":") if not match.group().endswith("::") \
                else match.group()
            if _is_ipv6(found):
                yield Found(match.start(), match.start() + len(found), 0.95)


def _is_ipv6(text: str) -> bool:
    groups = [part for part in text.split("%")[0].split(":") if part]
    if len(groups) < 3 and not (len(groups) == 2 and any(
            char.isdigit() for char in groups[0]) and len(groups[0]) > 2):
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


# --- telephone numbers ------------------------------------------------------------------

_PHONE = re.compile(
    r"(?<![\w.:/#$\u20ac\u00a3=%@*&-])(?<!\d[ ,])"
    r"(?:(?P<plus>(?:\+|00)[1-9]\d{0,2})[ .-]?)?(?P<trunk>\(0\)[ ]?)?"
    r"(?P<first>\(\d{1,5}\)|\d{1,5})"
    r"(?P<rest>(?:(?: - |[ .-]|(?<=\)) ?)?\d{2,5}){1,5})"
    r"(?P<extension>[ ,]{0,2}(?:x|ext\.?|extension)[ ]?\d{1,6})?"
    r"(?![\w/%$\u20ac\u00a3]|[.,:-]\d| ?(?:usd|eur|gbp|fps|bytes?|kb|mb|gb|mhz|hz|ms|px|rpm)\b)",
    re.IGNORECASE)
_PHONE_BEFORE = re.compile(
    r"\b(?:phone|tel|telephone|telefon|t\u00e9l|cell|cellphone|mobile|mob|handy|desk|fax|call|"
    r"called|calling|ring|dial|text|txt|sms|whatsapp|signal|viber|telegram|reach|contact|"
    r"answering|answer|number|numbers|hotline|landline|office|messages?|landline|voicemail|"
    r"telefono|tel\u00e9fono|num\u00e9ro|portable|movil|m\u00f3vil|nummer|phn|ph)\b", re.IGNORECASE)
_PHONE_AFTER = re.compile(r"\W{0,3}(?:office|fax|mobile|cell|home|phone|desk|work|tel|whatsapp)\b",
                          re.IGNORECASE)
_NO_PHONE = re.compile(
    r"(?:order|invoice|ticket|tracking|bug|issue|id|uid|pid|port|ref(?:erence)?|case|serial|"
    r"account|acct|block|build|zip|isbn|imei|card|code|pin|model|part|version|resolution|"
    r"licen[cs]e|licen[cs]e number is|sector|size|mem|inode|commit|rev|revision|year|years|page|score|total|price)"
    r"\W{0,3}(?:no|nr|num|number|is|of)?\W{0,4}$", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d[-. ](?:0?[1-9]|1[0-2])[-. ](?:0?[1-9]|[12]\d|3[01])"
                   r"|(?:0?[1-9]|[12]\d|3[01])[-. ](?:0?[1-9]|[12]\d|3[01])[-. ](?:19|20)?\d\d"
                   r"|(?:19|20)\d\d ?- ?(?:19|20)\d\d|(?:19|20)\d\d[ .-]?\d\d[ .-]?\d\d")


def find_phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        score = _phone_score(text, match)
        if score:
            yield Found(*match.span(), score)


def _phone_score(text: str, match: re.Match[str]) -> float:
    digits = _digits(match["first"] + match["rest"])
    whole = match.group()
    total = len(digits) + (len(_digits(match["plus"])) if match["plus"] else 0)
    if not 7 <= total <= 15 or _DATE.fullmatch(whole) or len(set(digits)) < 2:
        return 0.0
    before = max(0, match.start() - _NEAR)
    if _NO_PHONE.search(text, before, match.start()):
        return 0.1
    said = _PHONE_BEFORE.search(text, before, match.start()) is not None \
        or _PHONE_AFTER.match(text, match.end()) is not None
    return max(_shape_score(match, digits, total), _said_score(match, digits) if said else 0.0)


def _shape_score(match: re.Match[str], digits: str, total: int) -> float:
    """How sure the shape alone is."""
    lengths = [len(group) for group in re.findall(r"\d+", match["first"] + match["rest"])]
    if match["plus"] and match["plus"][0] == "+":
        return 0.97 if total >= 8 else 0.4
    if match["plus"] and len(lengths) > 1 and total >= 10:
        return 0.9
    if lengths == [3, 2, 4]:  # a social security number's shape
        return 0.1
    return max(_american(match, lengths), _with_trunk(match, digits, lengths),
               0.6 if match["first"][0] == "(" and 7 <= len(digits) <= 11 else 0.15)


def _american(match: re.Match[str], lengths: list[int]) -> float:
    """(212) 555-0187, 212-555-0187 x12, 212.555.0187, and the like."""
    whole = match.group()
    if lengths[-2:] == [3, 4] and "(" in whole:
        return 0.9
    area = re.findall(r"\d+", match["first"] + match["rest"])[-3:][0]
    if lengths[-3:] != [3, 3, 4] or len(lengths) > 4 or area[0] not in "23456789":
        return 0.0
    if "-" in whole or match["extension"]:
        return 0.9
    return 0.8 if whole.count(".") == 2 else 0.7


def _with_trunk(match: re.Match[str], digits: str, lengths: list[int]) -> float:
    """Groups after a leading zero: 0490 75 40 81, 01.84.17.61.18, 0393 1144137."""
    if digits[0] != "0" or min(lengths) < 2:
        return 0.0
    separators = set(re.findall(r"(?<=\d)\D+(?=\d)", match["first"] + match["rest"]))
    if len(lengths) >= 3 and 9 <= len(digits) <= 12 and len(separators) == 1:
        return 0.8
    return 0.6 if len(lengths) == 2 and 10 <= len(digits) <= 11 and min(lengths) >= 4 else 0.0


def _said_score(match: re.Match[str], digits: str) -> float:
    """How sure it is after a word such as "call"."""
    groups = re.findall(r"\d+", match["first"] + match["rest"])
    if len(groups) > 1:
        return 0.9 if len(digits) <= 12 else 0.4
    return 0.85 if 9 <= len(digits) <= 12 else 0.4


# --- secrets ----------------------------------------------------------------------------

_TOKEN = r"(?<![A-Za-z0-9_-])"
_KEYS = re.compile(
    rf"{_TOKEN}(?:(?:AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{{16}}(?![0-9A-Z])"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[\w-]{20,64}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{10,250}"
    r"|sk-(?:proj-|ant-|or-|svcacct-)?[A-Za-z0-9_-]{20,250}"
    r"|(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{20,250}"
    r"|AIza[0-9A-Za-z_-]{35}(?![\w-])|ya29\.[0-9A-Za-z_-]{20,500}|GOCSPX-[\w-]{20,40}"
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,500}|hf_[A-Za-z0-9]{30,64}"
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|key-[0-9a-f]{32}|dop_v1_[0-9a-f]{64}"
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|(?:AC|SK)[0-9a-f]{32}(?![0-9a-zA-Z])"
    r"|eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,1000}"
    r"|[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}|\d{8,10}:AA[\w-]{32,36})")
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_PRIVATE_END = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_IN_URL = re.compile(r"://[^\s/:@]{0,64}:([^\s/@]{3,128})@")
_NAMED = re.compile(
    r"(?<![A-Za-z0-9])(?P<name>pass(?:word|wd|phrase|code)?|pwd|secret(?:[_-]?(?:access[_-]?)?key)?"
    r"|(?:api|access|auth|private|client|bearer|session|encryption|signing|master)"
    r"[_ -]?(?:key|token|secret)|token|authorization: ?bearer|bearer)"
    r"(?P<link>[\"']?[ ]?(?:=>|:=|=|:)[ ]?|[ ]is[ ]|[ ])"
    r"(?P<quote>[\"'`]?)(?P<value>[^\s\"'`,;<>]{6,256})", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"\W*(?:x{3,}|\*{3,}|your|my|the|some|example|changeme|password|passwd|secret|token|null|none|"
    r"true|false|undefined|string|required|optional|invalid|incorrect|expired|wrong|file|"
    r"is|not|for|get|set|env|process|os\.|\$|<|\{|%|https?:|/)", re.IGNORECASE)
_HINT = re.compile(r"pass|pwd|secret|token|key|bearer", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_KINDS = tuple(map(re.compile, (r"[a-z]", r"[A-Z]", r"\d", r"[\W_]")))


def entropy(text: str) -> float:
    """Bits a character, by the characters' own frequencies."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values())


def find_secrets(text: str) -> Iterator[Found]:
    for match in _KEYS.finditer(text):
        value = match.group()
        mixed = _DIGIT.search(value) is not None and entropy(value) > 3.0
        yield Found(*match.span(), 0.98 if mixed else 0.3)
    yield from _private_keys(text)
    if "://" in text and "@" in text:
        for match in _IN_URL.finditer(text):
            yield Found(*match.span(1), 0.9)
    if _HINT.search(text):
        for match in _NAMED.finditer(text):
            score = _named_score(match)
            if score:
                yield Found(*match.span("value"), score)


def _private_keys(text: str) -> Iterator[Found]:
    at = text.find("-----BEGIN")
    while at >= 0 and (match := _PRIVATE_KEY.search(text, at)):
        end = _PRIVATE_END.search(text, match.end())
        yield Found(match.start(), end.end() if end else len(text), 0.99)
        at = end.end() if end else -1


def _named_score(match: re.Match[str]) -> float:
    """How sure it is that a word after "password" or the like is one."""
    value, link = match["value"].rstrip(".!?)"), match["link"].strip("\"' ").lower()
    if _PLACEHOLDER.match(value) or "(" in value:
        return 0.0
    kinds = sum(kind.search(value) is not None for kind in _KINDS)
    random = _DIGIT.search(value) is not None and kinds >= 2 and entropy(value) > 2.5
    if link == "is":
        return 0.8 if random else 0.2
    if link:  # an assignment
        return 0.9 if random else 0.55 if match["quote"] and kinds > 1 else 0.3
    return 0.8 if random and len(value) >= 20 and entropy(value) > 3.5 else 0.1


# --- all of them ------------------------------------------------------------------------

_ANY_NUMBER = re.compile(r"\d\d|\d[ .-]\d")
_LONG = re.compile(r"\S{16}")
_RULES: tuple[tuple[str, Rule], ...] = (
    ("email", find_emails), ("url", find_urls), ("secret", find_secrets),
    ("ip", find_ips), ("iban", find_ibans), ("card", find_cards), ("ssn", find_ssns),
    ("phone", find_phones))
_NUMBERS = frozenset(("iban", "card", "ssn", "phone"))
_HIDES = frozenset(("email", "url", "secret", "ip", "iban", "card", "ssn"))


def find(text: str) -> dict[str, list[Found]]:
    """What was found of each label.  Numbers inside a link, an address, a key or a number of
    a surer kind are not reported again."""
    found: dict[str, list[Found]] = {}
    hidden: list[tuple[int, int]] = []
    number = _ANY_NUMBER.search(text) is not None
    keys = _LONG.search(text) is not None or _HINT.search(text) is not None
    for label, rule in _RULES:
        if label in _NUMBERS and not number or label == "secret" and not keys:
            continue
        pieces = [piece for piece in rule(text) if not (label in _NUMBERS and any(
            start < piece.end and piece.start < end for start, end in hidden))]
        if pieces:
            found[label] = pieces
            if label in _HIDES:
                hidden += [(piece.start, piece.end) for piece in pieces if piece.score >= 0.5]
    return found
