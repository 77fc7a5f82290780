"""pandas' answers for the files of a folder: where the tests' column statistics come from.

    /usr/bin/python3 scripts/reference/stats.py test/fixtures/public

reads files.json (by file name: the `options` that Abacus is given; the `delimiter` and the `encoding` that
pandas must be told where Abacus finds them; `refused` where no table is to be had) and writes expected/NAME.json
for each of them. Needs pandas (Debian: python3-pandas, python3-numpy); the fixtures were made with pandas 1.5.3
and NumPy 1.24.2 and take some five seconds.

Each column holds what `describe(include='all')` says; beside it `scale`, the greatest absolute value (what errors
of a mean are measured by), and mean and std worked out in exact arithmetic, to see which is right when two differ.
Under `full` is what `level=full` asks for.
"""
import csv
import gzip
import json
import math
import os
import re
import sys
import warnings
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pandas as pd

BINS = 20
TOP_VALUES = 10
CORRELATED = 100  # columns
getcontext().prec = 60


def read_csv_arguments(options, delimiter=None, encoding=None):
    """The arguments with which pandas reads a table as Abacus does with `options`."""
    arguments = {"na_values": ["None", *options.get("naValues", [])]}
    if delimiter or "delimiter" in options:
        arguments["sep"] = delimiter or options["delimiter"]
    if encoding:
        arguments["encoding"] = encoding
    if options.get("header") is False:
        arguments["header"] = None
    if options.get("keepDefaultNa") is False:
        arguments["keep_default_na"] = False
    return arguments


def records(path, arguments):
    """(line on which it ends, number of fields) of each record that is not blank."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", newline="", encoding=arguments.get("encoding", "utf-8")) as file:
        reader = csv.reader(file, delimiter=arguments.get("sep", ","))
        return [(reader.line_num, len(record)) for record in reader if record]


def refusal(error, path, arguments):
    """The sentence with which Abacus refuses what pandas refuses with `error`, or None: makes an index of."""
    if isinstance(error, UnicodeDecodeError):
        return f"not valid UTF-8: the byte at offset {error.start}"
    if error and "EOF inside string" in str(error):
        return "never closed"
    if error:
        return re.search(r"xpected \d+ fields in line \d+, saw \d+", str(error))[0].replace("xpected", "expected")
    (_, expected), (line, saw) = records(path, arguments)[:2]
    return f"expected {expected} fields in line {line}, saw {saw}"


def told(value):
    """What JSON can hold of a figure; "nan", "inf" and "-inf" for what it cannot."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else str(float(value))
    return value


def counted(values):
    """(value, count) of the values that are not null: the most frequent first, then the first seen."""
    counts = values.dropna().value_counts(sort=False)  # in the order of the file
    return sorted(((told(value), int(count)) for value, count in counts.items()), key=lambda pair: -pair[1])


def top_values(counts):
    """The most frequent, and how many values share the last place's count: only some of those may be listed."""
    listed = counts[:TOP_VALUES]
    if not listed:
        return {"topValues": []}
    last = listed[-1][1]
    answer = {"topValues": listed}
    shared = sum(count == last for _, count in counts)
    if shared > sum(count == last for _, count in listed):
        answer["sharedLast"] = {"count": last, "values": shared}
    return answer


def nearest(number):
    """The double nearest to a Fraction, told."""
    try:
        return float(number)
    except OverflowError:
        return "inf" if number > 0 else "-inf"


def exact_moments(values):
    """Mean, std (ddof = 1), sum, and bias-corrected skew and kurtosis, from exact sums; None where undefined."""
    numbers = [Fraction(value) for value in values.tolist()]
    n = len(numbers)
    total = sum(numbers)
    answer = {"mean": None, "std": None, "sum": nearest(total), "skew": None, "kurt": None}
    if n == 0:
        return answer
    mean = total / n
    answer["mean"] = nearest(mean)
    powers = [sum((number - mean) ** power for number in numbers) for power in (2, 3, 4)]
    second, third, fourth = (Decimal(power.numerator) / Decimal(power.denominator) for power in powers)
    if n > 1:
        answer["std"] = told(float((second / (n - 1)).sqrt()))
    if n > 2:
        answer["skew"] = (
            float(n * Decimal(n - 1).sqrt() / (n - 2) * third / (second * second.sqrt())) if second else 0.0
        )
    if n > 3:
        correction = Decimal(3 * (n - 1) ** 2) / ((n - 2) * (n - 3))
        ratio = Decimal(n * (n + 1) * (n - 1)) / ((n - 2) * (n - 3))
        answer["kurt"] = float(ratio * fourth / (second * second) - correction) if second else 0.0
    return answer


def histogram(values):
    """NumPy's counts and edges; None where its edges are too close for doubles to tell apart."""
    try:
        counts, edges = np.histogram(values, bins=BINS)
    except (IndexError, ValueError):
        return None
    return {"counts": counts.tolist(), "edges": edges.tolist()}


