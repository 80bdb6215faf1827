"""What may be no deployment, or no lasting environment, and the lines that the doctor proposes."""

import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from dora.config import load_config
from dora.demo.organization.model import Deployment, Repository
from dora.doctor.model import Finding
from dora.doctor.toml_lines import exclude_lines, list_line
from dora.render.terminal.doctor import render_text
from tests.support.diagnoses import HOUR, NOW, deployed, diagnosis_of, repository, sha

CHECKS = {
    "deployment-of-request",
    "deployment-several-creators",
    "deployment-several-tasks",
    "environment-numbered",
}


def proposals(*repositories: Repository, **options: Any) -> list[Finding]:
    """The findings that propose lines."""
    found = [one for one in diagnosis_of(*repositories, **options).findings if one.paste]
    assert {one.check for one in found} <= CHECKS
    assert all(one.meaning and one.mend and one.subjects for one in found)
    return found


def pasted(text: str) -> dict[str, Any]:
    """Settings of a `dora.toml` with that text."""
    return tomllib.loads(text)


def also(one: Deployment, number: int, **changed: Any) -> Deployment:
    """Another record of a deployment, half an hour later."""
    return replace(one, **{"id": number, "created_at": one.created_at + HOUR / 2, **changed})


APPLIES = [deployed(number) for number in (20, 10)]
PLANS = [deployed(number, ref=f"refs/pull/{number}/merge") for number in (15, 14, 5)]


def test_plans_of_requests(tmp_path: Path) -> None:
    """D9: deployments of request refs are noticed; the lines leave them out, as the user would."""
    plain = repository("api", *APPLIES, *PLANS)
    (found,) = proposals(plain)
    assert ("deployment-of-request", "warning", {"api/prod": 3}) == (
        found.check,
        found.severity,
        found.counts,
    )
    expected = '[[deployments.exclude]]\nenvironment = ["prod"]\nref = ["refs/pull/*"]'
    assert expected == found.paste
    (tmp_path / "dora.toml").write_text(f'benchmark = "none"\n\n{found.paste}\n')
    loaded = load_config({"org": "acme"}, now=NOW, directory=tmp_path)
    assert [] == proposals(plain, deployments=loaded.deployments.model_dump())


def test_requests_elsewhere_are_no_plans() -> None:
    """D9: only what is filed to production is doubted: a preview of a request is deployed."""
    preview = deployed(9, "staging", ref="refs/pull/9/merge")
    named = deployed(8, ref="pull-requests")
    assert [] == proposals(repository("api", *APPLIES, preview, named))


def test_two_apps_that_file_one_release() -> None:
    """D9: the login that files fewer of them is proposed, and none is left afterwards."""
    first = [deployed(n, creator="github-actions[bot]") for n in (20, 15, 10, 5)]
    second = [also(one, one.id + 5000, creator="argo-cd[bot]") for one in first[1:]]
    api = repository("api", *first, *second)
    (found,) = proposals(api)
    assert ("deployment-several-creators", {"api/prod": 3}) == (found.check, found.counts)
    expected = '[[deployments.exclude]]\ncreator = ["argo-cd[bot]"]'
    assert expected == "\n".join(found.paste.splitlines()[::2])
    assert [] == proposals(api, **pasted(found.paste))
    document = {one.check for one in diagnosis_of(api, **pasted(found.paste)).findings}
    assert not document & CHECKS


@pytest.mark.parametrize(
    "other",
    [
        {"creator": "ada", "created_at": NOW - timedelta(days=4)},
        {"creator": "ada", "environment": "prod-eu"},
        {"creator": "ada", "sha": sha(50)},
    ],
)
def test_a_person_who_deploys_again_is_no_second_tool(other: dict[str, Any]) -> None:
    """D9: hours later, elsewhere, or of another commit is a deployment of its own."""
    first = [deployed(n, creator="github-actions[bot]") for n in (20, 15, 10, 5)]
    assert [] == proposals(repository("api", *first, also(first[-1], 9000, **other)))


def test_many_people_who_deploy_are_compared_quickly() -> None:
    """D9: a team of hundreds that deploys by hand is no work for minutes."""
    people = [
        replace(deployed(days, creator=f"person-{n}"), id=10_000 + n, sha=sha(n % 90))
        for n, days in enumerate([9] * 75 + [5] * 75)
    ]
    started = monotonic()
    assert [] == proposals(repository("api", *people))
    assert monotonic() - started < 20


