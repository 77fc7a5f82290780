"""What pandas' to_json makes of figures and of column names: python3 to-json.py > test/fixtures/pandas/to-json.json

With Debian 12's pandas 1.5.3.
"""
import json
import random
import struct

import pandas

random.seed(7)
numbers = [0.0, -0.0, 0.5, -1.5, 0.1 + 0.2, 1 / 3, 2 / 3, 1e15, 1e16, 1.0000000000000002e16, 12345678905000000.0]
numbers += [12345678915000000.0, 9999999999999998.0, 123456789012345.678, 1e-15, 9.99e-16, 1.5e-11, 5e-11, 1.5e-10]
numbers += [-1e-12, 0.99999999999, 0.99999999995, 123456.123456789123, 1e22, 1e300, 5e-324, -2.5e-200, 1.7976931348623157e308]
numbers += [2.0**-11, 3 * 2.0**-11, 5 * 2.0**-12, 1e10 + 2.0**-20, 2.0**53, 2.0**60 + 2.0**10]
for _ in range(150):
    numbers.append(random.uniform(-1, 1) * 10 ** random.randint(-18, 20))
for _ in range(50):
    candidate = struct.unpack("<d", random.randbytes(8))[0]
    if candidate == candidate and abs(candidate) != float("inf"):
        numbers.append(candidate)
written = [[number, pandas.Series([number]).to_json(orient="values")[1:-1]] for number in numbers]

texts = ["num1", "", "a/b", 'say "x"', "back\\slash", "tab\tnew\nline\rreturn", "\b\f\x01\x1f\x7f", "é", "\u2028", "日本", "😀", "<&'>"]
names = [[text, pandas.Series([1], index=[text]).to_json()[1:-3]] for text in texts]
document = {"pandas": pandas.__version__, "numbers": written, "names": names}
print(json.dumps(document).replace("], [", "],\n["))
