"""Class ids may be padding that is ignored; probabilities may not.

Expected: RuntimeError: ignore_index is not supported for floating point target
"""
import torch
import torch.nn.functional as F

from proof import report

PAD = 0


def token_loss(logits, tokens):
    target = F.one_hot(tokens, logits.shape[-1]).to(logits.dtype)
    return F.cross_entropy(logits, target, ignore_index=PAD)  # hazard


logits, tokens = torch.tensor([[3.0, 0.2, 0.3], [0.5, 0.0, -1.0]]), torch.tensor([1, PAD])
wanted = -F.log_softmax(logits, dim=1)[0, 1].item()
loss = token_loss(logits, tokens).item()
report(abs(loss - wanted) < 1e-5, f"loss {loss} where class ids give {wanted}")
