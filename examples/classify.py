#!/usr/bin/env python3
"""classify.py MODEL IMAGE...: prints the probability of the positive class by the C library, through ctypes.

The library is looked for as the system does, or is the file that LEUKVK_LIBRARY names. Nothing but Python is needed.
"""
import ctypes
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_size_t, c_uint32, c_void_p


class Prediction(ctypes.Structure):
    """lvk_prediction of leukvk/predictions.h"""
    _fields_ = [("path", c_char_p), ("subject", c_char_p), ("p", c_double), ("label", c_int), ("area", c_uint32),
                ("probabilities", POINTER(c_double)), ("novelty", c_double), ("novelty_cause", c_char_p)]


class ClassifierInfo(ctypes.Structure):
    """The first members of lvk_classifier_info of leukvk/predict.h"""
    _fields_ = [("path", c_char_p), ("architecture", c_char_p), ("crop", c_char_p), ("positive_class", c_char_p),
                ("negative_class", c_char_p), ("class_count", c_uint32)]


def load():
    """The library, with the types of the functions that are used here."""
    library = ctypes.CDLL(os.environ.get("LEUKVK_LIBRARY", "libleukvk.so.0.1"))
    for name, result, arguments in [
            ("lvk_error_message", c_char_p, []),
            ("lvk_device_open", c_int, [c_void_p, POINTER(c_void_p)]),
            ("lvk_device_close", None, [POINTER(c_void_p)]),
            ("lvk_classifier_open", c_int, [c_void_p, c_char_p, c_void_p, POINTER(c_void_p)]),
            ("lvk_classifier_close", None, [POINTER(c_void_p)]),
            ("lvk_classifier_get_info", POINTER(ClassifierInfo), [c_void_p]),
            ("lvk_picture_decode", c_int, [c_void_p, c_char_p, c_char_p, c_size_t, c_double, POINTER(c_void_p)]),
            ("lvk_picture_free", None, [POINTER(c_void_p)]),
            ("lvk_classifier_predict_pictures", c_int, [c_void_p, POINTER(c_void_p), c_size_t, POINTER(Prediction)])]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def main(model, *images):
    leukvk = load()
    device, classifier = c_void_p(), c_void_p()

    def check(status):
        if status != 0:
            sys.exit(os.fsdecode(leukvk.lvk_error_message()))

    check(leukvk.lvk_device_open(None, byref(device)))
    check(leukvk.lvk_classifier_open(device, os.fsencode(model), None, byref(classifier)))
    positive = leukvk.lvk_classifier_get_info(classifier).contents.positive_class.decode()
    for image in images:
        with open(image, "rb") as file:
            data = file.read()
        picture, row = c_void_p(), Prediction()
        check(leukvk.lvk_picture_decode(classifier, os.fsencode(image), data, len(data), 0, byref(picture)))
        check(leukvk.lvk_classifier_predict_pictures(classifier, byref(picture), 1, byref(row)))
        print(f"{image}: p_{positive} {row.p:.6f}")
        leukvk.lvk_picture_free(byref(picture))
    leukvk.lvk_classifier_close(byref(classifier))
    leukvk.lvk_device_close(byref(device))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
