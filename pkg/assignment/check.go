package assignment

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
)

var (
	// How long they may be is asked apart: a count in an expression is as many copies of it in memory.
	digestShape = regexp.MustCompile(`^[0-9a-f]+$`)
	// Source: docs.aws.amazon.com, CloudWatch Logs API Reference, "CreateLogGroup".
	logGroupShape = regexp.MustCompile(`^[A-Za-z0-9_/.#-]+$`)
)

// check says what is wrong with user data: the first thing that is.
func (u UserData) check() error {
	var err error
	switch {
	case u.TestBoot && u.Profile == Bare:
		err = fmt.Errorf("test_boot is set and profile is not: use %q or %q, for there is no image to try on a machine that is left alone", Compat, Hardened)
	case u.Bucket == "" && !u.TestBoot:
		err = errors.New("bucket is empty")
	case u.RoleID == "" && !u.TestBoot:
		err = errors.New("role_id is empty")
	case len(u.RunnerCommand) == 0:
		err = errors.New("runner_command is empty")
	default:
		err = cmp.Or(u.checkMachine(), u.checkFetched(), u.checkTold())
	}
	if err != nil {
		return fmt.Errorf("user data: %w", err)
	}
	return nil
}

func (u UserData) checkMachine() error {
	switch {
	case !slices.Contains([]Profile{Bare, Compat, Hardened}, u.Profile):
		return fmt.Errorf("profile is %q: use %q or %q", u.Profile, Compat, Hardened)
	case !slices.Contains([]Door{"", DoorAgent, DoorOff, DoorOpen}, u.Door):
		return fmt.Errorf("door is %q: use %q, %q or %q", u.Door, DoorAgent, DoorOff, DoorOpen)
	case u.Profile != Bare && !filepath.IsAbs(u.RunnerCommand[0]):
		return fmt.Errorf("runner_command begins with %q: it has to be an absolute path, whose directory is the runner's root", u.RunnerCommand[0])
	case u.Profile == Bare && (u.Door != "" || u.SSH):
		return fmt.Errorf("door or ssh is set and profile is not: without one the machine is left alone; use %q or %q", Compat, Hardened)
	}
	return nil
}

func (u UserData) checkFetched() error {
	return cmp.Or(
		checkDigest("agent.amd64", u.Agent.AMD64, true), checkDigest("agent.arm64", u.Agent.ARM64, true),
		u.Runner.AMD64.check("runner.amd64"), u.Runner.ARM64.check("runner.arm64"),
	)
}

func (u UserData) checkTold() error {
	if u.LogGroup != "" && (len(u.LogGroup) > 512 || !logGroupShape.MatchString(u.LogGroup)) {
		return fmt.Errorf("log_group is %q: a name has at most 512 of A-Z, a-z, 0-9, and _ / . # -", u.LogGroup)
	}
	return nil
}

func (d Download) check(field string) error {
	if d == (Download{}) {
		return nil
	}
	return cmp.Or(checkURL(field+".url", d.URL), checkDigest(field+".sha256", d.SHA256, false))
}

func checkDigest(field, digest string, optional bool) error {
	if digest == "" && optional || len(digest) == sha256.Size*2 && digestShape.MatchString(digest) {
		return nil
	}
	return fmt.Errorf("%s is %q: it has to be a SHA-256 of 64 small hex digits", field, digest)
}

func checkURL(field, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%s is %q: it has to begin with https:// and a host, with no name or password", field, text)
	}
	return nil
}
