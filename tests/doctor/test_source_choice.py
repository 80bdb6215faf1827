"""The source that gives a true report of a repository, and what it would show (D8)."""

from typing import Any

import pytest

from dora.config.source_settings import TagsSource
from dora.doctor.source_choice import SourceCount, choose_source, choose_sources, count_sources
from dora.doctor.source_groups import entry_lines, find_globs, group_sources
from dora.model.first_look import SeenPage, SeenRun, SeenWorkflow
from tests.support.first_looks import (
    ago,
    config,
    deployments,
    look,
    organization,
    releases,
    tags,
    workflow,
)

DEPLOY = workflow("Deploy to production", "deploy.yml", 202, 12)
RELEASE = workflow("Release", "release.yml", 4)
FINAL = deployments("production", "ACTIVE", "INACTIVE", "FAILURE")


def judged(**seen: Any) -> tuple[str, str, list[dict[str, Any]]]:
    """Kind, words, and the entries' settings besides the defaults."""
    choice = choose_source(look(**seen), config())
    entries = [entry.model_dump(exclude_defaults=True) for entry in choice.entries]
    return choice.kind, choice.shows, entries


def test_deployments_first() -> None:
    """D8: Deployments that came to an end in an environment with a row need no entry."""
    everything = {"workflows": (DEPLOY,), "releases": releases(1), "tags": tags("v1")}
    told = "3 Deployments to `production` in 90 days, 1 failed"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"deployments": FINAL, **everything}, told),
        (
            {"deployments": deployments("prod-eu", "INACTIVE")},
            "1 Deployment to `prod-eu` in 90 days",
        ),
        (
            {"deployments": deployments("production", "ACTIVE", first=100)},
            "no Deployment to `production` in 90 days, the last on 2026-08-15",
        ),
        (
            {"deployments": deployments("shop-app", "ACTIVE")},
            "1 Deployment to `shop-app` in 90 days",
        ),
        (
            {
                "deployments": deployments("staging", "ACTIVE"),
                "workflows": (workflow("Deploy", "d.yml"),),
            },
            "1 Deployment to `staging` in 90 days",
        ),
    ]
    assert [("deployments", shows, []) for _, shows in cases] == [judged(**one) for one, _ in cases]


@pytest.mark.parametrize(
    "unfinished",
    [
        deployments("production", "PENDING", "ABANDONED", "IN_PROGRESS", "QUEUED", "WAITING"),
        deployments("pr-12", "ACTIVE", "INACTIVE"),
        deployments("production", "ACTIVE", first=121),
        deployments("github-pages", "ACTIVE", "INACTIVE"),
    ],
)
def test_deployments_that_give_no_row(unfinished: Any) -> None:
    """Without an end, ephemeral, before the look-back, or of documents: the workflow is taken."""
    kind, shows, entries = judged(deployments=unfinished, workflows=(DEPLOY,))
    assert ("workflow", "workflow `Deploy to production`, 214 runs in 90 days, 12 failed") == (
        kind,
        shows,
    )
    assert [{"kind": "workflow", "workflow": "deploy.yml"}] == [
        {key: one[key] for key in ("kind", "workflow")} for one in entries
    ]


def test_order_of_the_others() -> None:
    """D8: a workflow, then releases, tags, merges; nothing where nothing happened."""
    seen = {
        "workflows": (DEPLOY,),
        "releases": releases(1, 80, 100),
        "tags": tags("v1", "v2"),
    }
    kinds = []
    for gone in (None, "workflows", "releases", "tags"):
        if gone:
            del seen[gone]
        kinds.append(judged(**seen)[:2])
    kinds.append(judged(commits=SeenPage((ago(121),)))[:2])
    assert kinds == [
        ("workflow", "workflow `Deploy to production`, 214 runs in 90 days, 12 failed"),
        ("releases", "2 releases in 90 days"),
        ("tags", "2 tags like `v*` in 90 days"),
        ("merges", "2 merged pull requests to `main` in 90 days"),
        ("", "nothing happened in 120 days"),
    ]


