"""Renders the page as one self-contained HTML file that works without a network.

Names are untrusted input: they are plain text (`formatting.plain`), escaped by the template, and
are never part of an anchor, class or address. The page's content security policy allows its own
style and script only, each by its hash.
"""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dora.render import formatting, sources
from dora.render.html import svg
from dora.render.html.contents import contents_of
from dora.report.model import Report
from dora.report.page.model import Page


def render_page(page: Page) -> str:
    """Give *page* as a complete HTML document."""
    values = contents_of(page)
    style = _style(values["axis"], page.report)
    script = _resource("script.js")
    values |= {
        "style": Markup(style),  # noqa: S704  # our own file, and numbers
        "script": Markup(script),  # noqa: S704  # likewise
        "policy": _policy(style, script),
    }
    text = _environment().get_template("page.html").render(values)
    return re.sub(r"\n\s*\n+", "\n", text).lstrip()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("dora.render.html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "number": formatting.count,
        "counted": formatting.counted,
        "digits": sources.digits_of,
    }
    return made


@cache
def _resource(name: str) -> str:
    """The text of a file in the folder of templates, without comments and indents."""
    text = files("dora.render.html").joinpath("templates", name).read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("// "))


def _style(axis: svg.Axis | None, report: Report) -> str:
    """Give the style sheet, with the properties that all charts of the page share."""
    own = (
        re.sub(r"\s*([{};,>])\s*", r"\1", _resource("style.css"))
        .replace(": ", ":")
        .replace(";}", "}")
    )
    if axis is None:
        return own
    first, last = (
        formatting.instant(it, report.window.timezone)[:10]
        for it in (report.window.since, report.window.until)
    )
    cuts = []
    if axis.partial[0]:
        cuts.append(("0", f"{axis.edges[0][1]}"))
    if axis.partial[-1] and len(axis.partial) > 1:
        cuts.append((f"{axis.edges[-1][0]}", f"{svg.WIDTH}"))
    bands = "".join(
        f",linear-gradient(90deg,transparent {100 * int(a) / svg.WIDTH:.1f}%,var(--shade) 0 "
        f"{100 * int(b) / svg.WIDTH:.1f}%,transparent 0)"
        for a, b in cuts
    )
    base = 100 * svg.BASE / svg.HEIGHT
    rule = f"linear-gradient(transparent {base:.1f}%,var(--line) 0 {base + 2:.1f}%,transparent 0)"
    return (
        f"{own}.t{{stroke-dasharray:1 {axis.tick - 1}}}.charts svg{{background:{rule}{bands}}}"
        f'.charts li::after{{content:"{first} {last}"}}'
    )


def _policy(style: str, script: str) -> str:
    """Give the content security policy that allows this style and this script only."""
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (style, script)
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style_hash}'; script-src 'sha256-{script_hash}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
