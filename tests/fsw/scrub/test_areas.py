"""What a node on a host checks, by number."""

from fsw.pipelines.stage import StageSpec
from fsw.scrub.areas import CODE, FIRST_FILE, KERNELS, ParametersMemory, host_areas
from link.pus.services.parameters import ParameterTable
from tests.fsw.test_node import World


def test_a_host_offers_its_code_its_kernels_and_the_files_of_stages(tmp_path):
    for name in ("own.py", "model.zip", "key.pub"):
        (tmp_path / name).write_bytes(name.encode())
    model = {"model": "model.zip", "keys": ["key.pub"], "limit": 3}
    stages = [
        StageSpec(name="classes", parameters=model, folder=str(tmp_path)),
        StageSpec(name="own.py", parameters={"word": "no file", "model": "model.zip"}, folder=str(tmp_path)),
    ]
    areas = list(host_areas(stages))
    assert [(one.number, one.name) for one in areas] == [
        (CODE, "code"),
        (KERNELS, "kernels"),
        (FIRST_FILE, "key.pub"),
        (FIRST_FILE + 1, "model.zip"),
        (FIRST_FILE + 2, "own.py"),
    ]
    assert areas[-1].memory.read(0, 6) == b"own.py"
    assert [one.repair is not None for one in areas] == [True, False, False, False, False]


def test_a_host_that_lets_no_process_read_itself_has_fewer(monkeypatch):
    monkeypatch.setattr("fsw.scrub.areas.LibraryMemory", refuse)
    assert [one.number for one in host_areas([])] == [CODE]


def refuse(file):
    raise PermissionError(file)


def test_the_parameters_are_a_memory(tmp_path):
    services = World(tmp_path).node.services
    memory = ParametersMemory(services.parameters)
    table = ParameterTable.of(services.dictionary)
    octets = memory.read(0, memory.size)
    numbers = sorted(number for number in table.entries if number < 256)
    values = list(table.decode(len(numbers), octets))
    assert values == [(number, services.parameters.read(number)) for number in numbers]
    services.parameters.write([(1, 0)])
    assert memory.read(0, memory.size) != octets
    assert memory.read(2, 3) == memory.read(0, memory.size)[2:5]
