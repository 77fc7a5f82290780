# A peer of the addition network: the tutorial's loops in NumPy, and the same network asked for many sums at a time.
# Says its version; then answers lines "train B H ALPHA ITERATIONS SEED", and "ask PAIRS" for the network trained last: with
# the seconds, and what tells whether it is right.
import sys
import time

import numpy as np


def say(*numbers):
    print(*(repr(number) for number in numbers), flush=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def bits(number, width):
    return [number >> t & 1 for t in range(width)]


class Network:
    def __init__(self, binary_dim, hidden_dim):
        self.binary_dim, self.hidden_dim = binary_dim, hidden_dim
        self.synapse_0 = 2 * np.random.random((2, hidden_dim)) - 1
        self.synapse_1 = 2 * np.random.random((hidden_dim, 1)) - 1
        self.synapse_h = 2 * np.random.random((hidden_dim, hidden_dim)) - 1

    def train(self, alpha, iterations):
        errors = 0.0
        for _ in range(iterations):
            a, b = (int(np.random.randint(2 ** (self.binary_dim - 1))) for _ in range(2))
            errors += self.learn(a, b, alpha)
        return errors

    def learn(self, a, b, alpha):
        x = np.array([bits(a, self.binary_dim), bits(b, self.binary_dim)]).T
        y = bits(a + b, self.binary_dim)
        update_0, update_1, update_h = (np.zeros_like(s) for s in (self.synapse_0, self.synapse_1, self.synapse_h))
        hidden, deltas, error = [np.zeros((1, self.hidden_dim))], [], 0.0
        for t in range(self.binary_dim):
            hidden.append(sigmoid(np.dot(x[t : t + 1], self.synapse_0) + np.dot(hidden[-1], self.synapse_h)))
            output = sigmoid(np.dot(hidden[-1], self.synapse_1))
            deltas.append((y[t] - output) * output * (1 - output))
            error += abs(y[t] - output[0, 0])
        future = np.zeros((1, self.hidden_dim))
        for t in reversed(range(self.binary_dim)):
            here = hidden[t + 1]
            future = (future.dot(self.synapse_h.T) + deltas[t].dot(self.synapse_1.T)) * here * (1 - here)
            update_1 += here.T.dot(deltas[t])
            update_h += hidden[t].T.dot(future)
            update_0 += x[t : t + 1].T.dot(future)
        self.synapse_0 += alpha * update_0
        self.synapse_1 += alpha * update_1
        self.synapse_h += alpha * update_h
        return error

    def ask(self, a, b):
        """The sums of arrays of numbers."""
        hidden = np.zeros((len(a), self.hidden_dim))
        sums = np.zeros(len(a), dtype=np.int64)
        for t in range(self.binary_dim):
            x = np.stack([a >> t & 1, b >> t & 1], axis=1)
            hidden = sigmoid(x @ self.synapse_0 + hidden @ self.synapse_h)
            sums |= ((hidden @ self.synapse_1)[:, 0] > 0).astype(np.int64) << t
        return sums


AT_ONCE = 2048  # few enough to stay in the caches: faster than all at once


print(f"NumPy {np.__version__}", flush=True)
network = None
for line in sys.stdin:
    command, *numbers = line.split()
    if command == "train":
        binary_dim, hidden_dim, alpha, iterations, seed = (float(n) if "." in n else int(n) for n in numbers)
        np.random.seed(seed)
        network = Network(binary_dim, hidden_dim)
        began = time.perf_counter()
        errors = network.train(alpha, iterations)
        seconds = time.perf_counter() - began
        weights = sum(float(s.sum()) for s in (network.synapse_0, network.synapse_1, network.synapse_h))
        say(seconds, errors, weights)
        continue
    pairs = np.random.randint(2 ** (network.binary_dim - 1), size=(int(numbers[0]), 2))
    began = time.perf_counter()
    right = 0
    for start in range(0, len(pairs), AT_ONCE):
        a, b = pairs[start : start + AT_ONCE, 0], pairs[start : start + AT_ONCE, 1]
        right += int((network.ask(a, b) == a + b).sum())
    say(time.perf_counter() - began, right)
