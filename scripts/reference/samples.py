"""Samples of scikit-learn, and what NumPy's legacy generator draws: where the tests' reference values come from.

    /usr/bin/python3 scripts/reference/samples.py test/fixtures/samples

writes made.json (make_classification, every parameter and both sides of each of its branches), refused.json (what it
refuses), random.json (RandomState) and sampled.json (sample_without_replacement). Needs scikit-learn (Debian:
python3-sklearn); the fixtures were made with scikit-learn 1.2.1 and NumPy 1.24.2. Names are those of the job type
`samples`. The fixture tutorial.json beside them is one answer of scikit-learn 1.2.1 that this project was given.

    /usr/bin/python3 scripts/reference/samples.py --random 1000 7 | node dist/scripts/reference/samples-check.js

draws 1000 sets of parameters from seed 7, and has this project (`npm run build`) make the same samples, or refuse them
too. Each is a line of JSON: {"input", "columns"} or {"input", "error"}.
"""
import json
import os
import sys
import warnings
from random import Random

import numpy as np
from sklearn.datasets import make_classification
from sklearn.utils.random import sample_without_replacement

PARAMETERS = {
    "samples": "n_samples",
    "features": "n_features",
    "informative": "n_informative",
    "redundant": "n_redundant",
    "repeated": "n_repeated",
    "classes": "n_classes",
    "clustersPerClass": "n_clusters_per_class",
    "weights": "weights",
    "flipY": "flip_y",
    "classSep": "class_sep",
    "hypercube": "hypercube",
    "shift": "shift",
    "scale": "scale",
    "shuffle": "shuffle",
    "seed": "random_state",
}
LAST = 2**32 - 1
SMALL = {"samples": 15, "features": 4, "redundant": 1}
THREE = {**SMALL, "classes": 3, "informative": 3, "redundant": 0, "flipY": 0, "shuffle": False}
LONE = {"samples": 9, "features": 2, "redundant": 0, "clustersPerClass": 1}


def crowd(informative, clusters, **others):
    """Many clusters, which differ by where they are."""
    plain = {"redundant": 0, "classes": 1, "shuffle": False, "samples": 12, "features": informative}
    return {**plain, "informative": informative, "clustersPerClass": clusters, **others}


