"""The documents tell of everything there is, and lead nowhere that is not."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from dora.cli import app
from dora.config.settings import Settings
from dora.model.tables import SCHEMAS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md") for path in ROOT.glob(pattern)
)
RULE = re.compile(
    r"\b(?:W[1-3]|DF[1-3]|D[1-7]|LT(?:10|[1-9])|F[1-9]|RW1|R[1-4]|G[0-3]|B[1-4]|C[12])\b"
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(r"https?://([\w.-]+)")
#: Documents hold wherever packages are fetched from, so no address of a registry is among these.
HOSTS = {
    "HOST", "127.0.0.1", "api.github.com", "docs.datadoghq.com", "docs.github.com", "dora.dev",
    "github.com", "incidents.example.com", "jenkins.example.com", "pushgateway.example.com",
}  # fmt: skip


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> dict[str, Any]:
    top: Any = typer.main.get_command(app)
    return {"dora": top, **{f"dora {name}": one for name, one in top.commands.items()}}


def configuration_keys(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[str]:
    for key, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from configuration_keys(kind, (*path, key))
        else:
            yield ".".join((*path, key))


def rules() -> set[str]:
    sources = (ROOT / "dora").rglob("*.py")
    return {rule for path in sources for rule in RULE.findall(path.read_text(encoding="utf-8"))}


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", one.lower()) for one in headings)
    return {one.replace(" ", "-") for one in plain}


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_in_the_command_line_document(name: str) -> None:
    """What the command line takes, docs/cli.md tells."""
    text = read("docs/cli.md")
    begin = text.index(f"Usage: {name} [")
    section = text[begin : text.index("```", begin)]
    options = [word for one in commands()[name].params for word in one.opts if word[0] == "-"]

    assert [] == [word for word in options if f"{word} " not in section]


@pytest.mark.parametrize("key", list(configuration_keys(Settings)))
def test_every_key_is_in_the_configuration_document(key: str) -> None:
    """Every key has a line with its environment variable and a meaning."""
    variable = "DORA_" + key.replace(".", "__").upper()
    line = next(one for one in read("docs/configuration.md").splitlines() if f"| `{key}` |" in one)
    cells = [cell.strip() for cell in line.strip("|").split("|")]

    assert f"`{variable}`" == cells[3]
    assert cells[4]


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_table_is_in_the_tables_document(table: str) -> None:
    """Every table has a heading, every column a line."""
    text = read("docs/tables.md")
    section = text[text.index(f"\n## `{table}`\n") :].split("\n## ")[1]

    assert [] == [column for column in SCHEMAS[table] if f"| `{column}` |" not in section]


@pytest.mark.parametrize("rule", sorted(rules()))
def test_every_rule_has_its_place_in_the_metrics_document(rule: str) -> None:
    """Whoever reads a rule's id in the code finds it explained, once."""
    assert 1 == len(re.findall(rf"^\*\*{rule}\*\* — ", read("docs/metrics.md"), re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    """A relative link names a file that is there, and a heading that is in it."""
    broken = []
    for link in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name) if name else path
        is_there = target.exists()
        if is_there and anchor:
            is_there = anchor in anchors(target.read_text(encoding="utf-8"))
        if not is_there:
            broken.append(link)

    assert [] == broken


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_no_other_host(path: Path) -> None:
    """Addresses are GitHub's, DORA's or made up: documents hold wherever packages come from."""
    assert set() == set(ADDRESS.findall(path.read_text(encoding="utf-8"))) - HOSTS


def test_every_decision_is_listed() -> None:
    """The list of decisions leads to each record, and numbers are given once."""
    folder = ROOT / "docs/decisions"
    records = sorted(path.name for path in folder.glob("0*.md"))

    assert records == sorted(re.findall(r"\((0\d{3}-[^)]+)\)", read("docs/decisions/README.md")))
    assert len(records) == len({name[:4] for name in records})


@pytest.mark.system
def test_make_alone_lists_every_target() -> None:
    """Whoever types `make` learns what there is."""
    listed = subprocess.run(
        ["make", "--no-print-directory"],  # noqa: S607  # whichever make runs the tests
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    phony = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)

    assert phony is not None
    assert phony[1].split() == [line.split()[1] for line in listed.splitlines()]
