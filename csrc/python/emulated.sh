#!/bin/sh
# emulated.sh BUILD: cross-build the wheel for 64-bit ARM and run the Python tests of the kernels from it, under qemu. All
# happens in the folder BUILD: Debian's packages for ARM are fetched with a state of apt's own and unpacked, not installed.
# What cannot run here for want of a tool is said in a sentence.
set -eu
if [ ! -e "$1/.skyrack-wheel" ] && [ -n "$(ls -A "$1" 2>/dev/null)" ]; then
  echo "$1 is not empty and not ours: nothing in it is touched; name another folder" >&2
  exit 1
fi
for tool in aarch64-linux-gnu-gcc qemu-aarch64-static apt-get dpkg python3; do
  command -v "$tool" >/dev/null || { echo "wheel for ARM: skipped, there is no $tool here"; exit 0; }
done
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
: >"$1/.skyrack-wheel" # what is in the folder is ours to delete from now on
build=$(cd "$1" && pwd) arm=$build/root apt=$build/apt
cd "$root"

# Unpack Debian's Python for ARM, its headers, and libfec and libisal, which tests compare with, to a folder.
unpack_python() {
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  : >"$apt/status" # nothing is installed yet
  set -- apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$apt" -o Dir::Cache="$apt" \
    -o Dir::State::status="$apt/status" -o APT::Sandbox::User=root
  "$@" update
  "$@" install --yes --download-only --no-install-recommends python3 libpython3-dev libstdc++6 libfec0 libisal2 >/dev/null
  for package in "$apt"/archives/*.deb; do dpkg -x "$package" "$arm.part"; done
  mv "$arm.part" "$arm" # whole, or not at all
}

# Install what pip would fetch to build the wheel, for this machine's processor: pip itself would take ARM's.
install_builders() {
  python3 -m venv "$build/builders"
  python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' |
    "$build/builders/bin/pip" install --quiet --requirement /dev/stdin
}

# The extension needs only Python's headers, and those of one version for all: it uses the stable ABI.
build_wheel() {
  include=$arm/usr/include
  rm -rf "$build/dist"
  _PYTHON_HOST_PLATFORM=linux-aarch64 CMAKE_TOOLCHAIN_FILE=$root/cmake/aarch64-linux-gnu.cmake CFLAGS="-isystem $include" \
    "$build/builders/bin/pip" wheel --quiet --no-build-isolation --no-deps --wheel-dir "$build/dist" \
    -Cbuild-dir="$build/{wheel_tag}" -Ccmake.define.Python_INCLUDE_DIR="$include/$python" .
}

install_wheel() {
  rm -rf "$build/site"
  python3 -m pip install --quiet --target "$build/site" --only-binary=:all: --python-version "${python#python}" \
    --platform linux_aarch64 --platform manylinux_2_28_aarch64 --platform manylinux2014_aarch64 \
    "$build"/dist/*.whl pytest hypothesis reedsolo
}

# Run a copy of the tests with what they need, in a folder without the packages: so they import the wheel.
run_tests() {
  rm -rf "$build/tests" "$build/examples" "$build/benchmarks"
  cp -r "$root/tests" "$root/examples" "$root/benchmarks" "$build"
  cd "$build"
  QEMU_CPU=cortex-a72 PYTHONPATH=$build/site PYTHONDONTWRITEBYTECODE=1 qemu-aarch64-static -L "$arm" "$arm/usr/bin/$python" \
    -m pytest -c "$root/pyproject.toml" --rootdir "$build" -p no:cacheprovider tests/kernels
}

[ -e "$arm" ] || unpack_python
install_builders
python=$(readlink "$arm/usr/bin/python3")
build_wheel
install_wheel
run_tests
