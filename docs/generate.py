"""Generates the parts of README.md and docs/ that follow from the package, as Markdown.

`make docs` writes them through cog; `make check` fails when one is out of date.
"""  # noqa: INP001  # documents are no package

import ast
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from dora.cli import app
from dora.collect.files.columns import DEPLOYMENT_COLUMNS, INCIDENT_COLUMNS, FileColumns
from dora.config import settings, source_settings
from dora.model.tables import SCHEMAS
from dora.publish.database.schema import METADATA

#: The made-up organization as README.md shows it: the same instant, the same table.
NOW, SINCE = "2026-11-23T06:00:00Z", "2026-08-25T06:00:00Z"
#: What reading cost in time differs from run to run.
SECONDS = re.compile(r"(?<= in )[\d.,]+ (?:s|min)(?=\.$)", re.MULTILINE)

#: What one row of each table is, and in which order rows come.
ROWS = {
    "repositories": "One row a repository of the organization, skipped and unreadable ones too.",
    "deployments": "One row a deployment read, whatever became of it.",
    "statuses": "One row a status of a deployment read, in no promised order.",
    "commits": "One row a commit read.",
    "parents": "One row a commit and parent of it; a parent need not have been read itself.",
    "pull_requests": "One row a merged pull request that brought a commit read, or a revert names.",
    "associations": "One row a commit and merged pull request that GitHub associates with it.",
    "branch_commits": (
        "One row a merged pull request and commit of its branch: the first one and the last two."
    ),
    "labels": "One row a pull request or issue and label of it; labels carry no date.",
    "tags": "One row a git tag whose name fits a glob of `failures.tags` (F6).",
    "incidents": (
        "One row an issue with an incident label, or an incident of PagerDuty or of a file (F7)."
    ),
    "teams": "One row a team and repository that it maintains or administers (G2).",
}

WIDTH = 88  #: columns of the help texts

Setting = tuple[str, FieldInfo, str]


def demonstration(*options: str) -> str:
    """What `dora demo` prints of the made-up organization, 100 columns wide."""
    command = ["demo", "--now", NOW, "--since", SINCE, "--until", NOW, *options]
    inherited = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    with tempfile.TemporaryDirectory() as folder:  # where no dora.toml changes anything
        shown = subprocess.run(  # noqa: S603  # this very package, with a fixed command
            [sys.executable, "-c", "from dora.cli import main; main()", *command],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env={**inherited, "COLUMNS": "104", "PYTHONUTF8": "1"},
            check=True,
        )
    return _paragraphs(_block(SECONDS.sub("… s", shown.stdout)))


# -- docs/cli.md --------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its help, as `--help` prints it, and the commands of commands."""
    top: Any = typer.main.get_command(app)
    here = top.make_context("dora", [], resilient_parsing=True, terminal_width=WIDTH)
    return _paragraphs(_block(top.get_help(here)), *_below(top, here, "##"))


def _below(group: Any, here: Any, mark: str) -> Iterator[str]:
    """Heading and help of every command of *group*, with those below each."""
    for name in group.list_commands(here):
        command = group.commands[name]
        context = command.make_context(name, [], parent=here, resilient_parsing=True)
        yield f"{mark} `{context.command_path}`"
        yield _block(command.get_help(context))
        if hasattr(command, "commands"):
            yield from _below(command, context, f"{mark}#")


# -- docs/configuration.md ----------------------------------------------------------------------


def configuration() -> str:
    """Every key: what it allows, its default, its environment variable, what it decides."""
    top = [one for one in _settings(settings.Settings) if _section(one[1]) is None]
    parts = [_settings_table(top, ""), *_sources()]
    for key, field, _ in _settings(settings.Settings):
        section = _section(field)
        if section is not None:
            parts += [f"### `[{key}]`", inspect.getdoc(section) or ""]
            parts += [_settings_table(list(_settings(section)), key)]
            parts += _listed_tables(key, section)
    return _paragraphs(*parts)


def _listed_tables(section: str, model: type[BaseModel]) -> Iterator[str]:
    """What each table of a list of tables may hold."""
    for key, field in model.model_fields.items():
        (item, *_) = get_args(field.annotation) or (None,)
        if isinstance(item, type) and issubclass(item, BaseModel):
            yield f"### `[[{section}.{key}]]`"
            yield inspect.getdoc(item) or ""
            yield _keys_of_a_table(item)


def _sources() -> Iterator[str]:
    """What an entry of `[[sources]]` may hold, by its kind."""
    for kind in get_args(source_settings.Source):
        (name,) = get_args(kind.model_fields["kind"].annotation)
        yield f"### `[[sources]]` with `from = {json.dumps(name)}`"
        yield inspect.getdoc(kind) or ""
        yield _keys_of_a_table(kind)


