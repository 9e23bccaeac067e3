"""What people should keep to themselves, of every kind that bot/text/pii.py knows."""

from __future__ import annotations

# Made up for the purpose; joined here so that no scanner takes them for real ones.
DISCORD_TOKEN = ".".join(("MTE4NzQyOTk4NzY1NDMyMTA5OA", "GxY2zQ", "k3" + "Jd8sLq0" * 5))
JWT = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N_"))
PRIVATE_KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\nab+c\n-----END RSA PRIVATE KEY-----"

PRIVATE = {
    "Discord token": DISCORD_TOKEN,
    "JSON Web Token": JWT,
    "private key": PRIVATE_KEY,
    "GitHub token": "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a",
    "OpenAI-like key": "sk" + "-proj-Abc123Def456Ghi789Jkl012",
    "AWS key": "AKIA" + "IOSFODNN7EXAMPLE",
    "Slack token": "xoxb" + "-2345678901-abcDEFghiJKL",
    "UUID": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "hash": "5d41402abc4b2a76b9719d911017c592",
    "mixed key": "mY8fQ2xL0pZ7vR4tK9sW",
    "e-mail": "ann.lee+lists@mail.example.org",
    "e-mail in words": "ann (at) example.org",
    "e-mail of another script": "анна@почта.рф",
    "invite": "discord.gg/aBc123",
    "longer invite": "www.discord.com/invite/python",
    "IPv4": "93.184.216.34",
    "IPv6": "2606:2800:220:1:248:1893:25c8:1946",
    "shortened IPv6": "2606:2800::1",
    "card": "4111 1111 1111 1111",
    "card without spaces": "5555555555554444",
    "short card": "3782 822463 10005",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "phone with country": "+49 171 1234567",
    "phone with country, dashes": "+1-202-555-0143",
    "phone with 00": "0044 20 7946 0958",
    "phone in brackets": "(202) 555-0143",
    "phone of ten digits": "202-555-0143",
    "German phone": "0171 1234567",
    "French phone": "06 12 34 56 78",
    "British phone": "07700 900123",
    "social security number": "078-05-1120",
    "snowflake": "198622483471925248",
    "Unix time": "1700012345",
}
