import numpy as np

np.seterr(under="warn")
print("kernel", float(np.exp(np.array([-800.0]))[0]))
