"""A diagnosis on a terminal, and as JSON."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dora.analysis.analysis import analyse
from dora.demo.organization.build import build_organization
from dora.doctor.diagnose import diagnose
from dora.doctor.model import Diagnosis, Finding
from dora.model.token_rights import Probe
from dora.render.formatting import plain
from dora.render.terminal.doctor import render_json, render_text
from tests.support import reports
from tests.support.diagnoses import FINE, LAW, NOW
from tests.support.runs import config_of
from tests.support.truth_tables import tables_of

COLOURS = re.compile("\x1b\\[[0-9;]*m")
HOSTILE = (*reports.HOSTILE_NAMES, "\x1b]0;owned\x07", "a\nb", "\u202eabc", "\ud800")
PROBLEM = Finding(
    "repository-unreadable",
    "problem",
    "1 repository cannot be read: no!",
    "What happens there is in no number.",
    "Give the token the scope repo.",
    ("payments-vault",),
)
SHARED = Finding(
    "deployment-same-run", "warning", "40 deployments share their workflow run.",
    "Frequency may be too high.", 'Set deployments.collapse = "run".',
    tuple(f"service-{n:02}/prod" for n in range(20)),
    {f"service-{n:02}/prod": 1000 * n for n in range(20)},
)  # fmt: skip
TIER = Finding(
    "environment-tier", "ok", "production, by the word 'prod'", "", "", ("prod", "prod-eu"),
    {"prod": 1204, "prod-eu": 3},
)  # fmt: skip
MANY = Finding(
    "environment-ephemeral",
    "ok",
    "'pr-*' in ephemeral_environments, left out",
    subjects=tuple(f"pr-{n}" for n in range(400)),
)
LONG = replace(TIER, what="testing, by the word 'qa'", subjects=("qa" * 50,), counts={})
SMALL = Diagnosis(
    "medica-flow",
    datetime(2026, 8, 25, 6, tzinfo=UTC),
    NOW,
    "Europe/Berlin",
    30.0,
    (TIER, SHARED, PROBLEM, MANY, LONG, Finding("token", "ok", "The token is valid.")),
)


def demo() -> Diagnosis:
    """The diagnosis of the made-up organization, by a token made up here."""
    organization = build_organization(NOW, forbidden=True)
    tables, config = tables_of(organization), config_of(organization)
    rights = ("deployments", "contents", "pull requests", "issues")
    token = replace(
        FINE,
        scopes=None,
        visible=18,
        private=17,
        sample=Probe("appointment-service"),
        unread=(Probe("payments-vault", rights, "forbidden"),),
        requests=81,
        points=305,
    )
    return diagnose(token, tables, analyse(tables, config), config)


def test_at_80_columns() -> None:
    """Problems first, then warnings, each with its remedy; what is fine has a line each."""
    assert render_text(SMALL, width=80, colour=False) == AT_80


def test_the_demo_at_100_columns() -> None:
    """The made-up organization, everything the doctor finds in it."""
    assert render_text(demo(), width=100, colour=False) == DEMO_AT_100


def test_as_json() -> None:
    """The document `dora.doctor/1`: names as GitHub spells them, all of them."""
    document = json.loads(render_json(replace(SMALL, findings=(TIER, PROBLEM))))
    assert document == DOCUMENT


def test_what_the_verdict_counts() -> None:
    """Warnings leave a report complete, and so does nothing at all."""
    warned = replace(SMALL, findings=(SHARED, SHARED, TIER))
    told = "A report of this window would be complete: 2 warnings."
    assert told in render_text(warned, width=80, colour=False)
    fine = render_text(replace(SMALL, findings=(TIER,)), width=80, colour=False)
    assert "A report of this window would be complete.\n\nFine\n" in fine
    assert "Fine" not in render_text(replace(SMALL, findings=(SHARED,)), width=80, colour=False)


def test_colour_is_nothing_but_colour() -> None:
    """With colour the text is the same."""
    coloured = render_text(SMALL, width=80, colour=True)
    assert "\x1b[1;31mProblems" in coloured
    assert COLOURS.sub("", coloured) == render_text(SMALL, width=80, colour=False)


@pytest.mark.few(3)
@pytest.mark.parametrize("width", [1, 20, 33, 80, 100, 300])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Nor than what reads well."""
    lines = render_text(SMALL, width=width, colour=False).splitlines()
    assert max(map(cell_len, lines)) <= min(max(width, 20), 100)