def number_column(values):
    """What is known of a column of numbers."""
    described = {name: told(value) for name, value in values.describe().items()}
    present = values.dropna()
    finite = bool(np.isfinite(present).all())
    answer = {"kind": "numeric", "describe": described}
    full = {
        "sum": told(values.sum()),
        "skew": told(values.skew()),
        "kurt": told(values.kurt()),
        "nunique": int(values.nunique()),
        "zeros": int((values == 0).sum()),
        "negatives": int((values < 0).sum()),
        **top_values(counted(values)),
    }
    if finite and len(present) > 0:
        exact = exact_moments(present)
        answer |= {"scale": float(present.abs().max()), "exact_mean": exact["mean"], "exact_std": exact["std"]}
        full |= {"exact_" + name: exact[name] for name in ("sum", "skew", "kurt")}
        full["histogram"] = histogram(present)
        if values.dtype.kind in "iu":
            answer |= {"min_exact": str(present.min()), "max_exact": str(present.max())}
    return answer | {"full": full}


def text_column(values):
    """What is known of a column of texts, or of booleans."""
    described = {name: told(value) for name, value in values.describe().items()}
    counts = counted(values)
    answer = {"kind": "object", "describe": described}
    full = top_values(counts)
    if counts:
        most = counts[0][1]
        tied = [value for value, count in counts if count == most]
        shown = tied[:20]
        first = shown[0]
        answer["ties"] = {"freq": most, "n": len(tied), "first_seen": first, "values": shown}
        answer["ties"]["complete"] = len(shown) == len(tied)
    present = values.dropna()
    types = sorted({type(value).__name__ for value in present})
    if types == ["str"]:
        lengths = present.str.len()
        full |= {"minLength": int(lengths.min()), "maxLength": int(lengths.max()), "meanLength": float(lengths.mean())}
    elif types:
        answer["python_types"] = types
    return answer | {"full": full}


def table_figures(frame):
    """Pearson correlations of the number columns (the upper triangle, by rows), and duplicate rows."""
    numbers = [name for name in frame.columns if frame[name].dtype.kind in "iuf"][:CORRELATED]
    matrix = frame[numbers].corr().to_numpy()
    upper = [[told(matrix[i, j]) for j in range(i + 1, len(numbers))] for i in range(len(numbers) - 1)]
    return {
        "correlated": [str(name) for name in numbers],
        "correlations": upper,
        "duplicateRows": int(frame.duplicated().sum()),
    }


def described_file(path, manifest):
    """The answer for one file. `manifest` is its entry in files.json."""
    options = manifest.get("options", {})
    arguments = read_csv_arguments(options, manifest.get("delimiter"), manifest.get("encoding"))
    answer = {"file": os.path.basename(path), "pandas": pd.__version__, "read_csv": arguments}
    if options:
        answer["options"] = options
    if options.get("badRows") == "skip":
        (_, fields), *rest = records(path, arguments)
        arguments["skiprows"] = [line - 1 for line, saw in rest if saw > fields]
        answer["skippedRows"] = len(arguments["skiprows"])
    error = None
    try:
        frame = pd.read_csv(path, **arguments, float_precision="round_trip", low_memory=False)
    except (pd.errors.ParserError, UnicodeError) as problem:
        error = problem
    refused = error is not None or not (frame.empty or isinstance(frame.index, pd.RangeIndex))
    if refused != manifest.get("refused", False):
        raise SystemExit(f"{path}: {error or 'is read with an index' if refused else 'is not refused'}")
    if refused:
        said = f"{type(error).__name__}: {error}" if error else "none: the fields that are too many become an index"
        return answer | {"status": "error", "error": said, "sentence": refusal(error, path, arguments)}
    columns = []
    for position, name in enumerate(frame.columns):
        values = frame.iloc[:, position]
        entry = {"name": str(name), "dtype": str(values.dtype)}
        entry |= {"count": int(values.count()), "nulls": int(values.isna().sum())}
        is_number = values.dtype.kind in "iuf"
        columns.append(entry | (number_column(values) if is_number else text_column(values)))
    return answer | {"status": "ok", "rows": len(frame), "columns": columns, "full": table_figures(frame)}


def as_json(answer):
    """One line per column: short files that a diff can still show."""
    dumped = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    lines = []
    for key, value in answer.items():
        if key == "columns":
            inner = ",\n".join(dumped(column) for column in value)
            lines.append(f'"columns":[\n{inner}\n]')
        else:
            lines.append(f"{dumped(key)}:{dumped(value)}")
    return "{" + ",\n".join(lines) + "}\n"


def main(folder):
    warnings.simplefilter("ignore", RuntimeWarning)
    with open(os.path.join(folder, "files.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    os.makedirs(os.path.join(folder, "expected"), exist_ok=True)
    for name, entry in manifest.items():
        answer = described_file(os.path.join(folder, "files", name), entry)
        with open(os.path.join(folder, "expected", f"{name}.json"), "w", encoding="utf-8") as file:
            file.write(as_json(answer))


if __name__ == "__main__":
    main(sys.argv[1])
