CREATE TABLE runs (
    organization text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    days double precision NOT NULL,
    timezone text NOT NULL,
    generated_at timestamptz NOT NULL,
    version text NOT NULL,
    configuration text NOT NULL,
    benchmark text NOT NULL,
    repositories text NOT NULL,
    environments text NOT NULL,
    tiers text NOT NULL,
    unread text NOT NULL,
    gaps text NOT NULL,
    PRIMARY KEY (organization, kind, since, until)
);

CREATE TABLE coverage (
    organization text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    about text NOT NULL,
    name text NOT NULL,
    amount double precision,
    reason text,
    PRIMARY KEY (organization, kind, since, until, about, name)
);

CREATE TABLE metrics (
    organization text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    repository text NOT NULL,
    environment text NOT NULL,
    service text NOT NULL,
    team text NOT NULL,
    tier text NOT NULL,
    deployment_frequency_deployments bigint,
    deployment_frequency_per_day double precision,
    deployment_frequency_per_week double precision,
    deployment_frequency_active_days bigint,
    deployment_frequency_per_day_low double precision,
    deployment_frequency_per_day_high double precision,
    change_lead_time_changes bigint,
    change_lead_time_median_seconds double precision,
    change_lead_time_mean_seconds double precision,
    change_lead_time_p75_seconds double precision,
    change_lead_time_p90_seconds double precision,
    change_lead_time_median_low_seconds double precision,
    change_lead_time_median_high_seconds double precision,
    change_lead_time_coding_seconds double precision,
    change_lead_time_review_seconds double precision,
    change_lead_time_delivery_seconds double precision,
    change_fail_rate_failed bigint,
    change_fail_rate_deployments bigint,
    change_fail_rate double precision,
    change_fail_rate_low double precision,
    change_fail_rate_high double precision,
    change_fail_rate_status bigint,
    change_fail_rate_rollback bigint,
    change_fail_rate_revert bigint,
    change_fail_rate_hotfix bigint,
    change_fail_rate_label bigint,
    change_fail_rate_tag bigint,
    change_fail_rate_incident bigint,
    change_fail_rate_never_live bigint,
    recovery_time_episodes bigint,
    recovery_time_recovered bigint,
    recovery_time_open bigint,
    recovery_time_mean_seconds double precision,
    recovery_time_median_seconds double precision,
    rework_rate_rework bigint,
    rework_rate_deployments bigint,
    rework_rate double precision,
    rework_rate_low double precision,
    rework_rate_high double precision,
    deployment_frequency_level text,
    change_lead_time_level text,
    change_fail_rate_level text,
    recovery_time_level text,
    waiting_changes bigint,
    waiting_oldest_seconds double precision,
    PRIMARY KEY (
        organization, kind, since, until, repository,
        environment, service, team, tier
    )
);

CREATE TABLE deployments (
    organization text NOT NULL,
    repository text NOT NULL,
    deployment bigint NOT NULL,
    environment text NOT NULL,
    service text NOT NULL,
    sha text NOT NULL,
    url text NOT NULL,
    created_at timestamptz NOT NULL,
    succeeded_at timestamptz,
    failed_status_at timestamptz,
    finished_at timestamptz,
    outcome text NOT NULL,
    is_baseline boolean NOT NULL,
    is_rework boolean NOT NULL,
    is_failed boolean NOT NULL,
    as_of timestamptz NOT NULL,
    generated_at timestamptz NOT NULL,
    PRIMARY KEY (organization, repository, deployment)
);

CREATE TABLE reasons (
    organization text NOT NULL,
    repository text NOT NULL,
    deployment bigint NOT NULL,
    signal text NOT NULL,
    said_by text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (organization, repository, deployment, signal, said_by, began_at)
);

CREATE TABLE changes (
    organization text NOT NULL,
    repository text NOT NULL,
    environment text NOT NULL,
    service text NOT NULL,
    sha text NOT NULL,
    deployment bigint NOT NULL,
    url text NOT NULL,
    started_at timestamptz NOT NULL,
    shipped_at timestamptz NOT NULL,
    lead_time_seconds double precision,
    pull_request bigint,
    as_of timestamptz NOT NULL,
    generated_at timestamptz NOT NULL,
    PRIMARY KEY (organization, repository, environment, service, sha)
);

CREATE TABLE episodes (
    organization text NOT NULL,
    repository text NOT NULL,
    deployment bigint NOT NULL,
    environment text NOT NULL,
    service text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    as_of timestamptz NOT NULL,
    generated_at timestamptz NOT NULL,
    PRIMARY KEY (organization, repository, deployment)
);

CREATE TABLE episode_deployments (
    organization text NOT NULL,
    repository text NOT NULL,
    episode bigint NOT NULL,
    deployment bigint NOT NULL,
    PRIMARY KEY (organization, repository, episode, deployment)
);