def test_workflows() -> None:
    """The clearest name with the most runs; those of pull requests and unfinished ones are none."""
    many = workflow(
        "Deploy",
        "deploy.yml",
        runs=SeenPage((SeenRun("push", "failure"),) * 100, has_more=True),
        total=412,
    )
    staging = workflow("Deploy to staging", "staging.yml")
    production = workflow("Publish", "publish-prod.yml", 2)
    cases = {
        (many,): [("deploy.yml", "production")],
        (RELEASE, workflow("CD", "deploy.yml", 1)): [("deploy.yml", "production")],
        (staging, production): [("publish-prod.yml", "production"), ("staging.yml", "staging")],
        (staging,): [("staging.yml", "staging")],
        (workflow("Build, test and deploy", "main.yml"),): [("main.yml", "production")],
        (workflow("Deploy", "a/d.yml"), workflow("Deploy", "a/d.yml")): [("a/d.yml", "production")],
        (workflow("deployment-docs-lint", "d.yml"),): None,
        (workflow("Deploy", "d.yml", event="pull_request_target"),): None,
        (
            workflow(
                "Deploy",
                "d.yml",
                0,
                runs=SeenPage((SeenRun("push", None), SeenRun("push", "cancelled"))),
            ),
        ): None,
        (workflow("Deploy", "a*b?.yml"),): [("a?b?.yml", "production")],
    }
    told = {
        given: [(one["workflow"], one.get("environment", "production")) for one in entries]
        if kind == "workflow"
        else None
        for given in cases
        for kind, _, entries in [judged(workflows=given)]
    }
    assert cases == told
    assert (
        "workflow `Deploy`, 412 runs in 90 days, 100 of the newest 100 failed"
        == judged(workflows=(many,))[1]
    )


def test_releases() -> None:
    """Pre-releases count where there is no other release, and are told of where there is."""
    assert judged(releases=releases(prereleases=(1, 2))) == (
        "releases",
        "2 pre-releases in 90 days, and no other release",
        [{"kind": "releases", "prereleases": "production"}],
    )
    both = choose_source(look(releases=releases(1, prereleases=(2,))), config())
    assert (
        (
            '1 pre-release is left out; with prereleases = "staging" they get a row, '
            "shown with --tier all"
        ),
    ) == both.remarks


def test_tags() -> None:
    """What tags look like: not those that move or mark failures; numbers by their dots."""
    cases = {
        ("v1.2", "v1.1", "latest", "nightly"): "v*",
        ("release-3", "release-2", "v1"): "release-*",
        ("1.2.3", "1.2.2"): "*",
        ("1.2.3", "1.2.2", "v1"): "*.*.*",
        ("2026-11-01", "2026-10-30"): "*",
        ("latest", "stable"): None,
        ("failed/3", "rollback/7"): None,
        ("a*1", "a*2"): "a?*",
        ("v1.1", "v1.0", "vendor-2", "vnext"): "v*.*",
        ("f2.1", "f1.0", "failed/1"): "f*.*",
    }
    judgements = {given: choose_source(look(tags=tags(*given)), config()) for given in cases}
    told = {
        given: next((one.tag for one in choice.entries if isinstance(one, TagsSource)), None)
        for given, choice in judgements.items()
    }
    assert cases == told
    remarks = [judgements["v1.1", "v1.0", "vendor-2", "vnext"].remarks]
    remarks.append(choose_source(look(tags=tags("1.2.1", "1.2.0", "api-1.2.0")), config()).remarks)
    left_out = "tags like `vendor-*` are left out; an entry of their own would show them"
    assert [(left_out,), ()] == remarks


