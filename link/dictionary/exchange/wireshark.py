"""A Wireshark dissector, in Lua, of a definition's packets: every field with its name, unit and label.

Load it with `wireshark -X lua_script:FILE`; it takes UDP datagrams of one space packet on the port given, and
capture files of packets (ground.recordings.output.pcap). The tables are made from the definition; the code around them
is always the same.
"""

from collections.abc import Iterator

from link.dictionary.conditions import All, Comparison, Condition
from link.dictionary.curves import Linear
from link.dictionary.definition import Definition
from link.dictionary.kinds import Boolean, Enumeration, Field, Integer, Octets, Real, Reference, Text
from link.dictionary.model import Container
from link.dictionary.xtce.lower import lowered

_ENGINE = """
local proto = Proto("@NAME@", "@TITLE@")
local fields = {}
for _, container in ipairs(containers) do
  for _, field in ipairs(container.fields) do
    local make = ({u = ProtoField.uint64, i = ProtoField.int64, f = ProtoField.double, s = ProtoField.string,
                   o = ProtoField.bytes})[field.form]
    local name = "@NAME@." .. field.name
    if field.form == "u" and field.ranges then
      field.proto = make(name, field.name, base.RANGE_STRING, field.labels)
    elseif field.form == "u" and field.labels then
      field.proto = make(name, field.name, base.DEC, field.labels)
    else
      field.proto = make(name, field.name)
    end
    fields[#fields + 1] = field.proto
  end
end
proto.fields = fields

local function bits(buffer, at, count, little)
  local number = UInt64(0)
  if little then
    for octet = (at + count) / 8 - 1, at / 8, -1 do number = number:lshift(8) + UInt64(buffer(octet, 1):uint()) end
    return number
  end
  while count > 0 do
    local inside = at % 8
    local take = math.min(8 - inside, count)
    number = number:lshift(take) + UInt64(buffer(math.floor(at / 8), 1):bitfield(inside, take))
    at, count = at + take, count - take
  end
  return number
end

local function signed(number, size)
  local value = Int64(number:lower(), number:higher())
  if size < 64 and number:rshift(size - 1):tonumber() == 1 then value = value - Int64(1):lshift(size) end
  return value
end

local function real(number, size)
  return ByteArray.new(number:tohex(size / 4)):tvb("number"):range():float()
end

local function add(tree, buffer, field, at, size, seen)
  local first = math.floor(at / 8)
  local range = buffer(first, math.ceil((at + size) / 8) - first)
  if field.form == "o" or field.form == "s" then
    tree:add(field.proto, range)
    return
  end
  local number = bits(buffer, at, size, field.little)
  local value = number
  if field.form == "i" then value = signed(number, size) end
  if field.form == "f" then value = real(number, size) end
  local item = tree:add(field.proto, range, value)
  seen[field.name] = number:tonumber()
  if field.scale then item:append_text(string.format(" = %g", value:tonumber() * field.scale + field.offset)) end
  if field.unit then item:append_text(" " .. field.unit) end
end

local function matches(container, seen)
  for name, value in pairs(container.when) do
    if seen[name] ~= value then return false end
  end
  return true
end

local function dissect(tree, buffer, container, at, seen)
  for _, field in ipairs(container.fields) do
    local size = field.bits or 8 * ((seen[field.of] or 0) * field.times + field.plus)
    if size < 0 or at + size > 8 * buffer:len() then return container.name .. " [truncated]" end
    if size > 0 then add(tree, buffer, field, at, size, seen) end
    at = at + size
  end
  for _, child in ipairs(containers) do
    if child.base == container.name and matches(child, seen) then return dissect(tree, buffer, child, at, seen) end
  end
  return container.name
end

function proto.dissector(buffer, pinfo, tree)
  pinfo.cols.protocol = "@TITLE@"
  local branch = tree:add(proto, buffer())
  local name = dissect(branch, buffer, containers[1], 0, {})
  branch:append_text(": " .. name)
  pinfo.cols.info = name
  return buffer:len()
end

DissectorTable.get("udp.port"):add(@PORT@, proto)
DissectorTable.get("wtap_encap"):add(wtap.USER0, proto)
"""


def dissector(definition: Definition, port: int) -> str:
    """The Lua script. Raises ValueError naming a field that it cannot express."""
    plain = lowered(definition)
    name = plain.name.lower()
    tables = ",\n".join(_container(one) for one in plain.packets)
    engine = _ENGINE.replace("@NAME@", name).replace("@TITLE@", plain.name).replace("@PORT@", str(port))
    head = f"-- Packets of {plain.name}, written by `skyrack dictionary export`."
    return f"{head}\nlocal containers = {{\n{tables}}}\n{engine}"


def _container(container: Container) -> str:
    when = ", ".join(f"[{_quoted(one.field)}] = {one.value}" for one in _compared(container.criteria))
    fields = ",\n  ".join("{" + ", ".join(_field(field)) + "}" for field in container.fields)
    head = f"name = {_quoted(container.name)}, base = {_quoted(container.base)}, when = {{{when}}}"
    return f" {{{head}, fields = {{\n  {fields}}}}}"


def _compared(criteria: Condition | None) -> tuple[Comparison, ...]:
    parts = criteria.of if isinstance(criteria, All) else (criteria,) if criteria else ()
    plain = tuple(one for one in parts if isinstance(one, Comparison) and one.op == "==")
    if len(plain) != len(parts):
        raise ValueError(f"a dissector knows only fields that are equal to something, not {criteria}")
    return plain


def _field(field: Field) -> Iterator[str]:
    kind = field.kind
    yield f"name = {_quoted(field.name)}"
    yield f"form = {_quoted(_form(field))}"
    match kind:
        case Text(size=Reference() as size) | Octets(size=Reference() as size):
            times, plus = size.scale / size.divisor, size.offset / size.divisor
            yield f"of = {_quoted(size.field)}, times = {times:g}, plus = {plus:g}"
        case Text(size=int(size)) | Octets(size=int(size)):
            yield f"bits = {8 * size}"
        case Integer() | Real() | Boolean() | Enumeration():  # pragma: no branch  # nothing else is left
            yield f"bits = {kind.bits}"
    if getattr(kind, "order", "big") == "little":
        yield "little = true"
    if isinstance(kind, Enumeration) and kind.ranges:
        yield f"labels = {{{_ranges(kind)}}}, ranges = true"
    elif isinstance(kind, Enumeration):
        yield "labels = {" + ", ".join(f"[{value}] = {_quoted(label)}" for label, value in kind.labels.items()) + "}"
    if isinstance(field.calibration, Linear):
        yield f"scale = {field.calibration.scale!r}, offset = {field.calibration.offset!r}"
    if field.unit:
        yield f"unit = {_quoted(field.unit)}"


def _ranges(kind: Enumeration) -> str:
    single = [(value, value, label) for label, value in kind.labels.items()]
    return ", ".join(f"{{{low}, {high}, {_quoted(label)}}}" for low, high, label in (*single, *kind.ranges))


def _form(field: Field) -> str:
    match field.kind:
        case Real():
            return "f"
        case Text():
            return "s"
        case Octets():
            return "o"
        case Integer(signed=True):
            return "i"
    return "u"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
