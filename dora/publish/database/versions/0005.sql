ALTER TABLE metrics ADD COLUMN deployment_frequency_exposure_days double precision;

ALTER TABLE metrics ADD COLUMN recovery_time_median_low_seconds double precision;

ALTER TABLE metrics ADD COLUMN recovery_time_median_high_seconds double precision;

ALTER TABLE metrics ADD COLUMN deployment_frequency_level_worst text;

ALTER TABLE metrics ADD COLUMN deployment_frequency_level_best text;

ALTER TABLE metrics ADD COLUMN deployment_frequency_place_better double precision;

ALTER TABLE metrics ADD COLUMN deployment_frequency_place_at_least_as_good double precision;

ALTER TABLE metrics ADD COLUMN change_lead_time_level_worst text;

ALTER TABLE metrics ADD COLUMN change_lead_time_level_best text;

ALTER TABLE metrics ADD COLUMN change_lead_time_place_better double precision;

ALTER TABLE metrics ADD COLUMN change_lead_time_place_at_least_as_good double precision;

ALTER TABLE metrics ADD COLUMN change_fail_rate_level_worst text;

ALTER TABLE metrics ADD COLUMN change_fail_rate_level_best text;

ALTER TABLE metrics ADD COLUMN recovery_time_level_worst text;

ALTER TABLE metrics ADD COLUMN recovery_time_level_best text;

ALTER TABLE metrics ADD COLUMN recovery_time_place_better double precision;

ALTER TABLE metrics ADD COLUMN recovery_time_place_at_least_as_good double precision;

ALTER TABLE metrics ADD COLUMN delivery_changes bigint;

ALTER TABLE metrics ADD COLUMN delivery_waiting bigint;

ALTER TABLE metrics ADD COLUMN delivery_median_seconds double precision;

ALTER TABLE metrics ADD COLUMN exposure_since timestamptz;

ALTER TABLE trends ADD COLUMN deployment_frequency_exposure_days double precision;

ALTER TABLE trends ADD COLUMN recovery_time_median_low_seconds double precision;

ALTER TABLE trends ADD COLUMN recovery_time_median_high_seconds double precision;
