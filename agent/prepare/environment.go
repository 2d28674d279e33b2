package prepare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// JITVariable is how GitHub's runner takes its JIT config without an argument that other processes
// could read. The runner drops it from its own environment once it has read it.
// Source: github.com/actions/runner, src/Runner.Listener/CommandSettings.cs.
const JITVariable = "ACTIONS_RUNNER_INPUT_JITCONFIG"

// inherited is all that a runner gets of the agent's own environment. A list of what is allowed, so
// that no credential, proxy, loader or git setting of the machine gets through to a job by its
// being forgotten in a list of what is not.
var inherited = []string{"PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "SHELL"}

// Environment is the runner's: what it may inherit of the agent's, its home, and its JIT config.
func Environment(own []string, room Room, jit secret.Text) []string {
	var env []string
	for _, entry := range own {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(inherited, name) {
			env = append(env, entry)
		}
	}
	if room.User != "" {
		env = append(env, "USER="+room.User, "LOGNAME="+room.User)
	}
	return append(env, "HOME="+cmp.Or(room.Home, room.Dir), JITVariable+"="+jit.Reveal())
}
