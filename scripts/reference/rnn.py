"""The addition network and its random numbers in NumPy: where the tests' reference values come from.

    /usr/bin/python3 scripts/reference/rnn.py test/fixtures/rnn

writes mt19937.json (NumPy's legacy generator) and trainings.json (the network of "Anyone Can Learn To
Code an LSTM-RNN in Python (Part 1: RNN)", iamtrask, 2015). Needs NumPy (Debian: python3-numpy); the
fixtures were made with 1.24.2 and take some ten seconds.

    /usr/bin/python3 scripts/reference/rnn.py FOLDER --fresh COUNT SEED
    RNN_TRAININGS=FOLDER/trainings.json node dist/test/rnn/train.test.js

writes so many settings drawn at random into another folder, and holds the built project against them. A few of a
hundred are so chaotic that they differ, as NumPy differs from itself when it adds in another order.
"""
import json
import os
import sys

import numpy as np

WATCHED = 100  # iterations of each training that are written down one by one
MOST_WEIGHTS = 400  # networks up to this size are written down whole
ULP_SHARE = 0.1  # of the exponentials that the perturbed training changes by one unit in the last place


def generator_outputs(seed):
    """What RandomState(seed) draws: raw outputs, floats, and masked integers of the network's widths."""
    raw = np.random.MT19937()
    raw._legacy_seeding(seed)
    outputs = raw.random_raw(2000)
    floats = np.random.RandomState(seed).random_sample(400)
    mixed = np.random.RandomState(seed)
    integers = []
    for bits in range(1, 31):
        integers.append([bits, int(mixed.randint(2**bits)), float(mixed.random_sample())])
    return {
        "seed": seed,
        "first": outputs[:5].tolist(),
        "around624": outputs[622:627].tolist(),
        "last": outputs[1995:].tolist(),
        "floats": floats[:5].tolist() + floats[-5:].tolist(),
        "integers": integers,
    }


class Exponential:
    """np.exp, or np.exp with a tenth of its results moved to a neighbouring float64."""

    def __init__(self, perturbed):
        self.noise = np.random.default_rng(1) if perturbed else None

    def __call__(self, z):
        result = np.exp(z)
        if self.noise is None:
            return result
        toward = np.where(self.noise.random(result.shape) < 0.5, 0.0, np.inf)
        moved = self.noise.random(result.shape) < ULP_SHARE
        return np.where(moved, np.nextafter(result, toward), result)


def bits_of(numbers, binary_dim):
    """Shape (len(numbers), binary_dim), the lowest bit first."""
    return np.asarray(numbers)[:, None] >> np.arange(binary_dim) & 1


def train(setting, perturbed=False):
    """The tutorial's loop, for any dimensions. Returns weights before and after, and each iteration."""
    binary_dim, hidden_dim, alpha = setting["binaryDim"], setting["hiddenDim"], setting["alpha"]
    exp = Exponential(perturbed)
    sigmoid = lambda z: 1 / (1 + exp(-z))
    np.random.seed(setting["seed"])
    synapse_0 = 2 * np.random.random((2, hidden_dim)) - 1
    synapse_1 = 2 * np.random.random((hidden_dim, 1)) - 1
    synapse_h = 2 * np.random.random((hidden_dim, hidden_dim)) - 1
    before = [synapse_0.copy(), synapse_1.copy(), synapse_h.copy()]
    rows = []
    for iteration in range(setting["iterations"]):
        a = int(np.random.randint(2 ** (binary_dim - 1)))
        b = int(np.random.randint(2 ** (binary_dim - 1)))
        x = bits_of([a, b], binary_dim).T
        y = bits_of([a + b], binary_dim)[0]
        hidden = [np.zeros((1, hidden_dim))]
        outputs, predicted, error = [], 0, 0.0
        for t in range(binary_dim):
            hidden.append(sigmoid(x[t : t + 1] @ synapse_0 + hidden[-1] @ synapse_h))
            output = sigmoid(hidden[-1] @ synapse_1)
            outputs.append(output)
            error += abs(y[t] - output[0, 0])
            predicted |= int(output[0, 0] > 0.5) << t
        update_0, update_1, update_h = (np.zeros_like(s) for s in (synapse_0, synapse_1, synapse_h))
        delta = np.zeros((1, hidden_dim))
        for t in reversed(range(binary_dim)):
            o, h = outputs[t], hidden[t + 1]
            output_delta = (y[t] - o) * o * (1 - o)
            delta = (delta @ synapse_h.T + output_delta @ synapse_1.T) * h * (1 - h)
            update_1 += h.T @ output_delta
            update_h += hidden[t].T @ delta
            update_0 += x[t : t + 1].T @ delta
        synapse_0 += alpha * update_0
        synapse_1 += alpha * update_1
        synapse_h += alpha * update_h
        rows.append((iteration, error, a, b, predicted, a + b))
    return before, [synapse_0, synapse_1, synapse_h], rows


