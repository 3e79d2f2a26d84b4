# SPDX-License-Identifier: MIT
"""Spam and what is not, written by hand for training: chat promotion, scams, and the harmless
sentences that hold the same words; and well-known sites, as examples of honest names."""

from __future__ import annotations

import random

_SPAM = (
    "check out my {c}", "check out my new {c}", "check out my {c} {l}", "please check my {c}",
    "go check out my {c} guys", "check my {c} out pls", "hey guys check out my {c}",
    "hey everyone check out my {c} and subscribe", "check me out {l}",
    "come check out our {v}", "check out our {c}",
    "subscribe to my {c}", "plz subscribe", "please subscribe to me", "sub to my {c}",
    "subscribe to me and i'll subscribe back", "sub 4 sub", "sub4sub", "sub for sub?",
    "subscribe for more {v}s", "subscribe my {c} please", "subscribe to {n} {l}",
    "please subscribe to my {c} i make {v}s", "can you guys subscribe to my {c}",
    "if you subscribe to me i will subscribe to you", "like and subscribe to my {c}",
    "follow me on {s}", "follow me on {s} @{n}", "add me on {s} {n}", "follow my {s} {l}",
    "like my page {l}", "like our page on {s}", "please like my {s} page {l}",
    "follow for follow", "f4f", "i follow back", "new {v} on my {c} {l}",
    "just uploaded a new {v} go watch it", "watch my {v}s", "watch my new {v} {l}",
    "please listen to my music {l}", "i make covers please check my {c}",
    "we are a small band please give us a listen {l}", "i'm a rapper check out my songs",
    "hi i'm {n} and i sing covers, please give me a chance", "my new song is out {l}",
    "listen to my new track on {s} {l}", "help me get {k} subscribers",
    "help me reach {k} subs please", "trying to get {k} followers please help",
    "vote for me {l}", "please vote for us {l}", "sign this petition {l}",
    "please share this {l}", "please donate {l}", "support my campaign {l}",
    "buy my shirt here {l}", "get your t-shirt {l}", "download our app {l}",
    "get it on google play {l}", "join my server {l}", "join our discord {l}",
    "join this group {l}", "join our telegram channel for signals {l}",
    "earn ${m} a day from home", "earn ${m} per week working from home {l}",
    "make money online {l}", "i made ${m} in one week, ask me how", "make ${m} fast",
    "work from home and earn ${m} monthly {l}", "get paid for surveys {l}",
    "want to make easy money? {l}", "need money? {l}", "free money {l}",
    "invest ${m} and get double back in 24 hours", "dm me for crypto signals",
    "i turned ${m} into ${k} trading bitcoin, message {n} on whatsapp",
    "thanks to {n} i now earn weekly from forex trading", "double your btc {l}",
    "giving away {k} eth, send first {l}", "claim your airdrop now {l}",
    "connect your wallet to claim {l}", "free nitro {l}", "free nitro for everyone {l}",
    "free discord nitro 3 months {l}", "steam gift 50$ {l}", "get free robux {l}",
    "hey is this you in this {v}? {l}", "free v-bucks generator {l}", "free skins {l}",
    "cs go skins giveaway {l}", "i'm leaving cs:go, take my skins {l}", "free gift card {l}",
    "congratulations you have won a ${m} gift card {l}", "you have been selected {l}",
    "you won! claim your prize here {l}", "claim your reward now {l}", "hot girls near you {l}",
    "hot singles in your area {l}", "see my nudes {l}", "i'm lonely, text me {l}",
    "my onlyfans is free today {l}", "cheap followers {l}", "buy followers and likes {l}",
    "cheap {s} accounts for sale {l}", "best casino bonus {l}", "bet now and win ${m} {l}",
    "lose 10 kg in 2 weeks {l}", "buy viagra online no prescription {l}",
    "cheap meds online {l}", "replica watches {l}", "seo services for your website {l}",
    "your account will be suspended, verify now {l}", "your parcel is waiting, pay fee {l}",
    "unusual login, confirm your password {l}", "limited offer, buy now {l}",
    "50% off today only {l}", "use my code {n} for 10% off {l}", "use my referral link {l}",
    "sign up with my link and get ${m} {l}", "click here {l}", "click the link {l}",
    "visit my website {l}",
    "watch full movie free {l}", "free download {l}", "hacked game coins {l}",
    "i sell cheap gold, whisper me", "wts gold cheap {l}", "boosting service cheap {l}",
    # begging for reactions
    "like this comment", "like this comment please", "like this comment if you agree",
    "like this comment if you are watching in 2016", "like if you are still listening in 2014",
    "thumbs up if you came here from {s}", "thumbs up if you love this {v}",
    "thumbs up if you are watching in 2013", "thumbs up so everyone can see this",
    "don't like this comment", "how many likes can this comment get", "share this with {k} people",
    "repost this or you will have bad luck", "copy and paste this to {k} {v}s",
    "like this or your mother will die tonight", "share and like", "please like and share",
    # music, videos and other things of one's own
    "check out this playlist on {s}", "check out: {a} by {a}",
    "check out {a} by {a}", "check out {a}, you won't regret it", "check out {a}'s new {v}",
    "look up {a} on {s}", "search {a} on {s}", "search for my {c} on {s}", "search \"{a} - {a}\"",
    "type in {a} and see", "just look up my name {n}", "google my name {n}", "watch {a} live {l}",
    "go to my {c}", "come to my {c}", "visit my {c}", "come visit my {c} sometime",
    "come watch my {v}", "come see our newest {v}", "please watch my first {v}",
    "please take a look at my {c}", "take a look at this {v} on {s}",
    "there is a {v} on my {c} about this", "i have a {v} about this on my {c}",
    "i have my own {c}", "i just started a {c}", "i made a {c}", "i made a {v}, check it out",
    "i did a {v} if you want to hear it", "my {v}s are not bad, give them a try",
    "my {v} is on {s}", "my {c} needs more views", "my new {c} is up",
    "i am an artist, my {v} is out now",
    "i'm new to {s} and would be glad about some subs", "i would love some feedback on my {v}s",
    "i'm 15 and i {w}, my dream is to be famous, please give me a chance",
    "hey, i am {n} and i {w}", "we {w}, please support us", "me and my friend {w}, have a look",
    "if you like {w2} you will love my {c}", "can i get some subscribers", "need {k} subs",
    "need subscribers", "subs pls", "subscribe me please", "sub back", "i sub back",
    "give us a thumbs up on our {c}", "leave a like on my {v}", "comment on my {v}",
    "i put a lot of work into my {c} but nobody watches", "nobody will read this but i {w}",
    "sorry for the spam but i {w}", "i know this is spam but please check {c}",
    "i hate to advertise but {l}", "not spamming just want to share my {c}",
    # causes, shops, money
    "please help {n} who has cancer {l}", "our dog needs surgery, every dollar helps {l}",
    "please sign {l}", "support the fight for our rights {l}", "stop this law {l}",
    "vote for {a} please {l}", "vote {a} for best {v} {l}", "help us win {l}",
    "back our project on kickstarter {l}", "find and buy here {l}",
    "new shirts {l}", "my book is on amazon {l}", "read my blog {l}", "care to visit my blog",
    "i write a blog about {w2} {l}", "my shop has {w2} {l}", "visit our shop for {w2}",
    "the best {w2} at low prices {l}", "i get paid for watching {v}s {l}",
    "want extra money by internet? {l}", "if interested in extra money use the next link {l}",
    "this site pays {m} a day {l}", "i earn {m} euro with my phone {l}", "earn free gift cards {l}",
    "generate free leads {l}", "a doctor found a trick to lose weight {l}",
    "this pill made me bigger {l}", "a friend lost 30 pounds with this {l}",
    "discover the secret {l}", "the truth about {a} {l}",
    "god loves you, visit {l}", "learn {w2} in 10 days {l}", "download {v}s for free {l}",
    "get the {v} here {l}", "full {v} here {l}", "hd {v} {l}",
    "free {v}s {l}")
