#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What convert-image says and how it exits, as far as no disk is needed.
program=${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
corpus=${srcdir:-.}/tests/corpus
checks=0

fail() {
	echo "FAIL: convert-image $args: $1"
	cat "$dir/out" "$dir/err"
	exit 1
}

# expect EXIT PATTERN ARGUMENT...: a failure prints nothing but one line, to standard error
expect() {
	code=$1 pattern=$2
	shift 2
	args=$*
	"$program" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	[ $got -eq "$code" ] || fail "exit $got, not $code"
	checks=$((checks + 1))
	if [ "$code" -eq 0 ]; then
		[ ! -s "$dir/err" ] || fail "wrote to standard error"
		grep -q -e "$pattern" "$dir/out" || fail "no '$pattern'"
		return
	fi
	[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "not one line of error"
	[ ! -s "$dir/out" ] || fail "wrote to standard output"
	grep -q -e "^convert-image: .*$pattern" "$dir/err" || fail "no '$pattern'"
}

expect 0 '^usage: convert-image' --help
expect 0 '^usage: convert-image' convert -h
expect 0 '^convert-image [0-9]' --version
expect 0 '^aws ' targets
expect 2 'no command given: inspect, plan, convert, check, boot, run, undo, resume, describe, targets, completion, make-instance; see convert-image --help'
expect 2 "unknown command 'revert', not one of inspect, plan, convert, check, boot, run, undo, resume, describe, targets, completion, make-instance" revert x
expect 2 "unknown or ambiguous option '--unknown'" inspect --unknown x
expect 2 "unknown or ambiguous option '--in'" inspect --in x
expect 2 "unknown option '-x'" inspect -qx x
expect 2 "option '--target' needs a value" plan x --target
expect 2 "option '--json=1' takes no value" plan x --json=1
expect 2 'no disk given' inspect
expect 2 "takes no disk" targets x
expect 2 'no --target given' plan x
expect 2 'no --target given' check x
expect 2 "'check' takes no --in-place" check --target aws --in-place x
expect 0 'will the guest boot' check --help
expect 2 'no --target given' boot x
expect 2 "unknown bus 'floppy'" boot --target kvm --disk-bus floppy x
expect 2 "'run' takes one job document" run
expect 2 "no --target given; choose one of convert-image targets" plan x
expect 2 '--color takes auto' inspect --color blue x
expect 2 "not 'tcsh'" completion tcsh
expect 0 'complete -o filenames' completion bash
expect 0 '^#compdef' completion zsh
expect 0 'complete -c convert-image' completion fish
expect 2 'the job cannot be read' run /nonexistent
expect 2 "'run' takes no --target" run --target kvm x
expect 2 'is no script' convert --target kvm --firstboot /dev/null --in-place x
expect 2 '--timeout takes a number of seconds' boot --target kvm --timeout 1m x
expect 2 "'inspect' takes no --target" inspect --target aws x
expect 2 "'plan' takes no --in-place" plan --target aws --in-place x
expect 2 "'targets' takes no --json" targets --json
expect 2 "'make-instance' takes no disk" make-instance --output . x
expect 2 "no --output given" make-instance
expect 2 "unknown target 'nowhere'; see convert-image targets" plan --target nowhere x
expect 2 'either --in-place or --output' convert --target aws x
expect 2 'either --in-place or --output' convert --target aws --in-place --output "$dir" x
expect 2 '--undo is of --in-place' convert --target aws --output "$dir" --undo x x
expect 2 "'resume' takes the directory of one job" resume
expect 2 "'undo' takes an undo file and the disks" undo x
expect 2 "'resume' takes no --target" resume --target aws x
expect 3 '/nonexistent: .*; give what convert-image' resume /nonexistent
expect 3 'has no state.json of a commit' resume "$dir"
expect 3 "is no undo file, or not a complete one" undo "$0" x
expect 2 '--format is of --output' convert --target aws --in-place --format raw x
expect 2 'no --as given' describe x
expect 2 "'describe' takes one report" describe --as libvirt x y
expect 2 "unknown description 'vbox', not one of libvirt, qemu" describe --as vbox "$corpus/describe/kvm.in"
expect 2 'converted for kvm, which ovf does not describe; convert it for vmware' \
	describe --as ovf "$corpus/describe/kvm.in"
expect 3 '/nonexistent: No such file' describe --as ovf /nonexistent
expect 3 'line 1: ' describe --as ovf "$0"
expect 0 '<name>web-bookworm</name>' describe --as libvirt "$corpus/describe/kvm.in"
expect 2 'either --diff or --json' plan --target aws --diff --json x
expect 2 "not '12x'" inspect --memory 12x x
expect 2 "not '-1'" inspect --memory=-1 x
expect 2 '--input-format is of disks that are named' inspect --machine x --input-format raw
expect 3 '/nonexistent: No such file' inspect --machine /nonexistent
expect 3 "is XML, but neither an OVF nor a domain" inspect --machine "$corpus/vm-domain/should-fail-root.in"
expect 3 "vm-domain/domain.in: disk 3 of the machine is on the network; .*name the disks" \
	inspect --machine "$corpus/vm-domain/domain.in"
expect 3 "vm-vmx/old.vmdk: " inspect --engine mount --machine "$corpus/vm-vmx/esx.in"
expect 2 "keep or dhcp, not 'none'" plan --target aws --network none x
expect 2 'no MAC address such as 52:54:00:12:34:56' plan --target aws --nic 1=eth0 x
expect 2 "'a/b' is no interface name of 1 to 15" plan --target aws --nic 52:54:00:12:34:56=a/b x
expect 2 "format 'vmdk', not one of overlay, qcow2, raw" \
	convert --target aws --output "$dir" --format vmdk x
expect 2 'is a directory, not a disk (--engine dir takes one); see convert-image --help' \
	inspect --engine mount "$dir"
expect 7 '/nonexistent: .*; check that the directory exists' \
	inspect --engine mount --work-dir /nonexistent "$dir"
expect 2 'report to /nonexistent/report' inspect --report /nonexistent/report x
expect 2 'events to fd:99' inspect --events fd:99 x
# What a name holds does not reach the terminal, nor end the line.
expect 2 'unknown command .a??b' "$(printf 'a\033\nb')"

# A failure leaves a report, whole or none, and events that end with the result.
expect 3 'missing.raw: .*; check the path' inspect --report "$dir/report" --events "$dir/events" \
	"$dir/missing.raw"
grep -q '"id": "disk-missing"' "$dir/report" || fail "no error in the report"
tail -n 1 "$dir/events" | grep -q '^{"event":"result","status":"failed","exit":3,' ||
	fail "no result event"
expect 2 'no disk given' inspect --report "$dir/none"
[ "$(ls "$dir")" = "$(printf 'err\nevents\nout\nreport')" ] || fail "left $(ls "$dir")"

# Standard output that cannot be written to is a failure, a reader that left is none.
args='targets >/dev/full'
"$program" targets >/dev/full 2>"$dir/err"
[ $? -eq 1 ] || fail "no failure"
[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "not one line of error"
echo "$checks command lines checked"
