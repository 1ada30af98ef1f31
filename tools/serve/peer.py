#!/usr/bin/env python3
"""The peer that tools/serve/compare.py measures: a cnn-gap of leukvk's behind FastAPI and PyTorch, as their manuals show it.

    leukvk export runs/RUN --format torchvision --out cells.safetensors
    tools/serve/peer.py cells.safetensors --port 8090

POST /v1/predict takes the bytes of an image and gives {"p": …}. It needs Debian's python3-fastapi, python3-uvicorn, python3-torch and
python3-pil.
"""
import argparse
import io
import json
import struct

import numpy
import PIL.Image
import torch
import torch.nn.functional as F
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool


def load(path):
    """The metadata and the tensors of a safetensors file."""
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__")
    return metadata, {name: torch.from_numpy(numpy.frombuffer(data[8 + size:], "<f4", int(numpy.prod(entry["shape"])),
                                                              entry["data_offsets"][0]).reshape(entry["shape"]).copy())
                      for name, entry in header.items()}


class Net(torch.nn.Module):
    """The cnn-gap that docs/export.md describes, with its batch norms folded into the convolutions."""

    def __init__(self, metadata, tensors):
        super().__init__()
        if metadata["architecture"] != "cnn-gap" or not metadata["crop"].startswith("center:"):
            raise SystemExit("peer: the model must be a cnn-gap with a crop about the centre")
        self.size, self.crop, self.tensors = int(metadata["image_size"]), int(metadata["crop"].split(":")[1]), tensors
        self.mean = torch.tensor([float(metadata[f"pixel_mean_{c}"]) for c in "rgb"])[:, None, None]
        self.deviation = torch.tensor([float(metadata[f"pixel_deviation_{c}"]) for c in "rgb"])[:, None, None]
        self.folded = [self.fold(number) for number in range(1, 5)]

    def fold(self, number):
        norm = {part: self.tensors[f"bn{number}.{part}"] for part in ["weight", "bias", "running_mean", "running_var"]}
        scale = norm["weight"] / torch.sqrt(norm["running_var"] + 1e-3)
        return self.tensors[f"conv{number}.weight"] * scale[:, None, None, None], norm["bias"] - norm["running_mean"] * scale

    def pixels(self, data):
        image = PIL.Image.open(io.BytesIO(data)).convert("RGB")
        left, top = (image.width - self.crop) // 2, (image.height - self.crop) // 2
        image = image.crop((left, top, left + self.crop, top + self.crop))
        pixels = torch.from_numpy(numpy.asarray(image).copy()).permute(2, 0, 1).float()[None] / 255
        pixels = F.interpolate(pixels, (self.size, self.size), mode="bilinear", align_corners=False, antialias=True)
        return (pixels - self.mean) / self.deviation

    def forward(self, x):
        t = self.tensors
        logit = 0
        if "ground.weight" in t:
            measures = F.relu(F.conv2d(x, t["ground.weight"], t["ground.bias"]))
            if "hue.weight" in t:
                measures = F.conv2d(measures, t["hue.weight"], t["hue.bias"])
            logit = F.linear(measures.mean((2, 3)), t["area.weight"], t["area.bias"])
        for number, (weight, bias) in enumerate(self.folded):
            x = F.relu(F.conv2d(x, weight, bias, stride=1 if number else 2, padding=1))
            x = F.max_pool2d(x, 2) if number < 3 else x
        return torch.sigmoid(logit + F.linear(x.mean((2, 3)), t["fc1.weight"], t["fc1.bias"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    net = Net(*load(a.model)).eval()
    app = FastAPI()

    def classify(data):
        with torch.inference_mode():
            return float(net(net.pixels(data))[0, 0])

    @app.post("/v1/predict")
    async def predict(request: Request):
        try:
            return {"p": await run_in_threadpool(classify, await request.body())}
        except (OSError, ValueError) as error:
            raise HTTPException(422, str(error)) from error

    @app.get("/healthz")
    def health():
        return {"status": "ok"}

    uvicorn.run(app, port=a.port, log_level="warning")


if __name__ == "__main__":
    main()