_CLEAN = (
    "did you check the logs", "check out the branch first", "check out the master branch",
    "checkout failed on my machine", "i'll check it out later", "let me check my config",
    "which channel is this", "wrong channel, sorry", "this channel is for support",
    "please keep this channel on topic", "who runs this channel", "join #help for that",
    "how do i subscribe to the mailing list", "i subscribed to the list yesterday",
    "unsubscribe does not work", "i subscribe to this theory", "watching this in 2020",
    "who is still watching", "who is here in 2015", "i like the comment above",
    "did you like it", "i agree with this comment", "how do you get so many likes",
    "who shared this", "share the file with me please", "check the box on the left",
    "there is a video about it on the wiki", "my video card is broken", "my channel list is empty",
    "her new song is great", "this song never gets old", "the video is so funny",
    "i come back to this song every year", "the dance at the end is the best",
    "she looks so pretty in this video", "most viewed video ever", "how can this have {k} dislikes",
    "this reminds me of school", "my little sister loves this song", "a classic", "so catchy",
    "the beat is amazing", "why is this so popular", "youtube counts the views wrong",
    "the only reason i am here is the dance", "still better than the remix", "nice",
    "{k} people subscribed to him", "he has {k} subscribers now", "who wrote this song",
    "hey guys", "hi guys", "hello everyone", "hey all, how are you", "good morning people",
    "why do they advertise that", "i made one as well", "we share a flat", "i am watching a film",
    # work and everyday talk in the words of promotion
    "check out my {k2}", "can you check my {k2}", "can you check my {k2} {t}",
    "check my {k2} please",
    "please check out the {k2}", "please have a look at my {k2}",
    "take a look at my {k2} when you can",
    "please review my {k2} {t}", "my {k2} is up for review {t}", "here is my {k2} {t}",
    "i uploaded the {k2} {t}", "just uploaded my {k2}",
    "the {k2} is online now {t}",
    "i made a {k2} for you", "i made a video of the bug",
    "i made a video about our product, what do you think",
    "i made a {k2} about it, please comment", "we made a new {k2}, feedback is welcome",
    "join our {e}", "join the {e}", "join the {e} {t}", "please join the {e}",
    "please join the {e} {t}",
    "join us at the {e}", "come to our {e}", "come to my {e} tomorrow", "who comes to the {e}",
    "new link for the {e}: {t}", "{e} link: {t}", "video {e} in five minutes {t}",
    "the {e} is at {k} {t}",
    "sign up for the {e} {t}", "sign up for the {e} please", "please register for the {e}",
    "visit us at the {e}", "free pizza at the {e}", "free coffee in the kitchen",
    "free seats at the {e}",
    "subscribe to the {k2}", "subscribe to the list for updates", "subscribe to the calendar {t}",
    "subscribe me to the issue please", "follow the {k2}", "follow the steps in the {k2} {t}",
    "follow up on the {k2}", "i follow you", "i will follow you home", "add me to the {e}",
    "add me to the {k2} please", "add me as a reviewer", "share the {k2} with me",
    "please share your {k2}",
    "please share your screen", "like the {k2}", "i like your {k2}", "like it or not",
    "would you like tea",
    "thumbs up", "thumbs up for the {k2}", "thumbs up if you agree with the plan",
    "a thumbs up from me",
    "thumbs up if you can come to the {e}", "give it a thumbs up when you are done",
    "vote for the {e} date", "vote for a date {t}", "vote for option {k}",
    "my vote is for the {k2}",
    "please vote on the {k2} {t}", "please donate blood on friday", "we earn less than {m} a month",
    "i earned {m} last month", "i paid {m} for it", "it costs ${m}", "${m} is too much",
    "he won {m} at poker",
    "you win", "we win if you come", "send me the money for the {e}", "text me when the {e} starts",
    "call me about the {k2}", "my channel is #{k2}", "the channel for the {e} is #{e}",

    "watch my {k2} for a minute please", "watch the recording of the {e} {t}",
    "download the {k2} {t}",
    "the {k2} is free to use", "get your badge at the door",
    "buy milk please",
    "who buys the tickets for the {e}", "selling my old bike, anyone", "my {k2} is finally done",
    "my new {k2} works", "this is my new {k2}", "i started a new {k2} today",
    "help me with my {k2}",
    "please help me with the {e}", "please support the {e} team",
    "please subscribe me to the thread",
    "look at this {t}", "{t} lol", "did you see {t}", "wow {t}", "here {t}", "that one: {t}",
    "have a look at {t}", "i found {t}", "go to {t} and read it", "it is on {t}", "try this: {t}",
    "look at this: {t}", "check this out - {t}", "follow {t}", "ok, download it from {t}",
    "visit {t} for the package", "you can subscribe to the list at {t}", "please help, see {t}",
    "i like this video", "i love this song so much", "best song ever",
    "this video has so many views", "why does this have {k} views", "{k} views already",
    "2 billion views wow", "i watched the video twice", "great channel", "nice video",
    "the song is free to download on their site", "is the update free?", "it's free software",
    "money is tight this month", "how much money did it cost", "he won the game",
    "we won!!", "congratulations!", "congrats on the release", "you won the bet",
    "i need money for rent", "can you lend me 20 until friday", "call me when you are home",
    "text me later", "call me back please", "i sent you the link", "the link is broken",
    "here is the log {t}", "see {t}", "docs are at {t}", "look at {t} for the howto",
    "{t}", "paste it to {t}", "the bug is {t}", "this explains it {t}", "{t} this one",
    "read {t} please", "try {t}", "i followed {t} but it fails", "from {t}: it is fixed",
    "source: {t}", "check {t}", "check out {t} for more info", "please see {t}",
    "my vote goes to option two", "vote in the poll please", "i voted already",
    "anyone want to play later", "join us for dinner at 7", "are you on discord tonight",
    "what's your steam name", "nitro is not worth it", "i bought nitro yesterday",
    "who wants to trade skins", "the server is down", "join the voice channel please",
    "your order has shipped, thanks", "my account is locked", "i forgot my password again",
    "click the button on the left", "click on settings then network", "sign in first")
