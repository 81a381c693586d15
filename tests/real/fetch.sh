#!/usr/bin/env bash
# Downloads the packages of packages.txt and unpacks each into corpus/src/NAME of the repository, which git ignores.
# A package that is there at the wanted version is left as it is.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
corpus=$(cd "$here/../.." && pwd)/corpus
mkdir -p "$corpus/src"

unpack() {
  python3 - "$1" "$2" <<'PYTHON'
import glob, shutil, sys
(archive,) = glob.glob(sys.argv[1] + "/*")
shutil.unpack_archive(archive, sys.argv[2], "zip" if archive.endswith(".whl") else None)
PYTHON
}

grep -v '^ *\(#\|$\)' "$here/packages.txt" | while read -r package; do
  name=${package%%==*}
  target=$corpus/src/$name
  if [ "$(cat "$target/.package" 2>/dev/null)" = "$package" ]; then
    echo "$package: there"
    continue
  fi
  archive=$(mktemp -d)
  rm -rf "$target"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --ignore-requires-python \
    --only-binary :all: --dest "$archive" "$package"
  unpack "$archive" "$target"
  echo "$package" >"$target/.package"
  rm -rf "$archive"
  echo "$package: $(find "$target" -name '*.py' | wc -l) files"
done
