#!/bin/sh
# lint.sh BIN BUILD: C and CUDA laid out as .clang-format says, and C without a finding of .clang-tidy. The tools are those
# in the folder BIN; clang-tidy reads each file as cmake, in the folder BUILD, would have it compiled for this processor,
# and NEON's also on x86-64, where Debian's C library for 64-bit ARM is there to be read. What cannot run here for want of
# a tool is said in a sentence. CUDA is laid out only: to read it, clang-tidy would need NVIDIA's toolkit.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd) bin=$1 build=$2
if [ -x "$bin/clang-format" ]; then
  find "$root/csrc" -name '*.[ch]' -o -name '*.cu' | xargs "$bin/clang-format" --dry-run -Werror
else
  echo "C format: skipped, there is no clang-format for this machine"
fi
[ -x "$bin/clang-tidy" ] || { echo "C lint: skipped, there is no clang-tidy for this machine"; exit 0; }
command -v cmake >/dev/null || { echo "C lint: skipped, there is no cmake here"; exit 0; }
if [ -e /usr/include/valgrind/callgrind.h ]; then bench=ON; else bench=OFF; fi
cmake -S "$root" -B "$build" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DSKYRACK_BENCH=$bench >/dev/null
"$bin/python" "$bin/run-clang-tidy.py" -p "$build" -clang-tidy-binary "$bin/clang-tidy" -quiet >"$build/lint.log" 2>&1 ||
  { grep -v '^\[\|^[0-9]* warnings' "$build/lint.log"; exit 1; }
arm=/usr/aarch64-linux-gnu/include
[ "$(uname -m)" != x86_64 ] || [ ! -d $arm ] || "$bin/clang-tidy" -quiet "$root"/csrc/src/*/*_neon.c -- \
  --target=aarch64-linux-gnu -isystem $arm -I"$root/csrc/include" -I"$root/csrc/src" 2>"$build/lint.arm.log"
