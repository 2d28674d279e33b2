// Package assignment is what the server and the agent tell each other, through objects in the
// stack's bucket: one assignment for each instance, and the instance's reports.
//
// Both are JSON of at most [MaxBytes], with a version. An assignment is read strictly: a field that
// the reader does not know is an error, so that neither side ever half understands the other.
package assignment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Version is the version of both documents.
const Version = 1

// MaxBytes is how long a document may be.
const MaxBytes = 64 << 10

// Assignment is all that an instance is told.
type Assignment struct {
	Instance   string      // whose it is
	RunnerName string      // GitHub's name for the runner
	JITConfig  secret.Text // as GitHub gave it, base64; the right to take one job
	MaxRuntime time.Duration
	MaxIdle    time.Duration // how long to listen with no job
	Repository int64         // GitHub's id of the only repository whose jobs it is for; zero is any that its runner group takes
}

// document is an assignment as it is stored: here, and only here, the JIT config is written out.
type document struct {
	Version    int    `json:"version"`
	Instance   string `json:"instance"`
	RunnerName string `json:"runner_name"`
	JITConfig  string `json:"jit_config"`
	MaxRuntime int    `json:"max_runtime_seconds"`
	MaxIdle    int    `json:"max_idle_seconds"`
	Repository int64  `json:"repository_id,omitempty"`
}

// Encode is the assignment as it is stored.
func Encode(a Assignment) ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return json.Marshal(document{
		Version: Version, Instance: a.Instance, RunnerName: a.RunnerName, JITConfig: a.JITConfig.Reveal(),
		MaxRuntime: int(a.MaxRuntime.Seconds()), MaxIdle: int(a.MaxIdle.Seconds()), Repository: a.Repository,
	})
}

// Decode reads the assignment of an instance. An error never holds any of the body.
func Decode(body []byte, instance string) (Assignment, error) {
	var d document
	if err := decodeStrict(body, &d); err != nil {
		return Assignment{}, fmt.Errorf("assignment: %w", err)
	}
	if d.Version != Version {
		return Assignment{}, fmt.Errorf("assignment: version is %d, this agent reads %d: use an agent of the server's release", d.Version, Version)
	}
	if d.Instance != instance {
		return Assignment{}, fmt.Errorf("assignment: instance is %q, this is %q", d.Instance, instance)
	}
	a := Assignment{
		Instance: d.Instance, RunnerName: d.RunnerName, JITConfig: secret.New(d.JITConfig),
		MaxRuntime: time.Duration(d.MaxRuntime) * time.Second, MaxIdle: time.Duration(d.MaxIdle) * time.Second,
		Repository: d.Repository,
	}
	return a, a.check()
}

func (a Assignment) check() error {
	switch {
	case a.Instance == "":
		return errors.New("assignment: instance is empty")
	case a.RunnerName == "":
		return errors.New("assignment: runner_name is empty")
	case a.JITConfig.Empty():
		return errors.New("assignment: jit_config is empty")
	case a.MaxRuntime < time.Second:
		return fmt.Errorf("assignment: max_runtime_seconds is %v, at least 1 is needed", a.MaxRuntime.Seconds())
	case a.MaxIdle < time.Second:
		return fmt.Errorf("assignment: max_idle_seconds is %v, at least 1 is needed", a.MaxIdle.Seconds())
	}
	return nil
}

// Kind is what a report tells.
type Kind string

// The kinds of reports.
const (
	Listening   Kind = "listening"   // the runner waits for a job
	Started     Kind = "started"     // the runner runs a job
	Interrupted Kind = "interrupted" // EC2 takes the spot instance back
	Exited      Kind = "exited"      // the runner ended; the instance powers off
)

// Report is what an agent tells the server: a hint, never authority.
type Report struct {
	Version  int             `json:"version"`
	Kind     Kind            `json:"kind"`
	At       time.Time       `json:"at"`                  // by the instance's clock
	Timings  []runner.Timing `json:"timings,omitempty"`   // all steps so far, oldest first
	ExitCode int             `json:"exit_code,omitempty"` // of Exited
	TookJob  bool            `json:"took_job,omitempty"`  // of Exited: whether a job was seen to run
	Result   string          `json:"result,omitempty"`    // of Exited: how the runner says that the job ended, as "Succeeded"
	Updates  int             `json:"updates,omitempty"`   // of Exited: how often the runner updated itself
	Problem  string          `json:"problem,omitempty"`   // of Exited: what went wrong before the runner could start; of Interrupted: what EC2 said
}

// EncodeReport is the report as it is stored.
func EncodeReport(r Report) ([]byte, error) {
	r.Version = Version
	return json.Marshal(r)
}

// DecodeReport reads a report. It came from beside a customer's job: anything may be in it.
func DecodeReport(body []byte) (Report, error) {
	var r Report
	if err := decodeStrict(body, &r); err != nil {
		return Report{}, fmt.Errorf("report: %w", err)
	}
	if r.Version != Version {
		return Report{}, fmt.Errorf("report: version is %d, this server reads %d: build the image with the agent of this release", r.Version, Version)
	}
	switch r.Kind {
	case Listening, Started, Interrupted, Exited:
		return r, nil
	}
	return Report{}, fmt.Errorf("report: kind is %q, known are %q, %q, %q and %q", r.Kind, Listening, Started, Interrupted, Exited)
}

func decodeStrict(body []byte, into any) error {
	if len(body) > MaxBytes {
		return fmt.Errorf("%d bytes are too many, at most %d are allowed", len(body), MaxBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return sanitize(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON object")
	}
	return nil
}

// sanitize keeps what is wrong with the JSON and drops what it says: the body may hold a secret.
func sanitize(err error) error {
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Errorf("field %q is not of type %s", wrongType.Field, wrongType.Type)
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return errors.New("it has a field that this version does not know")
	}
	return errors.New("it is not one whole JSON object")
}
