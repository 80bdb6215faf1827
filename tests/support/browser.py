"""Opens documents in headless Chromium and records what the page logs and requests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
#: A container has no user namespaces to build a sandbox of; the pages are our own.
OPTIONS = ("--no-sandbox", "--disable-gpu")
#: Tells the page's own violations of its policy to whoever asks.
WATCH = (
    "addEventListener('securitypolicyviolation', it => (window.broken ??= []).push(it.blockedURI))"
)

Theme = Literal["light", "dark"]


@dataclass
class Opened:
    """A page in the browser, and all that it said or asked for."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    refused: dict[str, str | None] = field(default_factory=dict)  #: address → why

    def __post_init__(self) -> None:
        """Listen before anything is loaded."""
        self.page.on("console", lambda one: self.console.append(one.text))
        self.page.on("pageerror", lambda one: self.console.append(str(one)))
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.on("requestfailed", lambda one: self.refused.update({one.url: one.failure}))

    def ask(self, script: str, argument: Any = None) -> Any:
        """What *script* gives in the page."""
        return self.page.evaluate(script, argument)

    def overflow(self) -> list[str]:
        """Elements that stick out of the page to the right, unless they scroll in a region."""
        found: list[str] = self.ask(
            """() => {
                const wide = document.documentElement.clientWidth;
                return [...document.querySelectorAll("body *")].filter(one =>
                    !one.closest(".scroll, svg, .skip")
                    && one.getBoundingClientRect().right > wide + 1
                ).map(one => one.outerHTML.slice(0, 90));
            }"""
        )
        scrolled = self.ask("document.documentElement.scrollWidth > innerWidth")
        return found + (["the whole page"] if scrolled else [])

    def audit(self) -> list[str]:
        """Everything that axe finds amiss: rule, impact, and where."""
        self.page.evaluate(axe())
        found = self.ask("async () => (await axe.run()).violations")
        return [f"{it['id']} ({it['impact']}): {it['nodes'][0]['html'][:120]}" for it in found]


@cache
def axe() -> str:
    """The script of axe-core, which another package brings along."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, started; it is a failure where there is none."""
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    assert program is not None, f"there is none of {', '.join(PROGRAMS)}: install chromium"
    with sync_playwright() as playwright:
        yield _start(playwright, program)


def _start(playwright: Playwright, program: str) -> Browser:
    return playwright.chromium.launch(executable_path=program, args=list(OPTIONS))


@contextmanager
def opened(
    running: Browser,
    address: str | Path,
    *,
    width: int = 1280,
    theme: Theme = "light",
    with_script: bool = True,
) -> Iterator[Opened]:
    """The document at *address* (or in that file), open in a window of its own."""
    context = running.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        java_script_enabled=with_script,
    )
    context.add_init_script(WATCH)
    try:
        made = Opened(context.new_page())
        made.page.goto(address.as_uri() if isinstance(address, Path) else address)
        yield made
    finally:
        context.close()
