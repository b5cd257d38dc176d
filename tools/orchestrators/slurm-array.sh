#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One machine of an array: task i runs DIR/i.json.
# usage: sbatch --array=0-N slurm-array.sh DIR
#SBATCH --job-name=convert-image
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60
set -u
program=${CONVERT_IMAGE:-convert-image}
task=$1/$SLURM_ARRAY_TASK_ID

"$program" run -q --events "$task.events" --heartbeat 30 --report "$task.report.json" "$task.json" &
child=$!
# The volumes are given back unchanged; it takes seconds.
trap 'kill -TERM "$child" 2> /dev/null' TERM
wait "$child"
status=$?
while kill -0 "$child" 2> /dev/null; do
    wait "$child"
    status=$?
done
echo "$status" > "$task.exit"

# The engine failed, it was stopped or killed, or its commit goes on: once more.
case $status in
6 | 9 | 10 | 13[0-9] | 14[0-9])
    if [ "${SLURM_RESTART_COUNT:-0}" -lt "${CONVERT_RETRIES:-3}" ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
        # Slurm ends this run of the task.
        sleep 60
    fi
    ;;
esac
exit "$status"
