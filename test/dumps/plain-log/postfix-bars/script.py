"""The only trace of the loss is the postfix of a progress bar."""

from tqdm import trange

loss = 10.0
bar = trange(60, mininterval=0)
for i in bar:
    loss = loss * 1e12 if i > 20 else loss * 0.9
    bar.set_postfix(loss=loss - loss if loss == float("inf") else loss)
