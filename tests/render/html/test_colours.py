"""The colours of the page, of which an audit sees only those of text."""

import re
from functools import cache
from importlib.resources import files

import pytest

#: Text on a ground: WCAG 2.2 wants 4.5 for it (1.4.3).
TEXT = [
    (ink, ground)
    for ink in ("ink", "soft", "blue", "bad", "good")
    for ground in ("paper", "card", "shade")
]
#: What is drawn on a card: it wants 3 (1.4.11).
DRAWN = [("blue", "card"), ("bad", "card"), ("soft", "card"), ("blue", "pale"), ("ink", "pale")]


@cache
def palettes() -> dict[str, dict[str, str]]:
    """The colours by name, in either theme and in print."""
    text = files("dora.render.html").joinpath("templates", "style.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    found = [dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block)) for block in blocks]
    return dict(zip(("light", "dark", "print"), found, strict=True))


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    digits = colour.removeprefix("#")
    digits = "".join(one * 2 for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (
        it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_colours_can_be_told_apart(theme: str) -> None:
    """AA in every theme: text on each ground, and what is drawn on what it is drawn on."""
    colours = palettes()[theme]
    dim = [(a, b) for a, b in TEXT if contrast(colours[a], colours[b]) < 4.5]
    dim += [(a, b) for a, b in DRAWN if contrast(colours[a], colours[b]) < 3]
    assert [] == dim


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white has the greatest contrast there is, and a colour on itself none."""
    assert pytest.approx(21) == contrast("#000", "#fff")
    assert pytest.approx(1) == contrast("#1d617c", "#1d617c")
