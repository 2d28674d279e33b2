#!/usr/bin/env bash
# Tries Mayfly in a real AWS account and on a real GitHub, from nothing to nothing: it deploys a stack of its own, runs
# one job on spot and one on demand, sees one refused, destroys the stack, and looks for what is left of it.
#
# It costs some cents. It needs aws, curl, gh, go, jq, make and openssl; credentials for AWS that may deploy, and gh logged
# in with the scopes repo and workflow. It is told by the environment:
#
#   SMOKE_REPOSITORY    owner/name of a private repository, in which it makes a branch and deletes it again
#   SMOKE_APP_ID        id of a GitHub App that is installed there, with the permissions of docs/github.md, the event
#                       "Workflow job", and an active webhook; its webhook's URL and secret are set by this script
#   SMOKE_APP_KEY       file with that App's private key, PEM
#   AWS_REGION          where to
#   SMOKE_STACK         what the stack is called (mayfly-smoke)
#   SMOKE_DEPLOY_ARGS   more flags for mayfly deploy, such as --platform AppRunner --push-image
#   SMOKE_KEEP          if it is not empty, the stack is left standing
#
# It ends with 0 if all of it went as it should, and tells each step.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stack=${SMOKE_STACK:-mayfly-smoke}
branch=mayfly-smoke-$(date +%s)
work=$(mktemp -d)
minutes=20 # that jobs have: an image without a runner takes some to fetch one

say() { echo "$(date +%T) $*"; }

fail() {
	echo "smoke: $*" >&2
	exit 1
}

help() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

# again runs a test every ten seconds, until it succeeds or its minutes are over.
again() {
	local until=$((SECONDS + $1 * 60))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || return 1
		sleep 10
	done
}