_CHANNELS = ("channel", "youtube channel", "videos", "page", "music", "covers", "mixtape",
             "profile", "stream", "vlog", "gaming channel", "soundcloud", "blog", "website")
_SITES = ("instagram", "twitter", "facebook", "snapchat", "twitch", "tiktok", "telegram",
          "soundcloud", "kik", "spotify")
_VIDEOS = ("video", "song", "vid", "cover", "remix", "clip", "parody", "track")
_NAMES = ("dj_mike", "lisa_sings", "thegamer99", "john.trades", "maria_fx", "xxkillerxx",
          "BeatsByTom", "annavlogs", "cryptoking", "mrvideos")
_LINKS = ("http://www.youtube.com/watch?v=aB3dE5fG7hI", "https://youtu.be/Zx9yW8vU7tS",
          "http://www.facebook.com/mypage123", "https://bit.ly/2xYz9Qw", "www.free-gift4u.com",
          "http://tinyurl.com/abc123", "https://t.me/joinchat/AbCdEf", "discord.gg/abcDEF",
          "http://www.twitch.tv/gamerguy", "https://www.instagram.com/me.official/",
          "http://www.gofundme.com/help-us", "http://soundcloud.com/artist/new-song",
          "https://www.change.org/p/some-petition", "http://earn-cash.biz/ref=123",
          "https://www.amazon.com/dp/B00ABCDEFG?tag=ref-20", "mysite . com",
          "http://www.kickstarter.com/projects/1/x", "https://play.google.com/store/apps/x",
          "www.tsu.co/someone", "https://cashapp.money/claim?id=7", "http://teespring.com/cool",
          "https://nitro-gifts.ru/claim", "")
