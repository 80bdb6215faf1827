"""Whatever an organization has: of one repository no two entries give the same environment (D8)."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dora.config.globs import compile_globs
from dora.config.source_settings import DeploymentsSource, Source
from dora.doctor.source_choice import choose_source, choose_sources
from dora.doctor.source_groups import group_sources
from dora.model.environments import environment_reader
from dora.model.first_look import RepositoryLook
from tests.support.examples import examples
from tests.support.first_looks import (
    config,
    deployments,
    look,
    organization,
    releases,
    tags,
    workflow,
)

NAMES = ("svc-a", "svc-b", "svc-c", "svc-d", "web")
READ = environment_reader(config())
FILED = st.tuples(
    st.sampled_from(("production", "Prod", "staging", "Staging", "qa", "github-pages", "*", "app")),
    st.sampled_from(("ACTIVE", "FAILURE", "PENDING")),
)
WORKFLOWS = st.sampled_from(("Deploy", "Deploy to staging", "Release prod", "Publish", "CI"))
RELEASES = st.sampled_from((releases(), releases(1), releases(130), releases(1, prereleases=(2,)),
                            releases(prereleases=(2,))))  # fmt: skip
TAGS = st.sampled_from((tags(), tags("v1"), tags("1.0", "api-3"), tags("latest")))


@st.composite
def repositories(draw: st.DrawFn, name: str) -> RepositoryLook:
    """A repository with some of everything."""
    rows = [deployments(*one) for one in draw(st.lists(FILED, max_size=3))]
    names = draw(st.lists(WORKFLOWS, max_size=3, unique=True))
    seen: dict[str, Any] = {
        "deployments": tuple(one for row in rows for one in row),
        "workflows": tuple(workflow(one, f"{one}.yml") for one in names),
        "releases": draw(RELEASES),
        "tags": draw(TAGS),
        "is_fork": draw(st.booleans()),
    }
    return look(name, **seen)


def environments(entry: Source, one: RepositoryLook) -> set[str]:
    """Keys of the environments of a repository that an entry gives deployments of."""
    if not isinstance(entry, DeploymentsSource):
        return {READ(str(vars(entry)["environment"])).key}
    fits = compile_globs(entry.environments).fullmatch
    names = {row.environment for row in one.deployments.rows}
    return {READ(name).key for name in names if fits(name)}


@examples(300, few=30, derandomize=True)
@given(st.tuples(*map(repositories, NAMES)))
def test_entries_never_meet(drawn: tuple[RepositoryLook, ...]) -> None:
    """D8: each repository gets the entries of its source, and each environment one of them."""
    seen = organization(*drawn)
    groups = group_sources(choose_sources(seen, config()), seen)
    entries = [entry for group in groups for entry in group.entries]
    for one in seen.repositories:
        fitting = [own for own in entries if compile_globs(own.repositories).fullmatch(one.name)]
        keys = [key for entry in fitting for key in environments(entry, one)]
        assert len(keys) == len({*keys})
        chosen = choose_source(one, config()).entries
        assert chosen == tuple(
            entry.model_copy(update={"repositories": ("*",)}) for entry in fitting
        )
