"""Settings: where they come from, and how wrong ones are told."""

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.config import Config, load_config
from dora.config.settings import ExcludeSettings
from dora.errors import BadUsage
from tests.support.tables import NOW


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No `DORA_…` variable but a test's own."""
    for name in [name for name in os.environ if name.startswith("DORA_")]:
        monkeypatch.delenv(name)


def load(directory: Path, file: Path | None = None, **options: Any) -> Config:
    """The configuration of a run in *directory*."""
    return load_config(options, now=NOW, directory=directory, file=file)


def problems(directory: Path, file: Path | None = None, **options: Any) -> list[str]:
    """What is wrong with the settings, a line each."""
    with pytest.raises(BadUsage) as wrong:
        load(directory, file, **options)
    assert 2 == wrong.value.exit_status
    return str(wrong.value).splitlines()


# Where settings come from ---------------------------------------------------------------------


def test_no_file_at_all(tmp_path: Path) -> None:
    """`dora report --org X` works without a file: everything has a default."""
    found = load(tmp_path, org="medica-flow")
    expected = ("medica-flow", "90d", None, "UTC", "repository", "2025", timedelta(days=30))
    given = (found.org, found.since, found.until, found.timezone, found.by, found.benchmark)
    assert expected == (*given, found.lookback)
    assert (NOW - timedelta(days=90), NOW) == (found.window.since, found.window.until)


def test_option_beats_environment_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearer origin wins, setting by setting."""
    (tmp_path / "dora.toml").write_text(
        'org = "file"\nsince = "1d"\ntimezone = "Asia/Tokyo"\nby = "environment"\n'
    )
    monkeypatch.setenv("DORA_ORG", "environment")
    monkeypatch.setenv("DORA_SINCE", "2d")
    monkeypatch.setenv("DORA_TIMEZONE", "Europe/Berlin")
    found = load(tmp_path, org="option", since="3d", until=None)
    expected = ("option", "3d", "Europe/Berlin", "environment", "2025")
    given = (found.org, found.since, found.timezone, found.by, found.benchmark)
    assert expected == given


def test_sections_are_merged_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one table each key comes from the nearest origin that has it."""
    (tmp_path / "dora.toml").write_text(
        '[failures]\nstatus = "live"\nrollback = false\n[collect]\nwait = "2h"\n'
    )
    monkeypatch.setenv("DORA_FAILURES__STATUS", "off")
    monkeypatch.setenv("DORA_COLLECT__CONCURRENCY", "3")
    found = load(tmp_path, collect={"commit_pages": 7})
    assert ("off", False) == (found.failures.status, found.failures.rollback)
    assert (3, 7, timedelta(hours=2)) == (
        found.collect.concurrency,
        found.collect.commit_pages,
        found.collect.wait,
    )


def test_environments_are_taken_whole(tmp_path: Path) -> None:
    """D1: the first glob that fits wins, so two lists of globs are never mixed."""
    (tmp_path / "dora.toml").write_text('[environments]\n"b*" = "beta"\n"a*" = false\n')
    assert [("b*", "beta"), ("a*", False)] == list(load(tmp_path).environments.items())
    nearer = load(tmp_path, environments={"*": "all"})
    assert {"*": "all"} == nearer.environments


def test_options_not_given_are_none_at_all(tmp_path: Path) -> None:
    """What the command line did not name takes nothing from the file."""
    (tmp_path / "dora.toml").write_text('repo = ["api-*"]\ntier = ["production"]\n')
    found = load(tmp_path, org=None, repo=(), tier=None, ephemeral=False)
    assert (("api-*",), ("production",), False) == (found.repo, found.tier, found.ephemeral)


def test_pyproject(tmp_path: Path) -> None:
    """`[tool.dora]` in pyproject.toml is read where there is no dora.toml."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[tool.dora]\nsince = "7d"\n'
        '[tool.dora.lead_time]\nstart = "merged"\n'
    )
    found = load(tmp_path)
    assert ("7d", "merged") == (found.since, found.lead_time.start)
    (tmp_path / "dora.toml").write_text('since = "8d"\n')
    assert ("8d", "first_commit") == (load(tmp_path).since, load(tmp_path).lead_time.start)


def test_pyproject_of_somebody_else(tmp_path: Path) -> None:
    """A pyproject.toml that does not mention us says nothing."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert "90d" == load(tmp_path).since


