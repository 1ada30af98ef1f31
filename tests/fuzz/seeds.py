#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets into corpus/, beside those that a fuzzer found.

    tests/fuzz/seeds.py build/leukvk

Pictures are drawn here, all other files come from the program. Wants python3-pil."""
import io
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

from PIL import Image

CORPUS = pathlib.Path(__file__).parent / "corpus"
SIDE, COUNT = 32, 12  # as in pictures.c


def save(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def picture(number, mode="RGB"):  # as pictures.c draws it
    image = Image.new("RGB", (SIDE, SIDE))
    for y in range(SIDE):
        for x in range(SIDE):
            if (x - 16) ** 2 + (y - 16) ** 2 < 100 + 5 * number:
                image.putpixel((x, y), tuple((90 + 7 * number + 20 * c + x) % 256 for c in range(3)))
    return image.convert(mode)


def encoded(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def bmp(bits, compression, palette, data, height=SIDE, header=40):
    info = struct.pack("<IiiHHIIiiII", header, SIDE, height, 1, bits, compression, len(data), 0, 0, len(palette) // 4, 0)
    info += struct.pack("<IIII", 0xF800, 0x7E0, 0x1F, 0) + b"\0" * (header - 56) if header > 40 else b""
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + palette + data


def png(kind, depth, rows, extra=()):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, depth, kind, 0, 0, 0))
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*e) for e in extra) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def images():
    for number, mode in enumerate(("RGB", "L", "P", "1")):
        save("image", f"{mode}.bmp", encoded(picture(number, mode), "BMP"))
        save("image", f"{mode}.png", encoded(picture(number, mode), "PNG"))
        save("image", f"{mode}.tif", encoded(picture(number, mode), "TIFF"))
    rgb, grey = picture(5), picture(6, "L")
    palette = b"".join(bytes((i, i, i, 0)) for i in range(256))
    rle8 = b"".join(bytes((20, row * 3, 0, 4, 1, 2, 3, 4, 8, 0, 0, 0)) for row in range(SIDE)) + b"\0\1"
    rle4 = b"".join(bytes((30, 0x12, 0, 4, 0x12, 0x34, 0, 0)) for row in range(SIDE)) + b"\0\2\1\1\0\1"
    save("image", "rle8.bmp", bmp(8, 1, palette, rle8))
    save("image", "rle4.bmp", bmp(4, 2, palette[:64], rle4))
    save("image", "16bits.bmp", bmp(16, 3, b"", bytes(range(256)) * 8, -SIDE, 56))
    save("image", "32bits.bmp", bmp(32, 3, b"", bytes(range(256)) * 16, SIDE, 108))
    save("image", "alpha.png", encoded(picture(7, "RGBA"), "PNG"))
    save("image", "interlaced-16.png", png(2, 16, [bytes(range(6 * SIDE))] * SIDE, [(b"sBIT", b"\x0c\x0c\x0c")]))
    save("image", "grey-16.png", png(0, 16, [bytes(range(2 * SIDE))] * SIDE))
    exif = Image.Exif()
    exif[0x112] = 6
    save("image", "turned.png", encoded(rgb, "PNG", exif=exif))
    save("image", "turned.jpg", encoded(rgb, "JPEG", exif=exif, quality=60))
    save("image", "turned.webp", encoded(rgb, "WEBP", exif=exif.tobytes()))
    save("image", "grey.jpg", encoded(grey, "JPEG", quality=40))
    save("image", "progressive.jpg", encoded(rgb, "JPEG", progressive=True, quality=40))
    save("image", "cmyk.jpg", encoded(picture(8, "CMYK"), "JPEG", quality=40))
    save("image", "lossless.webp", encoded(picture(9, "RGBA"), "WEBP", lossless=True))
    save("image", "frames.webp", encoded(rgb, "WEBP", save_all=True, append_images=[picture(3)]))
    for name in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg"):
        save("image", f"{name}.tif", encoded(rgb, "TIFF", compression=name))
    save("image", "cmyk.tif", encoded(picture(8, "CMYK"), "TIFF"))
    save("image", "16bits.tif", encoded(Image.new("I;16", (SIDE, SIDE), 4000), "TIFF"))
    save("image", "pages.tif", encoded(rgb, "TIFF", save_all=True, append_images=[grey]))
    save("image", "lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


def tables():
    save("table", "rows", b"\0" b"name;value\r\n\"a \"\"quoted\"\"\nfield\";1,5\r\n\r\nb;2\r\n")
    save("table", "sep", b"\0" b"\xef\xbb\xbfsep=\t\na\tb\t\n1\t-2e3\t\n")
    save("table", "labels", b"\1" b"Patient_ID,new_names,labels\nUID_57_29_1_all.bmp,1.bmp,1\nUID_H3_1_1_hem.bmp,2.bmp,0\n")
    save("table", "images", b"\3" b"path,label,subject,part,microns_per_pixel\na.png,all,P1,train,0.25\nb.bmp,hem,P2,test,\n")
    save("table", "classless", b"\2" b"file\na.png\nb.bmp\n")
    save("table", "columns", b"\4" b"path=File,label=Diagnosis,subject=\nFile,Diagnosis\na.png,leukemia\nb.bmp,normal\n")


def options():
    save("options", "training", b"\0" b"epochs 3\nlr 0.001\nmodel resnet50\nhead dense:64,dropout:0.25\nunfreeze conv5_x\ncrop center:300\n")
    save("options", "grid", b"\0" b"model cnn-gap\nbatch 16\n+epochs=10,15,20\n+lr=0.001,0.01\n+optimizer=adam,sgd\n")
    save("options", "random", b"\1" b"model cnn\n+lr=0.0001..0.1\n+dropout=0..0.5\n+batch=8..64\ncenter:256\n")
    save("options", "columns", b"\2" b"path=File,label=Diagnosis,subject=Patient,part=Set,microns_per_pixel=Scale")
    save("options", "pattern", b"\2" b"^([A-Z]+[0-9]*)_.*\\.(bmp|png)$")
    save("options", "classes", b"\2" b"Early,Pre,Pro")
    save("options", "head", b"\2" b"standardize,dense:128,dropout:0.5,dense:16")


def predictions():
    save("predictions", "two.csv", "path,subject,p_all,class,label,area\n" + "".join(
        f"{i}.bmp,P{i // 2},{i / 9},{'all' if i > 4 else 'hem'},{'all' if i > 3 else 'hem'},{100 * i}\n" for i in range(10)))
    save("predictions", "three.csv", "path,subject,class,p_Early,p_Pre,p_Pro,label,area,novelty\n" + "".join(
        f"{i}.bmp,P{i // 3},Pre,0.25,0.5,0.25,{('Early', 'Pre', 'Pro')[i % 3]},{50 + i},0.5\n" for i in range(9)))


def tensors(entries, metadata, data):
    header = dict(entries, __metadata__=metadata) if metadata else entries
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def safetensors():
    entries = {"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
               "member.1/b": {"dtype": "U8", "shape": [], "data_offsets": [24, 25]}}
    save("safetensors", "two", tensors(entries, {"key": "value"}, bytes(25)))
    save("safetensors", "none", tensors({}, None, b""))
    kinds = ["F64", "I64", "F32", "U32", "BF16", "F16", "I8", "BOOL", "F8_E5M2"]
    sizes = [8, 8, 4, 4, 2, 2, 1, 1, 1]
    at, entries = 0, {}
    for kind, size in zip(kinds, sizes):
        entries[kind] = {"dtype": kind, "shape": [1, 1, 2], "data_offsets": [at, at + 2 * size]}
        at += 2 * size
    save("safetensors", "kinds", tensors(entries, {}, bytes(at)))


def tfjs():
    def model(weights, paths):
        return json.dumps({"format": "layers-model", "weightsManifest": [{"paths": paths, "weights": weights}]})
    kernel = {"name": "conv1/kernel", "shape": [1, 1, 2, 2], "dtype": "float32"}
    save("tfjs", "one", b"\4" + model([kernel], ["shard"]).encode())
    save("tfjs", "two", b"\6" + model([kernel, {"name": "conv1/bias", "shape": [2], "dtype": "float32"}], ["shard"]).encode())
    save("tfjs", "outside", b"\4" + model([kernel], ["../shard"]).encode())


def cache():
    choices = {"conv2d 1x8x8x3, 3x3x3x8 -> 1x6x6x8 {1 1 0 0 0 0}": "direct"}
    save("cache", "kernels", b"\0" + json.dumps({"version": 1, "device": "device", "driver": "driver 1", "subgroup_size": 8,
                                                 "choices": choices}).encode())
    rows = tensors({"names": {"dtype": "U64", "shape": [1, 3], "data_offsets": [0, 24]},
                    "features": {"dtype": "F32", "shape": [1, 4], "data_offsets": [24, 40]}},
                   {"format": "leukvk features 1", "key": "key", "digest": "0" * 32}, bytes(40))
    save("cache", "features", b"\1" + rows)


def forms():
    part = ("\r\n--{0}\r\nContent-Disposition: form-data; name=\"a\"; filename=\"one;=.png\"\r\n"
            "Content-Type: image/png\r\n\r\nbytes\r\n--{0}--\r\n")
    save("form", "plain", "multipart/form-data; boundary=e\n" + part.format("e"))
    save("form", "quoted", "multipart/form-data; charset=x; boundary=\"e d\"\npreamble" + part.format("e d"))
    save("form", "extended", "multipart/form-data; boundary=e\n" + part.format("e").replace(
        "filename=\"one;=.png\"", "filename*=UTF-8''one%20two.png"))
    for host in ("localhost:8080", "127.0.0.1", "[::1]:80", "example.org"):
        save("form", "host-" + host.strip("[]").replace(":", "-"), host + "\n")


def operators():
    for number in range(64):
        words = bytes((number * 37 + 11 * i * i) % 256 for i in range(64))
        save("operator", f"{number:02}", bytes((number % 46, number % 3, number)) + words)


def graphs():
    for number in range(48):
        save("graph", f"{number:02}", bytes((number * 7 + i * i * (3 + number) + number * i // 3) % 256 for i in range(20 + number)))


def keras():
    """Archives; HDF5 files are written by hand, since Debian has no small writer of them."""
    import zipfile
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Functional", "config": {"layers": [
            {"class_name": "Conv2D", "config": {"name": "conv1"}}, {"class_name": "Dense", "config": {"name": "fc"}}]}}))
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(88))
    save("keras", "archive.keras", file.getvalue())
    save("keras", "empty.h5", b"\x89HDF\r\n\x1a\n" + bytes(2048))


def runs(program, folder):
    """A training of one epoch on the pictures of pictures.c gives config.json, split.json, metrics.csv and model files."""
    data = folder / "pictures"
    for number in range(COUNT):
        of_all = number < COUNT // 2
        name = "UID_%s%d_%d_1_%s.bmp" % ("" if of_all else "H", number // 2 + 1, number, "all" if of_all else "hem")
        path = data / ("all" if of_all else "hem") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(picture(number), "BMP"))

    def leukvk(*words):
        subprocess.run([program, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
    for name, extra in (("gap", []), ("last", ["--optimizer=sgd", "--keep=last", "--stain=0.1", "--seed=1"])):
        run = folder / name
        leukvk("train", "--data", data, "--model=cnn-gap", "--image-size=32", "--epochs=1", "--batch=4", "--device=cpu", "--out", run,
               *extra)
        save("settings", f"{name}.json", (run / "config.json").read_bytes())
        save("split", f"{name}.json", (run / "split.json").read_bytes())
        save("cache", f"{name}.metrics", b"\2" + (run / "metrics.csv").read_bytes())
    shrink("last", (folder / "last" / "checkpoint-last.safetensors").read_bytes())
    shrink("gap", (folder / "gap" / "model.safetensors").read_bytes())


def shrink(name, data):
    """A model file whose tensors are cut to a few numbers, so that a fuzzer is fast; what is read before them is whole."""
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata, at, small = header.pop("__metadata__"), 0, {}
    for tensor in list(header)[:6]:
        small[tensor] = {"dtype": "F32", "shape": [2], "data_offsets": [at, at + 8]}
        at += 8
    save("model_file", name, tensors(small, metadata, bytes(at)))
    joined = {f"member.{m}/{key}": value for m in (1, 2) for key, value in metadata.items()}
    both = {f"member.{m}/{tensor}": {"dtype": "F32", "shape": [2], "data_offsets": [at * (m - 1) + 8 * i, at * (m - 1) + 8 * i + 8]}
            for m in (1, 2) for i, tensor in enumerate(small)}
    save("model_file", name + "-joined", tensors(both, dict(joined, kind="joined", members="2", format=metadata.get("format", "")),
                                                 bytes(2 * at)))


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    images(), tables(), options(), predictions(), safetensors(), tfjs(), cache(), forms(), operators(), graphs(), keras()
    with tempfile.TemporaryDirectory() as folder:
        runs(program, pathlib.Path(folder))
    print(sum(f.stat().st_size for f in CORPUS.rglob("*") if f.is_file()), "bytes in", CORPUS)


main()
