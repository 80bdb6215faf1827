"""A report as the series that a Prometheus must have of it, written down a second time."""

import json
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from dora.report.model import Report
from dora.report.report_json import render_json
from tests.support.servers.prometheus import Series

#: Where each figure stands in the JSON report, written down a second time.
PLACES = {
    "dora_deployment_frequency_deployments": "deployment_frequency.deployments",
    "dora_deployment_frequency_per_day": "deployment_frequency.per_day",
    "dora_deployment_frequency_per_day_low": "deployment_frequency.per_day_interval.0",
    "dora_deployment_frequency_per_day_high": "deployment_frequency.per_day_interval.1",
    "dora_change_lead_time_changes": "change_lead_time.changes",
    "dora_change_lead_time_median_seconds": "change_lead_time.median",
    "dora_change_lead_time_median_low_seconds": "change_lead_time.median_interval.0",
    "dora_change_lead_time_median_high_seconds": "change_lead_time.median_interval.1",
    "dora_change_lead_time_mean_seconds": "change_lead_time.mean",
    "dora_change_lead_time_p75_seconds": "change_lead_time.p75",
    "dora_change_lead_time_p90_seconds": "change_lead_time.p90",
    "dora_change_fail_rate_deployments": "change_fail_rate.deployments",
    "dora_change_fail_rate_failed_deployments": "change_fail_rate.failed",
    "dora_change_fail_rate_never_live_deployments": "change_fail_rate.never_live",
    "dora_change_fail_rate_ratio": "change_fail_rate.rate",
    "dora_change_fail_rate_low_ratio": "change_fail_rate.interval.0",
    "dora_change_fail_rate_high_ratio": "change_fail_rate.interval.1",
    "dora_recovery_time_outages": "recovery_time.episodes",
    "dora_recovery_time_recovered_outages": "recovery_time.recovered",
    "dora_recovery_time_open_outages": "recovery_time.open",
    "dora_recovery_time_carried_in_outages": "recovery_time.carried_in",
    "dora_recovery_time_longest_seconds": "recovery_time.longest",
    "dora_recovery_time_mean_seconds": "recovery_time.mean",
    "dora_recovery_time_median_seconds": "recovery_time.median",
    "dora_rework_rate_deployments": "rework_rate.deployments",
    "dora_rework_rate_rework_deployments": "rework_rate.rework",
    "dora_rework_rate_ratio": "rework_rate.rate",
    "dora_rework_rate_low_ratio": "rework_rate.interval.0",
    "dora_rework_rate_high_ratio": "rework_rate.interval.1",
    "dora_deployment_frequency_place_better_ratio": "deployment_frequency.place.0",
    "dora_deployment_frequency_place_at_least_as_good_ratio": "deployment_frequency.place.1",
    "dora_change_lead_time_place_better_ratio": "change_lead_time.place.0",
    "dora_change_lead_time_place_at_least_as_good_ratio": "change_lead_time.place.1",
    "dora_recovery_time_place_better_ratio": "recovery_time.place.0",
    "dora_recovery_time_place_at_least_as_good_ratio": "recovery_time.place.1",
    "dora_recovery_time_median_low_seconds": "recovery_time.median_interval.0",
    "dora_recovery_time_median_high_seconds": "recovery_time.median_interval.1",
    "dora_delivery_changes": "delivery.changes",
    "dora_delivery_waiting_changes": "delivery.waiting",
    "dora_delivery_median_seconds": "delivery.median",
    "dora_waiting_changes": "waiting.changes",
    "dora_waiting_oldest_seconds": "waiting.oldest",
}

#: The metrics that may have a level.
LEVELLED = ("deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time")


def at(document: Any, where: str) -> Any:
    """What stands at a place of a JSON document; None where it is null, or something above is."""
    for part in where.split("."):
        if document is None:
            return None
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def wanted(made: Report, **labels: str) -> Series:
    """Every series of a report, read off its JSON."""
    document = json.loads(render_json(made))
    own = {"organization": made.organization, "by": made.by, **labels}
    found: dict[str, list[tuple[dict[str, str], Any]]] = {
        "dora_report_timestamp_seconds": [({}, made.window.until.timestamp())],
        "dora_report_window_seconds": [({}, 86_400 * document["window"]["days"])],
        "dora_report_rows": [({}, len(document["rows"]))],
        "dora_report_gaps": [({}, len(made.coverage.gaps))],
        "dora_report_repositories": [
            ({"state": "read"}, made.coverage.repositories.read),
            ({"state": "skipped"}, sum(made.coverage.repositories.skipped.values())),
            ({"state": "unreadable"}, len(made.coverage.repositories.unreadable)),
            ({"state": "incomplete"}, len(made.coverage.repositories.incomplete)),
        ],
    }
    for one in document["rows"]:
        key = {**one["key"], "tier": one["tier"]}
        for name, where in PLACES.items():
            found.setdefault(name, []).append((key, at(one, where)))
        days = at(one, "deployment_frequency.exposure_days")
        exposures = found.setdefault("dora_deployment_frequency_exposure_seconds", [])
        exposures.append((key, None if days is None else 86_400 * days))
        for metric in LEVELLED:
            level, ends = one[metric]["level"], one[metric]["level_range"]
            worst, best = ends or (level, level)
            if worst:
                found.setdefault(f"dora_{metric}_level", []).extend(
                    ({**key, "end": end, "level": name}, 1)
                    for end, name in (("worst", worst), ("best", best))
                )
        for stage, number in one["change_lead_time"]["stages"].items():
            stages = found.setdefault("dora_change_lead_time_stage_median_seconds", [])
            stages.append(({**key, "stage": stage}, number))
        for signal, number in one["change_fail_rate"]["reasons"].items():
            signals = found.setdefault("dora_change_fail_rate_signal_deployments", [])
            signals.append(({**key, "signal": signal}, number))
    return {
        (name, frozenset({**own, **more}.items())): float(number)
        for name, series in found.items()
        for more, number in series
        if number is not None
    }


def parsed(text: bytes) -> Series:
    """What prometheus-client itself reads out of a text; a series that is there twice fails."""
    found: Series = {}
    for family in text_string_to_metric_families(text.decode()):
        assert "gauge" == family.type
        assert family.documentation
        for sample in family.samples:
            assert sample.timestamp is None
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found
