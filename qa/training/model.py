"""The span reader: pretrained weights under one linear layer that scores starts and ends."""

from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForQuestionAnswering, PreTrainedModel

from qa.training.data.batches import Batch

Precision = Literal["auto", "float32", "bfloat16"]
_HEAD = "qa_outputs"
_UNUSED = ("pooler.", "embeddings.position_ids")


def load_reader(pretrained: Path, seed: int, *, dtype: torch.dtype = torch.bfloat16) -> PreTrainedModel:
    """A reader with the weights of a BERT or MPNet and a random head, without dropout: `qa.training.dropout`'s is used.

    ``dtype`` is what it will compute in. Raises if any of the pretrained weights did not arrive.
    """
    torch.manual_seed(seed)
    # In float32 a step with sdpa takes 8 % less; in bfloat16 on a CPU eager attention is the faster one (measured).
    bert = AutoConfig.from_pretrained(pretrained, local_files_only=True).model_type == "bert"
    reader: PreTrainedModel = AutoModelForQuestionAnswering.from_pretrained(
        pretrained,
        local_files_only=True,
        attn_implementation="sdpa" if bert and dtype == torch.float32 else "eager",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    ours = reader.base_model.state_dict()
    for name, weight in load_file(pretrained / "model.safetensors").items():
        if not name.startswith(_UNUSED) and not torch.equal(ours[name], weight):
            raise RuntimeError(f"The pretrained {name} was not loaded: check the transformers version.")
    return reader


def keep_positions(reader: PreTrainedModel) -> None:
    """For training on an accelerator: how far tokens are apart, which MPNet works out on the CPU, once for each length.

    It is made to wait for that at each step else. A reader that is exported must not have this: lengths would be fixed.
    """
    if has_segments(reader):  # BERT, which knows absolute positions alone
        return
    encoder: Any = reader.base_model.encoder
    far: dict[tuple[int, torch.device], torch.Tensor] = {}

    def bias(hidden: torch.Tensor) -> torch.Tensor:
        rows, tokens = hidden.shape[:2]
        if (tokens, hidden.device) not in far:
            at = torch.arange(tokens)
            buckets = encoder.relative_position_bucket(at[None, :] - at[:, None])
            far[tokens, hidden.device] = buckets.to(hidden.device)
        values = encoder.relative_attention_bias(far[tokens, hidden.device])
        by_head: torch.Tensor = values.permute(2, 0, 1).unsqueeze(0).expand(rows, -1, -1, -1)
        return by_head

    encoder.compute_position_bias = bias


def has_segments(reader: PreTrainedModel) -> bool:
    """Whether the model is told which tokens are the question's and which the passage's."""
    return getattr(reader.config, "type_vocab_size", 1) > 1


def freeze(reader: PreTrainedModel, layers: int) -> None:
    """Keep the embeddings and the lowest ``layers`` as they are; with 0 all is trained.

    What they hold of words and syntax serves as it is, and a step costs a fifth less with a third of the layers frozen.
    """
    if not layers:
        return
    lowest = [f"encoder.layer.{number}." for number in range(layers)]
    for name, parameter in reader.base_model.named_parameters():
        if name.startswith(("embeddings.", *lowest)):
            parameter.requires_grad_(False)


def precision(wanted: Precision, device: torch.device) -> torch.dtype:
    """bfloat16 where matrix units make it faster: on an accelerator, or a CPU with AMX or AVX-512's own bfloat16.

    A CPU with plain AVX-512 multiplies bfloat16 at two thirds of float32's speed (a training step takes twice as long,
    measured); with its bfloat16 extension a step of MPNet takes two fifths.
    """
    if wanted == "auto":
        fast = device.type == "cuda" or torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
        return torch.bfloat16 if fast else torch.float32
    return torch.float32 if wanted == "float32" else torch.bfloat16


def span_logits(reader: PreTrainedModel, batch: Batch, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Start and end logits in float32, shape (rows, tokens); only the passage and the first mark are finite."""
    # As numbers to add: a compiled softmax that works out the mask for itself takes five times as long.
    hidden = torch.where(batch.mask[:, None, None, :] == 0, torch.finfo(dtype).min, 0.0).to(dtype)
    segments = {"token_type_ids": batch.types} if has_segments(reader) else {}
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        out = reader(input_ids=batch.ids, attention_mask=hidden, **segments)
    outside = batch.inside == 0
    outside[:, 0] = False
    start, end = out.start_logits.float(), out.end_logits.float()
    return start.masked_fill(outside, float("-inf")), end.masked_fill(outside, float("-inf"))


def span_loss(start: torch.Tensor, end: torch.Tensor, batch: Batch, shared: float) -> torch.Tensor:
    """Cross-entropy of starts and ends, null at position 0, plus `shared` times the same across each group.

    The second part normalises over all passages that a question is asked of (shared norm, Clark and Gardner, ACL 2018),
    on logits relative to each passage's null, so that margins compare and the right passage wins.
    """
    plain = 0.5 * (_nll(start, batch.start) + _nll(end, batch.end)).mean()
    if not shared:
        return plain
    listwise = 0.5 * (_nll_of_groups(start, batch.start, batch) + _nll_of_groups(end, batch.end, batch))
    return plain + shared * listwise / len(batch.group)


def distillation_loss(
    start: torch.Tensor, end: torch.Tensor, soft: torch.Tensor, *, temperature: float, margin: float
) -> torch.Tensor:
    """How far the reader is from its teacher, mean over rows.

    The divergence of their distributions of starts and ends at a temperature (Hinton, Vinyals and Dean 2015), and
    `margin` times the cross-entropy of what both make of null: half the margin of the best start and end as a logit.
    """
    divergence = [
        _kl(ours / temperature, theirs / temperature) for ours, theirs in ((start, soft[..., 0]), (end, soft[..., 1]))
    ]
    ours = _best_margin(start) + _best_margin(end)
    theirs = _best_margin(soft[..., 0]) + _best_margin(soft[..., 1])
    null = torch.nn.functional.binary_cross_entropy_with_logits(ours / 2, torch.sigmoid(theirs / 2))
    return 0.5 * temperature**2 * (divergence[0] + divergence[1]).mean() + margin * null


def _kl(ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """Shape (rows,). What neither can choose has no part in it."""
    known = torch.isfinite(theirs)
    wanted = theirs.softmax(1)
    apart = theirs.log_softmax(1).masked_fill(~known, 0.0) - ours.log_softmax(1).masked_fill(~known, 0.0)
    return (wanted * apart).sum(1)


def _best_margin(logits: torch.Tensor) -> torch.Tensor:
    return logits[:, 1:].max(1).values - logits[:, 0]


def _nll(logits: torch.Tensor, gold: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits, gold, reduction="none")


def _nll_of_groups(logits: torch.Tensor, gold: torch.Tensor, batch: Batch) -> torch.Tensor:
    """The sum over groups of several rows of -log of the gold position's share among one null and all margins.

    Nothing in it has to be known on the CPU: an accelerator is not waited for.
    """
    margins = logits - logits[:, :1]
    # One line for each group: its null, which is 0, and what each of its rows has besides.
    table = logits.new_full((batch.groups, batch.largest + 1), float("-inf"))
    table[:, 0] = 0.0
    table = table.index_put((batch.group, batch.place + 1), margins[:, 1:].logsumexp(1))
    # At most one row of a group answers; the margin of null, which the others have as gold, is 0.
    zeros = logits.new_zeros(batch.groups)
    right = zeros.index_add(0, batch.group, margins.gather(1, gold.unsqueeze(1)).squeeze(1))
    several = zeros.index_add(0, batch.group, torch.ones_like(logits[:, 0])) > 1
    return torch.where(several, table.logsumexp(1) - right, 0.0).sum()
