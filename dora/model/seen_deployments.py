"""Says which of the Deployments of a first look came to an end, and where that gives a row."""

from dora.config import Config
from dora.model.environments import Environment, environment_reader
from dora.model.first_look import RepositoryLook, SeenDeployment

#: GitHub's words for a deployment that succeeded or failed; without a status it is `PENDING` or,
#: after half an hour, `ABANDONED`. One that a newer success replaced is `INACTIVE`.
FAILED = frozenset({"FAILURE", "ERROR"})
FINAL = FAILED | {"ACTIVE", "SUCCESS", "INACTIVE", "DESTROYED"}
#: Environment of GitHub Pages: most often documents beside what is really deployed.
PAGES = "github-pages"


def find_final(look: RepositoryLook, config: Config) -> dict[Environment, list[SeenDeployment]]:
    """Deployments that succeeded or failed since the look-back began, by environment (W3, G0).

    Only environments that have rows: neither ephemeral nor left out.
    """
    read = environment_reader(config)
    found: dict[str, tuple[Environment, list[SeenDeployment]]] = {}
    for one in look.deployments.rows:
        environment = read(one.environment)
        is_row = environment.is_chosen and not (environment.is_ephemeral or environment.is_left_out)
        is_read = config.lookback_start <= one.created_at < config.window.until
        if is_row and is_read and one.state in FINAL:
            found.setdefault(environment.key, (environment, []))[1].append(one)
    return dict(found.values())


def has_production(look: RepositoryLook, config: Config) -> bool:
    """Whether its Deployments say by themselves what reached production."""
    return any(one.tier == "production" for one in find_final(look, config))
