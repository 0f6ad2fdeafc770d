// What is said of NAN001, which is no rule of the value model: the facade finds it, once all rules have spoken.

import type { RuleMetadata } from '../rules/rule';

export const UNUSED_SUPPRESSION: RuleMetadata = {
  code: 'NAN001',
  name: 'unused-suppression',
  severity: 'hint',
  summary: 'A `# nanlens: ignore` that silences nothing.',
  fixable: 'safe',
  docs: {
    what: 'Marks `# nanlens: ignore[…]` and `# nanlens: ignore-file[…]` comments, and single codes in their lists, that silence no finding. It says nothing of rules that are switched off, of files that could not be analysed as a whole, or of `# noqa`.',
    why: 'A suppression that is no longer needed hides the next finding on its line, which may be a real one.',
    remedy: 'Remove the comment, or the code from its list:',
    bad: `
import torch


def entropy(p: torch.Tensor) -> torch.Tensor:
    q = p.clamp(min=1e-6)
    return -(q * torch.log(q)).sum()  # nanlens: ignore[NAN101] p is a mixture`,
    good: `
import torch


def entropy(p: torch.Tensor) -> torch.Tensor:
    q = p.clamp(min=1e-6)
    return -(q * torch.log(q)).sum()`,
  },
};
