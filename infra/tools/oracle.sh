#!/usr/bin/env bash
# Runs the conformance cases of the embedded DynamoDB, and random sequences of operations, against an implementation that
# is not ours: dynoxide. It is built with cargo where there is one; where it can't be had, that is said loudly.
# ZENVAULT_CONFORMANCE_ENDPOINT and ZENVAULT_ORACLE_ENDPOINT point the same tests at anything else.
set -euo pipefail
. infra/tools/notrun.sh

version=3.2.0
root=.cache/dynoxide-$version
oracle=$root/bin/dynoxide

if [ ! -x "$oracle" ]; then
	if ! command -v cargo >/dev/null; then
		not_run "conformance against dynoxide" "there is no cargo to build it with"
		exit 0
	fi
	echo "building dynoxide $version"
	if ! timeout 420 cargo install --quiet --locked "dynoxide-rs@$version" --no-default-features \
		--features cli,http-server,native-sqlite --root "$root"; then
		not_run "conformance against dynoxide" "it could not be built in seven minutes"
		exit 0
	fi
fi

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$oracle" serve --host 127.0.0.1 --port "$port" >.cache/dynoxide.log 2>&1 &
trap 'kill %1' EXIT
timeout 20 bash -c "until (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do sleep 0.1; done"

endpoint=http://127.0.0.1:$port
ZENVAULT_CONFORMANCE_ENDPOINT=$endpoint go test -count=1 -run '^TestDynamoDB(Concurrency)?$' ./infra/emulator/conformance
ZENVAULT_ORACLE_ENDPOINT=$endpoint go test -count=1 -run '^TestDynamoDBDifferential$' ./infra/emulator/conformance
