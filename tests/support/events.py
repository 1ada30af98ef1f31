"""Reads TensorBoard event files without TensorBoard: TFRecord's framing with its CRC-32C, and protobuf's wire format, each
written from its description.
"""
import struct
import sys

assert sys.byteorder == "little"


def crc32c(data):
    """The CRC of Castagnoli's polynomial by a table of 256 entries."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    """The data of each record; every CRC must be right and the last record whole."""
    at = 0
    while at < len(data):
        head = data[at:at + 8]
        (length,), (crc,) = struct.unpack("<Q", head), struct.unpack("<I", data[at + 8:at + 12])
        assert crc == masked(head), f"the length at byte {at} has another CRC"
        body, tail = data[at + 12:at + 12 + length], data[at + 12 + length:at + 16 + length]
        assert len(body) == length and len(tail) == 4, f"the record at byte {at} is not whole"
        assert struct.unpack("<I", tail)[0] == masked(body), f"the data at byte {at} has another CRC"
        yield body
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """A message as {field number: [values]}: integers for varints, bytes for all others."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at:at + size], at + size
            assert len(value) == size
        else:
            assert wire == 2, f"wire type {wire}"
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size
        found.setdefault(key >> 3, []).append(value)
    return found


def tensor_of(data):
    """A float tensor: its shape and values."""
    tensor = fields(data)
    assert tensor[1] == [1], "DT_FLOAT"
    shape = [fields(dim)[1][0] for dim in fields(tensor[2][0])[2]]
    values = struct.unpack(f"<{len(tensor[4][0]) // 4}f", tensor[4][0])
    return shape, values


def value_of(data):
    value = fields(data)
    result = {"tag": value[1][0].decode()}
    if 2 in value:
        result["scalar"] = struct.unpack("<f", value[2][0])[0]
    if 4 in value:
        image = fields(value[4][0])
        result["image"] = {"height": image[1][0], "width": image[2][0], "colorspace": image[3][0], "png": image[4][0]}
    if 8 in value:
        result["tensor"] = tensor_of(value[8][0])
        metadata = fields(value[9][0])
        plugin = fields(metadata[1][0])
        content = fields(plugin[2][0])
        result["plugin"] = plugin[1][0].decode()
        result["thresholds"] = content[2][0]
        result["version"] = content.get(1, [0])[0]
        result["data_class"] = metadata[4][0]
    return result


def read(path):
    """The events of the file, as dicts."""
    events = []
    for record in records(open(path, "rb").read()):
        event = fields(record)
        events.append({
            "time": struct.unpack("<d", event[1][0])[0],
            "step": event.get(2, [0])[0],
            "version": event[3][0].decode() if 3 in event else None,
            "values": [value_of(value) for value in fields(event[5][0])[1]] if 5 in event else []})
    return events
