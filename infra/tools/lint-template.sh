#!/usr/bin/env bash
# Lints template.yaml with pinned SAM and cfn-lint, from a virtual environment of their own. Usage: lint-template.sh
set -euo pipefail
. infra/tools/notrun.sh

pins=infra/tools/requirements.txt
what="sam validate --lint and cfn-lint"
log=.build/pip.log
mkdir -p .build .cache

if ! command -v python3 >/dev/null; then
	not_run "$what" "there is no python3 here"
	exit 0
fi
# One environment per set of pins and Python; the mark is made last, so that one cut short is made again.
venv=.cache/lint-$(cat "$pins" <(python3 --version) | sha256sum | cut -c 1-16)
if [ ! -e "$venv/complete" ]; then
	rm -rf .cache/lint-*
	if ! python3 -m venv "$venv" >"$log" 2>&1; then
		not_run "$what" "python3 can't make a virtual environment: $(tail -n 1 "$log")"
		exit 0
	fi
	if ! "$venv/bin/pip" install --disable-pip-version-check --no-input --only-binary :all: -r "$pins" >"$log" 2>&1; then
		# An index that can't be reached and a Python that the pins are not for are forgiven; a bad pin is a defect of ours.
		if ! grep -qE 'from versions: none|different python version|Connection|ProxyError|SSLError|HTTP error|timed out' "$log"; then
			cat "$log" >&2
			exit 1
		fi
		not_run "$what" "its Python packages can't be had: $(grep -v '^$' "$log" | tail -n 1)"
		exit 0
	fi
	touch "$venv/complete"
fi

# Neither tool needs an account; both must not look for one.
export SAM_CLI_TELEMETRY=0 AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1
"$venv/bin/sam" validate --lint --template template.yaml
"$venv/bin/cfn-lint" --regions us-east-1 eu-central-1 --template template.yaml
echo "cfn-lint: template.yaml is clean in us-east-1 and eu-central-1"