_ARTISTS = ("big mike", "lil dee", "the paper kites", "moon rise", "dj storm", "angel voice",
            "crazy world", "summer love", "broken dreams", "king of the street", "mc flow",
            "night drive", "hannah lee", "team alpha", "the lost boys", "jay one")
_WORK = ("sing covers", "make beats", "rap", "play guitar", "do make up tutorials", "dance",
         "make funny videos", "play minecraft", "write songs", "draw", "produce music",
         "review games", "make short films", "do pranks")
_WARES = ("fashion", "music", "minecraft", "comedy", "shoes", "sunglasses", "phones", "games",
          "fitness", "english", "t-shirts", "beauty products", "rap", "dubstep")
_TASKS = ("code", "pull request", "branch", "patch", "draft", "slides", "notes", "config", "script",
          "homework", "schedule", "photos", "garden", "keyboard", "design", "release notes", "wiki",
          "spreadsheet", "report", "plan", "setup", "docs", "build", "test", "repo", "essay")
_EVENTS = ("call", "standup", "meeting", "dinner", "voice channel", "game", "party", "workshop",
           "sprint review", "demo", "training", "barbecue", "raid", "session", "webinar", "class")
_STARTS = ("http://www.", "https://www.", "http://", "https://", "www.", "")
_WORDS = ("my", "best", "top", "free", "music", "fun", "shop", "love", "star", "cash", "daily",
          "web", "show", "hot", "news", "beat", "style", "world", "lucky", "net", "clip", "fan")
