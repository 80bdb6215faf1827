ALTER TABLE metrics ADD COLUMN source text NOT NULL DEFAULT 'deployments';

ALTER TABLE trends ADD COLUMN source text NOT NULL DEFAULT 'deployments';

ALTER TABLE deployments ADD COLUMN source text NOT NULL DEFAULT 'deployments';

ALTER TABLE deployments ADD COLUMN id text NOT NULL DEFAULT '';

UPDATE deployments SET id = CAST(deployment AS text);
