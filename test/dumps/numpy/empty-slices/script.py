import numpy as np

scores = np.array([[0.5, np.nan], [0.25, np.nan]])
best = np.nanmax(scores, axis=0)  # blamed
print("best", best[0])
print("mean", np.nanmean(scores[:, 1:]))
print("spread", np.std(scores[:0, 0]))
