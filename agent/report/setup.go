package report

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// setupFile is what GitHub's runner looks for in its root, and shows in the log of every job, under
// "Set up job". It reads the file when it has got its job.
// Source: github.com/actions/runner, docs/adrs/0354-runner-machine-info.md.
const setupFile = ".setup_info"

// Setup is what a developer is told in the log of the job about the machine that it runs on. What is
// empty is not told.
type Setup struct {
	Instance, Type, Zone, RunnerName string          // of the runner's instance
	Timings                          []runner.Timing // so far
	Image, System, Kernel, Profile   string          // of its image
	Slow                             []string        // why this boot was slow, in sentences
}

// group is one of the file's: a title that can be opened, and the lines in it.
type group struct {
	Group  string `json:"group"`
	Detail string `json:"detail"`
}

// groups are the file's contents.
func (s Setup) groups() []group {
	all := []group{
		{"Runner instance", lines(
			named("Instance", s.Instance), named("Type", s.Type), named("Zone", s.Zone), named("Runner", s.RunnerName))},
		{"Timings", lines(timings(s.Timings)...)},
		{"Image", lines(
			named("Image", s.Image), named("System", s.System), named("Kernel", s.Kernel), named("Profile", s.Profile))},
	}
	if len(s.Slow) > 0 {
		all = append(all, group{"This boot was slow", lines(s.Slow...)})
	}
	return all
}

func lines(all ...string) string {
	var text strings.Builder
	for _, line := range all {
		if line != "" {
			text.WriteString(line + "\n")
		}
	}
	return text.String()
}

func named(name, value string) string {
	if value == "" {
		return ""
	}
	return name + ": " + value
}

// timings are lines with when a step was, in seconds since the first, and how long after the one before.
func timings(steps []runner.Timing) (all []string) {
	for i, step := range steps {
		took := time.Duration(0)
		if i > 0 {
			took = step.At.Sub(steps[i-1].At)
		}
		all = append(all, fmt.Sprintf("%7.2f s  %+7.2f s  %s", step.At.Sub(steps[0].At).Seconds(), took.Seconds(), step.Step))
	}
	return all
}

// Write writes the file into a runner's root, in the place of the one that is there, for everybody to
// read. It leads nowhere else: by the time it is written again the root belongs to the runner.
func (s Setup) Write(dir string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s for the job's log: %w", setupFile, err)
		}
	}()
	body, err := json.Marshal(s.groups())
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	const fresh = setupFile + ".new"
	_ = root.Remove(fresh)
	file, err := root.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	if err == nil {
		err = file.Chmod(0o644)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = root.Rename(fresh, setupFile)
	}
	return err
}
