#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of tools/orchestrators: the Kubernetes manifests against the API's published
models, their jobs against our schema, the packages of the image against bootstrap's.
"""
import json
import os
import re
import sys

try:
    import jsonschema
    import kubernetes.client.models as models
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-jsonschema python3-kubernetes python3-yaml)")
    sys.exit(77)

SOURCE = os.environ.get("srcdir", ".")
HERE = os.path.join(SOURCE, "tools", "orchestrators")

# What is newer than the models at hand (python3-kubernetes 22.6, of Kubernetes 1.22), as the
# OpenAPI document of batch/v1 in Kubernetes 1.29 has it.
POLICY = {
    "type": "object", "additionalProperties": False, "required": ["rules"],
    "properties": {"rules": {"type": "array", "maxItems": 20, "items": {
        "type": "object", "additionalProperties": False, "required": ["action"],
        "properties": {
            "action": {"enum": ["FailJob", "FailIndex", "Ignore", "Count"]},
            "onExitCodes": {
                "type": "object", "additionalProperties": False, "required": ["operator", "values"],
                "properties": {
                    "containerName": {"type": "string"}, "operator": {"enum": ["In", "NotIn"]},
                    "values": {"type": "array", "minItems": 1, "maxItems": 255, "uniqueItems": True,
                               "items": {"type": "integer", "minimum": 1}}}},
            "onPodConditions": {"type": "array", "items": {
                "type": "object", "additionalProperties": False, "required": ["type", "status"],
                "properties": {"type": {"type": "string"}, "status": {"type": "string"}}}}}}}}}
NEWER = {"V1JobSpec": {"backoffLimitPerIndex": {"type": "integer", "minimum": 0},
                       "podFailurePolicy": POLICY}}
PLAIN = {"str": str, "int": int, "bool": bool, "object": object, "datetime": str, "float": float}


def complaints(value, kind, where):
    """What the type KIND of the models does not allow in VALUE."""
    inner = re.fullmatch(r"(list\[|dict\(str, )(.*)[\])]", kind)
    if inner and inner[1] == "list[":
        if not isinstance(value, list):
            yield f"{where}: is no list"
            return
        for number, item in enumerate(value):
            yield from complaints(item, inner[2], f"{where}[{number}]")
    elif inner:
        for key, item in value.items():
            yield from complaints(item, inner[2], f"{where}.{key}")
    elif kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (kind == "int" and isinstance(value, bool)):
            yield f"{where}: is no {kind}"
    else:
        yield from object_complaints(value, kind, where)


def object_complaints(value, kind, where):
    model = getattr(models, kind)
    names = {json_name: name for name, json_name in model.attribute_map.items()}
    if not isinstance(value, dict):
        yield f"{where}: is no object"
        return
    for key, item in value.items():
        newer = NEWER.get(kind, {}).get(key)
        if newer:
            for error in jsonschema.Draft202012Validator(newer).iter_errors(item):
                yield f"{where}.{key}: {error.message}"
        elif key not in names:
            yield f"{where}: {kind} has no {key}"
        else:
            yield from complaints(item, model.openapi_types[names[key]], f"{where}.{key}")
    try:                        # the models know what is required, and some enumerations
        model(**{names[key]: item for key, item in value.items() if key in names})
    except (TypeError, ValueError) as refused:
        yield f"{where}: {refused}"


def check_manifests(documents):
    found = []
    for document in documents:
        found += object_complaints(document, f"V1{document['kind']}", document["kind"])
    return found


def main():
    with open(os.path.join(HERE, "kubernetes-job.yaml"), encoding="utf-8") as text:
        documents = list(yaml.safe_load_all(text))
    config, job = documents
    bad = check_manifests(documents)

    # A manifest with a mistake is refused, in whatever depth it is.
    for path in (("spec", "completions"), ("spec", "podFailurePolicy", "rules"),
                 ("spec", "template", "spec", "containers")):
        spoilt = json.loads(json.dumps(job))
        inner = spoilt
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = [{"nothing": "known"}]
        if not check_manifests([spoilt]):
            bad.append(f"{'.'.join(path)}: nonsense is not refused")

    with open(os.path.join(SOURCE, "tools", "run-1.schema.json"), encoding="utf-8") as text:
        schema = jsonschema.Draft202012Validator(json.load(text))
    for name, document in config["data"].items():
        bad += [f"{name}: {error.message}" for error in schema.iter_errors(json.loads(document))]
    if sorted(config["data"]) != [f"{i}.json" for i in range(job["spec"]["completions"])]:
        bad.append("there is not one document for each index")

    with open(os.path.join(SOURCE, "bootstrap"), encoding="utf-8") as text:
        bootstrap = text.read()
    with open(os.path.join(HERE, "Containerfile"), encoding="utf-8") as text:
        installed = set(re.findall(r"[a-z0-9][a-z0-9.+-]+", text.read()))
    for wanted in ("to_build", "to_run"):
        packages = re.search(wanted + "='([^']*)'", bootstrap)[1].split()
        bad += [f"Containerfile: no {package}" for package in packages if package not in installed]

    for line in bad:
        print(line)
    print(f"{len(documents)} manifests, {len(config['data'])} jobs")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
