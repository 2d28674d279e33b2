// Package settings reads what a server is told from its environment: flat variables, whose names begin
// with MAYFLY_. All that is wrong with them is told at once.
package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/nearest"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// Settings are what a server is told.
type Settings struct {
	Server server.Config // without what is read from AWS

	Listen            string // address: ":8080"
	Table             string // the record's, in DynamoDB
	QueueURL          string
	Bucket            string
	AlertTopic        string // ARN; empty is the log
	Apps              string // ARN of the secret that holds the GitHub Apps
	Webhook           string // ARN of the secret that GitHub signs webhooks with
	GitHubURL         string
	CABundle          string // file of certificates, PEM
	Templates         map[runner.Arch]Template
	Images            map[runner.Arch]Image
	NamedImages       map[string]Image
	ImageOwners       []string
	RequireProvenance bool // of images; see instance.Config
	Subnets           []string
	PrivateNets       []string
	UsageMetric       bool

	tickURL string // see Tick
	sshKeys string // see logins
}

// Template is a launch template, at one of its versions.
type Template struct{ ID, Version string }

// Image names a machine image: by its id, or as the newest of an owner's that have a name.
type Image struct{ ID, Owner, Name string }

// Prefix is what the names of our variables begin with.
const Prefix = "MAYFLY_"

// Read reads an environment, as os.Environ gives it. The error names each variable that is wrong, its
// value, unless that is a secret, and what it may be.
func Read(environment []string) (Settings, error) {
	values := map[string]string{}
	var problems []error
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
		if strings.HasPrefix(name, Prefix) && !slices.Contains(names(), name) {
			problems = append(problems, unknown(name))
		}
	}
	s := Settings{
		Listen: ":8080", GitHubURL: "https://api.github.com", ImageOwners: []string{"self"},
		Templates: map[runner.Arch]Template{}, Images: map[runner.Arch]Image{}, NamedImages: map[string]Image{},
	}
	for _, v := range Variables {
		if err := v.read(&s, values[v.Name]); err != nil {
			problems = append(problems, err)
		}
	}
	return s, errors.Join(append(problems, s.together())...)
}

// together is what is wrong with variables that are right one by one.
func (s *Settings) together() error {
	var problems []error
	if len(s.Templates) == 0 {
		problems = append(problems, errors.New("MAYFLY_TEMPLATE_X64 and MAYFLY_TEMPLATE_ARM64 are empty: set one of them at least, to "+aTemplate))
	}
	for _, arch := range []runner.Arch{runner.X64, runner.ARM64} {
		upper := strings.ToUpper(string(arch))
		_, image := s.Images[arch]
		if _, template := s.Templates[arch]; image != template {
			problems = append(problems, fmt.Errorf("MAYFLY_TEMPLATE_%s and MAYFLY_IMAGE_%s: one is set and the other is empty: set both, or neither", upper, upper))
		}
	}
	return errors.Join(append(problems, s.logins())...)
}

func names() []string {
	all := make([]string, len(Variables))
	for i, v := range Variables {
		all[i] = v.Name
	}
	return all
}

func unknown(name string) error {
	if meant := nearest.Name(name, names()); meant != "" {
		return fmt.Errorf("%s is no setting: did you mean %s?", name, meant)
	}
	return fmt.Errorf("%s is no setting: remove it; docs/settings.md has all there are", name)
}

// Variable is one variable of the environment.
type Variable struct {
	Name    string
	Meaning string
	Allowed string // what it may be
	Default string // what it is if it is empty; [Required] if it has to be set
	Secret  bool   // its value is told nobody

	set func(s *Settings, value string) bool // false if the value is not allowed
}

// Required is the default of a variable that has none.
const Required = "must be set"

func (v Variable) read(s *Settings, value string) error {
	value = strings.TrimSpace(value)
	switch {
	case value == "" && v.Default == Required:
		return fmt.Errorf("%s is empty: set it to %s", v.Name, v.Allowed)
	case value == "" || v.set(s, value):
		return nil
	case v.Secret:
		return fmt.Errorf("%s has %d bytes: set it to %s, or leave it out", v.Name, len(value), v.Allowed)
	}
	return fmt.Errorf("%s is %q: set it to %s", v.Name, value, v.Allowed)
}
