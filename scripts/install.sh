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

at_least() { # VERSION LEAST
    [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# Wheels are built for a C library: newer ones of two packages ask for 2.39.
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2) || true
if at_least "${glibc:-0}" 2.39; then
    lock=glibc-2.39
    versions="3.13 3.12 3.11"
    packages="python3-venv python3-dev"
elif at_least "${glibc:-0}" 2.36; then
    lock=glibc-2.36
    versions="3.11"
    packages="python3.11-venv python3.11-dev"
else
    fail "needs glibc 2.36 or newer (Debian 12, Ubuntu 24.04 or newer), found ${glibc:-another C library}; use such a system, or the Dockerfile"
fi

fits() { # PYTHON
    "$1" -c "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] not in '$versions'.split())" 2>/dev/null
}

find_python() {
    local candidate version
    for candidate in "${PYTHON:-}" python3; do
        [ -n "$candidate" ] && fits "$candidate" && echo "$candidate" && return
    done
    for version in $versions; do
        for candidate in "python$version" "$HOME"/.pyenv/versions/"$version"*/bin/python; do
            fits "$candidate" && echo "$candidate" && return
        done
    done
    # The first one that uv has, or brings.
    if command -v uv >/dev/null 2>&1; then
        version=${versions%% *}
        uv python find "$version" 2>/dev/null || { uv python install --quiet "$version" >&2 && uv python find "$version"; }
        return
    fi
    return 1
}

python=$(find_python) || fail "needs Python ${versions// / or } with venv: apt-get install $packages, or install uv, which brings one, or set PYTHON=/path/to/python"
# pyfarmhash, which TensorFlow Data Validation imports, has no wheel.
has_headers='import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_paths()["include"], "Python.h").exists())'
command -v c++ >/dev/null && "$python" -c "$has_headers" || fail "needs a C++ compiler and the headers of $python: apt-get install g++ ${packages##* }"
free_mib=$(df -Pm . | awk 'NR==2 {print $4}')
[ -d "$venv/lib" ] || [ "$free_mib" -ge "$need_mib" ] || fail "needs $need_mib MiB of free disk here, found $free_mib; free some, or clone to a larger disk"

echo "maru: setting up $venv ($("$python" -V), $lock, about 3 GiB, a minute or two)"
"$python" -m venv --clear "$venv"
if command -v uv >/dev/null 2>&1; then
    install=(uv pip install --python "$venv/bin/python" --no-deps)
else
    install=("$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --progress-bar off)
fi
if ! {
    "${install[@]}" --require-hashes -r "requirements/$lock.txt" &&
        "${install[@]}" --require-hashes -r "requirements/$lock-dev.txt" &&
        # Newer Pythons bring no setuptools, and the lock's is used without isolation.
        "${install[@]}" --no-build-isolation -e .
} >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    fail "could not install the locked packages; the lines above and $log say why. No network? Check that the package index is reachable (pip download six), then run the same command again."
fi
echo "maru: ready. GPU: $venv/bin/python -m pip uninstall -y tensorflow-cpu && $venv/bin/python -m pip install 'tensorflow[and-cuda]==2.21.0'"
