#!/bin/sh
# run.sh FOLDER SECONDS NAME...: run fuzz targets built in FOLDER ("*": all of them). What they find stays in FOLDER;
# the small corpora beside this script are only read. Stops at the first failure, with its last lines.
set -eu
here=$(dirname "$0") folder=$1 seconds=$2
shift 2
for pattern; do
  for source in "$here"/fuzz_$pattern.c; do
    name=$(basename "$source" .c) log=$folder/$(basename "$source" .c).log
    found=$folder/corpus/$name seeds=$here/corpus/${name#fuzz_}
    mkdir -p "$found"
    [ -d "$seeds" ] || seeds=
    if ! "$folder/csrc/fuzz/$name" -max_total_time="$seconds" -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="$folder/$name-" "$found" $seeds >"$log" 2>&1; then
      tail -n 40 "$log"
      exit 1
    fi
    echo "$name: $(sed -n 's/stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
  done
done
