"""What the documents show of `dora.toml` can be used as it stands."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dora.config import load_config
from dora.config.source_settings import KINDS

DOCS = Path(__file__).parents[2] / "docs"
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(document: str) -> list[str]:
    return BLOCK.findall((DOCS / document).read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", ["sources.md", "configuration.md"])
def test_examples_are_valid(document: str, tmp_path: Path) -> None:
    """Every example of the page is a settings file that is accepted."""
    blocks = examples(document)
    for number, block in enumerate(blocks):
        file = tmp_path / f"{number}.toml"
        file.write_text(block, encoding="utf-8")
        load_config({"org": "acme"}, now=NOW, directory=tmp_path, file=file)

    assert len(blocks) > 4


def test_every_source_has_an_example() -> None:
    """Of each kind of source the page shows an entry (D8)."""
    shown = re.findall(r'^from = "(\w+)"', "\n".join(examples("sources.md")), re.MULTILINE)

    assert set(KINDS) == set(shown)
