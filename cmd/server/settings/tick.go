package settings

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

// Tick is what a function of Lambda is told that the schedule calls: little, for as the watchdog it is to
// work when nothing else does.
type Tick struct {
	Stack, Region string
	MaxRuntime    time.Duration
	URL           string // of the container's tick; empty if the function makes the passes itself
	Token         secret.Text
}

// TickVariables are those of [Tick]. All but the URL are the server's, too.
var TickVariables = append(of("MAYFLY_STACK", "AWS_REGION", "MAYFLY_MAX_RUNTIME", "MAYFLY_TICK_TOKEN"),
	Variable{"MAYFLY_TICK_URL", "the container's tick", "a URL: https://HOST/internal/tick", "none: the function makes the passes itself", false,
		text(func(s *Settings) *string { return &s.tickURL }, `https?://.+`)},
)

// ReadTick reads an environment as [Read] does, and leaves all other variables to it.
func ReadTick(environment []string) (Tick, error) {
	values := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
	}
	var s Settings
	var problems []error
	for _, v := range TickVariables {
		problems = append(problems, v.read(&s, values[v.Name]))
	}
	if s.tickURL != "" && s.Server.TickToken.Empty() {
		problems = append(problems, errors.New("MAYFLY_TICK_URL is set and MAYFLY_TICK_TOKEN is empty: set it to the container's"))
	}
	return Tick{
		Stack: s.Server.Stack, Region: s.Server.Region, MaxRuntime: cmp.Or(s.Server.MaxRuntime, server.DefaultMaxRuntime),
		URL: s.tickURL, Token: s.Server.TickToken,
	}, errors.Join(problems...)
}

// of are variables of the server.
func of(names ...string) (some []Variable) {
	for _, v := range Variables {
		if slices.Contains(names, v.Name) {
			some = append(some, v)
		}
	}
	return some
}
