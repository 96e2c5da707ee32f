"""What is reported of a node's health."""

from link.dictionary import Event, Float64b, Int8ub, Int16sb, Int16ub, Int32ub, Int64ub, Integer, Telemetry, wire

_BIT = Integer(1)


class HealthStatus(Telemetry, id=0x78):
    """The health of the node, every ten seconds or less often.

    What this board cannot measure has no `has_…`, and its number is not valid: our ground shows none. Every field is
    always there, as ground systems other than ours do not read one that is there sometimes.
    """

    has_cpu: bool = wire(_BIT, text="this and the others: the number of this name was measured")
    has_load: bool = wire(_BIT)
    has_memory: bool = wire(_BIT)
    has_descriptors: bool = wire(_BIT)
    has_free: bool = wire(_BIT)
    has_heat: bool = wire(_BIT)
    has_throttling: bool = wire(_BIT)
    jobs_held: bool = wire(_BIT, text="jobs wait, as the board is too hot")
    load_alarm: bool = wire(
        _BIT, text="this and the other alarms: beyond its limit for long enough, and not yet good again"
    )
    memory_alarm: bool = wire(_BIT)
    descriptors_alarm: bool = wire(_BIT)
    free_alarm: bool = wire(_BIT)
    heat_alarm: bool = wire(_BIT)
    throttling_alarm: bool = wire(_BIT)
    apps: int = wire(Int8ub, skip_bits=2, text="that are to step now and then")
    apps_silent: int = wire(Int8ub, limits=(0, 0), text="that have not done so for too long")
    jobs_cpu: float = wire(Int16ub, unit="%", scale=0.1, text="of a core, by jobs that ended since the last report")
    cpu: float = wire(
        Int16ub, unit="%", scale=0.01, valid="has_cpu == 1", text="of a core, by the flight loop's process"
    )
    load: float = wire(
        Int16ub, scale=0.01, valid="has_load == 1", text="processes that run or want to, in the last minute"
    )
    resident_octets: int = wire(
        Int64ub, unit="octets", valid="has_memory == 1", text="memory of the flight loop's process"
    )
    descriptors: int = wire(Int32ub, valid="has_descriptors == 1", text="that it has open")
    free_octets: int = wire(Int64ub, unit="octets", valid="has_free == 1", text="free where the state is kept")
    heat_degc: float = wire(
        Int16sb, unit="degC", scale=0.1, valid="has_heat == 1", text="of the hottest place that is measured"
    )
    throttling: int = wire(
        Int8ub,
        valid="has_throttling == 1",
        text="bits from the lowest: voltage too low, frequency capped, slowed down, near its heat limit",
    )


class LimitExceeded(Event, id=0x78, severity="medium"):
    """{reading} is {value}, beyond {bound}."""

    reading: str = wire()
    value: float = wire(Float64b)
    bound: float = wire(Float64b)


class LimitKept(Event, id=0x79):
    """{reading} is {value} again."""

    reading: str = wire()
    value: float = wire(Float64b)


class AppSilent(Event, id=0x7A, severity="medium"):
    """{app} has not stepped for {silent_s} s, and is to step every {period_s} s."""

    app: str = wire()
    silent_s: float = wire(Float64b, unit="s")
    period_s: float = wire(Float64b, unit="s")


class AppHeard(Event, id=0x7B):
    """{app} steps again."""

    app: str = wire()


class JobsHeld(Event, id=0x7C, severity="medium"):
    """Jobs wait, {jobs} of them now, until the board has {good_degc} degC."""

    jobs: int = wire(Int32ub)
    good_degc: float = wire(Float64b, unit="degC")
