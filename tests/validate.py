#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: validate.py SCHEMA DOCUMENT"""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("not validated: no Python module jsonschema")
    sys.exit(0)

with open(sys.argv[1], encoding="utf-8") as f:
    schema = json.load(f)
with open(sys.argv[2], encoding="utf-8") as f:
    document = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
errors = list(jsonschema.Draft202012Validator(schema).iter_errors(document))
for error in errors:
    print(f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message}")
sys.exit(1 if errors else 0)
