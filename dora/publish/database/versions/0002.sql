CREATE TABLE whole_runs (
    organization text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    scope text NOT NULL,
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
    ephemeral boolean NOT NULL,
    ephemeral_environments text NOT NULL,
    is_whole boolean NOT NULL,
    trend text,
    PRIMARY KEY (organization, kind, since, until, scope)
);

INSERT INTO whole_runs SELECT
        organization, kind, since, until, '', days, timezone, generated_at, version,
        configuration, benchmark, repositories, environments, tiers, unread, gaps, false,
        '["pr-*", "pr/*", "preview*", "review-*", "review/*"]', false, NULL
    FROM runs;

CREATE TABLE whole_coverage (
    organization text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    scope text NOT NULL,
    about text NOT NULL,
    name text NOT NULL,
    amount double precision,
    reason text,
    PRIMARY KEY (organization, kind, since, until, scope, about, name)
);

INSERT INTO whole_coverage
    SELECT organization, kind, since, until, '', about, name, amount, reason FROM coverage;

DROP TABLE coverage;

ALTER TABLE whole_coverage RENAME TO coverage;

ALTER TABLE metrics ADD COLUMN generated_at timestamptz NOT NULL
    DEFAULT '1970-01-01T00:00:00.000000Z';

UPDATE metrics SET generated_at = (
    SELECT runs.generated_at FROM runs
    WHERE runs.organization = metrics.organization AND runs.kind = metrics.kind
      AND runs.since = metrics.since AND runs.until = metrics.until
);

ALTER TABLE deployments ADD COLUMN incidents_as_of timestamptz;

ALTER TABLE deployments ADD COLUMN incidents_generated_at timestamptz;

DROP TABLE runs;

ALTER TABLE whole_runs RENAME TO runs;

CREATE TABLE trends (
    organization text NOT NULL,
    kind text NOT NULL,
    bucket text NOT NULL,
    starts_on date NOT NULL,
    repository text NOT NULL,
    environment text NOT NULL,
    service text NOT NULL,
    team text NOT NULL,
    tier text NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    days double precision NOT NULL,
    partial boolean NOT NULL,
    as_of timestamptz NOT NULL,
    generated_at timestamptz NOT NULL,
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
    PRIMARY KEY (
        organization, kind, bucket, starts_on, repository,
        environment, service, team, tier
    )
);

CREATE TABLE teams (
    organization text NOT NULL,
    team text NOT NULL,
    repository text NOT NULL,
    PRIMARY KEY (organization, team, repository)
);

CREATE INDEX metrics_until ON metrics (organization, kind, until);

CREATE INDEX deployments_finished_at ON deployments (organization, finished_at);

CREATE INDEX deployments_succeeded_at ON deployments (organization, succeeded_at);

CREATE INDEX changes_shipped_at ON changes (organization, shipped_at);

CREATE INDEX episodes_began_at ON episodes (organization, began_at);