def test_mixed() -> None:
    """Deployments of staging beside what says that it is production; the two never meet (D8)."""
    seen = {"deployments": deployments("staging", "ACTIVE", "FAILURE"), "releases": releases(2)}
    assert judged(**seen) == (
        "releases",
        "1 release in 90 days; Deployments to `staging`",
        [{"kind": "deployments", "environments": ("staging",)}, {"kind": "releases"}],
    )
    named = workflow("Deploy to production", "deploy.yml")
    kind, _, entries = judged(deployments=seen["deployments"], workflows=(named,))
    assert ("workflow", ["deployments", "workflow"]) == (kind, [one["kind"] for one in entries])


def test_nothing_to_report() -> None:
    """Forks, trackers and GitHub's own repositories have no merges to tell of."""
    assert [
        judged(name="lib", is_fork=True)[0],
        judged(name=".github")[0],
        judged(name="incidents")[0],
        judged(name="outage-log")[0],
        judged(name="incident-service")[0],
        judged(name="lib", is_fork=True, releases=releases(1))[0],
        judged(name="Docs")[0],
        judged(name="acme.github.io")[0],
        judged(name="docs-api")[0],
        judged(name="handbook", tags=tags("v1"))[0],
    ] == ["", "", "", "", "merges", "releases", "", "", "merges", "tags"]
    assert (
        "usually nothing is deployed from a repository of this name; where its merges are "
        'deployed, add an entry from = "merges"'
    ) == judged(name="docs")[1]


def test_what_else_there_is() -> None:
    """Beside a guess the workflows that may deploy, beside Deployments the releases; early tags."""
    ship = SeenWorkflow("Ship", "ship.yml")
    cases: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        (
            {"workflows": (workflow("CI", "ci.yml", 3, 1), ship)},
            (
                (
                    "it has workflow `CI`, 4 runs in 90 days, 1 failed; workflow `Ship`: where one "
                    "deploys, name it as the source"
                ),
            ),
        ),
        (
            {"deployments": FINAL, "releases": releases(1, 95)},
            ("it has 1 release in 90 days, too",),
        ),
        (
            {"deployments": deployments("staging", "ACTIVE"), "workflows": (ship,)},
            ("it has workflow `Ship`: where one deploys, name it as the source",),
        ),
        (
            {"tags": tags("v2.0.0", "v2.0.0-rc.1", "v1.9.0")},
            ("pre-releases count as well, such as `v2.0.0-rc.1`",),
        ),
    ]
    assert [told for _, told in cases] == [
        choose_source(look(**seen), config()).remarks for seen, _ in cases
    ]


def test_groups() -> None:
    """One entry for all with the same source; globs only where they fit no other repository."""
    names = ("svc-a", "svc-b", "svc-c", "web", "lib-a", "lib-b", "lib-c")
    seen = organization(
        *(look(name, workflows=(DEPLOY,)) for name in names[:4]),
        *(look(name, releases=releases(1)) for name in names[4:6]),
        look("lib-c"),
        look("done", deployments=FINAL),
    )
    groups = group_sources(choose_sources(seen, config()), seen)
    assert [
        ("deployments", ("done",), []),
        ("workflow", ("svc-a", "svc-b", "svc-c", "web"), [("svc-*", "web")]),
        ("releases", ("lib-a", "lib-b"), [("lib-a", "lib-b")]),
        ("merges", ("lib-c",), [("lib-c",)]),
    ] == [
        (one.kind, one.repositories, [entry.repositories for entry in one.entries])
        for one in groups
    ]
    assert (
        '[[sources]]\nfrom = "workflow"\nrepositories = ["svc-*", "web"]\n'
        'workflow = "deploy.yml"\nenvironment = "production"'
    ) == entry_lines(groups[1].entries[0])
    assert (
        SourceCount("workflow", "deploy.yml", 4),
        SourceCount("releases", "", 2),
        SourceCount("deployments", "", 1),
        SourceCount("merges", "", 1),
    ) == count_sources(seen, config())
    assert ("a", "b") == find_globs(["b", "a"], ["a", "b"])
    many = [f"r{n}" for n in range(51)]
    assert ("*",) == find_globs(many, many)
