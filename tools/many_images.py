#!/usr/bin/env python3
"""Writes a data set of many small images, to measure what reading one costs.

    tools/many_images.py FOLDER [COUNT]

FOLDER gets COUNT (100000) different PNG files of 32 x 32 pixels in the class folders a and b, and a table of
them beside the folder, FOLDER.csv."""
import os
import struct
import sys
import zlib

SIDE = 32


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(number):
    """A grey square whose first pixels tell the number."""
    pixels = bytearray(b"\x80" * (SIDE * SIDE))
    pixels[:4] = struct.pack(">I", number)
    rows = b"".join(b"\0" + pixels[y * SIDE:(y + 1) * SIDE] for y in range(SIDE))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) +
            chunk(b"IEND", b""))


def main(folder, count):
    for name in "ab":
        os.makedirs(os.path.join(folder, name))
    with open(folder + ".csv", "w", encoding="ascii") as table:
        table.write("path,label\n")
        for number in range(count):
            label = "ab"[number % 2]
            path = f"{label}/{number:06}.png"
            with open(os.path.join(folder, path), "wb") as file:
                file.write(picture(number))
            table.write(f"{os.path.basename(folder)}/{path},{label}\n")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or not sys.argv[-1] or sys.argv[1].startswith("-"):
        sys.exit(__doc__.split("\n\n")[1].strip())
    main(sys.argv[1].rstrip("/"), int(sys.argv[2]) if len(sys.argv) > 2 else 100000)
