# SPDX-License-Identifier: MIT
"""Sites that messages link to: finding them, known phishing sites, and those that look like
a well-known one.

Known sites are kept as hashes.  For others a linear model reads the name's letters; words are
added for what the eye takes one for another: "near" when a part of the name is a brand but
for one or two letters, digits or foreign letters that look like its own; "brand" when a name
that is not the brand's carries the brand whole.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Sequence

import numpy as np

from parley.features import Features
from parley.linear import LinearModel

READ = 4000
MOST = 8
"""Links of one message that are looked at."""

_LINK = re.compile(
    r"(?:(?:h(?:tt|xx)ps?|ftp)://(?:[^\s/@:]{1,64}(?::[^\s/@]{0,64})?@)?|(?<![\w@./-]))"
    r"(?P<host>(?:[\w-]{1,63}(?:\.|\[\.\])){1,6}[^\W\d_][\w-]{1,62})(?![\w@])", re.IGNORECASE)
_DOTTED = re.compile(r"[\w\]]\.[\w\]]|\[\.\]")
_SECOND = frozenset(("co", "com", "org", "net", "gov", "ac", "edu", "ne", "or", "gob", "go"))
_SHARED = frozenset(("github.io", "blogspot.com", "wordpress.com", "herokuapp.com", "web.app",
                     "netlify.app", "vercel.app", "weebly.com", "wixsite.com", "000webhostapp.com",
                     "firebaseapp.com", "pages.dev", "repl.co", "glitch.me", "tumblr.com",
                     "sourceforge.net", "gitlab.io", "readthedocs.io", "ngrok.io", "godaddysites.com"))
_TOPS = frozenset(
    "com net org info biz ru xyz gift gifts site online shop store club app gg me tv top link "
    "click live space website tech cloud fun pro news io co eu us uk de fr nl pl br jp cn in it "
    "es se ch at be cz pt ca au dev edu gov int ly ai cc ws su ua by kz tk ml ga cf gq pw icu vip "
    "win bid life world today network one best help host cam monster quest lol "
    "fm ws no fi dk hu ro bg gr tr il ir kr tw hk sg my id th vn ph nz za "
    "mx ar cl asia mobi codes games game gold money finance exchange trade promo events "
    "deals email support services software solutions systems center company group ltd".split())

BRANDS = {
    "discord": "discord.com discord.gg discordapp.com discordapp.net discord.gift discord.media "
               "discord.new discordstatus.com discord.js.org discordjs.guide discord.me",
    "discordapp": "", "discordgift": "", "discordnitro": "", "nitro": "",
    "steamcommunity": "steamcommunity.com", "steampowered": "steampowered.com",
    "steam": "steamdb.info steamstatic.com steamusercontent.com", "steamgift": "",
    "paypal": "paypal.com paypal.me paypalobjects.com", "google": "google.com google.de google.fr "
    "google.co.uk google.es google.it google.ru google.com.br google.co.jp google.pl google.nl "
    "googleapis.com googleusercontent.com googleblog.com googlegroups.com googlevideo.com "
    "googlesyndication.com googletagmanager.com google-analytics.com withgoogle.com",
    "youtube": "youtube.com youtube-nocookie.com", "facebook": "facebook.com facebook.net",
    "instagram": "instagram.com cdninstagram.com", "whatsapp": "whatsapp.com whatsapp.net",
    "telegram": "telegram.org telegram.me", "twitter": "twitter.com", "twitch": "twitch.tv",
    "amazon": "amazon.com amazon.de amazon.fr amazon.it amazon.es amazon.co.uk amazon.co.jp "
              "amazon.in amazon.ca amazonaws.com amazon.com.br amazon.nl amazonpay.com",
    "microsoft": "microsoft.com microsoftonline.com microsoftstore.com", "outlook": "outlook.com",
    "office365": "office365.com", "apple": "apple.com", "icloud": "icloud.com",
    "netflix": "netflix.com", "spotify": "spotify.com", "linkedin": "linkedin.com",
    "roblox": "roblox.com", "epicgames": "epicgames.com epicgames.dev", "fortnite": "fortnite.com",
    "minecraft": "minecraft.net", "playstation": "playstation.com playstation.net",
    "binance": "binance.com binance.us binance.org", "coinbase": "coinbase.com",
    "metamask": "metamask.io", "opensea": "opensea.io", "uniswap": "uniswap.org",
    "pancakeswap": "pancakeswap.finance", "trustwallet": "trustwallet.com",
    "blockchain": "blockchain.com blockchain.info", "kraken": "kraken.com", "ledger": "ledger.com",
    "github": "github.com github.io githubusercontent.com githubassets.com github.blog "
              "githubstatus.com",
    "wikipedia": "wikipedia.org", "reddit": "reddit.com redditmedia.com redditstatic.com",
    "tiktok": "tiktok.com tiktokcdn.com", "snapchat": "snapchat.com", "dropbox": "dropbox.com "
    "dropboxusercontent.com", "adobe": "adobe.com", "ebay": "ebay.com ebay.de ebay.co.uk",
    "chase": "chase.com", "bankofamerica": "bankofamerica.com", "wellsfargo": "wellsfargo.com",
    "yahoo": "yahoo.com yahoo.co.jp", "airbnb": "airbnb.com", "booking": "booking.com",
    "csgo": "", "tradeit": "tradeit.gg", "faceit": "faceit.com", "riotgames": "riotgames.com",
    "leagueoflegends": "leagueoflegends.com", "walmart": "walmart.com", "usps": "usps.com",
    "fedex": "fedex.com", "dhl": "dhl.com dhl.de", "zoom": "zoom.us zoom.com", "slack": "slack.com",
    "alibaba": "alibaba.com", "aliexpress": "aliexpress.com", "stripe": "stripe.com"}
"""Names that are imitated, and the domains which are truly theirs."""

_OFFICIAL = frozenset(domain for domains in BRANDS.values() for domain in domains.split())
_NEAR_LEAST = 6
"""Shorter brands are near too many words."""

_LOOKS = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b",
                        "9": "g", "|": "l", "\u0430": "a", "\u0435": "e", "\u043e": "o",
                        "\u0440": "p", "\u0441": "c", "\u0443": "y", "\u0445": "x",
                        "\u0456": "i", "\u0458": "j", "\u0455": "s", "\u04bb": "h",
                        "\u0501": "d", "\u051b": "q", "\u051d": "w", "\u0432": "b",
                        "\u043a": "k", "\u043c": "m", "\u0442": "t", "\u043d": "h",
                        "\u03bf": "o", "\u03b1": "a", "\u03bd": "v", "\u03c1": "p",
                        "\u03c5": "u", "\u03b9": "i", "\u03ba": "k", "\u0131": "i",
                        "\u0142": "l", "\u0261": "g", "\u026a": "i", "\u029f": "l",
                        "\u217c": "l", "\u217d": "c", "\u217e": "d"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"), ("ii", "u"))


class Link(NamedTuple):
    """A site named in a message: its name in lower case, and where."""

    host: str
    start: int
    end: int


def find(text: str) -> list[Link]:
    """Sites named in `text`, with or without a scheme; of the bare ones those whose last part
    is a common top-level domain."""
    if "." not in text or not _DOTTED.search(text, 0, READ):
        return []
    out = []
    for match in _LINK.finditer(text[:READ]):
        host = match["host"].lower().replace("[.]", ".").strip(".-")
        top = host.rpartition(".")[2]
        if "://" not in match.group() and top not in _TOPS and not top.startswith("xn--"):
            continue
        out.append(Link(host, *match.span()))
        if len(out) == MOST:
            break
    return out


def registrable(host: str) -> str:
    """The part of a site's name that somebody registered."""
    labels = host.split(".")
    if len(labels) <= 2:
        return host
    two = ".".join(labels[-2:])
    if two in _SHARED or (labels[-2] in _SECOND and len(labels[-1]) == 2):
        return ".".join(labels[-3:])
    return two


