"""What the name of a workflow, a label or a repository is taken for."""

from dora.doctor.tracker_names import is_no_product
from dora.model.deploy_workflows import find_deploy_word
from dora.model.label_words import (
    looks_like_failed_change,
    looks_like_hotfix,
    looks_like_incident,
)


def test_workflows_that_deploy() -> None:
    """D8: a name or a file says deploy, release or publish by a whole word, whatever its case."""
    cases = {
        ("Deploy to production", "ci.yml"): "deploy",
        ("CI", "deploy.yml"): "deploy",
        ("CI/CD: build, test and deploy", "main.yml"): "deploy",
        ("Deploy, then test", "main.yml"): "deploy",
        ("DeployProduction", "main.yml"): "deploy",
        ("Production deployment", "main.yml"): "deploy",
        ("Deploy to Cloudflare Pages", "main.yml"): "deploy",
        ("Release", "release.yml"): "release",
        ("Publish releases", "npm.yml"): "release",
        ("npm", "npm-publish.yaml"): "publish",
        ("Publishing & lint", "main.yml"): "publish",
        ("Deploy release", "main.yml"): "deploy",
    }
    assert cases == {given: find_deploy_word(*given) for given in cases}


def test_workflows_that_do_not() -> None:
    """Parts of words say nothing, and some neighbours say that nothing reaches users."""
    cases = [
        ("CI", "ci.yml"),
        ("Undeployable", "main.yml"),
        ("deployment-docs-lint", "deployment-docs-lint.yml"),
        ("Lint", "lint-release.yml"),
        ("Test deployment", "main.yml"),
        ("Release Drafter", "main.yml"),
        ("Release", "release-drafter.yml"),
        ("release-please", "main.yml"),
        ("Prepare release", "main.yml"),
        ("Deploy preview", "main.yml"),
        ("Deploy PR", "main.yml"),
        ("Teardown deployment", "main.yml"),
        ("Deploy (dry run)", "main.yml"),
        ("pages-build-deployment", "pages-build-deployment"),
        ("Publish docs", "main.yml"),
        ("Publish nightly snapshot", "main.yml"),
        ("", ""),
    ]
    assert [] == [given for given in cases if find_deploy_word(*given) is not None]


def test_labels() -> None:
    """F4, F5, F7: labels that say so, with words beside them that change nothing."""
    labels = {
        looks_like_incident: ["incident", "Incidents", "type: incident", "kind/outage", "sev1",
                              "production-incident", "SEV-2", "Major Incident", "postmortem"],
        looks_like_hotfix: ["hotfix", "Hotfixes", "hot-fix", "type: hotfix", "urgent hotfix"],
        looks_like_failed_change: ["change-failure", "Caused Incident", "failed-change"],
    }  # fmt: skip
    others = ["bug", "no-incident", "area: incident-response", "incident-free", "severity: low",
              "not a hotfix", "hot", "fix", "failure", "change", ""]  # fmt: skip
    assert labels == {meant: list(filter(meant, own)) for meant, own in labels.items()}
    assert [] == [label for label in others for meant in labels if meant(label)]


def test_repositories_without_a_product() -> None:
    """Repositories of incidents, and those that GitHub reads itself."""
    assert [True] * 6 + [False] * 4 == [
        is_no_product(name)
        for name in (
            "incidents", "Incident-Tracker", "postmortems", "production-outages", ".github",
            ".github-private", "incident-service", "incidentio", "tracker", "github",
        )
    ]  # fmt: skip