def test_file_by_name(tmp_path: Path) -> None:
    """`--config` names the file, and the one in the directory is not read."""
    (tmp_path / "dora.toml").write_text('since = "1d"\n')
    other = tmp_path / "other.toml"
    other.write_text('by = "organization"\n')
    found = load(tmp_path, other)
    assert ("90d", "organization") == (found.since, found.by)


@pytest.mark.parametrize(
    ("variable", "others"),
    [("DORA_TIER", "DORA_TIMEZONE"), ("DORA_DEPLOYMENTS__EXCLUDE", "DORA_DEPLOYMENTS")],
)
def test_a_variable_that_is_no_json_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, others: str
) -> None:
    """A list or table that is not JSON is answered with its variable; an empty one is none."""
    monkeypatch.setenv(others, "")
    monkeypatch.setenv(variable, "nonsense")
    with pytest.raises(BadUsage) as wrong:
        load(tmp_path)
    named = f"an environment variable cannot be read: {variable} is not JSON"
    assert named == str(wrong.value).splitlines()[0]


def test_lists_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists and tables are written as JSON there; an empty variable is none."""
    monkeypatch.setenv("DORA_REPO", '["api-*", "web"]')
    monkeypatch.setenv("DORA_SINCE", "")
    found = load(tmp_path)
    assert (("api-*", "web"), "90d") == (found.repo, found.since)
    monkeypatch.setenv("DORA_REPO", "api-*")
    with pytest.raises(BadUsage, match="written as JSON"):
        load(tmp_path)


# The cache ------------------------------------------------------------------------------------


def test_commits_are_kept_in_the_users_cache_folder(tmp_path: Path, cache_home: Path) -> None:
    """Unless told otherwise, in a folder of our own; nothing is made by asking where."""
    assert ("", cache_home / "dora") == (
        load(tmp_path).collect.cache,
        load(tmp_path).cache_directory,
    )
    assert not cache_home.exists()


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("kept", Path("kept")),
        ("/var/cache/dora", Path("/var/cache/dora")),
        ("~/kept", Path("/home/ada/kept")),
        ("~", Path("/home/ada")),
        ("a~b", Path("a~b")),
        (False, None),
        ("false", None),
        ("False", None),
    ],
)
@pytest.mark.parametrize("origin", ["option", "environment", "file"])
def test_folder_of_the_cache(
    given: str | bool,
    folder: Path | None,
    origin: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A folder by name, `~` the user's home; `false`, as each origin writes it, keeps nothing."""
    monkeypatch.setenv("HOME", "/home/ada")
    options: dict[str, Any] = {}
    if origin == "option":
        options = {"collect": {"cache": given}}
    elif origin == "environment":
        monkeypatch.setenv("DORA_COLLECT__CACHE", str(given))
    else:
        text = json.dumps(given)  # as TOML writes text and false
        (tmp_path / "dora.toml").write_text(f"[collect]\ncache = {text}\n")
    assert folder == load(tmp_path, **options).cache_directory