check() {
	local tool
	for tool in aws:awscli curl:curl gh:gh go:golang jq:jq make:make openssl:openssl; do
		command -v "${tool%:*}" >/dev/null || fail "${tool%:*} is missing: apt-get install ${tool#*:}"
	done
	[ -n "${AWS_REGION:-}" ] || fail "AWS_REGION is empty: set it to a region, as eu-west-1"
	[[ ${SMOKE_REPOSITORY:-} == */* ]] || fail "SMOKE_REPOSITORY is '${SMOKE_REPOSITORY:-}': set it to owner/name of a private repository"
	[[ ${SMOKE_APP_ID:-} =~ ^[0-9]+$ ]] || fail "SMOKE_APP_ID is '${SMOKE_APP_ID:-}': set it to the GitHub App's id, a number"
	[ -r "${SMOKE_APP_KEY:-}" ] || fail "SMOKE_APP_KEY is '${SMOKE_APP_KEY:-}': set it to a file with the App's private key"
	aws sts get-caller-identity >/dev/null || fail "AWS takes no credentials: run aws configure or aws sso login"
	gh auth status >/dev/null || fail "gh is not logged in: run gh auth login --scopes repo,workflow"
	! aws cloudformation describe-stacks --stack-name "$stack" >/dev/null 2>&1 || fail "SMOKE_STACK is '$stack', and there is such a stack already: name another, or destroy it"
}

deploy() {
	say "deploy $stack"
	# shellcheck disable=SC2086 # flags, of which there may be several
	make deploy ARGS="--stack $stack --yes --param AlertEmail= --param AllowedOwners=${SMOKE_REPOSITORY%/*} ${SMOKE_DEPLOY_ARGS:-}"
}

# output is one of the stack's.
output() {
	aws cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue" --output text
}

encode() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# as_app calls GitHub as the App itself, by a token that is good for five minutes.
# Source: docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App".
as_app() {
	local now claims token
	now=$(date +%s)
	claims=$(printf '{"alg":"RS256","typ":"JWT"}' | encode).$(printf '{"iat":%d,"exp":%d,"iss":"%s"}' $((now - 30)) $((now + 300)) "$SMOKE_APP_ID" | encode)
	token=$claims.$(printf %s "$claims" | openssl dgst -sha256 -sign "$SMOKE_APP_KEY" -binary | encode)
	printf 'header = "Authorization: Bearer %s"\n' "$token" |
		curl --silent --show-error --fail --config - --header 'Accept: application/vnd.github+json' "$@"
}

connect() {
	local url
	say "give the stack the App $SMOKE_APP_ID"
	jq -n --argjson id "$SMOKE_APP_ID" --rawfile key "$SMOKE_APP_KEY" '[{id: $id, key: $key}]' >"$work/app.json"
	aws secretsmanager put-secret-value --secret-id "$(output GitHubAppsArn)" --secret-string "file://$work/app.json" >/dev/null
	rm "$work/app.json"
	url=$(output WebhookUrl)
	aws secretsmanager get-secret-value --secret-id "$(output WebhookSecretArn)" --query SecretString --output text |
		jq -R --arg url "$url" '{url: $url, content_type: "json", insecure_ssl: "0", secret: .}' >"$work/hook.json"
	as_app --request PATCH --data "@$work/hook.json" https://api.github.com/app/hook/config >/dev/null
	rm "$work/hook.json"
	say "its webhook leads to $url"
	again 5 curl --silent --fail --output /dev/null "${url%/webhooks/github}/ping" || fail "the server does not answer /ping: look at the log group $(output ServerLogGroup)"
}

# workflow is three jobs: what each asks for, and what comes of it, is all that differs.
workflow() {
	cat <<-'YAML'
		name: mayfly-smoke
		on: { push: { branches: ['mayfly-smoke-*'] } }
		permissions: {}
		jobs:
		  spot:
		    runs-on: mayfly=${{ github.run_id }}-spot/runner=2cpu-linux-x64/spot=true
		    steps: [{ run: 'uname -a; id' }]
		  on-demand:
		    runs-on: mayfly=${{ github.run_id }}-on-demand/runner=2cpu-linux-x64/spot=false
		    steps: [{ run: 'uname -a; id' }]
		  refused:
		    runs-on: mayfly=${{ github.run_id }}-refused/cpu=100000
		    steps: [{ run: 'exit 1' }]
	YAML
}

push() {
	local head default
	say "push the branch $branch to $SMOKE_REPOSITORY"
	default=$(gh api "repos/$SMOKE_REPOSITORY" --jq .default_branch)
	head=$(gh api "repos/$SMOKE_REPOSITORY/git/ref/heads/$default" --jq .object.sha)
	gh api "repos/$SMOKE_REPOSITORY/git/refs" -f ref="refs/heads/$branch" -f sha="$head" >/dev/null
	workflow | openssl base64 -A |
		jq -R --arg branch "$branch" '{message: "mayfly smoke", branch: $branch, content: .}' |
		gh api --method PUT "repos/$SMOKE_REPOSITORY/contents/.github/workflows/mayfly-smoke.yml" --input - >/dev/null
	again 2 started || fail "GitHub runs no workflow of $branch: see that Actions are allowed in $SMOKE_REPOSITORY"
}

# started finds the run.
started() {
	run=$(gh api "repos/$SMOKE_REPOSITORY/actions/runs?branch=$branch" --jq '.workflow_runs[0].id // empty')
	[ -n "$run" ]
}

# job is a value of one of the run's jobs.
job() { gh api "repos/$SMOKE_REPOSITORY/actions/runs/$run/jobs" --jq ".jobs[] | select(.name == \"$1\") | .$2 // empty"; }

succeeded() {
	local conclusion
	conclusion=$(job "$1" conclusion)
	case $conclusion in
	success) return 0 ;;
	'') return 1 ;;
	*) fail "the job $1 ended as $conclusion: see https://github.com/$SMOKE_REPOSITORY/actions/runs/$run" ;;
	esac
}

jobs_run() {
	local name
	for name in spot on-demand; do
		again "$minutes" succeeded "$name" || fail "the job $name did not end in $minutes minutes: the server's log says why, in $(output ServerLogGroup)"
		say "the job $name succeeded on $(job "$name" runner_name)"
	done
	[ "$(market spot)" = spot ] || say "note: spot had no capacity, so that job ran on demand"
	[ -z "$(market on-demand)" ] || fail "the job on-demand ran on $(market on-demand)"
}

# market is spot for a spot instance, and nothing for one on demand. The instance's id is in the runner's name.
market() {
	local id
	id=$(job "$1" runner_name | grep -Eo 'i-[0-9a-f]+')
	aws ec2 describe-instances --instance-ids "$id" --query 'Reservations[0].Instances[0].InstanceLifecycle' --output text | sed 's/^None$//'
}

# refusal is the audit's line about the job that asks for too much.
refusal() {
	local id
	id=$(job refused id)
	reason=$(aws logs filter-log-events --log-group-name "$(output ServerLogGroup)" --output json \
		--filter-pattern "{ \$.event = \"refused\" && \$.job_id = $id }" | jq -r '.events[0].message // empty')
	[ -n "$reason" ]
}

job_refused() {
	again 5 refusal || fail "the job that asks for 100,000 vCPUs was not refused in five minutes"
	say "the third job was refused: $(jq -r .reason <<<"$reason")"
}

# gone looks for what should have gone with the stack.
gone() {
	local left
	say "look for what is left"
	left=$(aws ec2 describe-instances --filters "Name=tag:mayfly-stack,Values=$stack" 'Name=instance-state-name,Values=pending,running,stopping,stopped' --query 'Reservations[].Instances[].InstanceId' --output text)
	[ -z "$left" ] || fail "instances are left: $left"
	left=$(aws ec2 describe-volumes --filters "Name=tag:mayfly-stack,Values=$stack" --query 'Volumes[].VolumeId' --output text)
	[ -z "$left" ] || fail "volumes are left: $left"
	! aws cloudformation describe-stacks --stack-name "$stack" >/dev/null 2>&1 || fail "the stack $stack is left"
	! aws s3api head-bucket --bucket "$control" >/dev/null 2>&1 || fail "the bucket $control is left"
	aws dynamodb describe-table --table-name "$record" >/dev/null || fail "the record $record is gone, which the template keeps"
	aws dynamodb delete-table --table-name "$record" >/dev/null
	say "nothing is left but the record, which was kept, and is now deleted"
}

# clean undoes what was done, whatever became of it.
clean() {
	local code=$?
	trap - EXIT
	rm -rf "$work"
	if [ -n "${run:-}" ]; then gh api --method POST "repos/$SMOKE_REPOSITORY/actions/runs/$run/cancel" >/dev/null 2>&1 || true; fi
	gh api --method DELETE "repos/$SMOKE_REPOSITORY/git/refs/heads/$branch" >/dev/null 2>&1 || true
	if [ -n "${deployed:-}" ] && [ -z "${SMOKE_KEEP:-}" ]; then
		say "after a failure, destroy $stack"
		make destroy ARGS="--stack $stack --yes" || code=1
	fi
	exit "$code"
}

main() {
	if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
		help
		return
	fi
	[ $# -eq 0 ] || fail "it takes no arguments, and got '$1': see --help"
	check
	trap clean EXIT
	deployed=yes
	deploy
	control=$(output ControlBucketName)
	record=$(output RecordName)
	connect
	push
	jobs_run
	job_refused
	if [ -n "${SMOKE_KEEP:-}" ]; then
		say "all is well; the stack $stack is left standing"
		return
	fi
	say "destroy $stack"
	make destroy ARGS="--stack $stack --yes"
	deployed=
	gone
	say "all is well"
}

main "$@"
