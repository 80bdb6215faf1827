"""Which deployment the body of an incident names (F7): by a line of its own or below a heading."""

import re

#: Markdown around a label or a value: emphasis, list, quote and heading marks, backticks, angle
#: brackets, table bars
MARKS = r"[\s*_~`#<>|+\[\]-]*"
#: before a value: `#2` is no heading
BEFORE = r"(?:[\s*_~`<>|+\[\]-]|#+\s)*"
LINE = re.compile(
    rf"(?:{MARKS}|{MARKS}[0-9]+[.)]{MARKS})deployment[\s*_~`]*[:|]{BEFORE}(?P<value>.*)",
    re.IGNORECASE,
)
HEADING = re.compile(r"[\s>]*#{1,6}\s")
ASKING = re.compile(r"[\s>]*#{1,6}\s[\s*_~`]*deployment[\s*_~`:#]*$", re.IGNORECASE)
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\(\s*<?(?P<address>[^\s<>()]*)>?[^()]*\)")
ADDRESS = re.compile(r"https?://\S*?([\w.-]+/[\w.-]+)/deployments/([0-9]+)", re.IGNORECASE)


def address(word: str | None) -> tuple[str, int] | None:
    """Repository (`owner/name`) and id that a deployment's web or API address names."""
    fit = ADDRESS.fullmatch(word or "")
    return (fit[1].casefold(), int(fit[2])) if fit else None


def without_links(line: str) -> str:
    """Give a line with a deployment's address, else the text, where there is a link."""
    return LINK.sub(
        lambda link: link["address"] if address(link["address"]) else link["text"], line
    )


def word_of(value: str) -> str | None:
    """First word of what is said, without marks; none of no response."""
    if re.fullmatch(rf"{MARKS}no response{MARKS}", value, re.IGNORECASE):
        return None
    words = re.split(r"[\s|]+", re.sub(f"^{BEFORE}", "", value))
    return words[0].rstrip("*_~`<>") or None


def named(body: str) -> str | None:
    """Word that names the deployment: of the first line, or first below a heading, with one."""
    lines = [without_links(line) for line in body.splitlines()]
    for place, line in enumerate(lines):
        fit = LINE.match(line)
        value = fit["value"] if fit else ""
        if ASKING.match(line):
            below = next((one for one in lines[place + 1 :] if one.strip()), "")
            value = "" if HEADING.match(below) else below
        word = word_of(value)
        if word is not None:
            return word
    return None
