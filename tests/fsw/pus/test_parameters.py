"""Service 20: values of apps read and set by identifier, in their ranges."""

from dataclasses import dataclass
from enum import IntEnum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.parameters import Parameters, ParameterSettings
from link.dictionary import Dictionary, Int8ub, Int16ub, Int64sb, Integer, Telemetry, Text, parameter, wire
from link.pus.services.parameters import ParameterTable, ParameterValues, ReportValues, SetValues
from link.pus.services.verification import RefusedError


class Mode(IntEnum):
    SAFE = 0
    PAYLOAD = 2


@dataclass
class Thermal:
    low_degc: float = parameter(id=1, default=5.0, range=(-40, 60))
    mode: Mode = parameter(id=2, default=Mode.SAFE)
    label: str = parameter(Text(8), id=3, default="a")
    nibble: int = parameter(Integer(4), id=4, default=3)


def service():
    table = ParameterTable(Dictionary.of("n", 1, {}, [Thermal]).parameters)
    app = Thermal()
    return Parameters(table, {"thermal": app}), app


labels, texts = st.sampled_from(["safe", "payload"]), st.text("ab", max_size=8)
values = st.fixed_dictionaries({1: st.floats(-40, 60), 2: labels, 3: texts, 4: st.integers(0, 15)})


@given(values)
@pytest.mark.requirement("FSW-PUS-019")
def test_what_is_set_is_reported(wanted):
    parameters, app = service()
    request = SetValues.decode(parameters.table.set_values(wanted).encode())
    assert list(parameters.handle(request)) == []
    (report,) = parameters.handle(ReportValues(parameters=[4, 3, 2, 1]))
    report = ParameterValues.decode(report.encode())
    assert list(parameters.table.decode(report.count, report.values)) == sorted(wanted.items(), reverse=True)
    assert app.mode is Mode[wanted[2].upper()]


@pytest.mark.requirement("FSW-PUS-020")
def test_of_values_with_an_invalid_one_none_is_set():
    parameters, app = service()
    table = parameters.table
    octets = table.encode(3, "ok") + b"\0\1" + bytes.fromhex("4059000000000000")  # 100.0 degC is out of range
    with pytest.raises(RefusedError, match=r"instruction 2: low_degc = 100\.0, expected -40\.\.60"):
        list(parameters.handle(SetValues(count=2, values=octets)))
    assert (app.low_degc, app.label) == (5.0, "a")
    assert parameters.state == ParameterSettings()


class Strict(Thermal):
    """Refuses a value in its own way."""

    def __setattr__(self, name, value):
        if name == "low_degc" and value > 50:
            raise RuntimeError("too warm for me")
        super().__setattr__(name, value)


@pytest.mark.requirement("FSW-PUS-020")
def test_where_an_app_refuses_a_value_all_have_those_of_before():
    app, other = Strict(), Thermal()
    parameters = Parameters(two_apps(), {"thermal": app, "other": other})
    with pytest.raises(RefusedError, match="parameter 1: RuntimeError"):
        list(parameters.handle(parameters.table.set_values({3: "ok", 13: "ko", 1: 55, 4: 9})))
    assert (app.label, other.label, app.low_degc, app.nibble) == ("a", "a", 5.0, 3)
    assert parameters.state == ParameterSettings()


def two_apps():
    """The parameters of Thermal twice: those of the app "other" have identifiers from 11 on."""
    entries = Dictionary.of("n", 1, {}, [Thermal]).parameters
    others = [msgspec.structs.replace(e, id=e.id + 10, name=e.name.replace("thermal", "other")) for e in entries]
    return ParameterTable([*entries, *others])


@given(values)
@pytest.mark.requirement("FSW-PUS-021")
def test_what_was_set_survives_a_restart_and_defaults_can_be_had_back(wanted):
    parameters, _ = service()
    list(parameters.handle(parameters.table.set_values(wanted)))
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(parameters.state), type=ParameterSettings)
    reborn = Thermal()
    after = Parameters(parameters.table, {})
    assert after.restore(state) == 0
    after.add("thermal", reborn)
    assert reborn == Thermal(wanted[1], Mode[wanted[2].upper()], wanted[3], wanted[4])
    assert after.state == state
    after.restore_defaults()
    assert (reborn, after.state) == (Thermal(), ParameterSettings())


def test_what_does_not_fit_any_more_is_left_out_and_counted():
    parameters, app = service()
    good, bad = parameters.table.encode(3, "ok"), b"\0\1" + bytes.fromhex("4059000000000000")
    stale = {"thermal.label": good, "thermal.low_degc": bad, "thermal.gone": good, "thermal.nibble": b"\0"}
    after = Parameters(parameters.table, {})
    assert after.restore(ParameterSettings(stale)) == 3
    after.add("thermal", app)
    assert app == Thermal(label="ok")


