#!/usr/bin/env python3
"""The works of `leukvk bench` in PyTorch on the processor or a CUDA device, with the same figures as JSON. bench.py runs it.

    peer_torch.py w1|w2|w3|w4 [--batch N] [--seconds N] [--threads N] [--channels-last] [--jit] [--cuda] [--tf32]

w1, w2: leukvk's CNN (2,825,345 parameters): three times 3x3 valid convolution, ReLU, 2x2 max pooling; then dense 64, ReLU,
dropout 0.25, one logit. w1 is a training step (binary cross-entropy on the logit, Adam), w2 inference.
w3, w4: torchvision's ResNet50: w3 gives its 2048 pooled features, w4 is a training step of all of it with one logit.
"""
import argparse
import json
import os
import re
import statistics
import sys
import time

import torch
from torch import nn


def build_cnn():
    layers = []
    for inputs, outputs in ((3, 32), (32, 64), (64, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Linear(26 * 26 * 64, 64), nn.ReLU(inplace=True), nn.Dropout(0.25), nn.Linear(64, 1)]
    return nn.Sequential(*layers)


def build_resnet50(last):
    from torchvision.models import resnet50

    model = resnet50()
    model.fc = last
    return model


BUILDERS = {
    "w1": build_cnn,
    "w2": build_cnn,
    "w3": lambda: build_resnet50(nn.Identity()),
    "w4": lambda: build_resnet50(nn.Linear(2048, 1)),
}
PARAMETERS = {"w1": 2825345, "w2": 2825345, "w3": 23508032, "w4": 23510081}


def training_step(model, images):
    labels = (torch.arange(len(images), device=images.device) % 2).float().unsqueeze(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    criterion = nn.BCEWithLogitsLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def inference_step(model, images):
    def step():
        with torch.no_grad():
            return model(images)

    return step


def make_step(options):
    torch.manual_seed(1)
    training = options.work in ("w1", "w4")
    model, images = BUILDERS[options.work]().train(training), torch.rand(options.batch, 3, 224, 224)
    if options.cuda:  # convolutions in 32 bits need to be asked for, or cuDNN rounds their inputs to 10 bits of mantissa
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = options.tf32
        torch.backends.cudnn.benchmark = True
        model, images = model.cuda(), images.cuda()
    if sum(parameter.numel() for parameter in model.parameters()) != PARAMETERS[options.work]:
        sys.exit("peer_torch.py: this is not leukvk's network")
    if options.channels_last:
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    if options.jit:
        model = torch.jit.script(model)
        if not training:
            model = torch.jit.optimize_for_inference(torch.jit.freeze(model))
    return training_step(model, images) if training else inference_step(model, images)


def time_step(step, cuda):
    start = time.perf_counter()
    step()
    if cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def peak_mib():
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read())[1]) / 1024


def spread(values, median):
    return {"median": median, "min": min(values), "max": max(values)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=sorted(BUILDERS))
    parser.add_argument("--batch", type=int, help="images a step (32; w3 and w4: 8)")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--steps", type=int, help="measure so many steps, however long they take")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--jit", action="store_true")
    parser.add_argument("--cuda", action="store_true", help="on the first CUDA device, not on the processor")
    parser.add_argument("--tf32", action="store_true", help="with --cuda: products of numbers rounded to 10 bits of mantissa")
    options = parser.parse_args()
    if options.tf32 and not options.cuda:
        parser.error("--tf32 is for --cuda")
    options.batch = options.batch or (32 if options.work in ("w1", "w2") else 8)
    torch.set_num_threads(options.threads)
    step = make_step(options)
    first = time_step(step, options.cuda)
    for _ in range(3 if options.jit else 1):  # a scripted model is specialized in its first calls
        time_step(step, options.cuda)
    times, start, cpu = [], time.perf_counter(), time.process_time()
    while len(times) < options.steps if options.steps else len(times) < 5 or time.perf_counter() - start < options.seconds:
        times.append(time_step(step, options.cuda))
    cpu = time.process_time() - cpu
    median = statistics.median(times)
    print(json.dumps({
        "program": "pytorch", "version": torch.__version__, "work": options.work, "batch": options.batch,
        "steps": len(times),
        "images_per_s": spread([options.batch / t for t in times], options.batch / median),
        "step_ms": spread([1e3 * t for t in times], 1e3 * median),
        "cpu_images_per_s": None if options.cuda else options.batch * len(times) * options.threads / cpu,
        "first_step_ms": 1e3 * first, "peak_rss_mib": peak_mib(),
        "device": torch.cuda.get_device_name() if options.cuda else "processor", "driver": torch.version.cuda or ""}))


if __name__ == "__main__":
    main()
