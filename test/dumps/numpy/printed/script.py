import numpy as np

np.seterr(all="print")
for step in range(3):
    print("step", step, "rate", float(np.log(np.array([2.0 - step]))[0]))
