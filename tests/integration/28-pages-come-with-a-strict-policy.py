# SPDX-License-Identifier: MIT
"""--web DIR serves the pages and nothing else, with a strict policy; no path leads out of DIR."""
import re
from http.client import RemoteDisconnected

from harness import Scenario

POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
    "img-src 'self' data:", "font-src 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    "form-action 'none'", "require-trusted-types-for 'script'",
}
SECRET = "nobody may read this"


async def run(t: Scenario) -> None:
    web = t.directory / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>chat</title>")
    (web / "ops.html").write_text("<!doctype html><title>ops</title>")
    (web / "assets/app-0A1B2C3D.js").write_text("'use strict';")
    (web / "assets/app-0A1B2C3D.css").write_text("body{}")
    (t.directory / "secret.txt").write_text(SECRET)
    (web / "assets/link.js").symlink_to(t.directory / "secret.txt")
    server = await t.server(web=web)

    for path, kind, body in (
        ("/", "text/html", "chat"), ("/ops", "text/html", "ops"),
        ("/assets/app-0A1B2C3D.js", "text/javascript", "use strict"),
        ("/assets/app-0A1B2C3D.css", "text/css", "body"),
    ):
        answer = await server.http("GET", path)
        assert answer.status == 200 and body in answer.text, f"{path}: {answer.status}"
        assert answer.headers["content-type"].startswith(kind), answer.headers["content-type"]
        assert answer.headers["x-content-type-options"] == "nosniff", path
        policy = {part.strip() for part in answer.headers["content-security-policy"].split(";") if part.strip()}
        wanted = POLICY if kind == "text/html" else {"default-src 'none'", "frame-ancestors 'none'"}
        assert policy == wanted, f"{path}: {policy ^ wanted}"
        cache = answer.headers.get("cache-control", "")
        assert ("immutable" in cache) == path.startswith("/assets/"), f"{path}: {cache}"

    ups = ["..", "%2e%2e", ".%2e", "%2E%2E"]
    slashes = ["/", "%2f", "%5c", "\\"]
    paths = [f"/{up}{slash}secret.txt" for up in ups for slash in slashes]
    paths += [f"/assets/{up}{slash}{up}{slash}secret.txt" for up in ups for slash in slashes]
    paths += ["//etc/passwd", "/assets//etc/passwd", "/assets/%00", "/assets/app-0A1B2C3D.js%00.html",
              "/assets/", "/assets", "/assets/link.js", "/%", "/%zz", "/" + "a" * 3000]
    for path in paths:
        try:
            answer = await server.http("GET", path)
        except RemoteDisconnected:  # refused without a word: no HTTP at all
            assert "%" in path, path
            continue
        assert answer.status in (400, 403, 404, 414), f"{path}: {answer.status}"
        assert SECRET not in answer.text and "root:" not in answer.text, path
    health = await server.http("GET", "/healthz")
    assert health.headers["x-content-type-options"] == "nosniff"

    built = t.programs.web / "index.html"
    if built.exists():
        inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", re.IGNORECASE)
        for page in t.programs.web.glob("*.html"):
            assert not inline.search(page.read_text()), f"{page.name} has something inline"
