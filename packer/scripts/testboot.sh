#!/usr/bin/env bash
# Leaves verify.sh in the image, as /opt/mayfly/verify, with what the image was made from: the agent runs it in a test boot,
# in the place of a job, and its verdict is read from the machine's console, for there is no other way out of an image
# in which nothing listens. `mayfly image build` waits for the last line.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
image=${1:-/opt/mayfly}

install -D -m 0755 "$here/verify.sh" "$image/verify.sh"
{
	echo '#!/usr/bin/env bash'
	env | LC_ALL=C sort | sed -n "s/^\(MAYFLY_[A-Z0-9_]*\)=\([A-Za-z0-9:._+-]*\)$/export \1='\2'/p"
	echo "exec '$image/verify.sh'"
} >"$image/verify"
chmod 0755 "$image/verify"