def _keys_of_a_table(model: type[BaseModel]) -> str:
    lines = ["| key | allowed | default | meaning |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{own.alias or name}` | {_allowed(own)} | {_default(own)} | {meaning} |"
        for name, own, meaning in _settings(model)
    ]
    return "\n".join(lines)


def _settings(model: type[BaseModel]) -> Iterator[Setting]:
    """Key, field and docstring of every setting of *model*, in the order they are written."""
    meanings = _attribute_docstrings(model)
    for key, field in model.model_fields.items():
        yield key, field, meanings.get(key, "")


def _attribute_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The text below each attribute of a class and of those it is made of, on one line."""
    found: dict[str, str] = {}
    name: str | None = None
    for base in reversed(model.__mro__[1:-1]):
        if issubclass(base, BaseModel) and base.__module__.startswith("dora."):
            found |= _attribute_docstrings(base)
    body = ast.parse(inspect.getsource(model)).body[0]
    for statement in body.body if isinstance(body, ast.ClassDef) else ():
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
        elif name and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            found[name] = " ".join(str(statement.value.value).split())
            name = None
    return found


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _settings_table(rows: list[Setting], section: str) -> str:
    lines = [
        "| key | allowed | default | environment variable | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for key, field, meaning in rows:
        path = (section, key) if section else (key,)
        variable = "DORA_" + "__".join(path).upper()
        cells = (f"`{'.'.join(path)}`", _allowed(field), _default(field), f"`{variable}`", meaning)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _allowed(field: FieldInfo) -> str:
    if field.annotation is not int:
        either = "text or " if source_settings.ONE_AS_LIST in field.metadata else ""
        return either + _kind(field.annotation)
    least, most = (
        next((getattr(mark, end) for mark in field.metadata if hasattr(mark, end)), None)
        for end in ("ge", "le")
    )
    return f"a whole number from {least} " + ("on" if most is None else f"to {most}")


def _kind(kind: Any) -> str:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _kind(parts[0])
    if origin is Literal:
        return ", ".join(f"`{json.dumps(part)}`" for part in parts)
    if origin in {Union, UnionType}:
        kinds = [_kind(part) for part in parts if part is not NoneType]
        return " or ".join(dict.fromkeys(kinds))  # tables of several kinds are tables
    if origin is tuple:
        item = _kind(parts[0])
        return f"a list of {'texts' if item == 'text' else item}"
    if origin is dict:
        return f"a table: text = {_kind(parts[1])}"
    return {str: "text", bool: "`true`, `false`", timedelta: "an age"}.get(kind, "tables")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if value is None or value == {}:
        return "–"
    if isinstance(value, timedelta):
        return _age(value)
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value)}`"


def _age(span: timedelta) -> str:
    for unit, length, least in (("d", 86_400, 2), ("h", 3_600, 1)):
        amount, rest = divmod(span.total_seconds(), length)
        if amount >= least and not rest:
            return f'`"{amount:.0f}{unit}"`'
    return f"{span.total_seconds() / 60:g} minutes"


# -- docs/tables.md -----------------------------------------------------------------------------


def tables() -> str:
    """Every table with its columns."""
    parts = []
    for name, schema in SCHEMAS.items():
        parts += [f"## `{name}`", ROWS[name]]
        lines = ["| column | dtype | meaning | from GitHub's field |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{key}` | `{column.dtype}` | {column.meaning} | "
            + (f"`{column.source}` |" if column.source else "– |")
            for key, column in schema.items()
        ]
        parts.append("\n".join(lines))
    return _paragraphs(*parts)


def file_of_deployments() -> str:
    """The columns of a file of deployments."""
    return _file_columns(DEPLOYMENT_COLUMNS)


def file_of_incidents() -> str:
    """The columns of a file of incidents."""
    return _file_columns(INCIDENT_COLUMNS)


def _file_columns(columns: FileColumns) -> str:
    lines = ["| column | must be there | allowed | meaning |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{name}` | {'yes' if column.must else ''} | {column.allowed} | {column.meaning} |"
        for name, column in columns.items()
    ]
    return _paragraphs("\n".join(lines))


# -- docs/database.md ---------------------------------------------------------------------------


def database() -> str:
    """Every table of the database with its columns; those of its key are marked."""
    parts = []
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # it has no types
    for table in METADATA.sorted_tables:
        parts += [f"## `{table.name}`", str(table.comment)]
        lines = ["| column | type | key | meaning |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{one.name}` | `{_type(one.type.compile(dialect))}` | "
            f"{'key' if one.primary_key else ''} | {one.comment} |"
            for one in table.columns
        ]
        parts.append("\n".join(lines))
    return _paragraphs(*parts)


def _type(compiled: str) -> str:
    return "timestamptz" if compiled.startswith("TIMESTAMP") else compiled.lower()


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def _paragraphs(*parts: str) -> str:
    """*parts* with an empty line between any two, and around them all."""
    return "\n" + "\n\n".join(parts) + "\n\n"
