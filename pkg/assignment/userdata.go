package assignment

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
)

// MaxUserData is how long user data may be, in bytes, before base64.
// Source: docs.aws.amazon.com, EC2 User Guide, "Run commands when you launch an EC2 instance with user data input".
const MaxUserData = 16 << 10

// UserData is what the instance's user data tells the agent: the same for every instance of a
// launch template, and no secret in it.
type UserData struct {
	Version       int      `json:"version"`
	Bucket        string   `json:"bucket"`
	RoleID        string   `json:"role_id"`               // AROA…, the first half of the instance's aws:userid
	S3Endpoint    string   `json:"s3_endpoint,omitempty"` // a URL; empty is AWS's own
	RunnerCommand []string `json:"runner_command"`        // what to start with the JIT config; its directory is the runner's root
	PowerOff      []string `json:"power_off,omitempty"`   // how to end the instance; empty where the agent's exit ends it

	Profile      Profile   `json:"profile,omitempty"`
	Door         Door      `json:"door,omitempty"`          // empty is [DoorAgent], if there is a profile
	Agent        Digests   `json:"agent,omitzero"`          // which agent the script fetches if the image has none, from [AgentKey]
	Runner       Downloads `json:"runner,omitzero"`         // which runner the agent fetches if the image has none
	LogGroup     string    `json:"log_group,omitempty"`     // CloudWatch's, for the agent's log and the listener's; empty is no log there
	TelemetryURL string    `json:"telemetry_url,omitempty"` // https, as the agent sees for itself; empty is no telemetry
	SSH          bool      `json:"ssh,omitempty"`           // whether an assignment may open sshd
	Docker       Docker    `json:"docker,omitzero"`         // what [Hardened] allows of Docker beyond its rules
	TestBoot     bool      `json:"test_boot,omitempty"`     // the image's own checks run in the place of a runner, with no bucket and no assignment
}

// What a test boot writes to the console: lines that begin with the mark, of which the last is the verdict.
const (
	TestBootMark   = "mayfly-test-boot: "
	TestBootPassed = "passed"
	TestBootFailed = "failed"
)

// Docker is what jobs may ask of Docker, in [Hardened]: see docs/docker.md.
type Docker struct {
	Socket bool     `json:"socket,omitempty"` // to mount its socket, as GitHub's runner does for a job's containers
	Builds bool     `json:"builds,omitempty"` // BuildKit, which nobody can look into
	Images []string `json:"images,omitempty"` // patterns of the images that may run; none is any
	// What a container may have at most, and has to ask for; 0 is no limit.
	MaxMemory int64   `json:"max_memory,omitempty"` // bytes
	MaxCPUs   float64 `json:"max_cpus,omitempty"`   // of the machine's
	MaxPIDs   int64   `json:"max_pids,omitempty"`   // processes and threads
}

// Profile is what is made of the machine before a job runs on it.
type Profile string

// The profiles.
const (
	Bare     Profile = ""         // nothing: the machine is somebody's laptop, as in the demo
	Compat   Profile = "compat"   // as GitHub's own images are: jobs may become root
	Hardened Profile = "hardened" // as closed as a Linux can be that runs builds
)

// Door is who on the instance may reach its metadata once a job runs.
type Door string

// The doors.
const (
	DoorAgent Door = "agent" // root alone, and no container
	DoorOff   Door = "off"   // nobody: the instance closes its endpoint
	DoorOpen  Door = "open"  // everybody, for jobs that use the instance's role
)

// Digests are SHA-256s of one program, in small hex digits, by Go's names of architectures.
type Digests struct {
	AMD64 string `json:"amd64,omitempty"`
	ARM64 string `json:"arm64,omitempty"`
}

// Download is a file to fetch, and the SHA-256 that it has to have.
type Download struct {
	URL    string `json:"url"` // https
	SHA256 string `json:"sha256"`
}

// Downloads are one file for each architecture, by Go's names for them.
type Downloads struct {
	AMD64 Download `json:"amd64,omitzero"`
	ARM64 Download `json:"arm64,omitzero"`
}

// For is the download for an architecture as runtime.GOARCH has it; zero if there is none.
func (d Downloads) For(goarch string) Download {
	return map[string]Download{"amd64": d.AMD64, "arm64": d.ARM64}[goarch]
}

// AgentKey is where in the bucket an agent is that has this SHA-256.
func AgentKey(digest string) string { return "agents/" + digest }

// EncodeUserData is user data as JSON, in one line: what [Script] is made of, and enough by itself
// where nothing but an agent reads it.
func EncodeUserData(u UserData) ([]byte, error) {
	u.Version = Version
	if err := u.check(); err != nil {
		return nil, err
	}
	return json.Marshal(u)
}

//go:embed userdata.sh
var script []byte

// line begins the line of the script that holds the JSON.
const line = "# mayfly "

// Script is user data for every image, made of one line of JSON: a shell script, which starts the
// agent wherever there is cloud-init, with the JSON as a comment, which the agent reads. It has no
// "${", so CloudFormation's Fn::Sub may fill in the JSON afterwards.
func Script(document []byte) ([]byte, error) {
	if bytes.ContainsAny(document, "\r\n") {
		return nil, errors.New("user data: the JSON is of several lines: it has to be one, as EncodeUserData makes it")
	}
	made := bytes.Replace(script, []byte(line+"{}"), append([]byte(line), document...), 1)
	if len(made) > MaxUserData {
		return nil, fmt.Errorf("user data: it is %d bytes long, and EC2 takes %d", len(made), MaxUserData)
	}
	return made, nil
}

// DecodeUserData reads an instance's user data, strictly: a script as [Script] makes it, or JSON.
func DecodeUserData(body []byte) (UserData, error) {
	document, err := documentOf(body)
	if err != nil {
		return UserData{}, fmt.Errorf("user data: %w", err)
	}
	var u UserData
	if err := decodeStrict(document, &u); err != nil {
		return UserData{}, fmt.Errorf("user data: %w", err)
	}
	if u.Version != Version {
		return UserData{}, fmt.Errorf("user data: version is %d, this agent reads %d: use an agent of the server's release", u.Version, Version)
	}
	if u.Profile != Bare && u.Door == "" {
		u.Door = DoorAgent
	}
	return u, u.check()
}

// documentOf is the JSON of user data: all of it, or the one line of a script that has it.
func documentOf(body []byte) ([]byte, error) {
	if len(body) > MaxUserData {
		return nil, fmt.Errorf("%d bytes are too many, EC2 has at most %d", len(body), MaxUserData)
	}
	if !bytes.HasPrefix(body, []byte("#!")) {
		return body, nil
	}
	var found [][]byte
	for text := range bytes.Lines(body) {
		if document, is := bytes.CutPrefix(text, []byte(line)); is {
			found = append(found, document)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("it is a script in which %d lines begin with %q, and one has to", len(found), line)
	}
	return found[0], nil
}