def test_empty_folder_is_the_users_own(
    tmp_path: Path, cache_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty text is as none, from the file and the environment alike."""
    (tmp_path / "dora.toml").write_text('[collect]\ncache = ""\n')
    monkeypatch.setenv("DORA_COLLECT__CACHE", "")
    assert cache_home / "dora" == load(tmp_path).cache_directory


def test_nearest_cache_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--cache` wins where the environment keeps nothing, and `--no-cache` where the file keeps."""
    (tmp_path / "dora.toml").write_text('[collect]\ncache = "of-the-file"\n')
    assert Path("of-the-file") == load(tmp_path).cache_directory
    monkeypatch.setenv("DORA_COLLECT__CACHE", "false")
    assert None is load(tmp_path).cache_directory
    assert Path("x") == load(tmp_path, collect={"cache": "x"}).cache_directory
    monkeypatch.delenv("DORA_COLLECT__CACHE")
    assert None is load(tmp_path, collect={"cache": False}).cache_directory


@pytest.mark.parametrize("given", ["true", "1", '"true"', "[]"])
def test_cache_that_is_no_folder(given: str, tmp_path: Path) -> None:
    """`true` is no folder, however it is written, and neither is a number."""
    (tmp_path / "dora.toml").write_text(f"[collect]\ncache = {given}\n")
    (line,) = problems(tmp_path)
    assert re.fullmatch(
        r"dora\.toml: collect\.cache: .* is no folder; allowed: a path, or false", line
    )


def test_cache_in_nobodys_home(tmp_path: Path) -> None:
    """A home that there is not is told like any other wrong setting."""
    with pytest.raises(BadUsage, match="the cache ~no-such-user/x is in nobody's home"):
        _ = load(tmp_path, collect={"cache": "~no-such-user/x"}).cache_directory


# What is wrong --------------------------------------------------------------------------------


def test_every_wrong_setting_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every problem is told at once: where, which key, which value, what is allowed."""
    (tmp_path / "dora.toml").write_text(
        'benchmark = "2024"\nlookback = "a while"\nsinse = "7d"\n'
        '[lead_time]\nstart = "birth"\n[collect]\nconcurrency = 99\n'
    )
    monkeypatch.setenv("DORA_TIMEZONE", "Mars/Olympus")
    found = problems(tmp_path, by="galaxy", tier=("production", "moon"))
    expected = [
        (r"--by: 'galaxy' is not allowed; allowed: ", "'repository', 'environment'"),
        (r"--tier: 'moon' is not allowed; allowed: ", "'production', 'staging'"),
        (r"DORA_TIMEZONE: 'Mars/Olympus' is no time zone; allowed: ", "Europe/Berlin"),
        (
            r"dora.toml: benchmark: '2024' cannot be used: 2024 is no ladder",
            "2023, 2025, quick-check",
        ),
        (r"dora.toml: lookback: 'a while' is no age; allowed: ", "like 30d"),
        (r"dora.toml: sinse: unknown key; ", "did you mean 'since'?"),
        (r"dora.toml: lead_time.start: 'birth' is not allowed; allowed: ", "'first_commit'"),
        (r"dora.toml: collect.concurrency: 99 does not fit: ", "less than or equal to 32"),
    ]
    told = [[line for line in found if line.startswith(start)] for start, _ in expected]
    assert [1] * len(expected) == [len(lines) for lines in told], found
    assert len(expected) == len(found)
    missing = [end for (_, end), lines in zip(expected, told, strict=True) if end not in lines[0]]
    assert [] == missing


def test_window_is_judged_beside_the_rest(tmp_path: Path) -> None:
    """W1: a window that cannot be is told together with other wrong settings."""
    found = problems(tmp_path, since="soon", by="galaxy")
    assert ["--by", "--since"] == sorted(line.partition(":")[0] for line in found)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ('[lead_tim]\nstart = "merged"', "lead_tim: unknown key; did you mean 'lead_time'?"),
        ("[failures]\nrolback = false", "failures.rolback: unknown key; did you mean 'rollback'?"),
        ("[collect]\nconcurency = 2", "did you mean 'concurrency'?"),
        ("zzz = 1", "zzz: unknown key; allowed: "),
        ("[changes]\nzzz = 1", "changes.zzz: unknown key; allowed: exclude_authors"),
        (
            '[[deployments.exclude]]\ntask = ["x"]\n[[deployments.exclude]]\nreff = ["x"]',
            "deployments.exclude.reff: unknown key; did you mean 'ref'?",
        ),
        (
            '[[deployments.exclude]]\nzzz = ["x"]',
            "allowed: creator, description, environment, ref, task",
        ),
    ],
)
def test_unknown_keys_name_the_nearest(tmp_path: Path, text: str, near: str) -> None:
    """An unknown key is an error that names the nearest known one, or all there are."""
    (tmp_path / "dora.toml").write_text(text)
    (line,) = problems(tmp_path)
    assert line.startswith("dora.toml: ")
    assert near in line


@pytest.mark.parametrize("year", ["2024", 2024])
def test_a_year_without_a_ladder(tmp_path: Path, year: object) -> None:
    """B1: asking for 2024 is an error that says why."""
    (line,) = problems(tmp_path, benchmark=year)
    assert line.startswith(f"--benchmark: {year!r} cannot be used: {year} ")
    assert line.endswith("allowed: 2019, 2021, 2022, 2023, 2025, quick-check, none")


def test_origin_of_a_wrong_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A problem is told of the origin that won, with its own spelling of the key."""
    (tmp_path / "pyproject.toml").write_text('[tool.dora.failures]\nstatus = "x"\n')
    assert re.match(r"pyproject.toml \[tool.dora\]: failures.status: 'x'", problems(tmp_path)[0])
    monkeypatch.setenv("DORA_FAILURES__STATUS", "y")
    assert problems(tmp_path)[0].startswith("DORA_FAILURES__STATUS: 'y' is not allowed")
    assert problems(tmp_path, failures={"status": "z"})[0].startswith("--failures")


def test_types_that_do_not_fit(tmp_path: Path) -> None:
    """A value of another kind is told, not bent into shape."""
    (tmp_path / "dora.toml").write_text(
        'org = 5\nrepo = "api"\nenvironments = "x"\n[failures]\nrollback = "maybe"\n'
    )
    starts = ["environments: 'x'", "failures.rollback: 'maybe'", "org: 5", "repo: 'api'"]
    found = sorted(line.removeprefix("dora.toml: ") for line in problems(tmp_path))
    assert [True] * 4 == [a.startswith(b) for a, b in zip(found, starts, strict=True)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('repo = "api"', "repo: 'api' does not fit; allowed: a list, like [\"api-*\"]"),
        ('environments = "x"', "environments: 'x' does not fit; allowed: a table"),
        ('collect = "fast"', "collect: 'fast' does not fit; allowed: a table"),
        ("org = 5", "org: 5 does not fit; allowed: a text in quotes"),
        ("[failures]\nrevert = 2", "failures.revert: 2 does not fit; allowed: true or false"),
        (
            '[services]\nsource = "payload:svc"',
            (
                "services: {'source': 'payload:svc'} has no pattern; "
                "allowed: one with a group named service, like (?P<service>.+)"
            ),
        ),
        (
            '[deployments.exclude]\nref = ["x"]',
            (
                "deployments.exclude: {'ref': ['x']} does not fit; "
                "allowed: a list of tables, each below [[deployments.exclude]]"
            ),
        ),
        ('[teams]\ncare = "a"', "teams.care: 'a' does not fit; allowed: a list, like [\"api-*\"]"),
    ],
)
def test_kind_that_is_allowed_is_named_in_the_words_of_the_file(
    tmp_path: Path, text: str, problem: str
) -> None:
    """A value of the wrong kind is answered by the kind that fits, as a settings file writes it."""
    (tmp_path / "dora.toml").write_text(text + "\n")
    assert [f"dora.toml: {problem}"] == problems(tmp_path)


