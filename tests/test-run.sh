#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Jobs as documents: what a test and a cutover take, what is refused, what is done again.
command -v linux.uml > /dev/null || {
	echo "SKIP: user-mode-linux is not installed"
	exit 77
}
program=$(realpath "${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}") || exit 99
linked=$(realpath "${top_builddir:-.}/tests/run-program") || exit 99
schemas=$(realpath "${srcdir:-.}/tools") || exit 99
validate=$(realpath "${srcdir:-.}/tests/validate.py") || exit 99
work=$(mktemp -d /var/tmp/test-run.XXXXXX) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
TMPDIR=$work
XDG_CACHE_HOME=$work/cache
export TMPDIR XDG_CACHE_HOME
mkdir cache root root/etc root/sbin root/boot root/boot/grub
checks=0

fail() {
	echo "FAIL: $what: $1"
	tail -n 3 err out 2> /dev/null
	exit 1
}

# The least that is a guest: its check would fail, which is not what is tested here.
printf 'ID=debian\n' > root/etc/os-release
echo '/dev/sda / ext4 defaults 0 1' > root/etc/fstab
: > root/sbin/init
printf "menuentry 'Linux' {\n\tlinux /boot/vmlinuz root=/dev/sda ro\n}\n" > root/boot/grub/grub.cfg
: > root/boot/vmlinuz
truncate -s 16M disk.img
mkfs.ext4 -qF -d root disk.img || exit 99
sum=$(sha256sum < disk.img)

# job NAME MODE MORE: the document NAME.json
job() {
	printf '{"schema": "libconvert/run-1", "name": "%s", "mode": "%s", "target": "kvm",
	"labels": {"wave": "3"}, "engine": "instance", "check": false, %s}\n' "$1" "$2" "$3" > "$1.json"
}

# expect EXIT WHAT COMMAND...
expect() {
	code=$1 what=$2
	shift 2
	"$@" > out 2> err < /dev/null
	got=$?
	[ $got -eq "$code" ] || fail "exit $got, not $code"
	checks=$((checks + 1))
}

says() {
	grep -q -e "$1" "${2-err}" || fail "no '$1'"
}

unharmed() {
	[ "$(sha256sum < disk.img)" = "$sum" ] || fail "the disk has changed"
}

# newest SNAPSHOT REPORT: the report says that it was taken
took() {
	python3 - "$1" "$2" << 'END' || fail "not $1 was taken"
import json, sys
with open(sys.argv[2], encoding="utf-8") as report:
    job = json.load(report)["job"]
sys.exit([source["snapshot"] for source in job["sources"]] != [sys.argv[1]])
END
}

# --- a test ---
mkdir one
job one test '"disks": [{"path": "disk.img", "format": "raw"}], "output": {"dir": "one"}'
expect 0 'a test' "$program" run --events events --heartbeat 1 --report one/again.json one.json
unharmed
[ -s one/disk.qcow2 ] || fail "no result"
grep -v '"labels":{"wave":"3"}' events && fail "events without labels"
says '"event":"result","status":"converted"' events
says '"job":"one"' events
cmp -s one/one.report.json one/again.json || fail "two reports"
python3 "$validate" "$schemas/report-1.schema.json" one/one.report.json || fail "not by the schema"
python3 "$validate" "$schemas/run-1.schema.json" one.json || fail "the job is not by the schema"

# --- again: nothing is done ---
before=$(stat -c %Y.%i one/disk.qcow2 one/one.report.json)
expect 0 'again' "$program" run -v one.json
says 'finished before'
[ "$(stat -c %Y.%i one/disk.qcow2 one/one.report.json)" = "$before" ] || fail "done again"

# --- refused ---
job bad test '"disks": [{"path": "disk.img"}], "in_place": true, "state_dir": "one"'
expect 2 'a test in place' "$program" run bad.json
says 'never writes to the disks'
job bad test '"disks": [{"path": "disk.img"}], "output": {"dir": "one"}, "tarket": "x"'
expect 2 'an unknown key' "$program" run bad.json
says 'tarket'
job ../bad test '"disks": [{"path": "disk.img"}], "output": {"dir": "one"}' 2> /dev/null
job bad test '"disks": [{"path": "disk.img"}], "output": {"dir": "one"}'
sed -i 's/"name": "bad"/"name": "..\/bad"/' bad.json
expect 2 'a name that is a path' "$program" run bad.json
job bad test '"disks": [{"path": "lost.img"}], "output": {"dir": "one"}'
expect 3 'a lost disk' "$program" run bad.json
job bad test '"disks": [{"path": "disk.img"}], "output": {"dir": "one"}, "ssh_keys": [{"file": "lost.pub"}]'
expect 2 'a lost SSH key' "$program" run bad.json
job bad test '"disks": [{"path": "disk.img"}], "output": {"dir": "one"}, "hostname": "a b"'
expect 2 'no host name' "$program" run bad.json
job bad test '"disks": [{"path": "disk.img"}], "output": {"dir": "one"}, "keys": [{"id": "all", "key": "secret"}]'
expect 2 'a key in the job' "$program" run bad.json
(
	exec 9> one/one.lock
	flock 9
	expect 3 'the same job twice' "$program" run one.json
	says 'running already'
	exit 0
) || exit 1
unharmed

