# SPDX-License-Identifier: MIT
"""The Perspective API's calls get answers that its public clients understand: shapes, spans, errors, quota, description."""
import asyncio
import importlib
import importlib.util
import time
from typing import Any

from harness import Scenario, Server
from harness.analysis import workers_ready
from harness.ctl import ctl
from harness.http import Response
from harness.scenario import poll

LONG = 15
ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
RUDE = "What kind of idiot name is foo? Sorry, I like your name."
ERROR = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"


async def ask(server: Server, key: str, text: str = RUDE, path: str = ANALYZE, **more: Any) -> Response:
    body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"], **more}
    return await server.http("POST", f"{path}?key={key}", body=body)


def error(answer: Response, http: int, status: str, name: str, detail: str) -> None:
    """Google's shape, whose first detail the clients look into."""
    said = answer.json["error"]
    assert answer.status == said["code"] == http and said["status"] == status and said["message"], answer.text
    assert said["details"][0][name] == detail, answer.text


async def run(t: Scenario) -> None:
    server = await t.server(workers=1, rate_analyze=0)
    key = (await ctl(t, server, "key", "add", "forum", "--scope", "analyze")).strip()
    reader = (await ctl(t, server, "key", "add", "reader", "--scope", "read")).strip()
    await workers_ready(server)
    await needed_ones_alone(server, key)
    await answers(server, key)
    await errors(server, key)
    await credentials(server, key, reader)
    await descriptions(server)
    url = f"http://127.0.0.1:{server.port}"
    for name, use in (("perspective", with_perspective), ("PyPerspective", with_pyperspective),
                      ("googleapiclient", with_google)):
        if importlib.util.find_spec(name) is None:
            print(f"skipped: the client {name} is not installed")
        else:
            await asyncio.to_thread(use, url, key)
    await quota(t)


