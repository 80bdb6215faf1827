"""Whether the house is in order: `python -m tests.house` counts what must not grow.

It prints each count with its limit, and ends with status 1 where one is above it.
"""

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dora"
#: What may stand in `dora/`: one folder a stage, beside the errors that all of them raise.
ENTRIES = {
    "analysis", "cli", "collect", "config", "demo", "doctor", "errors.py", "metrics", "model",
    "publish", "render", "report",
}  # fmt: skip
#: What every package has, and what no map needs to name.
BESIDE = {"__init__.py", "__main__.py", "py.typed"}
LAYERS = range(7, 10)
CONTRACT_NAMES = (
    "deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time", "rework_rate",
)  # fmt: skip
MOST_WITH_ALL_NAMES = 3


def main() -> int:
    """Print every count, and say whether all are within their limits."""
    modules = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    entries = {
        path.name for path in PACKAGE.iterdir() if not path.name.startswith(("__pycache__", "."))
    }
    others = sorted((entries - BESIDE) ^ ENTRIES)
    layers = _layers()
    shared = list(_shared_names(modules))
    formulas = [_name(path) for path, tree in modules.items() if _is_formula(tree)]
    full = [_name(path) for path in modules if _has_all_names(path)]
    circles = list(_circles(modules))
    lines = [
        ("entries of dora/", len(entries - BESIDE), others, not others),
        ("layers of the import contract", layers, [], layers in LAYERS),
        ("public classes of one name", len(shared), shared, not shared),
        ("modules that open with “X in, Y out”", len(formulas), formulas, not formulas),
        ("modules with all five contract names", len(full), full, len(full) <= MOST_WITH_ALL_NAMES),
        ("circles inside folders", len(circles), circles, not circles),
    ]
    for what, count, which, is_fine in lines:
        print(f"{'ok ' if is_fine else 'BAD'} {count:4d}  {what}")
        if not is_fine or what.startswith("modules with"):
            print("".join(f"          {one}\n" for one in which), end="")
    return 0 if all(is_fine for *_, is_fine in lines) else 1


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _layers() -> int:
    """Lines of the layers contract in `pyproject.toml`."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return next(len(one["layers"]) for one in contracts["contracts"] if one["type"] == "layers")


def _shared_names(modules: dict[Path, ast.Module]) -> Iterator[str]:
    """Names that more than one public class has, or a class and a typed frame."""
    places = defaultdict(list)
    for path, tree in modules.items():
        for name in _classes(tree):
            places[name].append(_name(path))
    for name, paths in sorted(places.items()):
        if len(paths) > 1:
            yield f"{name}: {', '.join(paths)}"


def _classes(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign) and _calls(node.value, "NewType"):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def _calls(value: ast.expr, function: str) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == function
    )


def _is_formula(tree: ast.Module) -> bool:
    first = (ast.get_docstring(tree) or "").partition("\n")[0]
    return " in, " in first and " out" in first


def _has_all_names(path: Path) -> bool:
    text = path.read_text("utf-8")
    return all(name in text for name in CONTRACT_NAMES)


def _circles(modules: dict[Path, ast.Module]) -> Iterator[str]:
    """Pairs of modules of one folder that reach each other by imports at their top."""
    of = {_dotted(path): path for path in modules}
    imports = {
        name: {one for one in _imports(modules[path], of) if of[one].parent == path.parent}
        for name, path in of.items()
    }
    reached = {name: _reach(name, imports) for name in imports}
    for one, other in combinations(sorted(of), 2):
        if other in reached[one] and one in reached[other]:
            yield f"{one} and {other}"


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.Module, known: Iterable[str]) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                nearest = (f"{node.module}.{one.name}", node.module)
                yield from [name for name in nearest if name in known][:1]


def _reach(start: str, imports: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    queue = list(imports[start])
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            queue.extend(imports[name])
    return found


if __name__ == "__main__":
    sys.exit(main())