_ENDS = ("", "/", "/{n}", "/?ref={n}", "/{w}/{d}", "/watch?v={n}{d}", "/r/{n}", "/share/{d}",
         "/{w}.html", "/{w}/{w}-{w}-{d}/", "/i.php?id={d}&{w}={n}", "/{n}/{w}?s={d}",
         "/p/{w}-{w}/?fb={d}", "/u/{d}")
_TECHNICAL = ("https://zoom.us/j/94512345678", "https://meet.google.com/abc-defg-hij",
              "https://docs.google.com/document/d/1AbC_dEf/edit", "https://drive.google.com/file/d/1x/view",
              "https://www.figma.com/file/AbC/Design", "https://trello.com/c/AbCd12/7-task",
              "https://photos.app.goo.gl/AbCdEf", "https://doodle.com/poll/ab12cd34",
              "https://teams.microsoft.com/l/meetup-join/19", "https://intranet.example.com/news/7",
              "https://github.com/me/project/pull/12", "https://company.atlassian.net/browse/ABC-12",
              "https://paste.debian.net/123456/", "http://pastebin.com/Ab12Cd34",
              "https://github.com/org/project/issues/42", "https://docs.python.org/3/library/re.html",
              "https://wiki.ubuntu.com/SomePage", "https://bugs.launchpad.net/bugs/123456",
              "http://stackoverflow.com/questions/123/how-to", "https://en.wikipedia.org/wiki/Linux",
              "https://imgur.com/a/AbCdE", "http://www.kernel.org/doc/", "https://askubuntu.com/q/1",
              "http://paste.ubuntu.com/1234567/", "https://discord.com/channels/123456/789",
              "https://store.steampowered.com/app/620/", "https://example.org/page", "https://lwn.net/Articles/12345/",
              "https://gitlab.com/group/thing/-/merge_requests/7", "http://www.debian.org/releases/")