async def answers(server: Server, key: str) -> None:
    answer = await ask(server, key, spanAnnotations=True, clientToken="c-1", doNotStore=True, sessionId="s",
                       communityId="/forum", context={"entries": [{"text": "before", "type": "PLAIN_TEXT"}]},
                       requestedAttributes={"TOXICITY": {}, "INSULT_EXPERIMENTAL": {"scoreType": "PROBABILITY"},
                                            "THREAT": {"scoreThreshold": 0.99}})
    assert answer.status == 200, answer.text
    said = answer.json
    assert said["languages"] == ["en"] and said["clientToken"] == "c-1" and len(said["detectedLanguages"]) == 1
    assert set(said["attributeScores"]) == {"TOXICITY", "INSULT_EXPERIMENTAL"}, said
    for scores in said["attributeScores"].values():
        assert scores["summaryScore"]["type"] == "PROBABILITY" and 0 <= scores["summaryScore"]["value"] <= 1
        assert [(s["begin"], s["end"]) for s in scores["spanScores"]] == [(0, 31), (32, 56)]
        assert all(s["score"]["type"] == "PROBABILITY" for s in scores["spanScores"])
    insult, sorry = (s["score"]["value"] for s in said["attributeScores"]["TOXICITY"]["spanScores"])
    assert insult > 5 * sorry, said

    whole = (await ask(server, key, "😀 you are an idiot")).json["attributeScores"]["TOXICITY"]
    assert [(s["begin"], s["end"]) for s in whole["spanScores"]] == [(0, 19)]  # UTF-16: the face counts two
    assert whole["spanScores"][0]["score"] == whole["summaryScore"]
    html = (await server.http("POST", f"{ANALYZE}?key={key}", body={
        "comment": {"text": "<p>you are an <b>idiot</b></p>", "type": "HTML"}, "languages": ["en"],
        "requestedAttributes": {"TOXICITY": {}}})).json["attributeScores"]["TOXICITY"]
    assert abs(html["summaryScore"]["value"] - (await ask(server, key, "you are an idiot")).json
               ["attributeScores"]["TOXICITY"]["summaryScore"]["value"]) < 0.1
    snake = await server.http("POST", f"{ANALYZE}?key={key}", body={
        "comment": {"text": "hi"}, "requested_attributes": {"INSULT": {}}, "do_not_store": True, "languages": ["en"]})
    assert snake.status == 200, snake.text

    suggested = await server.http("POST", f"{SUGGEST}?key={key}", body={
        "comment": {"text": "fine"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
        "communityId": "/forum/movies", "clientToken": "comment-53922"})
    assert suggested.status == 200 and suggested.json == {"clientToken": "comment-53922"}, suggested.text


async def needed_ones_alone(server: Server, key: str) -> None:
    """The first texts of all: only the analyzers that the attributes come from look at them, and the one of languages
    at the comment as a whole."""
    assert (await ask(server, key, "One is here. Two is there.", spanAnnotations=True)).status == 200

    async def told() -> bool:
        jobs = {a["name"]: a["jobs"] for a in (await server.api("workers"))["analyzers"]}
        assert not any(n for name, n in jobs.items() if name not in ("toxicity", "language")), jobs
        return (jobs["toxicity"], jobs["language"]) == (3, 1)

    await poll(told, "three texts looked at for toxicity, one for its language")


async def errors(server: Server, key: str) -> None:
    invalid = "INVALID_ARGUMENT"
    cases = [
        (await ask(server, key, ""), "COMMENT_EMPTY"),
        (await ask(server, key, "x" * 20481), "COMMENT_TOO_LONG"),
        (await ask(server, key, requestedAttributes={}), "NO_REQUESTED_ATTRIBUTES"),
        (await ask(server, key, requestedAttributes={"FLIRTATION": {}}), "INVALID_REQUEST"),
        (await ask(server, key, requestedAttributes={"TOXICITY": {"scoreType": "RAW"}}), "INVALID_REQUEST"),
        (await ask(server, key, languages=["de"]), "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        (await ask(server, key, surprise=1), "INVALID_REQUEST"),
        (await server.http("POST", f"{ANALYZE}?key={key}"), "INVALID_REQUEST"),
        (await server.http("POST", f"{ANALYZE}?key={key}", body=b"{\xff}"), "INVALID_REQUEST"),
        (await server.http("POST", f"{SUGGEST}?key={key}", body={"comment": {"text": "x"}}), "INVALID_REQUEST"),
    ]
    for answer, kind in cases:
        error(answer, 400, invalid, "errorType", kind)
        assert answer.json["error"]["details"][0]["@type"] == ERROR
    known = cases[5][0].json["error"]
    assert known["message"] == "Attribute TOXICITY does not support request languages: de"
    assert known["details"][0]["languageNotSupportedByAttributeError"]["attribute"] == "TOXICITY"
    assert cases[3][0].json["error"]["message"] == "Unknown requested attribute: FLIRTATION"
    assert (await server.http("GET", ANALYZE)).status == 405


async def credentials(server: Server, key: str, reader: str) -> None:
    body = {"comment": {"text": "hi"}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
    for headers in ({"X-Goog-Api-Key": key}, {"Authorization": f"Bearer {key}"},
                    {"Authorization": f"Bearer {server.token}"}):
        assert (await server.http("POST", ANALYZE, headers=headers, body=body)).status == 200, headers
    assert (await server.http("POST", f"{ANALYZE}?alt=json&key={key}", body=body)).status == 200
    error(await server.http("POST", ANALYZE, body=body), 403, "PERMISSION_DENIED", "reason", "CREDENTIALS_MISSING")
    error(await server.http("POST", f"{ANALYZE}?key=AIzaWrong"), 400, "INVALID_ARGUMENT", "reason", "API_KEY_INVALID")
    error(await ask(server, reader), 403, "PERMISSION_DENIED", "reason", "API_KEY_SERVICE_BLOCKED")


async def descriptions(server: Server) -> None:
    """What clients that build themselves from a description need of it."""
    answer = await server.http("GET", "/$discovery/rest?version=v1alpha1")
    assert answer.status == 200, answer.text
    doc = answer.json
    assert doc["rootUrl"] == f"http://127.0.0.1:{server.port}/" and doc["servicePath"] == ""
    methods = doc["resources"]["comments"]["methods"]
    for name, path in (("analyze", ANALYZE), ("suggestscore", SUGGEST)):
        method = methods[name]
        assert "/" + method["path"] == path and method["httpMethod"] == "POST"
        for side in ("request", "response"):
            assert method[side]["$ref"] in doc["schemas"], method


def with_perspective(url: str, key: str) -> None:
    """PyPI: perspective."""
    client = importlib.import_module("perspective").PerspectiveAPI(key)
    client.api_client.url = url + "/v1alpha1/{endpoint}"
    scores = client.score("you are an idiot", tests=["TOXICITY", "THREAT"])
    assert scores["TOXICITY"] > 0.5 > scores["THREAT"], scores
    client.suggest_score("fine", {"TOXICITY": {"summaryScore": {"value": 0, "type": "PROBABILITY"}}}, validate=False)


def with_pyperspective(url: str, key: str) -> None:
    """PyPI: PyPerspective."""
    module = importlib.import_module("PyPerspective.Perspective")
    module.base_url = url + ANALYZE
    comment = module.Perspective(key).get_score("you are an idiot", tests=["TOXICITY", "INSULT"])
    assert comment["TOXICITY"].score > 0.5 and str(comment["TOXICITY"][0]) == "you are an idiot"
    try:
        module.Perspective("wrong")
        raise AssertionError("a wrong key was taken")
    except importlib.import_module("PyPerspective.errors").InvalidAuthKey:
        pass


def with_google(url: str, key: str) -> None:
    """PyPI: google-api-python-client."""
    client = importlib.import_module("googleapiclient.discovery").build(
        "commentanalyzer", "v1alpha1", developerKey=key, static_discovery=False,
        discoveryServiceUrl=f"{url}/$discovery/rest?version=v1alpha1")
    said = client.comments().analyze(body={"comment": {"text": "you are an idiot"}, "languages": ["en"],
                                           "requestedAttributes": {"TOXICITY": {}}}).execute()
    assert said["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5, said
    failure = importlib.import_module("googleapiclient.errors").HttpError
    try:
        client.comments().analyze(body={"comment": {"text": ""}, "requestedAttributes": {"TOXICITY": {}}}).execute()
        raise AssertionError("an empty comment was taken")
    except failure as problem:
        assert problem.resp.status == 400 and "Comment must be non-empty." in str(problem), problem


async def quota(t: Scenario) -> None:
    """Each key has its own rate; a large request is slowed, not refused for ever."""
    server = await t.server(workers=1, rate_analyze=1)
    key = (await ctl(t, server, "key", "add", "busy", "--scope", "analyze")).strip()
    other = (await ctl(t, server, "key", "add", "calm", "--scope", "analyze")).strip()
    await workers_ready(server)
    texts = {"texts": ["hello"] * 40}
    begin = time.monotonic()
    assert (await server.http("POST", "/api/v1/analyze", token=key, body=texts)).status == 200
    limited = await server.http("POST", "/api/v1/analyze", token=key, body={"texts": ["one"]})
    assert limited.status == 429 and limited.code == "rate_limited", limited.text
    # 40 at one a second, of which ten may come at once, and one more.
    passed_s = time.monotonic() - begin
    assert 30 - passed_s <= int(limited.headers["retry-after"]) <= 32, (limited.headers, passed_s)
    answer = await ask(server, key)
    error(answer, 429, "RESOURCE_EXHAUSTED", "reason", "RATE_LIMIT_EXCEEDED")
    assert int(answer.headers["retry-after"]) > 0
    assert (await ask(server, other)).status == 200
    assert (await server.http("POST", "/api/v1/analyze", token=server.token, body=texts)).status == 200
