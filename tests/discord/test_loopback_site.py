"""The web page's files and its session: for the page itself, and nobody else."""

import aiohttp
import pytest
from yarl import URL

from bot.loopback.state.options import SandboxOptions


@pytest.fixture
def sandbox_options(tmp_path) -> SandboxOptions:
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "app.js").write_text("export {}")
    (folder / "notes.py").write_text("secret")
    (tmp_path / "outside.js").write_text("secret")
    return SandboxOptions(page_folder=folder)


@pytest.fixture
async def http(loopback):
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_page_is_served_under_a_strict_policy(loopback, http):
    async with http.get(f"{loopback.url}/") as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"]
        assert await answer.text() == "<!doctype html>"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    async with http.get(f"{loopback.url}/app.js") as script:
        assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("path", ["/notes.py", "/../outside.js", "/%2e%2e/outside.js", "/no.js"])
async def test_nothing_else_is_served(loopback, http, path):
    async with http.get(URL(loopback.url + path, encoded=True)) as answer:
        assert answer.status == 404
        assert "secret" not in await answer.text()


async def test_the_page_gets_its_token(loopback, http):
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": loopback.url}
    async with http.get(f"{loopback.url}/session", headers=headers) as answer:
        body = await answer.json()
    assert body["token"] == loopback.user_token
    assert body["gateway"] == loopback.url.replace("http", "ws", 1) + "/gateway"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "[::1"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "evil.example@127.0.0.1"},
        {"Origin": "null"},
    ],
)
async def test_other_pages_do_not_get_the_token(loopback, http, headers):
    async with http.get(f"{loopback.url}/session", headers=headers) as answer:
        assert answer.status == 403
        assert loopback.user_token not in await answer.text()


@pytest.mark.parametrize("digits", ["9" * 21, "9" * 5_000])
async def test_absurd_numbers_cost_a_refusal(loopback, http, digits):
    async with http.get(f"{loopback.url}/attachments/1/{digits}/a.txt") as answer:
        assert 400 <= answer.status < 500
    headers = {"Authorization": loopback.user_token}
    messages = f"{loopback.url}/api/v10/channels/1/messages?limit={digits}"
    async with http.get(messages, headers=headers) as answer:
        assert 400 <= answer.status < 500
    body = '{"content": ' + digits + "}"
    json_type = {**headers, "Content-Type": "application/json"}
    async with http.post(messages, headers=json_type, data=body) as answer:
        assert 400 <= answer.status < 500


async def test_another_page_may_not_open_the_gateway(loopback, http):
    gateway = f"{loopback.url}/gateway"
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(gateway, headers=headers)
        assert refused.value.status == 403
    for headers in ({}, {"Origin": loopback.url}):
        async with http.ws_connect(gateway, headers=headers) as socket:
            assert (await socket.receive_json())["op"] == 10
