"""The span reader: the encoder's own weights under one linear layer that scores starts and ends."""

from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file
from transformers import BertForQuestionAnswering

from qa.training.batches import Batch

Attention = Literal["eager", "sdpa"]
Precision = Literal["auto", "float32", "bfloat16"]


def load_reader(encoder: Path, seed: int, *, attention: Attention = "eager") -> BertForQuestionAnswering:
    """A reader with the encoder's weights and a random head, without dropout, which ``qa.training.dropout`` puts in.

    Raises if any weight of the encoder did not arrive.
    """
    torch.manual_seed(seed)
    reader = BertForQuestionAnswering.from_pretrained(
        encoder,
        local_files_only=True,
        attn_implementation=attention,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    ours = reader.bert.state_dict()
    for name, weight in load_file(encoder / "model.safetensors").items():
        if not name.startswith("pooler.") and name != "embeddings.position_ids" and not torch.equal(ours[name], weight):
            raise RuntimeError(f"The encoder's {name} was not loaded: check the transformers version.")
    return reader


def precision(wanted: Precision, device: torch.device) -> torch.dtype:
    """bfloat16 where matrix units make it faster: on an accelerator, or a CPU with AMX.

    A CPU with AVX-512 alone multiplies bfloat16 at two thirds of float32's speed (a training step
    takes twice as long, measured).
    """
    if wanted == "auto":
        fast = device.type == "cuda" or torch.cpu._is_amx_tile_supported()
        return torch.bfloat16 if fast else torch.float32
    return torch.float32 if wanted == "float32" else torch.bfloat16


def span_logits(
    reader: BertForQuestionAnswering, batch: Batch, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    """Start and end logits in float32, shape (rows, tokens); only the context and [CLS] are finite."""
    # As numbers to add: a compiled softmax that works out the mask for itself takes five times as long.
    hidden = torch.where(batch.mask[:, None, None, :] == 0, torch.finfo(dtype).min, 0.0).to(dtype)
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        out = reader(input_ids=batch.ids, attention_mask=hidden, token_type_ids=batch.types)
    outside = batch.types == 0
    outside[:, 0] = False
    start, end = out.start_logits.float(), out.end_logits.float()
    return start.masked_fill(outside, float("-inf")), end.masked_fill(outside, float("-inf"))


def span_loss(start: torch.Tensor, end: torch.Tensor, batch: Batch, shared: float) -> torch.Tensor:
    """Cross-entropy of starts and ends, null at [CLS], plus `shared` times the same across each pair.

    The second part normalises over a question's passage and its hard negative together (shared norm,
    Clark and Gardner, ACL 2018), on logits relative to each passage's null, so that margins compare.
    """
    plain = 0.5 * (_nll(start, batch.start) + _nll(end, batch.end)).mean()
    rows = torch.arange(len(batch.partner), device=batch.partner.device)
    paired = (batch.partner != rows).nonzero().squeeze(1)
    if not shared or not len(paired):
        return plain
    others = batch.partner[paired]
    pairs = torch.stack(
        [
            _nll_of_pair(logits[paired], logits[others], gold[paired])
            for logits, gold in ((start, batch.start), (end, batch.end))
        ]
    )
    return plain + shared * 0.5 * pairs.sum() / len(rows)


def _nll(logits: torch.Tensor, gold: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits, gold, reduction="none")


def _nll_of_pair(logits: torch.Tensor, other: torch.Tensor, gold: torch.Tensor) -> torch.Tensor:
    """-log of the gold position's share among one null (0) and the margins of both passages."""
    ours, theirs = logits - logits[:, :1], other - other[:, :1]
    both = torch.cat([ours, theirs[:, 1:]], dim=1)
    return both.logsumexp(1) - ours.gather(1, gold.unsqueeze(1)).squeeze(1)