MADE = {
    "the defaults": {},
    **{f"seed {seed}": {**SMALL, "seed": seed} for seed in (1, 42, 2**31, LAST)},
    "one sample": {"samples": 1, "features": 5},
    "one feature": {**LONE, "features": 1, "informative": 1},
    "fewer samples than clusters": {**SMALL, "samples": 3, "informative": 3, "features": 5, "clustersPerClass": 4},
    "samples that clusters do not divide": {**SMALL, "samples": 17, "classes": 3, "clustersPerClass": 1},
    "one class": {**SMALL, "classes": 1, "flipY": 1},
    "five classes": {**SMALL, "informative": 4, "features": 6, "classes": 5, "clustersPerClass": 3, "flipY": 0.4},
    "no noise": {**SMALL, "features": 3},
    "an odd count of normals before the noise": {**LONE, "features": 5, "informative": 3},
    "redundant": {**SMALL, "features": 8, "redundant": 4},
    "repeated": {**SMALL, "features": 9, "repeated": 4},
    "repeated without redundant": {**SMALL, "features": 7, "redundant": 0, "repeated": 3, "shuffle": False},
    "repeated of one": {**LONE, "features": 3, "informative": 1, "repeated": 2},
    "weights": {**THREE, "weights": [0.2, 0.3, 0.5]},
    "weights without the last": {**THREE, "weights": [0.7, 0.1]},
    "weights of less than 1": {**THREE, "weights": [0.1, 0.2, 0.1]},
    "weights of more than 1": {**THREE, "weights": [0.9, 0.4, 0.8]},
    "weights of more than 1 without the last": {**THREE, "weights": [0.9, 0.4]},
    "weights below 0": {**THREE, "weights": [0.6, -0.2, 0.6]},
    "weights beyond 2^53": {**THREE, "weights": [1e17, 0.3, -1e17]},
    "weights beyond 2^53 without the last": {**THREE, "weights": [-1e17, 1e17 + 160]},
    "weights below 0 at first": {**THREE, "weights": [-0.4, 0.5, 1.4], "shuffle": True},
    "no weights at all": {**SMALL, "classes": 1, "weights": []},
    "weights null": {**SMALL, "weights": None},
    "flipY 0": {**SMALL, "flipY": 0},
    "flipY 1": {**SMALL, "flipY": 1},
    "flipY half": {**SMALL, "flipY": 0.5, "classes": 4, "clustersPerClass": 1},
    "flipY below 0": {**SMALL, "flipY": -1},
    "flipY above 1": {**SMALL, "flipY": 2},
    "classSep": {**SMALL, "classSep": 2.75},
    "classSep 0": {**SMALL, "classSep": 0},
    "classSep below 0": {**SMALL, "classSep": -1.5, "shift": None},
    "a polytope": {**SMALL, "informative": 3, "hypercube": False},
    "shift": {**SMALL, "shift": -3.25},
    "shift of each": {**SMALL, "shift": [1, -2.5, 0, 1e6]},
    "shift drawn": {**SMALL, "shift": None, "classSep": 1.5},
    "a list of one shift": {**SMALL, "shift": [2]},
    "scale": {**SMALL, "scale": 0.125},
    "scale of each": {**SMALL, "scale": [1, -2.5, 0, 1e6]},
    "scale drawn": {**SMALL, "scale": None},
    "scale that is too large for some": {**SMALL, "scale": 1e308},
    "classSep and scale that are too large": {**SMALL, "classSep": 1e308, "scale": 1e308},
    "classSep that is too large for a polytope": {**SMALL, "classSep": 1e308, "hypercube": False, "redundant": 0},
    "shift and scale drawn": {**SMALL, "shift": None, "scale": None, "seed": 3},
    "not shuffled": {**SMALL, "shuffle": False},
    "vertices by permutation": crowd(6, 33),
    "every vertex": crowd(6, 64),
    "vertices by a reservoir": crowd(7, 127),
    "a ratio of 0.99": crowd(9, 507),
    "vertices by tracking": crowd(11, 20),
    "a ratio above 0.01": crowd(11, 21),
    "30 dimensions": crowd(30, 7, samples=8),
    "31 dimensions": crowd(31, 7, samples=8),
    "45 dimensions, a polytope": crowd(45, 5, samples=6, hypercube=False),
    "all of it": {
        **{"samples": 23, "features": 11, "informative": 4, "redundant": 2, "repeated": 2, "classes": 3},
        **{"clustersPerClass": 5, "weights": [0.5, 0.2], "flipY": 0.2, "classSep": 0.7, "hypercube": False},
        **{"shift": None, "scale": [0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "shuffle": True, "seed": LAST},
    },
    **{
        f"sample_producer, {classes} class{'es' if classes > 1 else ''}": {
            "features": 2, "informative": 2, "redundant": 0, "clustersPerClass": 1, "classes": classes,
        }
        for classes in (1, 3, 4)
    },
}

REFUSED = [
    {"samples": -1},
    {"features": 0},
    {"features": -3},
    {"informative": 0},
    {"informative": -1},
    {"classes": 0},
    {"clustersPerClass": 0},
    {"samples": 10.5},
    {"features": 3},
    {"features": 4, "repeated": 1},
    {"features": 1, "informative": 1, "clustersPerClass": 1},
    {"classes": 3},
    {"informative": 3, "classes": 3, "clustersPerClass": 3},
    {"informative": 31, "features": 40, "classes": 65536, "clustersPerClass": 65536},
    {"weights": [1.0, 0.2, 0.3]},
    {"weights": []},
    {"classes": 4, "clustersPerClass": 1, "weights": [0.5, 0.5]},
    {"weights": [1e308, 0]},
    {"shift": [1, 2]},
    {"scale": [1, 2]},
    {"shift": []},
    {"seed": -1},
    {"seed": 2**32},
    {"seed": 0.5},
]

SAMPLED = [
    (100, 2),  # the permutation
    (100, 50),
    (100, 98),
    (100, 1),  # tracking: ratio 0.01
    (2**30, 40),
    (5000, 50),
    (100, 99),  # the reservoir: ratio 0.99
    (1000, 995),
    (8, 8),
    (1, 1),
]


def make(parameters):
    """X and y for the parameters of a job."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make_classification(**{PARAMETERS[name]: value for name, value in {"seed": 0, **parameters}.items()})


def columns(parameters):
    X, y = make(parameters)
    finite = lambda numbers: [number if np.isfinite(number) else None for number in numbers.tolist()]
    return {**{f"vec_{i}": finite(column) for i, column in enumerate(X.T)}, "target": y.tolist()}


def answer(parameters):
    try:
        return {"input": parameters, "columns": columns(parameters)}
    except Exception as error:
        return {"input": parameters, "error": f"{type(error).__name__}: {error}"}


def refusal(parameters):
    found = answer(parameters)
    if "error" in found:
        return found
    raise SystemExit(f"scikit-learn takes {parameters}")


def random_list(dice, length, low, high):
    """One number too few or too many now and then."""
    return [round(dice.uniform(low, high), 2) for _ in range(max(0, length + dice.choice([0] * 10 + [-1, 1])))]


def random_parameters(dice):
    """Both sides of every branch are likely; about one set in three is refused."""
    kinds = {
        "informative": dice.choice([1, 2, 3, 4, 5, 8, 12, 31, 33]),
        "redundant": dice.choice([0, 0, 1, 3]),
        "repeated": dice.choice([0, 0, 1, 4]),
    }
    features = max(1, sum(kinds.values()) + dice.choice([0] * 6 + [1, 2, 5, 5, 5, -1]))
    classes = dice.choice([1, 2, 2, 3, 5])
    drawn = {
        **{"samples": dice.choice([1, 2, 3, 7, 20, 50, 101]), "features": features, **kinds},
        **{"classes": classes, "clustersPerClass": dice.choice([1, 1, 2, 3])},
        "weights": dice.choice([None, random_list(dice, classes, 0, 1), random_list(dice, classes, -0.5, 1)]),
        "flipY": dice.choice([0, 0.01, 0.5, 1, 1.5, -0.1]),
        "classSep": dice.choice([1, 0.5, 0, -2, 3, 1e308]),
        "hypercube": dice.random() < 0.6,
        "shift": dice.choice([0, None, dice.uniform(-3, 3), random_list(dice, features, -2, 2), [2.5]]),
        "scale": dice.choice([1, None, dice.uniform(-3, 3), random_list(dice, features, -2, 2), [-0.5]]),
        "shuffle": dice.random() < 0.6,
        "seed": dice.randrange(2**32),
    }
    return {name: value for name, value in drawn.items() if dice.random() < 0.97}


def draws(seed):
    """What RandomState(seed) draws, one after the other."""
    random = np.random.RandomState(seed)
    return {
        "seed": seed,
        "normals": random.standard_normal(7).tolist(),  # an odd count: the eighth is kept
        "uniform": random.uniform(size=3).tolist(),
        "afterUniform": random.standard_normal(4).tolist(),
        "integers": [[most, random.randint(most + 1, size=5).tolist()] for most in (0, 1, 2, 6, 255, 256, 99999, LAST - 1, LAST)],
        "permutation": random.permutation(20).tolist(),
        "one": random.permutation(1).tolist(),
        "float": random.random_sample(),
    }


def sampled(population, count, seed=5):
    random = np.random.RandomState(seed)
    drawn = sample_without_replacement(population, count, random_state=random)
    return {"population": population, "count": count, "seed": seed, "drawn": drawn.tolist(), "float": random.random_sample()}


def write(folder, name, value):
    """One item of a list or an object in a line."""
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "\n]\n")


def main(folder):
    write(folder, "made.json", [{"name": n, "input": p, "columns": columns(p)} for n, p in MADE.items()])
    write(folder, "refused.json", [refusal(parameters) for parameters in REFUSED])
    write(folder, "random.json", [draws(seed) for seed in (0, 1, LAST)])
    write(folder, "sampled.json", [sampled(*one) for one in SAMPLED])


def print_random(count, seed):
    dice = Random(seed)
    for _ in range(count):
        print(json.dumps(answer(random_parameters(dice))))


if __name__ == "__main__":
    if sys.argv[1] == "--random":
        print_random(*map(int, sys.argv[2:4]))
    else:
        main(sys.argv[1])
