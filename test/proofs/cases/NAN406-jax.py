r"""NaN stands for missing values, and nanmean leaves them out; jax_debug_nans ends the run all the same.

Expected: stopped: invalid value \(nan\)
"""
import jax
import jax.numpy as jnp

from proof import report

jax.config.update("jax_debug_nans", True)  # hazard


def main():
    readings = jnp.arange(6.0)
    present = jnp.array([True, True, False, True, False, True])
    try:
        marked = jnp.where(present, readings, jnp.nan)
        mean = float(jnp.nanmean(marked))
    except FloatingPointError as error:
        return report(False, f"stopped: {error}")
    report(mean == 2.25, f"mean {mean}")


main()