def hash_host(host: str) -> int:
    """By what a listed site is known."""
    return int.from_bytes(hashlib.blake2b(host.encode("utf-8", "surrogatepass"),
                                          digest_size=6).digest(), "big")


def _plain(label: str) -> str:
    """A label as the eye reads it."""
    if label.startswith("xn--"):
        try:
            label = label.encode("ascii").decode("idna")
        except UnicodeError:
            pass
    label = label.translate(_LOOKS)
    label = "".join(char for char in unicodedata.normalize("NFKD", label)
                    if not unicodedata.combining(char)).translate(_LOOKS)
    return label


def distance(a: str, b: str, most: int) -> int:
    """Edits (one letter put in, left out, changed, or two swapped) from `a` to `b`; `most` + 1
    when there are more than `most`."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before, row = [], list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, older[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


@lru_cache(maxsize=4096)
def describe(host: str) -> str:
    """What the model reads: the name, and words for what it looks like."""
    domain = registrable(host)
    if domain in _OFFICIAL:
        return f"{host} xofficial"
    names = domain.split(".")[0]
    above = host[:-len(domain)].rstrip(".")
    words = set()
    parts = [part for part in {names, *names.split("-"), *above.split(".")} if part]
    for part in parts:
        words |= _look(part)
    if any(ord(char) > 127 for char in host) or "xn--" in host:
        words.add("xforeign")
    words.add(f"xhyphens{min(names.count('-'), 3)}")
    words.add(f"xlength{min(len(names) // 4, 6)}")
    words.add(f"xdigits{min(sum(char.isdigit() for char in names), 3)}")
    return " ".join((host, *sorted(words)))


def _look(part: str) -> set[str]:
    """Words on how one part of a name relates to the brands."""
    plain = _plain(part)
    forms = {plain, *(plain.replace(pair, one) for pair, one in _PAIRS if pair in plain)}
    words = set()
    for brand in BRANDS:
        if part == brand:
            words.add("xbrandwhole")
        elif brand in forms:
            words.add("xlooksame")
        elif len(brand) >= 5 and brand in part:
            words.add("xbrandinside")
        elif len(brand) >= 5 and any(brand in form for form in forms):
            words.add("xlookinside")
        elif len(brand) >= _NEAR_LEAST:
            most = 1 if len(brand) < 8 else 2
            near = min(distance(form, brand, most) for form in forms)
            if near <= most:
                words.add(f"xnear{near}{'long' if len(brand) >= 8 else ''}")
    return words


@dataclass(frozen=True)
class LinkModel:
    """Known sites, and the model of names."""

    listed: np.ndarray  # uint64, ascending
    names: LinearModel

    def scores(self, hosts: Sequence[str]) -> list[float]:
        """How likely each site is a scam."""
        return [0.999 if self._is_listed(host) else score
                for host, score in zip(hosts, self.guess(hosts))]

    def guess(self, hosts: Sequence[str]) -> list[float]:
        """The same by the name alone, listed or not."""
        if not hosts:
            return []
        scores = self.names.scores(Features([describe(host) for host in hosts]))[:, 0]
        return [0.0 if registrable(host) in _OFFICIAL else score
                for host, score in zip(hosts, scores.tolist())]

    def _is_listed(self, host: str) -> bool:
        names = {host, host.removeprefix("www."), registrable(host)}
        if registrable(host) in _OFFICIAL:
            names = {host}
        keys = np.array([hash_host(name) for name in names], np.uint64)
        at = np.searchsorted(self.listed, keys)
        return bool((self.listed[np.minimum(at, len(self.listed) - 1)] == keys).any())
