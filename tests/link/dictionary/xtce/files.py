"""Small XTCE files for tests."""

from link.dictionary.codec.packets import PacketReader
from link.dictionary.xtce.document import XtceFile
from link.dictionary.xtce.ledger import XtceRefusedError
from link.dictionary.xtce.reader import read_database

NAMESPACES = {
    "1.1": "http://www.omg.org/space/xtce",
    "1.2": "http://www.omg.org/spec/XTCE/20180204",
    "1.3": "http://www.omg.org/spec/XTCE/20250214",
}
U8 = '<IntegerParameterType name="u8"><IntegerDataEncoding/></IntegerParameterType>'


def parameters(*names, of="u8"):
    return "".join(f'<Parameter name="{name}" parameterTypeRef="{of}"/>' for name in names)


def entries(*names):
    return "".join(f'<ParameterRefEntry parameterRef="{name}"/>' for name in names)


def container(name, inside, more="", **attributes):
    said = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<SequenceContainer name="{name}"{said}><EntryList>{inside}</EntryList>{more}</SequenceContainer>'


def base(name, criteria=""):
    inside = f"<RestrictionCriteria>{criteria}</RestrictionCriteria>" if criteria else ""
    return f'<BaseContainer containerRef="{name}">{inside}</BaseContainer>'


def equal(name, value, more=""):
    return f'<Comparison parameterRef="{name}" value="{value}"{more}/>'


def telemetry(types=U8, said="", containers=""):
    return (
        f"<TelemetryMetaData><ParameterTypeSet>{types}</ParameterTypeSet><ParameterSet>{said}</ParameterSet>"
        f"<ContainerSet>{containers}</ContainerSet></TelemetryMetaData>"
    )


def system(name, inside, version="1.2"):
    return f'<SpaceSystem name="{name}" xmlns="{NAMESPACES[version]}">{inside}</SpaceSystem>'


def inner(name, inside):
    return f'<SpaceSystem name="{name}">{inside}</SpaceSystem>'


def database(*files, **options):
    """Files, named a.xml, b.xml ... where there are several."""
    names = [f"{chr(97 + number)}.xml" if len(files) > 1 else "" for number in range(len(files))]
    return read_database([XtceFile(name, file.encode()) for name, file in zip(names, files, strict=True)], **options)


def decoded(file, octets, root="", **options):
    """The values of one packet."""
    definition = database(file, **options).definition
    return PacketReader(definition.packets, root, definition.roots).decode(octets).values


def refused(*files, **options):
    """The sentences of what is refused."""
    error = _refusal(files, options)
    if error is None:
        return []
    return str(error).split("\n")


def _refusal(files, options):
    try:
        database(*files, **options)
    except XtceRefusedError as error:
        return error
    return None
