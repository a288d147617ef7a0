"""step.py sklearn|jax|mlx BATCH SECONDS: prints the CPU time, in nanoseconds, of a training step of the MLP 784-256-10
with dropout 0.5 and Adam, as a user of that package writes it, on one thread. scikit-learn has no dropout."""
import os
import sys
import time

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[pool] = "1"
import numpy


def sklearn_step(x, y):
    """One partial_fit of a batch: checks, products, Adam."""
    from sklearn.neural_network import MLPClassifier
    model = MLPClassifier((256,), alpha=0, batch_size=len(x))
    model.partial_fit(x, y, classes=range(10))
    return lambda: model.partial_fit(x, y)


def jax_step(x, y):
    """The whole step compiled, with Adam written by hand and its buffers donated, so that they are reused."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import functools
    import jax
    import jax.numpy as jnp
    shapes = ((784, 256), (256,), (256, 10), (10,))
    keys = jax.random.split(jax.random.PRNGKey(0), len(shapes))
    p = [jax.random.uniform(k, s, minval=-0.05, maxval=0.05) for k, s in zip(keys, shapes)]

    def loss(p, key):
        h = jax.nn.relu(x @ p[0] + p[1])
        h = jnp.where(jax.random.bernoulli(key, 0.5, h.shape), h / 0.5, 0)
        return -jax.nn.log_softmax(h @ p[2] + p[3])[jnp.arange(len(y)), y].mean()

    @functools.partial(jax.jit, donate_argnums=0)
    def step(state):
        p, m, v, t, key = state
        key, now = jax.random.split(key)
        g = jax.grad(loss)(p, now)
        t += 1
        m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
        v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g)]
        size, scale = 1e-3 / (1 - 0.9**t), 1 / jnp.sqrt(1 - 0.999**t)
        p = [a - size * b / (jnp.sqrt(c) * scale + 1e-8) for a, b, c in zip(p, m, v)]
        return p, m, v, t, key

    state = [(p, [0 * a for a in p], [0 * a for a in p], jnp.float32(0), jax.random.PRNGKey(1))]

    def run():
        state[0] = jax.block_until_ready(step(state[0]))
    return run


def mlx_step(x, y):
    """The whole step compiled: MLX's layers, loss and Adam, with the bias correction that the others' Adam has."""
    os.environ["TMPDIR"] = sys.prefix  # where MLX leaves the code that it generates and compiles
    import functools
    import mlx.core as mx
    import mlx.nn as nn
    import mlx.optimizers
    x, y = mx.array(x), mx.array(y)
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))
    optimizer = mlx.optimizers.Adam(1e-3, bias_correction=True)
    optimizer.init(model.trainable_parameters())
    state = [model.state, optimizer.state, mx.random.state]
    loss = nn.value_and_grad(model, lambda x, y: nn.losses.cross_entropy(model(x), y, reduction="mean"))

    @functools.partial(mx.compile, inputs=state, outputs=state)
    def step(x, y):
        value, gradients = loss(x, y)
        optimizer.update(model, gradients)
        return value
    return lambda: mx.eval(step(x, y), state)


def main():
    package, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    x = numpy.random.default_rng(0).random((batch, 784), dtype=numpy.float32)
    y = numpy.arange(batch) * 7 % 10
    step = {"sklearn": sklearn_step, "jax": jax_step, "mlx": mlx_step}[package](x, y)
    for _ in range(5):
        step()
    steps, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        step()
        steps += 1
    print(round((time.process_time() - start) / steps * 1e9))


if __name__ == "__main__":
    main()