HONEST_SITES = (
    "stackoverflow.com serverfault.com superuser.com askubuntu.com stackexchange.com bit.ly t.co "
    "tinyurl.com goo.gl skype.com disney.com digitaltrends.com discogs.com eventbrite.com "
    "vkontakte.ru vk.com narod.ru liveinternet.ru yandex.ru mail.ru ok.ru rambler.ru reg.ru "
    "wordpress.com wordpress.org blogspot.com tumblr.com medium.com substack.com quora.com "
    "imgur.com flickr.com pinterest.com vimeo.com dailymotion.com soundcloud.com bandcamp.com "
    "nytimes.com theguardian.com bbc.co.uk bbc.com cnn.com reuters.com bloomberg.com forbes.com "
    "wsj.com washingtonpost.com huffingtonpost.com usatoday.com time.com npr.org cbsnews.com "
    "nbcnews.com foxnews.com latimes.com independent.co.uk telegraph.co.uk dailymail.co.uk "
    "lemonde.fr lefigaro.fr spiegel.de welt.de zeit.de bild.de focus.de elpais.com elmundo.es "
    "marca.com abc.es repubblica.it corriere.it globo.com uol.com.br terra.com.br estadao.com.br "
    "rakuten.co.jp nikkei.com asahi.com naver.com daum.net kakao.com baidu.com qq.com weibo.com "
    "taobao.com tmall.com jd.com sina.com.cn 163.com sohu.com bilibili.com zhihu.com "
    "mozilla.org python.org nodejs.org rust-lang.org golang.org php.net ruby-lang.org gnu.org "
    "kernel.org debian.org ubuntu.com fedoraproject.org archlinux.org docker.com kubernetes.io "
    "cloudflare.com digitalocean.com heroku.com netlify.com vercel.com npmjs.com pypi.org "
    "crates.io jquery.com getbootstrap.com w3.org w3schools.com ietf.org ieee.org acm.org arxiv.org "
    "nature.com sciencemag.org sciencedirect.com springer.com wiley.com jstor.org researchgate.net "
    "nih.gov cdc.gov who.int un.org europa.eu nasa.gov noaa.gov whitehouse.gov gov.uk service.gov.uk "
    "mit.edu stanford.edu harvard.edu berkeley.edu ox.ac.uk cam.ac.uk ethz.ch archive.org "
    "imdb.com rottentomatoes.com metacritic.com goodreads.com last.fm genius.com allmusic.com "
    "ign.com gamespot.com kotaku.com polygon.com nexusmods.com curseforge.com itch.io gog.com "
    "ubisoft.com ea.com blizzard.com battle.net rockstargames.com nintendo.com xbox.com unity.com "
    "unrealengine.com valvesoftware.com nvidia.com amd.com intel.com hp.com dell.com lenovo.com "
    "samsung.com sony.com lg.com huawei.com oracle.com ibm.com sap.com salesforce.com atlassian.com "
    "trello.com notion.so asana.com figma.com canva.com miro.com mailchimp.com surveymonkey.com "
    "hubspot.com shopify.com squarespace.com wix.com godaddy.com namecheap.com etsy.com target.com "
    "bestbuy.com ikea.com zalando.de otto.de mediamarkt.de costco.com homedepot.com nike.com "
    "adidas.com booking.com expedia.com tripadvisor.com kayak.com uber.com lyft.com doordash.com "
    "visa.com mastercard.com americanexpress.com hsbc.com barclays.co.uk ing.com revolut.com wise.com "
    "weather.com accuweather.com timeanddate.com wunderground.com speedtest.net ssl-images-amazon.com "
    "digg.com slashdot.org ycombinator.com producthunt.com techcrunch.com theverge.com wired.com "
    "arstechnica.com engadget.com gizmodo.com cnet.com zdnet.com howtogeek.com lifehacker.com "
    "xda-developers.com tomshardware.com anandtech.com phoronix.com lwn.net linux.com omgubuntu.co.uk "
    "statista.com scribd.com slideshare.net issuu.com academia.edu coursera.org udemy.com edx.org "
    "khanacademy.org duolingo.com wolframalpha.com wikia.com fandom.com wikihow.com wikimedia.org "
    "creativecommons.org gravatar.com addthis.com sharethis.com disqus.com typepad.com livejournal.com "
    "deviantart.com behance.net dribbble.com unsplash.com shutterstock.com gettyimages.com giphy.com "
    "tenor.com steamdb.info twitchtracker.com discordbots.org top.gg dyno.gg carl.gg "
    "rightscale.com youronlinechoices.com cointelegraph.com coindesk.com coinmarketcap.com "
    "coingecko.com etherscan.io blockchair.com nitropdf.com nitrocellulose.com steamship.com "
    "discovery.com discover.com discount.com discus.com stream.me streamlabs.com steam-trains.co.uk "
    "community.com giftcards.com gifts.com premium.com freebsd.org freecodecamp.org freenode.net "
    "tradingview.com skins.com appleinsider.com applebees.com pineapple.com amazonia.org "
    "paypoint.com googol.com twisted.com zoominfo.com slackware.com adobo.com ledgerwallet.com "
    "chaser.com yahoogroups.com bookings.nl instabug.com instapaper.com facepunch.com "
    "facebookresearch.github.io microsofttranslator.com appspot.com blogger.com feedburner.com "
    "doubleclick.net ytimg.com fbcdn.net twimg.com akamaihd.net cloudfront.net").split()