@pytest.mark.parametrize("number", ["30", "1.5", "-5", "0"])
def test_number_without_a_unit_is_no_age(tmp_path: Path, number: str) -> None:
    """W1: an age has a unit; thirty of nothing is not silently thirty seconds."""
    (tmp_path / "dora.toml").write_text(f"lookback = {number}\n")
    (line,) = problems(tmp_path)
    assert line.startswith(f"dora.toml: lookback: {number} ")


def test_section_that_is_no_table(tmp_path: Path) -> None:
    """A section given as a plain value is told like any other."""
    (tmp_path / "dora.toml").write_text('collect = "fast"\n')
    (line,) = problems(tmp_path)
    assert line.startswith("dora.toml: collect: 'fast' does not fit")


def test_environment_mapped_to_true(tmp_path: Path) -> None:
    """D1: an environment has a name or is left out; true is neither."""
    (tmp_path / "dora.toml").write_text('[environments]\n"a*" = true\n')
    found = problems(tmp_path)
    assert [] == [line for line in found if not line.startswith("dora.toml: environments.a*: True")]


def test_file_that_is_no_toml(tmp_path: Path) -> None:
    """A broken file is told by name, with the place."""
    (tmp_path / "dora.toml").write_text("org = \n")
    assert re.search(r"dora.toml: is not valid TOML: .*line 1", problems(tmp_path)[0])


def test_file_that_is_not_there(tmp_path: Path) -> None:
    """A file named with `--config` must be readable."""
    assert "missing.toml: cannot be read: " in problems(tmp_path, tmp_path / "missing.toml")[0]


def test_tool_dora_that_is_no_table(tmp_path: Path) -> None:
    """`[tool.dora]` given as a plain value is a usage error like any other."""
    (tmp_path / "pyproject.toml").write_text('[tool]\ndora = "x"\n')
    assert "pyproject.toml" in problems(tmp_path)[0]


def test_no_organization(tmp_path: Path) -> None:
    """Without an organization the error says the three ways to name one."""
    with pytest.raises(BadUsage, match="no organization was named") as wrong:
        _ = load(tmp_path).organization
    assert all(way in str(wrong.value) for way in ("--org", "DORA_ORG", "dora.toml"))


# Secrets and digest ---------------------------------------------------------------------------


