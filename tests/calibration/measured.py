"""Everything that is measured of a set of histories."""

from dataclasses import dataclass

from tests.calibration.draws import Draws
from tests.calibration.failures import (
    RecoveryFigures,
    ShareFigures,
    measure_recoveries,
    measure_shares,
)
from tests.calibration.frequency import FrequencyFigures, measure_frequencies
from tests.calibration.histories import Histories
from tests.calibration.lead_time import LeadTimeFigures, measure_lead_times
from tests.calibration.tables import (
    PowerFigures,
    TableFigures,
    draw_unchanged,
    measure_power,
    measure_tables,
)


@dataclass(frozen=True)
class Measured:
    """The figures of each part."""

    frequencies: tuple[FrequencyFigures, ...]
    lead_times: tuple[LeadTimeFigures, ...]
    shares: tuple[ShareFigures, ...]
    recoveries: tuple[RecoveryFigures, ...]
    tables: tuple[TableFigures, ...]
    power: tuple[PowerFigures, ...]


def measure(histories: Histories, draws: Draws) -> Measured:
    """Draw from *histories*, and count how often intervals and words are right."""
    unchanged = draw_unchanged(histories, draws)
    return Measured(
        frequencies=measure_frequencies(histories, draws),
        lead_times=measure_lead_times(histories, draws),
        shares=measure_shares(draws),
        recoveries=measure_recoveries(draws),
        tables=measure_tables(histories, draws, unchanged),
        power=measure_power(histories, draws, unchanged),
    )
