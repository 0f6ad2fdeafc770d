"""The hyperbolic cosine of an error of 100 is infinite in float32.

Expected: value inf, gradient nan
"""
import jax
import jax.numpy as jnp

from proof import prove


def log_cosh(error):
    return jnp.log(jnp.cosh(error))  # hazard


prove(log_cosh, edge=[(jnp.array([100.0]),)], ordinary=[(jnp.array([0.5, -2.0]),)])
