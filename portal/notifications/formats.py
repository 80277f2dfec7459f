"""One message as Slack, Teams and other receivers take it: bodies and headers, pure."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CARD = "application/vnd.microsoft.card.adaptive"
LONGEST = 2_800  # characters of one block: Slack takes 3,000, Teams 28 KB in all
MOST_BLOCKS = 40  # Slack takes 50


@dataclass(frozen=True)
class Part:
    """A heading with lines; each line is (text, address or "")."""

    title: str
    url: str
    lines: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Message:
    """What a channel is told: no names of leads or people, for anybody there may read it."""

    title: str
    url: str
    open_words: str  # on the button
    parts: Sequence[Part]


def slack_body(message: Message) -> bytes:
    """Return the JSON of a Slack incoming webhook: blocks, and a text for notifications."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": message.title[:150]}}
    ]
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": _slack_part(part)[:LONGEST]}}
        for part in message.parts[:MOST_BLOCKS]
    ]
    link = f"<{message.url}|{slack_text(message.open_words)}>"
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": link}]})
    return _json({"text": slack_text(message.title), "blocks": blocks})


def _slack_part(part: Part) -> str:
    head = f"*<{part.url}|{slack_text(part.title)}>*" if part.url else f"*{slack_text(part.title)}*"
    lines = [
        f"• <{url}|{slack_text(text)}>" if url else f"• {slack_text(text)}"
        for text, url in part.lines
    ]
    return "\n".join([head, *lines])


def slack_text(text: str) -> str:
    """Return the text so that nothing in it is a link, a mention or a command."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("|", "\u2223").replace("\n", " ")


def teams_body(message: Message) -> bytes:
    """Return the JSON of a Teams webhook (Workflows): one adaptive card."""
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": teams_text(message.title), "size": "Large",
         "weight": "Bolder", "wrap": True}
    ]  # fmt: skip
    for part in message.parts[:MOST_BLOCKS]:
        title = teams_text(part.title)
        title = f"[{title}]({part.url})" if part.url else title
        body.append({"type": "TextBlock", "text": title, "weight": "Bolder", "wrap": True})
        body += [
            {"type": "TextBlock", "wrap": True, "spacing": "Small", "text": _teams_line(text, url)}
            for text, url in part.lines
        ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": message.open_words, "url": message.url}],
    }
    attachment = {"contentType": CARD, "contentUrl": None, "content": card}
    return _json({"type": "message", "attachments": [attachment]})


def _teams_line(text: str, url: str) -> str:
    words = teams_text(text[:LONGEST])
    return f"[{words}]({url})" if url else words


def teams_text(text: str) -> str:
    """Return the text without what Markdown reads as a link or emphasis."""
    plain = text.replace("\n", " ")
    for sign in "\\[]*_`<>":
        plain = plain.replace(sign, f"\\{sign}")
    return plain


def plain_body(message: Message, *, kind: str, at: datetime) -> bytes:
    """Return the JSON that the signed webhook sends, as Standard Webhooks lays it out."""
    parts = [
        {"title": part.title, "url": part.url,
         "lines": [{"text": text, "url": url} for text, url in part.lines]}
        for part in message.parts
    ]  # fmt: skip
    data = {"title": message.title, "url": message.url, "parts": parts}
    return _json({"type": kind, "timestamp": at.isoformat(), "data": data})


def signed_headers(secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
