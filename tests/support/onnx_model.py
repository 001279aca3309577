"""A tiny neural net in the shape of YuNet that finds what is red: an ONNX file, written by hand.

It has no training and no use, but everything of a model that OpenCV's `FaceDetectorYN` looks at:
the twelve outputs by name, three strides, scores, boxes and landmarks. So the port, the loader, the
order of the colours and the scale of the boxes are tested by a real net.
"""

from __future__ import annotations

import struct

STRIDES = (8, 16, 32)
_FLOAT, _INTS = 1, 7
_RED = (-0.1, -0.1, 0.1)  # of blue, green, red


def red_finder() -> bytes:
    """The model: 99 % sure wherever red outweighs green and blue, in boxes as large as a stride."""
    nodes, initializers = b"", b""
    for name, values, shape in (
        ("red", _RED, (1, 3, 1, 1)),
        ("red_bias", (-5.0,), (1,)),
        ("box", (0.0,) * 12, (4, 3, 1, 1)),
        ("points", (0.0,) * 30, (10, 3, 1, 1)),
    ):
        initializers += _message(5, _tensor(name, values, shape))
    for s in STRIDES:
        size = _ints("kernel_shape", s, s) + _ints("strides", s, s)
        nodes += _node("AveragePool", ["input"], f"pooled_{s}", size)
        nodes += _node("Conv", [f"pooled_{s}", "red", "red_bias"], f"redness_{s}")
        nodes += _node("Sigmoid", [f"redness_{s}"], f"cls_{s}")
        nodes += _node("Sigmoid", [f"redness_{s}"], f"obj_{s}")
        nodes += _node("Conv", [f"pooled_{s}", "box"], f"bbox_{s}")
        nodes += _node("Conv", [f"pooled_{s}", "points"], f"kps_{s}")
    outputs = b"".join(
        _message(12, _value(f"{name}_{s}"))
        for name in ("cls", "obj", "bbox", "kps")
        for s in STRIDES
    )
    graph = nodes + _text(2, "red_finder") + initializers + _message(11, _value("input")) + outputs
    return _number(1, 8) + _message(8, _number(2, 13)) + _message(7, graph)


def _node(kind: str, inputs: list[str], output: str, attributes: bytes = b"") -> bytes:
    named = b"".join(_text(1, name) for name in inputs)
    return _message(1, named + _text(2, output) + _text(3, output) + _text(4, kind) + attributes)


def _ints(name: str, *values: int) -> bytes:
    numbers = b"".join(_number(8, value) for value in values)
    return _message(5, _text(1, name) + numbers + _number(20, _INTS))


def _tensor(name: str, values: tuple[float, ...], shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_number(1, size) for size in shape)
    raw = struct.pack(f"<{len(values)}f", *values)
    return dims + _number(2, _FLOAT) + _text(8, name) + _message(9, raw)


def _value(name: str) -> bytes:
    """A float tensor of four dimensions; the sizes of a picture are not known beforehand."""
    sizes = [_number(1, 1), _number(1, 3), _text(2, "height"), _text(2, "width")]
    if name != "input":
        sizes = [_text(2, f"{name}_{i}") for i in range(4)]
    shape = b"".join(_message(1, size) for size in sizes)
    tensor = _number(1, _FLOAT) + _message(2, shape)
    return _text(1, name) + _message(2, _message(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