def test_several_tasks() -> None:
    """D9: tasks beside the usual one are proposed, a rollback is none; services go by tasks."""
    migrations = [deployed(n, task="deploy:migrations") for n in (19, 9)]
    further = [deployed(7, task="dry-run"), deployed(6, task="rollback")]
    api = repository("api", *APPLIES, deployed(8), *migrations, *further)
    (found,) = proposals(api)
    assert ("note", {"api/prod": 3}) == (found.severity, found.counts)
    table = '[[deployments.exclude]]\nenvironment = ["prod"]\ntask = '
    assert f'{table}["deploy:migrations"]\n\n{table}["dry-run"]' == found.paste
    assert [] == proposals(api, **pasted(found.paste))
    services = {"source": "task", "pattern": "^deploy:(?P<service>.+)"}
    assert [] == proposals(api, services=services)


def test_all_lines_together() -> None:
    """D9, D5: the lines of every finding may stand in one file, the key of the top first."""
    numbered = [deployed(30 - n, f"feature-{n}") for n in range(6)]
    api = repository("api", *APPLIES, *PLANS, deployed(3, task="plan"), *numbered)
    found = {one.check: one.paste for one in proposals(api)}
    assert {"deployment-of-request", "deployment-several-tasks", "environment-numbered"} == {*found}
    file = "\n\n".join([found.pop("environment-numbered"), *found.values()])
    assert [] == proposals(api, **pasted(file))


@pytest.mark.parametrize(
    ("names", "glob"),
    [
        ([f"feature-{n}" for n in range(5)], "feature-*"),
        ([f"Branch {n}/web" for n in range(90, 103)], "branch */web"),
        ([f"env-{n:x}a{n}bcdef" for n in range(20, 27)], "env-*"),
        ([f"review{n}x" for n in range(5)], "review*x"),
    ],
)
def test_environments_that_differ_by_a_number(names: list[str], glob: str) -> None:
    """D5: many that differ by a number or a hash alone are proposed as ephemeral."""
    own = [deployed(40 - n, name) for n, name in enumerate(names)]
    api = repository("api", *APPLIES, *own)
    (found,) = proposals(api)
    assert ("environment-numbered", tuple(sorted(names))) == (found.check, found.subjects)
    assert f'ephemeral_environments = ["{glob}"]' == found.paste
    assert [] == proposals(api, **pasted(found.paste))


def test_what_a_proposed_glob_would_take_along_is_taken_back() -> None:
    """D5: a name that fits but differs by more keeps its row, and what was set stays set."""
    own = [deployed(40 - n, f"feature-{n}") for n in range(5)]
    api = repository("api", *APPLIES, *own, deployed(3, "feature-main"), deployed(2, "tmp"))
    (found,) = proposals(api, ephemeral_environments=["tmp"])
    line = 'ephemeral_environments = ["!feature-main", "feature-*", "tmp"]'
    assert line == found.paste
    left = diagnosis_of(api, **pasted(found.paste)).findings
    kept = [one for one in left if one.check == "environment-tier-unknown"]
    assert [("feature-main",)] == [one.subjects for one in kept]


@pytest.mark.parametrize(
    "names",
    [
        [f"prod-{n}" for n in range(9)],
        [f"pr-{n}" for n in range(9)],
        [f"feature-{n}" for n in range(4)],
        ["a-one", "a-two", "a-three", "a-four", "a-five"],
        [f"feature-{n}" * (n % 2) or f"branch-{n}" for n in range(8)],
    ],
)
def test_few_or_lasting_environments_are_left_alone(names: list[str]) -> None:
    """D5: production, what is ephemeral anyway, four of a kind, and words."""
    own = [deployed(40 - n, name) for n, name in enumerate(names)]
    assert [] == proposals(repository("api", *APPLIES, *own))


def test_lines_hold_whatever_names_hold() -> None:
    """The lines are TOML that gives the very names, and no terminal is steered by them."""
    names = ['a"b', "back\\slash", "\x1b]0;x\x07", "\u202eevil", "emoji 🎉", "new\nline", "[x]"]
    text = exclude_lines(environment=names, task=["t"])
    assert {"deployments": {"exclude": [{"environment": sorted(names), "task": ["t"]}]}} == (
        tomllib.loads(text)
    )
    assert all(letter.isprintable() for letter in text.replace("\n", ""))
    assert {"k": sorted(names)} == tomllib.loads(list_line("k", [*names, *names]))


@pytest.mark.parametrize("width", [20, 60, 200])
def test_lines_are_whole_on_a_terminal_of_any_width(width: int) -> None:
    """They stand at the beginning of lines of their own, and are never broken."""
    own = [deployed(40 - n, f"a-long-name-of-a-feature-{n}") for n in range(5)]
    shown = diagnosis_of(repository("api", *APPLIES, *PLANS, *own))
    lines = render_text(shown, width=width, colour=False).splitlines()
    wanted = [line for one in shown.findings for line in one.paste.splitlines() if one.paste]
    assert len(wanted) == 4
    assert [line for line in lines if line in wanted] == wanted
