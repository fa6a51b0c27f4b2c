"""The queries that README.md gives, by what they answer."""

from __future__ import annotations

import re

from orchestration.settings import ROOT

PHRASES = (
    "what you read",
    "where you shop",
    "what work you do",
    "who your friends are",
    "social media and other sites",
)


def queries() -> dict[str, str]:
    """SQL by the comment behind it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return {phrase: sql for sql, phrase in re.findall(r"^    (select .+?) +-- (.+)$", text, re.MULTILINE)}