def _site(rng: random.Random) -> str:
    """A link to somebody's own page."""
    host = "".join(rng.sample(_WORDS, rng.choice((1, 2, 2, 3)))) + rng.choice(
        (".com", ".com", ".com", ".net", ".org", ".tv", ".me", ".co.uk", ".de", ".info"))
    end = rng.choice(_ENDS).format(n=rng.choice(_NAMES), w=rng.choice(_WORDS),
                                   d=rng.randrange(10, 10**rng.randrange(3, 9)))
    return rng.choice(_STARTS) + host + end


def messages(rng: random.Random, count: int) -> list[tuple[str, bool]]:
    """(text, is spam), about as many of either."""
    out = []
    for index in range(count):
        spam, site = index % 2 == 0, _site(rng)
        text = rng.choice(_SPAM if spam else _CLEAN).format(
            c=rng.choice(_CHANNELS), s=rng.choice(_SITES), v=rng.choice(_VIDEOS),
            n=rng.choice(_NAMES), l=rng.choice((rng.choice(_LINKS), site)),
            t=site if rng.random() < 0.15 else rng.choice(_TECHNICAL),
            m=rng.choice(("50", "300", "500", "1000", "5,000", "200")),
            a=rng.choice(_ARTISTS), w=rng.choice(_WORK), w2=rng.choice(_WARES),
            k2=rng.choice(_TASKS), e=rng.choice(_EVENTS),
            k=rng.choice(("100", "500", "1k", "1000", "10000", "5000")))
        way = rng.random()
        if way < 0.15:
            text = text.upper() if "://" not in text else text
        elif way < 0.35:
            text = text[:1].upper() + text[1:] + rng.choice(("!", "!!!", ".", " :)", " thanks"))
        elif way < 0.5 and spam:
            text = rng.choice(("hey guys ", "hi everyone, ", "PLEASE ", "love this video! ",
                               "nice song but ", "lol ", "hello all ")) + text
        if text.strip():
            out.append((text.strip(), spam))
    return out


_SWAPS = {"o": "0", "l": "1i", "i": "l1", "e": "3", "a": "4", "s": "5z", "m": "nn", "w": "vv",
          "c": "k", "u": "v", "g": "q", "t": "7", "d": "cl", "n": "m", "b": "d"}
_ADDED = ("login", "secure", "verify", "support", "gift", "free", "promo", "account", "wallet",
          "help", "bonus", "claim", "event", "update", "service", "security", "app", "pay")
_TOPS = ("com", "ru", "net", "org", "xyz", "gift", "site", "online", "info", "top", "club",
         "co", "io", "shop", "app", "link", "click", "live")


def imitations(brands: list[str], rng: random.Random, count: int) -> list[str]:
    """Names that imitate a brand: a letter changed, doubled, left out or swapped, look-alike
    characters, or the brand beside a word that asks for trust."""
    out = []
    while len(out) < count:
        brand = rng.choice(brands)
        at = rng.randrange(len(brand))
        way = rng.randrange(7)
        name = brand
        if way <= 1 and brand[at] in _SWAPS:
            name = brand[:at] + rng.choice(_SWAPS[brand[at]]) + brand[at + 1:]
        elif way == 2:
            name = brand[:at] + brand[at] + brand[at:]
        elif way == 3 and len(brand) > 6:
            name = brand[:at] + brand[at + 1:]
        elif way == 4 and at and brand[at] != brand[at - 1]:
            name = brand[:at - 1] + brand[at] + brand[at - 1] + brand[at + 1:]
        elif way >= 5:
            word = rng.choice(_ADDED)
            name = rng.choice((f"{brand}-{word}", f"{word}-{brand}", f"{brand}{word}"))
        if name != brand:
            out.append(f"{name}.{rng.choice(_TOPS)}")
    return out
