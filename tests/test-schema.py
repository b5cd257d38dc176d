#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reports of literal guests keep to tools/report-1.schema.json, and it is strict."""
import json
import os
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: no Python module jsonschema (Debian: python3-jsonschema)")
    sys.exit(77)

with open(os.path.join(os.environ.get("srcdir", "."), "tools/report-1.schema.json")) as f:
    schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
program = os.path.join(os.environ.get("top_builddir", "."), "tests/test-report")


def reports():
    for number in range(100):
        run = subprocess.run([program, str(number)], stdout=subprocess.PIPE)
        if run.returncode != 0:
            return
        yield json.loads(run.stdout)


def spoilt(value, path=""):
    """Copies of a document, each with a key more or a key less in one object, and where."""
    if isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}, path + "/" + key
            for part, where in spoilt(value[key], path + "/" + key):
                yield {**value, key: part}, where
        yield {**value, "unknown": 0.5}, path + "/unknown"
    elif isinstance(value, list) and value:
        for part, where in spoilt(value[0], path + "/0"):
            yield [part] + value[1:], where


def load(name):
    with open(os.path.join(os.environ.get("srcdir", "."), name)) as file:
        return json.load(file)


machine = jsonschema.Draft202012Validator(load("tools/machine-1.schema.json"))
machine.check_schema(machine.schema)
machine.validate(load("tests/corpus/vm-json/plain.in"))
for name in "key", "bus":
    if machine.is_valid(load(f"tests/corpus/vm-json/should-fail-{name}.in")):
        print("a machine is accepted in spite of its", name)
        sys.exit(1)

documents = list(reports())
if len(documents) < 7:
    print("too few reports:", len(documents))
    sys.exit(99)
for document in documents:
    validator.validate(document)

checked = 0
for wrong, where in spoilt(documents[1]):
    # What is by target, by driver or by stage comes and goes.
    if "/drivers/" in where or where.startswith("/timing_ms/"):
        continue
    checked += 1
    if validator.is_valid(wrong):
        print("accepted in spite of", where)
        sys.exit(1)
print(len(documents), "reports are valid,", checked, "spoilt ones are not")
sys.exit(0 if checked > 100 else 99)