@LAW
@given(st.text(max_size=60) | st.sampled_from(HOSTILE), st.sampled_from(["problem", "note", "ok"]))
def test_hostile_names(name: str, severity: str) -> None:
    """No name tells a terminal what to do, wherever it stands; JSON keeps it, in ASCII."""
    evil = Finding("x", severity, name, name, name, (name,), {name: 2})  # type: ignore[arg-type]  # drawn among them
    diagnosis = replace(SMALL, organization=name, findings=(evil, TIER))
    text = render_text(diagnosis, width=80, colour=False)
    lines = text.split("\n")
    assert [plain(line) for line in lines] == lines
    document = render_json(diagnosis)
    assert document.isascii()
    assert json.loads(document)["findings"][0]["subjects"] == [name]


AT_80 = """\
Diagnosis of medica-flow
2026-08-25 08:00 to 2026-11-23 07:00 (Europe/Berlin), and the 30 days before.

A report of this window would not be complete: 1 problem, 1 warning.

Problems

1 repository cannot be read: no!
  where  payments-vault
  means  What happens there is in no number.
  fix    Give the token the scope repo.

Warnings

40 deployments share their workflow run.
  where  service-00/prod, service-01/prod (1,000), service-02/prod (2,000),
         service-03/prod (3,000), service-04/prod (4,000), service-05/prod
         (5,000), service-06/prod (6,000), service-07/prod (7,000),
         service-08/prod (8,000), service-09/prod (9,000), service-10/prod
         (10,000), service-11/prod (11,000), and 8 more
  means  Frequency may be too high.
  fix    Set deployments.collapse = "run".

Fine

· production, by the word 'prod': prod (1,204), prod-eu (3)
· 'pr-*' in ephemeral_environments, left out: pr-0, pr-1, pr-2, and 397 more
· testing, by the word 'qa':
  qaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqaqa
  qaqaqaqaqaqaqaqaqaqaqa
· The token is valid.

In brackets: how many deployments.
"""

