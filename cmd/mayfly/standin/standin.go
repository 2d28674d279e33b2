// Package standin stands in for GitHub's runner where there is no GitHub: it knows nothing but its
// JIT config, takes one job from the hub that the config names, and really executes its steps.
package standin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// JITVariable is the environment variable that holds the JIT config, as for GitHub's runner.
// Source: github.com/actions/runner, src/Runner.Listener/CommandSettings.cs.
const JITVariable = "ACTIONS_RUNNER_INPUT_JITCONFIG"

// Run runs one job and is the exit code of the process. It works in a new directory below the
// working directory. When the context ends, so does the job, as cancelled.
func Run(ctx context.Context, out io.Writer) (exitCode int) {
	config := os.Getenv(JITVariable)
	if err := os.Unsetenv(JITVariable); err != nil || config == "" {
		_, _ = fmt.Fprintf(out, "An error occurred: %s is empty: this runner takes nothing but a JIT config\n", JITVariable)
		return 1
	}
	// It talks to one hub, and a proxy of the environment is not on the way there.
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	runner := localhub.Runner{Client: &http.Client{Transport: transport}, Out: out, Execute: Execute}
	return runner.Run(ctx, config)
}
