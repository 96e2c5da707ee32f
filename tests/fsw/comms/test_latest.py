"""The latest values by name are those that the ground would see."""

from fsw.comms.latest import LatestValues
from fsw.pus.parameters import Parameters
from link.dictionary.conditions import Comparison
from link.pus.services.parameters import ParameterTable
from tests.fsw.sequences.small import Heat, Pump, a_dictionary, tank


def latest(**owners):
    dictionary = a_dictionary()
    return LatestValues(dictionary, Parameters(ParameterTable.of(dictionary), owners, dictionary.reports))


def value(values, name):
    return values.look_up(Comparison(name, 0))


def test_samples_are_there_once_they_came():
    values, told = latest(pump=Pump()), []
    values.watchers.append(told.append)
    assert value(values, "Tank.percent") is None
    values.accept(tank(percent=4, heat=Heat.on))
    assert [value(values, f"Tank.{name}") for name in ("percent", "heat", "inner", "label")] == [4, "on", 7, "a"]
    values.accept(tank(percent=5, valid=False))
    assert [value(values, f"Tank.{name}") for name in ("percent", "heat", "inner")] == [5, "off", None]
    assert told == ["Tank", "Tank"]
    assert value(values, "Other.percent") is None


def test_parameters_are_read_from_their_apps():
    pump = Pump()
    values = latest(pump=pump)
    assert (value(values, "pump.rate"), value(values, "pump.mode")) == (3, "off")
    pump.rate, pump.mode = 5, 1
    assert (value(values, "pump.rate"), value(values, "pump.mode")) == (5, "on")
    pump.mode = "off"
    assert value(values, "pump.mode") == "off"


def test_what_is_no_number_is_no_value():
    """A sensor that failed differs from nothing, so that no watch acts on it."""

    class Sensor:
        rate = float("nan")

    values = latest(pump=Sensor())
    assert value(values, "pump.rate") is None
    assert not Comparison("pump.rate", 3, "!=").holds(values.look_up)


def test_a_parameter_that_cannot_be_read_has_no_value():
    class Broken:
        @property
        def rate(self):
            raise AttributeError

    values = latest(pump=Broken())
    assert value(values, "pump.rate") is None
    assert value(latest(), "pump.rate") is None
