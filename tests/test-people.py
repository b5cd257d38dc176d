#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people see: the report as a page, colour, the progress bar, completion."""
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

if not shutil.which("linux.uml"):
    print("SKIP: user-mode-linux is not installed")
    sys.exit(77)
PROGRAM = os.path.realpath(os.environ.get("CONVERT_IMAGE") or
                           os.path.join(os.environ.get("top_builddir", "."), "tools/convert-image"))
HOSTILE = "<script>alert(1)</script>&amp;\"'"
PLAN = ("plan", "--target", "kvm", "--engine", "instance")
checks = 0


def check(good, what):
    global checks
    checks += 1
    if not good:
        print(f"FAIL: {what}")
        sys.exit(1)


def run(*words, **settings):
    return subprocess.run([PROGRAM, *words], text=True, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **settings})


def on_terminal(*words):
    """What is shown where standard error is a terminal, and standard output too."""
    seen = []

    def read(fd):
        data = os.read(fd, 65536)
        seen.append(data)
        return data
    quiet = os.open(os.devnull, os.O_WRONLY)
    saved = os.dup(1)
    os.dup2(quiet, 1)
    try:
        status = pty.spawn([PROGRAM, *words], read)
    finally:
        os.dup2(saved, 1)
    check(os.waitstatus_to_exitcode(status) == 0, f"{words}: exit {status}")
    return b"".join(seen).decode("utf-8", "replace")


def make_guest():
    for name in ("root/etc", "root/sbin", "root/boot/grub"):
        os.makedirs(name)
    files = {"root/etc/os-release": f"ID=debian\nPRETTY_NAME='{HOSTILE.replace(chr(39), '')}'\n",
             "root/etc/fstab": f"/dev/sda / ext4 defaults 0 1\n# {HOSTILE}\x07\x1b[31m]]>\n/dev/sdb1 /x ext4 defaults 0 2\n",
             "root/sbin/init": "", "root/boot/vmlinuz": "",
             "root/boot/grub/grub.cfg": "menuentry 'Linux' {\n\tlinux /boot/vmlinuz root=/dev/sda ro\n}\n"}
    for path, text in files.items():
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    with open("disk.img", "wb") as disk:
        disk.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-qF", "-d", "root", "disk.img"], check=True)


def check_page():
    made = run(*PLAN, "--report", "page.html", "disk.img")
    check(made.returncode == 0, made.stderr)
    with open("page.html", encoding="utf-8") as page:
        text = page.read()
    root = tree.fromstring(text)            # strictly, as XML
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    check("script" not in names and {"h1", "details", "pre", "table"} <= names, f"elements {names}")
    shown = "".join(root.itertext())
    check("<script>alert(1)</script>" in shown and "/etc/fstab" in shown, "the guest's text is not shown as text")
    check(not re.search(r"(src|href)=\"(?!data:)", text), "it needs another file")
    check(run(*PLAN, "--report", "page.txt", "disk.img").returncode == 0, "no text")
    with open("page.txt", encoding="utf-8") as page:
        check(page.read().startswith("guest "), "no text report")
    missing = run(*PLAN, "--report", "failed.html", "root/boot/vmlinuz")
    check(missing.returncode != 0 and tree.parse("failed.html"), "no page of a failure")


def check_color():
    plain = run(*PLAN, "--diff", "disk.img").stdout
    check("\033[3" not in plain.replace("\033[31m]]>", ""), "colour in a pipe")
    colored = run(*PLAN, "--diff", "--color", "always", "disk.img").stdout
    check("\033[32m+UUID=" in colored and "\033[1m--- a/etc/fstab" in colored, "no colour in the diff")
    shown = on_terminal(*PLAN, "--diff", "disk.img")
    check("\033[32m+UUID=" in shown, "no colour on a terminal")
    check("\033[31m]]>" not in shown, "the guest controls the terminal")
    os.environ["NO_COLOR"] = "1"
    check("\033[32m" not in on_terminal(*PLAN, "--diff", "disk.img"), "NO_COLOR is not heeded")


def check_bar():
    shown = on_terminal(*PLAN, "disk.img")
    check(re.search(r"\r\[#+ *\] +\d+ % (inspect|plan) +0:0\d", shown), "no bar on a terminal")
    check("\r\033[K" in shown, "the bar is not cleared")
    check("%" not in on_terminal(*PLAN, "-q", "disk.img"), "a bar with -q")
    check(run(*PLAN, "disk.img").stderr == "", "a bar in a pipe")


def check_completion():
    script = ("source <($0 completion bash); convert-image() { \"$P\" \"$@\"; }; "
              "COMP_WORDS=(convert-image {0}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
              "_convert_image; echo ${{COMPREPLY[@]}}")
    for typed, expected in (("con", "convert"), ("plan --dif", "--diff"), ("plan --target az", "azure"),
                            ("inspect --in-pl", "")):
        said = subprocess.run(["bash", "-c", script.replace("{0}", typed).replace("{{", "{").replace("}}", "}"), PROGRAM],
                              text=True, stdout=subprocess.PIPE, check=True, env={**os.environ, "P": PROGRAM}).stdout
        check(said.strip() == expected, f"{typed}: {said}")
    for shell in ("bash", "zsh", "fish"):
        if not shutil.which(shell):
            print(f"not checked: no {shell}")
            continue
        made = run("completion", shell).stdout
        check(subprocess.run([shell, "-n"], input=made, text=True, check=False).returncode == 0, f"{shell}: syntax")


def main():
    with tempfile.TemporaryDirectory(prefix="test-people-", dir="/var/tmp") as work:
        os.chdir(work)
        os.environ.update(TMPDIR=work, XDG_CACHE_HOME=os.path.join(work, "cache"))
        os.environ.pop("NO_COLOR", None)
        os.mkdir("cache")
        make_guest()
        check_page()
        check_bar()
        check_color()
        check_completion()
        os.chdir("/")
    print(f"{checks} checks")


if __name__ == "__main__":
    main()
