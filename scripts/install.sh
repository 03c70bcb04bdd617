#!/usr/bin/env bash
# Set up a virtual environment from the locked requirements. Usage: install.sh FOLDER
set -euo pipefail
venv=$1
log=$venv/install.log
need_mib=4500

fail() {
    echo "maru: $1" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 "$HOME"/.pyenv/versions/3.11*/bin/python3.11 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

python=$(find_python) || fail "needs Python 3.11 with venv: apt-get install python3.11-venv, or pyenv install 3.11, or set PYTHON=/path/to/python3.11"
# pyfarmhash, which TensorFlow Data Validation imports, has no wheel.
has_headers='import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_paths()["include"], "Python.h").exists())'
command -v c++ >/dev/null && "$python" -c "$has_headers" || fail "needs a C++ compiler and Python's headers: apt-get install g++ python3.11-dev"
free_mib=$(df -Pm . | awk 'NR==2 {print $4}')
[ -d "$venv/lib" ] || [ "$free_mib" -ge "$need_mib" ] || fail "needs $need_mib MiB of free disk here, found $free_mib; free some, or clone to a larger disk"

echo "maru: setting up $venv (Python 3.11, about 3 GiB, a minute or two)"
"$python" -m venv --clear "$venv"
if command -v uv >/dev/null 2>&1; then
    install=(uv pip install --python "$venv/bin/python" --no-deps)
else
    install=("$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --progress-bar off)
fi
if ! {
    "${install[@]}" --require-hashes -r requirements.txt &&
        "${install[@]}" --require-hashes -r requirements-dev.txt &&
        "${install[@]}" --no-build-isolation -e .
} >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    fail "could not install the locked packages; the lines above and $log say why. No network? Check that the package index is reachable (pip download six), then run the same command again."
fi
echo "maru: ready. GPU: $venv/bin/python -m pip uninstall -y tensorflow-cpu && $venv/bin/python -m pip install 'tensorflow[and-cuda]==2.21.0'"