def measure_accuracy(weights, binary_dim, hidden_dim):
    """The share of right sums, over all pairs or over pairs drawn from the generator as it stands."""
    synapse_0, synapse_1, synapse_h = weights
    numbers = 2 ** (binary_dim - 1)
    most = min(16384, int(1e9 / (binary_dim * hidden_dim**2)))
    if numbers**2 <= most:
        pairs = np.stack(np.divmod(np.arange(numbers**2), numbers), axis=1)
    else:
        pairs = np.array([[np.random.randint(numbers), np.random.randint(numbers)] for _ in range(most)])
    a, b = bits_of(pairs[:, 0], binary_dim), bits_of(pairs[:, 1], binary_dim)
    hidden = np.zeros((len(pairs), hidden_dim))
    predicted = np.zeros(len(pairs), dtype=np.int64)
    for t in range(binary_dim):
        x = np.stack([a[:, t], b[:, t]], axis=1)
        hidden = 1 / (1 + np.exp(-(x @ synapse_0 + hidden @ synapse_h)))
        predicted |= ((hidden @ synapse_1)[:, 0] > 0).astype(np.int64) << t
    return {"accuracy": float(np.mean(predicted == pairs.sum(axis=1))), "accuracyPairs": most}


def describe(weights):
    """All weights of a small network; of a large one each matrix's first and last five."""
    flat = [synapse.ravel() for synapse in weights]
    if sum(len(synapse) for synapse in flat) > MOST_WEIGHTS:
        flat = [np.concatenate([synapse[:5], synapse[-5:]]) for synapse in flat]
    return dict(zip(("synapse0", "synapse1", "synapseH"), (synapse.tolist() for synapse in flat)))


def reference(setting):
    """One training, and what a perturbation of its exponentials by one unit in the last place does to it:
    the number of iterations whose errors stay within 1e-10, and how far the weights move in the end."""
    before, after, rows = train(setting)
    accuracy = measure_accuracy(after, setting["binaryDim"], setting["hiddenDim"])
    _, moved, moved_rows = train(setting, perturbed=True)
    watched = enumerate(zip(rows[:WATCHED], moved_rows))
    n = setting["iterations"]
    logged = sorted({i * n // 10 for i in range(10)})
    width = -(-n // 500)
    keys = ("iteration", "error", "a", "b", "predicted", "sum")
    return {
        **setting,
        **accuracy,
        "firstWeights": [float(synapse.ravel()[k]) for synapse in before for k in (0, -1)],
        "watched": [list(row[1:]) for row in rows[:WATCHED]],
        "log": [dict(zip(keys, rows[i])) for i in logged],
        "errors": [
            float(np.mean([row[1] for row in rows[start : start + width]])) for start in range(0, n, width)
        ],
        "weights": describe(after),
        "steady": next((i for i, (p, q) in watched if abs(p[1] - q[1]) > 1e-10), WATCHED),
        "weightsMoved": float(max(np.abs(p - q).max() for p, q in zip(after, moved))),
    }


def settings():
    """The default, its neighbours in each setting, and the corners that are quick enough."""
    keys = ("binaryDim", "hiddenDim", "alpha", "iterations", "seed")
    for values in [
        (8, 16, 0.1, 10000, 0),
        (8, 16, 0.1, 2001, 1),
        (8, 16, 0.1, 2000, 2**32 - 1),
        (8, 10, 0.2, 3000, 7),
        (6, 8, 0.1, 5000, 3),
        (9, 16, 0.05, 8000, 5),
        (2, 1, 1, 300, 2),
        (8, 32, 2, 100, 4),
        (31, 10, 0.5, 100, 11),
        (31, 16, 10, 100, 12),
        (16, 100, 0.1, 100, 13),
        (3, 512, 0.01, 100, 2**31),
    ]:
        yield dict(zip(keys, values))


def fresh_settings(count, seed):
    """Drawn from all that a job may ask for, as far as NumPy is done with it in a second or two."""
    draw = np.random.default_rng(seed)
    for _ in range(count):
        binary_dim = int(draw.integers(2, 32))
        hidden_dim = int(np.exp(draw.uniform(0, np.log(512))))
        most = min(1000, int(2e8 / (binary_dim * hidden_dim**2)))
        yield {
            "binaryDim": binary_dim,
            "hiddenDim": hidden_dim,
            "alpha": float(np.exp(draw.uniform(np.log(0.01), np.log(10)))),
            "iterations": int(draw.integers(1, 2 + most)),
            "seed": int(draw.integers(2**32)),
        }


def write(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]\n")


if __name__ == "__main__":
    if sys.argv[2:3] == ["--fresh"]:
        wanted = fresh_settings(int(sys.argv[3]), int(sys.argv[4]))
    else:
        seeds = [0, 1, 5489, 19650218, 2**31, 2**32 - 1]
        write(sys.argv[1], "mt19937.json", [generator_outputs(seed) for seed in seeds])
        wanted = settings()
    write(sys.argv[1], "trainings.json", [reference(setting) for setting in wanted])
