"""The shipped 8-bit file back into a transformers model: to train on from it, and to compare with it.

What was rounded stays rounded; otherwise the model computes what the file does.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto, NodeProto, numpy_helper
from transformers import PreTrainedModel

from qa.training.ship.quantise import Floats

_PREFIX = "reader."


def restore(model: Path, into: PreTrainedModel) -> None:
    """Give a reader of the same architecture the weights of an exported file, of full precision or 8-bit.

    Raises ValueError where the file is not one of ``qa.training.ship.export``.
    """
    weights = dict(_weights(onnx.load(str(model))))
    wanted = dict(into.named_parameters())
    if missing := sorted(wanted.keys() - weights.keys()):
        raise ValueError(
            f"{model} lacks {missing[0]} and {len(missing) - 1} more: name a model that was exported here."
        )
    with torch.no_grad():
        for name, parameter in wanted.items():
            parameter.copy_(torch.from_numpy(np.array(weights[name], dtype=np.float32)))


def _weights(model: ModelProto) -> Iterator[tuple[str, Floats]]:
    """Parameters by their names in the transformers model."""
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    makers = {output: node for node in model.graph.node for output in node.output}
    for name, tensor in tensors.items():
        if name.startswith(_PREFIX) and name.endswith(("weight", "bias")):
            yield name.removeprefix(_PREFIX), tensor
        elif name.startswith(_PREFIX) and name.endswith("weight_rows"):
            table = name.removesuffix("_rows")
            yield table.removeprefix(_PREFIX), tensor.astype(np.float32) * tensors[f"{table}_scales"]
    for node in model.graph.node:
        if node.op_type == "Add" and (bias := _bias_of(node)):
            product = _product_behind(node, makers)
            if product is not None:
                yield bias.removeprefix(_PREFIX).removesuffix("bias") + "weight", _matrix(product, tensors, makers).T


def _bias_of(node: NodeProto) -> str | None:
    return next((name for name in node.input if name.startswith(_PREFIX) and name.endswith(".bias")), None)


def _product_behind(node: NodeProto, makers: dict[str, NodeProto]) -> NodeProto | None:
    """The matrix product whose result, maybe rescaled and cast, the bias is added to."""
    waiting = [makers[name] for name in node.input if name in makers]
    while waiting:
        behind = waiting.pop()
        if behind.op_type in ("MatMul", "MatMulInteger"):
            return behind
        if behind.op_type in ("Mul", "Cast"):
            waiting += [makers[name] for name in behind.input if name in makers]
    return None


def _matrix(product: NodeProto, tensors: dict[str, Floats], makers: dict[str, NodeProto]) -> Floats:
    """The matrix as it was before its rows were scaled and its entries rounded."""
    if product.op_type == "MatMul":
        return tensors[product.input[1]]
    rounded = _dequantised(product.input[1], tensors)
    smoothed = makers[product.input[0]].input[0].removesuffix("_levelled").removesuffix("_smoothed")
    factors: Floats = tensors.get(f"{smoothed}_factors", np.ones(len(rounded), dtype=np.float32))
    return rounded * factors[:, None]


def _dequantised(name: str, tensors: dict[str, Floats]) -> Floats:
    stem = name.removesuffix("_quantized")
    shifted = tensors[name].astype(np.float32) - tensors[f"{stem}_zero_point"].astype(np.float32)
    matrix: Floats = shifted * tensors[f"{stem}_scale"]
    return matrix
