#!/usr/bin/env bash
# A text and an image pipeline on real data, both served, both asked. Usage: demo.sh BIN_FOLDER
set -euo pipefail
bin=$1
workspace=${MARU_DEMO_WORKSPACE:-workspace}
port=${MARU_DEMO_PORT:-8601}
start=$SECONDS

"$bin/maru" run configs/library_docs.yaml --workspace "$workspace"
"$bin/maru" run configs/digits.yaml --workspace "$workspace"

echo
echo "maru serve --workspace $workspace --rest-port $port"
"$bin/maru" serve --workspace "$workspace" --port 0 --rest-port "$port" >"$workspace/serve.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
for _ in $(seq 120); do
    "$bin/python" -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/readyz')" 2>/dev/null && break
    kill -0 $server 2>/dev/null || { cat "$workspace/serve.log" >&2; exit 1; }
    sleep 1
done

ask() {
    echo
    echo "\$ maru predict $1 \"$2\""
    "$bin/maru" predict "$1" "$2" --server "127.0.0.1:$port"
}
ask library_docs "How do I fit a random forest and look at feature importances?"
ask library_docs "Draw a bar chart with error bars and rotate the tick labels."
ask library_docs "Join two tables on a column and fill the missing values."
image=$(find "$workspace/samples" -path '*digits*/7/*.png' | sort | head -n 1)
ask digits "$image"

echo
echo "\$ curl -d '{\"instances\": [\"Split a sentence into tokens and tag parts of speech.\"]}' http://127.0.0.1:$port/v1/models/library_docs:predict"
"$bin/python" - "$port" <<'PY'
import sys
import urllib.request

body = b'{"instances": ["Split a sentence into tokens and tag parts of speech."]}'
url = f"http://127.0.0.1:{sys.argv[1]}/v1/models/library_docs:predict"
print(urllib.request.urlopen(urllib.request.Request(url, body)).read().decode())
PY
echo
echo "demo: done in $((SECONDS - start)) s. Next: change configs/library_docs.yaml, or point data.source at your own files."