def test_octets_that_mean_another_value_in_this_software_are_left_out():
    """The same name and as many octets, but of another kind, scale or unit; what nobody reads differently stays."""
    before, _ = service()
    list(before.handle(before.table.set_values({1: 20.0, 3: "ok", 4: 7})))

    def after(**changes):
        entries = [
            msgspec.structs.replace(one, field=msgspec.structs.replace(one.field, **changes)) if one.id == 1 else one
            for one in Dictionary.of("n", 1, {}, [Thermal]).parameters
        ]
        again = Parameters(ParameterTable(entries), {})
        return again.restore(before.state), sorted(again.state.values)

    others, every = ["thermal.label", "thermal.nibble"], ["thermal.label", "thermal.low_degc", "thermal.nibble"]
    assert after(kind=Int64sb, range=None) == (1, others)
    assert after(unit="K") == (1, others)
    assert after(text="now explained", range=(-40, 70), default=6.0) == (0, every)


def test_what_an_earlier_software_stored_without_its_forms_stays():
    parameters, app = service()
    octets = msgspec.msgpack.encode([{"thermal.label": parameters.table.encode(3, "ok")}])
    after = Parameters(parameters.table, {})
    assert after.restore(msgspec.msgpack.decode(octets, type=ParameterSettings)) == 0
    after.add("thermal", app)
    assert app.label == "ok"


def test_an_app_that_refuses_what_was_set_begins_with_its_default():
    parameters, _ = service()
    after = Parameters(parameters.table, {})
    after.restore(ParameterSettings({"thermal.low_degc": parameters.table.encode(1, 55.0)}))
    after.add("thermal", app := Strict())
    assert app.low_degc == 5.0


def test_more_than_can_be_kept_is_refused(monkeypatch):
    parameters, app = service()
    monkeypatch.setattr(Parameters, "OCTETS_MAX", 20)
    with pytest.raises(RefusedError, match="more than 20 octets of values would be set"):
        list(parameters.handle(parameters.table.set_values({1: 7.0})))
    assert app == Thermal()


def test_a_number_that_is_no_member_is_refused():
    parameters, app = service()
    with pytest.raises(RefusedError, match="1 is not a valid Mode"):
        list(parameters.handle(SetValues(count=1, values=b"\0\2\1")))
    assert app.mode is Mode.SAFE


@pytest.mark.parametrize(
    ("count", "octets", "sentence"),
    [(1, b"\0\7\1", "no parameter 7"), (1, b"\0", "2 octets needed"), (1, b"\0\4\x30\0", "1 octets more")],
)
def test_what_cannot_be_read_is_refused_as_a_whole(count, octets, sentence):
    parameters, _ = service()
    with pytest.raises(RefusedError, match=sentence):
        list(parameters.handle(SetValues(count=count, values=octets)))


def test_unknown_parameters_are_refused():
    parameters, _ = service()
    with pytest.raises(RefusedError, match="no parameter 99"):
        list(parameters.handle(ReportValues(parameters=[99])))


class Battery(Telemetry, id=3):
    volts: float = wire(Int16ub, scale=0.5)
    mode: Mode = wire(Int8ub)
    note: str = wire(Text(2))
    more: str = wire()


def test_fields_of_structures_are_read_and_not_set():
    dictionary = Dictionary.of("n", 1, {}, [Thermal, Battery])
    parameters = Parameters(ParameterTable.of(dictionary), {}, dictionary.reports)
    parameters.add("thermal", Thermal())
    assert [entry.name for entry in parameters.table.entries.values()][4:] == [
        "Battery.volts", "Battery.mode", "Battery.note",
    ]  # fmt: skip
    with pytest.raises(RefusedError, match="structure 3 was not sampled yet"):
        parameters.read(0x300)
    parameters.accept_sample(3, Battery(volts=2.5, mode=Mode.PAYLOAD, note="ab", more="c").encode())
    assert [parameters.read(number) for number in (0x300, 0x301, 0x302, 1)] == [2.5, "payload", "ab", 5.0]
    assert [parameters.number(number) for number in (0x300, 0x301, 2)] == [2.5, 2, 0]
    with pytest.raises(RefusedError, match="parameter 770 is no number"):
        parameters.number(0x302)
    with pytest.raises(RefusedError, match="parameter 768 is measured, it cannot be set"):
        parameters.write([(0x300, 1.0)])
