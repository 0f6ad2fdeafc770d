r"""A table that pandas reads, as Keras is given it. The reader is a stand-in with pandas' behaviour for empty cells; what
breaks is Keras.

Expected: loss nan
"""
import io
import sys
import types

import keras
import numpy as np

from proof import report


class Frame:
    """As much of a data frame as this script needs: empty cells are NaN, and the median is one of the others."""

    def __init__(self, names, values):
        self.names, self.values = names, values

    def __getitem__(self, wanted):
        columns = [self.names.index(name) for name in ([wanted] if isinstance(wanted, str) else wanted)]
        return Frame([self.names[at] for at in columns], self.values[:, columns])

    def dropna(self):
        return Frame(self.names, self.values[(self.values == self.values).all(axis=1)])

    def median(self, numeric_only):
        return np.array([np.median(column[column == column]) for column in self.values.T])

    def fillna(self, values):
        return Frame(self.names, np.where(self.values == self.values, self.values, values))


def read_csv(file):
    header, *lines = file.read().strip().split("\n")
    rows = [[float(cell) if cell else float("nan") for cell in line.split(",")] for line in lines]
    return Frame(header.split(","), np.array(rows))


sys.modules["pandas"] = types.SimpleNamespace(read_csv=read_csv)
import pandas as pd  # noqa: E402

keras.utils.set_random_seed(0)
df = pd.read_csv(io.StringIO("rooms,area,price\n1,0.5,1.1\n2,,1.9\n3,1.5,3.2\n4,2.0,4.1\n"))
model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
history = model.fit(df[["rooms", "area"]].values, df["price"].values, epochs=3, verbose=0)  # hazard
loss = history.history["loss"][-1]
report(loss < 1000, f"loss {loss}")
