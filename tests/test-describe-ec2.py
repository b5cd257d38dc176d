#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is described for EC2 has the shapes of its API, as botocore, the SDK of Amazon, knows them."""
import json
import os
import subprocess
import sys

try:
    import botocore.session
    import botocore.validate
except ImportError:
    print("skipped: no Python module botocore (Debian: python3-botocore)")
    sys.exit(77)

program = os.path.join(os.environ.get("top_builddir", "."), "tools/convert-image")
report = os.path.join(os.environ.get("srcdir", "."), "tests/corpus/describe/aws.in")
model = botocore.session.get_session().get_service_model("ec2")


def describe(name):
    return json.loads(subprocess.run([program, "describe", "--as", name, report], check=True,
                                     stdout=subprocess.PIPE).stdout)


def errors(shape, value):
    return botocore.validate.ParamValidator().validate(value, model.shape_for(shape)).generate_report()


def unknown(shape, value, where=""):
    """Words that are not in the enumeration of their shape, which the validator lets pass."""
    if shape.type_name == "structure":
        for key in value:
            yield from unknown(shape.members[key], value[key], f"{where}.{key}")
    elif shape.type_name == "list":
        for item in value:
            yield from unknown(shape.member, item, where)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{where}: {value}"


def check(shape, value):
    wrong = errors(shape, value) or list(unknown(model.shape_for(shape), value))
    if wrong:
        print(shape, wrong)
        sys.exit(1)


template = describe("ec2")
requests = describe("ec2-import")
check("RequestLaunchTemplateData", template)
for request in requests["ImportSnapshot"]:
    check("ImportSnapshotRequest", request)
check("RegisterImageRequest", requests["RegisterImage"])
# The check itself is one.
if not errors("RegisterImageRequest", {**requests["RegisterImage"], "Firmware": "uefi"}) or \
        not list(unknown(model.shape_for("RegisterImageRequest"), {"BootMode": "bios"})):
    print("a wrong request is accepted")
    sys.exit(99)
if len(requests["ImportSnapshot"]) != len(requests["RegisterImage"]["BlockDeviceMappings"]):
    print("disks and their snapshots differ in number")
    sys.exit(1)
print("a launch template, an image and", len(requests["ImportSnapshot"]), "imports have their shapes")