def test_secrets_are_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the environment is not read here, so that no repr can show it."""
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_secret")
    monkeypatch.setenv("DORA_APP_PRIVATE_KEY", "key_secret")
    monkeypatch.setenv("DORA_APP_ID", "app_secret")
    found = load(tmp_path, org="medica-flow")
    shown = (repr(found), str(found), found.model_dump_json(), found.digest)
    assert [] == [text for text in shown if "secret" in text]


def test_configuration_cannot_be_changed(tmp_path: Path) -> None:
    """What was read once stays for the run."""
    found = load(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        found.by = "environment"


def test_digest_is_stable(tmp_path: Path) -> None:
    """The digest of the same settings is the same, whenever it is taken."""
    later = load_config({"org": "x"}, now=NOW + timedelta(days=1), directory=tmp_path)
    first = load(tmp_path, org="x").digest
    assert re.fullmatch("sha256:[0-9a-f]{64}", first)
    assert [first] * 3 == [
        later.digest,
        load(tmp_path, org="x", by="repository").digest,
        load(tmp_path, org="x", since="30d", until="1d").digest,
    ]


@pytest.mark.parametrize(
    "deciding",
    [
        {"org": "y"},
        {"timezone": "Asia/Tokyo"},
        {"repo": ("a*",)},
        {"environment": ("a*",)},
        {"tier": ("staging",)},
        {"by": "environment"},
        {"ephemeral": True},
        {"benchmark": "2021"},
        {"lookback": "31d"},
        {"stale_after": "25h"},
        {"environments": {"a": "b"}},
        {"ephemeral_environments": ("x*",)},
        {"tiers": {"testing": ("try",)}},
        {"deployments": {"collapse": "run"}},
        {"lead_time": {"start": "merged"}},
        {"changes": {"exclude_authors": ("*",)}},
        {"failures": {"status": "live"}},
        {"failures": {"rollback": False}},
        {"collect": {"older_deployments": 1}},
    ],
    ids=str,
)
def test_digest_changes_with_what_decides_numbers(tmp_path: Path, deciding: dict[str, Any]) -> None:
    """Every setting that decides a number changes the digest."""
    plain = {"org": "x", **deciding}
    assert load(tmp_path, org="x").digest != load(tmp_path, **plain).digest


def test_order_of_environments_decides(tmp_path: Path) -> None:
    """D1: the first glob that fits wins, so another order is another configuration."""
    one = load(tmp_path, environments={"a*": "x", "*b": "y"})
    other = load(tmp_path, environments={"*b": "y", "a*": "x"})
    assert one.digest != other.digest


def test_digest_does_not_tell_how_github_is_asked(tmp_path: Path) -> None:
    """Concurrency, waiting and what is kept decide no number."""
    plain = load(tmp_path, org="x").digest
    asked = [{"concurrency": 1, "wait": "1h"}, {"cache": "kept"}, {"cache": False}]
    assert [plain] * 3 == [load(tmp_path, org="x", collect=one).digest for one in asked]


# What is no deployment ------------------------------------------------------------------------


def test_what_is_excluded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D9: a list of tables, each with lists of globs; from the environment as JSON."""
    (tmp_path / "dora.toml").write_text(
        '[[deployments.exclude]]\nenvironment = ["prod*"]\nref = ["refs/pull/*"]\n'
        '[[deployments.exclude]]\ncreator = ["argo-cd[bot]", "ada"]\n'
    )
    expected = (
        ExcludeSettings(environment=("prod*",), ref=("refs/pull/*",)),
        ExcludeSettings(creator=("argo-cd[bot]", "ada")),
    )
    assert expected == load(tmp_path).deployments.exclude
    monkeypatch.setenv("DORA_DEPLOYMENTS__EXCLUDE", '[{"task": ["deploy:migrations"]}]')
    assert (ExcludeSettings(task=("deploy:migrations",)),) == load(tmp_path).deployments.exclude


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("", "fits everything; allowed: at least one of environment, task, creator, ref, descr"),
        ("ref = []", "fits everything; allowed: at least one of"),
        (
            'ref = "main"',
            "deployments.exclude.ref: 'main' does not fit; allowed: a list, like [\"api-*\"]",
        ),
    ],
)
def test_an_exclude_that_cannot_be_meant(tmp_path: Path, table: str, problem: str) -> None:
    """D9: a table that would leave everything out is an error, as is one of another kind."""
    (tmp_path / "dora.toml").write_text(f"[[deployments.exclude]]\n{table}\n")
    (line,) = problems(tmp_path)
    assert line.startswith("dora.toml: deployments.exclude")
    assert problem in line
