#!/bin/bash
# What others' user data does, as cloud-init runs it: fetches by curl what the agent fetches, and starts the
# runner. It closes no door, checks nothing and reports nothing.
set -eu
metadata=http://169.254.169.254/latest
bucket=http://10.0.2.1:9000/ci-bucket

token=$(curl -sSf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $metadata/api/token)
ask() { curl -sSf -H "X-aws-ec2-metadata-token: $token" "$metadata/$1"; }
# value is a text value of a JSON object.
value() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

instance=$(ask dynamic/instance-identity/document | value instanceId)
role=$(ask meta-data/iam/security-credentials/)
keys=$(ask "meta-data/iam/security-credentials/$role")
s3() {
	curl -sSf "$@" --aws-sigv4 aws:amz:us-east-1:s3 -H "x-amz-security-token: $(value Token <<<"$keys")" \
		-H "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" \
		-u "$(value AccessKeyId <<<"$keys"):$(value SecretAccessKey <<<"$keys")" "$bucket/runners/AROAEXAMPLE:$instance/assignment.json"
}
jit=$(s3 | value jit_config)
s3 -X DELETE

cd /home/runner
env -i PATH="$PATH" HOME=/home/runner ACTIONS_RUNNER_INPUT_JITCONFIG="$jit" \
	setpriv --reuid runner --regid runner --init-groups /opt/actions-runner/run.sh || true
systemctl poweroff
