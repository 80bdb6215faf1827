"""What `dora explain` says of deployments that are not GitHub's (D8)."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dora.demo.github.server import serve
from dora.render.terminal import links
from dora.render.terminal.explain import render_explanation
from tests.support.command import dora
from tests.support.explained_organization import ORGANIZATION, Explained, explained
from tests.support.source_organizations import SourceCase, only_releases, only_workflow

if TYPE_CHECKING:
    from dora.report.evidence import DeploymentEvidence

PAGE = "https://github.com/acme/shop/releases/tag/v1"


def explained_case(case: SourceCase, repository: str, folder: Path) -> list[str]:
    """The lines that explain production of a *repository*."""
    variables: dict[str, Any] = {
        "DORA_SOURCES": json.dumps(case.sources),
        "DORA_SINCE": case.since.isoformat(),
        "DORA_UNTIL": case.until.isoformat(),
        "COLUMNS": "100",
    }
    with serve(case.organization) as server:
        options = ("explain", repository, "production", "--org=acme", "--no-cache", "--quiet")
        done = dora(*options, server=server, folder=folder, **variables)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout.splitlines()


def test_runs_by_number_and_attempt(tmp_path: Path) -> None:
    """A run is called by its number and attempt, in headlines and in what says so (F1, F2)."""
    assert RUNS == "\n".join(explained_case(only_workflow(), "api", tmp_path)[2:13]) + "\n"


def test_releases_by_their_tags(tmp_path: Path) -> None:
    """A release is called by its tag; no figure speaks of statuses that it cannot have."""
    lines = explained_case(only_releases(), "shop", tmp_path)
    assert RELEASES == "\n".join(lines[2:11]) + "\n"
    assert ALONE == "\n".join(lines[-3:]) + "\n"


def test_a_commit_that_landed_late_says_so() -> None:
    """The creation of a merge is its commit, of a run its start, of anything else its creation."""
    it = explained(ORGANIZATION)
    shown: list[str] = []
    for source in ("merges", "workflow", "file"):
        (first, *_) = it.evidence.deployments
        at = first.finished_at
        assert at is not None
        late = replace(first, source=source, created_at=at - timedelta(days=3))
        evidence = replace(it.evidence, deployments=(late,), changes=(), episodes=())
        text = render_explanation(
            *Explained(evidence, it.rows, it.sensitivities), width=100, colour=False
        )
        shown += [line.rpartition(", ")[2] for line in text.splitlines() if "3.0 d before" in line]
    assert ["committed 3.0 d before", "started 3.0 d before", "created 3.0 d before"] == shown


def test_a_headline_that_does_not_fit_goes_on_indented() -> None:
    """What becomes of a deployment is below its time where the line ends, not at the edge."""
    text = render_explanation(*explained(ORGANIZATION), width=60, colour=False)
    assert "\n2026-11-04 09:05  03c0ffe  succeeded, counts as failed,\n  rework\n" in text


@pytest.mark.parametrize(
    ("name", "url", "text", "link"),
    [
        ("releases:v1", PAGE, "v1", PAGE),
        ("tags:\x1b]0;owned\x07v1", PAGE, "\ufffd]0;owned\ufffdv1", PAGE),
        ("tags:[bold]x", "javascript:hit=1", "[bold]x", None),
        ("workflow:501/2", "https://ghe.test/a/b/actions/runs/501/attempts/2",
         "run 501 attempt 2", "https://ghe.test/a/b/actions/runs/501/attempts/2"),
        (17, "https://github.com/acme/shop/deployments/17", "c0ffee1",
         "https://github.com/acme/shop/deployments/17"),
    ],
)  # fmt: skip
def test_hostile_names_are_text_with_a_link(
    name: Any, url: str, text: str, link: str | None
) -> None:
    """Whatever a tag is called, it gives no orders to a terminal, and links to a web page alone."""
    (first, *_) = explained(ORGANIZATION).evidence.deployments
    one: DeploymentEvidence = replace(first, id=name, url=url, sha="c0ffee1" * 5)
    made = links.deployment(one)
    styles = [getattr(span.style, "link", None) for span in made.spans]
    assert (text, [link] * bool(link)) == (made.plain, styles)


RUNS = """\
20 deployments by when they finished, oldest first; then the figures they make.
They are made from workflow runs, not from GitHub Deployments: a run that failed, or a job where
  jobs are chosen, counts as a failed deployment, even if it stopped before it deployed anything.

2026-09-03 02:32  run 7000000031  65d59c0  failed, never live
  status: failure at 02:32, followed by run 7000000031 attempt 2 at 07:20, after 4.8 h
2026-09-03 07:20  run 7000000031 attempt 2  65d59c0  succeeded, counts as failed
  rollback: run 7000000021 attempt 2 rolled back to an older commit, down 17 h,
    until run 7000000021 attempt 2 at 2026-09-04 00:08
  1 change: 5.3 d 65d59c0 #3
2026-09-04 00:08  run 7000000021 attempt 2  195e719  succeeded, rework
"""

RELEASES = """\
11 deployments by when they finished, oldest first; then the figures they make.
They are made from releases, not from GitHub Deployments: lead time ends when the release is
  published.
Releases cannot fail by a status: failures come from reverts, hotfixes, labels, tags and incidents
  alone.

2026-09-06 00:00  v1.2.0  2741adb  succeeded, counts as failed
  incident: shop#102 opened 2026-09-09 19:12, closed 2026-09-10 04:48, after 9.6 h
  3 changes: 8.0 d 560f781 #3, 2.5 d 228cbf2 #4, 36 h 2741adb #4
"""

ALONE = """\
Change fail rate of the 11 finished, were failures defined otherwise
  by one signal alone: revert 9.1 % (1), hotfix 18 % (2), label 9.1 % (1), tag 9.1 % (1),
    incident 18 % (2)
"""
