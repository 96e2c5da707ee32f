#!/bin/sh
# sanitized.sh BUILD: the C tests on every level of this processor, and what the fuzz targets have in their corpora, built in
# the folder BUILD with the sanitizers where the compiler has them. Without cmake nothing runs, which a sentence says.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd) build=$1
command -v cmake >/dev/null || { echo "C tests: skipped, there is no cmake here"; exit 0; }
mkdir -p "$build"
if echo 'int main(void) { return 0; }' | "${CC:-cc}" -fsanitize=address,undefined -x c -o "$build/probe" - 2>/dev/null
then sanitize=ON
else sanitize=OFF
fi
cmake -S "$root" -B "$build" -DSKYRACK_SANITIZE=$sanitize >/dev/null
cmake --build "$build" --parallel 2 >/dev/null
ctest --test-dir "$build" --parallel 2 --output-on-failure >"$build/tests.log" 2>&1 || { cat "$build/tests.log"; exit 1; }
echo "C tests, sanitizers $sanitize: $(grep 'tests passed' "$build/tests.log")"
