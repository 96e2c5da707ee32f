#!/bin/sh
# emulated.sh BUILD: the C tests on processors of two kinds under qemu, built in the folder BUILD. A level that a processor
# has must pass every test; one that it lacks must be refused, which ctest shows as skipped, and never end in an illegal
# instruction. What cannot run here for want of a tool is said in a sentence.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd) build=$1

# tools MACHINE: is all here that it needs? A sentence says what is not.
tools() {
  for tool in "$1-linux-gnu-gcc" "qemu-$1-static"; do
    command -v "$tool" >/dev/null || { echo "$1: skipped, there is no $tool here"; return 1; }
  done
}

compile() { # MACHINE
  cmake -S "$root" -B "$build/$1" -DCMAKE_TOOLCHAIN_FILE="$root/cmake/$1-linux-gnu.cmake" >/dev/null
  cmake --build "$build/$1" --parallel 2 >/dev/null
}

# expect MACHINE CPU VERDICT LEVEL...: every test of each LEVEL ends with VERDICT, Passed or Skipped; of "level_avx2" the one
# that asks for the level, as all of them do first.
expect() {
  machine=$1 cpu=$2 verdict=$3 log=$build/$1/$2.log
  shift 3
  for level; do
    QEMU_CPU=$cpu ctest --test-dir "$build/$machine" -R "_$level\$" -j 2 --output-on-failure >"$log" 2>&1 || { cat "$log"; exit 1; }
    tests=$(grep -c '^ *[0-9]*/[0-9]* Test' "$log")
    [ "$(grep -c "$verdict  *[0-9.]* sec" "$log")" -eq "$tests" ] || { cat "$log"; exit 1; }
    echo "$cpu, $level: $tests tests $verdict"
  done
}

if tools aarch64; then
  compile aarch64
  expect aarch64 cortex-a53 Passed portable neon # the smallest that has it
  expect aarch64 cortex-a72 Passed portable neon
  expect aarch64 cortex-a76 Passed portable neon
fi
if tools x86_64; then
  compile x86_64
  expect x86_64 qemu64 Passed portable
  expect x86_64 qemu64 Skipped avx2 avx512
  expect x86_64 Haswell-v4 Passed portable avx2
  expect x86_64 Haswell-v4 Skipped avx512
  # The smallest processor that has AVX2 as the level wants it, and one that lacks any of that; qemu emulates no AVX-512.
  smallest=qemu64,+ssse3,+sse4.1,+sse4.2,+xsave,+avx,+avx2,+fma,+bmi1,+bmi2,+pclmulqdq,+popcnt
  expect x86_64 "$smallest" Passed avx2
  # Without BMI1 goes BMI2, as on every real processor: the C library's own string functions take the one for granted where
  # the other is, and end in an illegal instruction.
  for sets in avx2 fma bmi2 bmi1,-bmi2 pclmulqdq popcnt; do expect x86_64 "$smallest,-$sets" Skipped level_avx2; done
fi