# --- snapshots inside of an image ---
qemu-img convert -O qcow2 disk.img staging.qcow2
for snapshot in monday tuesday; do
	qemu-img snapshot -c $snapshot staging.qcow2
	sleep 1
done
qsum=$(sha256sum < staging.qcow2)
for mode in test cutover; do
	mkdir $mode
	job $mode $mode "\"disks\": [{\"path\": \"staging.qcow2\", \"snapshot\": \"newest\"}],
	\"output\": {\"dir\": \"$mode\", \"format\": \"qcow2\"}"
	expect 0 "$mode of the newest" "$program" run $mode.json
	took tuesday $mode/$mode.report.json
	[ -s $mode/staging.qcow2 ] || fail "no result"
done
mkdir old
job old test '"disks": [{"path": "staging.qcow2", "snapshot": "monday"}],
	"output": {"dir": "old", "format": "raw"}'
expect 0 'a test of an older one' "$program" run old.json
took monday old/old.report.json
job late cutover '"disks": [{"path": "staging.qcow2", "snapshot": "monday"}],
	"output": {"dir": "old", "format": "raw"}'
expect 2 'a cutover of an older one' "$program" run late.json
says 'takes the newest'
[ "$(sha256sum < staging.qcow2)" = "$qsum" ] || fail "the staging volume has changed"

# --- snapshots that are files ---
cp disk.img older.img
mkdir files
job files cutover '"disks": [{"path": "disk.img", "format": "raw", "snapshots": ["older.img", "disk.img"]}],
	"output": {"dir": "files", "format": "qcow2"}'
expect 0 'the newest file' "$program" run files.json
took disk.img files/files.report.json

# --- stopped and killed ---
mkdir stop
job stop test '"disks": [{"path": "disk.img", "format": "raw"}], "output": {"dir": "stop", "format": "raw"}'
for signal in TERM KILL; do
	for delay in 0.1 0.4 0.7 1.0; do
		what="$signal after $delay s"
		"$program" run stop.json > out 2> err &
		pid=$!
		sleep $delay
		start=$(date +%s)
		kill -$signal $pid 2> /dev/null
		wait $pid
		got=$?
		# On a busy machine the signal comes before the program has begun.
		[ $got -ne 143 ] || [ -s out ] || [ -s err ] || got=9
		case $signal:$got in TERM:9 | TERM:0 | KILL:137 | KILL:0) ;; *) fail "exit $got" ;; esac
		[ $(($(date +%s) - start)) -le 10 ] || fail "took long"
		unharmed
		[ $got -ne 0 ] || rm -f stop/*
		checks=$((checks + 1))
	done
done
sleep 1
expect 0 'started again' "$program" run stop.json
[ -s stop/disk.raw ] || fail "no result"
unharmed

# --- in place ---
cp disk.img copy.img
mkdir place
job place cutover '"disks": [{"path": "copy.img", "format": "raw"}], "in_place": true,
	"state_dir": "place", "undo": "place/copy.undo"'
expect 0 'a cutover in place' "$program" run place.json
cmp -s disk.img copy.img && fail "nothing was written"
expect 0 'again' "$program" run -v place.json
says 'finished before'
expect 0 'undo' "$program" undo place/copy.undo copy.img
cmp -s disk.img copy.img || fail "not undone"

# --- a program with the library ---
mkdir linked stopped
job linked test '"disks": [{"path": "disk.img", "format": "raw"}], "output": {"dir": "linked"}'
expect 0 'a program' "$linked" linked.json
says 'status converted, .* last done, sources' out
job stopped test '"disks": [{"path": "disk.img", "format": "raw"}], "output": {"dir": "stopped"}'
expect 9 'a program that cancels' "$linked" stopped.json cancel
says '^interrupted: ' out
[ ! -e stopped/disk.qcow2 ] || fail "a result"
unharmed
# Of a job that was killed its keeper clears up, in a moment.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	find "$work" -name 'libconvert.*' | grep -q . || break
	sleep 1
done
if find "$work" -name 'libconvert.*' | grep .; then fail "something is left"; fi
echo "$checks runs checked"
