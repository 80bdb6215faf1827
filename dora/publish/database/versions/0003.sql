ALTER TABLE metrics ADD COLUMN recovery_time_carried_in bigint;

ALTER TABLE metrics ADD COLUMN recovery_time_longest_seconds double precision;

ALTER TABLE trends ADD COLUMN recovery_time_carried_in bigint;

ALTER TABLE trends ADD COLUMN recovery_time_longest_seconds double precision;

ALTER TABLE episodes ADD COLUMN never_live boolean NOT NULL DEFAULT false;

UPDATE episodes SET never_live = NOT EXISTS (
    SELECT 1 FROM episode_deployments AS parts
    LEFT JOIN deployments AS failed
        ON failed.organization = parts.organization AND failed.repository = parts.repository
        AND failed.deployment = parts.deployment
    LEFT JOIN reasons AS others
        ON others.organization = parts.organization AND others.repository = parts.repository
        AND others.deployment = parts.deployment AND others.signal <> 'status'
    WHERE parts.organization = episodes.organization AND parts.repository = episodes.repository
        AND parts.episode = episodes.deployment
        AND (failed.deployment IS NULL OR failed.succeeded_at IS NOT NULL
            OR others.deployment IS NOT NULL)
);

ALTER TABLE deployments ADD COLUMN is_unchanged boolean NOT NULL DEFAULT false;