DEMO_AT_100 = """\
Diagnosis of medica-flow
2026-08-25 06:00 to 2026-11-23 06:00 (UTC), and the 30 days before.

A report of this window would not be complete: 1 problem, 3 warnings, 7 notes.

Problems

1 repository cannot be read: forbidden
  where  payments-vault
  means  What happens there is in no number.
  fix    Give the token or App the permissions Deployments: read, Contents: read, Pull requests:
         read, Issues: read.

Warnings

1 deployment of 24 h or older without any status.
  where  billing-worker/prod (1)
  means  They are in no metric: nobody knows whether they succeeded.
  fix    Let what creates them write a status (success, failure) when it is done.

3 deployments share their workflow run with others to the same environment: by runs they would be 1.
  where  terraform-ci/prod (3)
  means  Each job that names an environment files a deployment: frequency may be too high, the
         change fail rate too low.
  fix    Set deployments.collapse = "run"; or name the environment in the job that deploys alone.

3 of the newest deployments to production were filed for pull requests.
  where  terraform-ci/prod (3)
  means  A job of a pull request that names the environment, for its secrets say, files one: a plan,
         which releases nothing, counts as a deployment.
  fix    If so, paste these lines at the end of dora.toml; they hold for every repository.

[[deployments.exclude]]
environment = ["prod"]
ref = ["refs/pull/*"]

Notes

These repositories have deployed, but not in the window or the look-back before it.
  where  report-archive
  means  They have no row.
  fix    None needed; a longer window (--since) brings them back.

These repositories have no deployments.
  where  design-system
  means  They are in no number.
  fix    Where one does deploy: name the environment in the workflow's job (`environment:
         production`), create deployments and their statuses by the API, or name another source
         under [[sources]]: `dora init` says which.

3 deployments never came to an end: no success or failure after 24 h or more.
  where  billing-worker/prod (2), terraform-ci/prod (1)
  means  They are in no metric.
  fix    If they did end, let what deploys write success or failure; an approval that is never
         given, or a cancelled job, leaves such ones, too.

9 deployments ended without having started.
  where  infrastructure/prod (5), terraform-ci/prod (4)
  means  They are in no metric: an approval was refused or expired, or the track-deployment action
         says that no apply was reached.
  fix    Nothing needs to be done; `dora explain` shows the reason of each.

2 successful deployments of commits that GitHub no longer has (force-pushed away, or never pushed).
  where  lab-results-api/dev (1), lab-results-api/prod (1)
  means  They count in frequency and failures, but ship no change: the next one does.
  fix    Deploy from branches that are not rewritten.

1 of 9 incidents found no deployment.
  where  data-warehouse#50
  means  They fail no deployment: they are in neither change fail rate nor recovery time.
  fix    Where a deployment was to blame, begin a line of the issue with `Deployment:` and its id,
         its address or the sha of its commit; or, if it had been live for more than 7 days, raise
         incidents.attribution.

Nothing in the names of these environments says which tier they are: they count as other.
  where  <b>bold</b> (4), =1+1 (4), @team (4), a|b (4), github-pages (4)
  means  They have rows of their own, but are not in rows by team or organization; no tag, and no
         incident but one that names its deployment, marks their failures.
  fix    If one is production (or staging …), add its word under [tiers], or map it under
         [environments]: "NAME" = "production"; "NAME" = false leaves it out.

Fine

· The token is valid: it is ada's.
· The token ends on 2027-03-03 06:00 UTC.
· GitHub does not say which scopes this token has, so its rights were tried one by one.
· It sees 18 repositories of medica-flow (17 private); GitHub does not say whether there are others.
· The deployments may be read; tried on appointment-service.
· The contents may be read; tried on appointment-service.
· The pull requests may be read; tried on appointment-service.
· The issues may be read; tried on appointment-service.
· The organization's teams may be read (--by team).
· 4,999 of 5,000 points were left before this run, until 07:00 UTC.
· A report of this window costs 81 requests, 305 points: 6.1 % of the hour's.
· Skipped (archived): legacy-intake
· Skipped (empty): sandbox
· Every repository that deploys has successes.
· Every environment that is deployed to has successes.
· Every repository that deploys has an environment of the tier production.
· No deployment lost its runner.
· No look-back hit its limit.
· 2 incidents were closed as not planned or as a duplicate: not counted.
· production, by the word 'prod': prod (414), prod-eu (29), prod-us (20)
· production, by the word 'production': Production (39), production (314)
· testing, by the word 'qa': [brackets] qa (4), qa (864)
· development, by the word 'dev': dev (1,531)
· ephemeral, by the word 'pr' and a number, left out: pr-10 (1), pr-100 (1), and 404 more
· ephemeral, by the word 'preview', left out: preview/dependabot/pip/requests-2.32 (17), and 92 more
· Every configured pattern fits something.

In brackets: how many deployments.
"""

DOCUMENT = {
    "schema": "dora.doctor/1",
    "organization": "medica-flow",
    "window": {
        "since": "2026-08-25T06:00:00Z",
        "until": "2026-11-23T06:00:00Z",
        "timezone": "Europe/Berlin",
    },
    "complete": False,
    "findings": [
        {
            "check": "environment-tier",
            "severity": "ok",
            "what": "production, by the word 'prod'",
            "meaning": "",
            "mend": "",
            "subjects": ["prod", "prod-eu"],
            "counts": {"prod": 1204, "prod-eu": 3},
            "paste": "",
        },
        {
            "check": "repository-unreadable",
            "severity": "problem",
            "what": "1 repository cannot be read: no!",
            "meaning": "What happens there is in no number.",
            "mend": "Give the token the scope repo.",
            "subjects": ["payments-vault"],
            "counts": {},
            "paste": "",
        },
    ],
}


def test_thousands_of_names_are_shortened_quickly() -> None:
    """A finding that is fine has as many names as fit, however many there are."""
    names = tuple(f"prod-{number}" for number in range(2_000))
    fine = Finding("environment-tier", "ok", "production", subjects=names)
    started = monotonic()
    lines = render_text(replace(SMALL, findings=(fine,)), width=60, colour=False).splitlines()
    assert "· production: prod-0, prod-1, prod-2, prod-3, and 1,996 more" in lines
    assert monotonic() - started < 3
