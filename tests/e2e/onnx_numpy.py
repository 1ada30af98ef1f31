"""ONNX's operators (operator set 13, onnx.ai's docs/Operators.md) that crop and resize, by numpy: a second reading of
what an exported file computes before its network."""
import numpy

TYPES = {1: numpy.float32}

OPERATORS = {
    "Abs": numpy.abs,
    "Add": numpy.add,
    "And": numpy.logical_and,
    "ArgMax": lambda a, axis, select_last_index: numpy.expand_dims(
        a.shape[axis] - 1 - numpy.argmax(numpy.flip(a, axis), axis) if select_last_index else numpy.argmax(a, axis), axis),
    "Cast": lambda a, to: numpy.asarray(a).astype(TYPES[to]),
    "Div": numpy.divide,
    "Equal": numpy.equal,
    "Floor": numpy.floor,
    "Gather": numpy.take,
    "Greater": numpy.greater,
    "Less": numpy.less,
    "MatMul": numpy.matmul,
    "Max": numpy.maximum,
    "Min": numpy.minimum,
    "Mul": numpy.multiply,
    "Not": numpy.logical_not,
    "Range": lambda first, end, step: numpy.arange(first, end, step, numpy.float32),
    "ReduceMax": lambda a, axes: a.max(tuple(axes), keepdims=True),
    "ReduceSum": lambda a, axes: a.sum(tuple(axes), keepdims=True),
    "Relu": lambda a: numpy.maximum(a, numpy.float32(0)),
    "Reshape": numpy.reshape,
    "Shape": lambda a: numpy.array(a.shape, numpy.int64),
    "Sub": numpy.subtract,
    "Transpose": lambda a, perm: a.transpose(perm),
}


def network_input(onnx, model, image, black=None):
    """The value that the network's first node, "normalize", gets. `onnx` is the package."""
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    values["image"] = image
    if black is not None:
        values["black"] = numpy.array([black], numpy.float32)
    for node in model.graph.node:
        inputs = [values[name] for name in node.input if node.name != "normalize" or name == node.input[0]]
        if node.name == "normalize":
            return inputs[0]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        values[node.output[0]] = OPERATORS[node.op_type](*inputs, **attributes)
        if values[node.output[0]].dtype == numpy.float64:
            raise TypeError(f"{node.name}: gave doubles")
    raise ValueError("no node normalize")
