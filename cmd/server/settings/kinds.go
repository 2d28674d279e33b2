package settings

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// The kinds of values, each with what is allowed. A field of what is told first, given by its address.

const (
	aNumber    = "a whole number, 1 or more"
	aYes       = "true or false"
	aTime      = "a time, such as 90s, 10m or 12h"
	aToken     = "32 bytes or more, as of `openssl rand -hex 32`" //nolint:gosec // what is allowed of one
	aTemplate  = "a launch template and the number of its version: lt-0123456789abcdef0:7"
	anImage    = "an AMI's id, ami-…, or the account that owns it and its name, self/my-runner-*: of those that mayfly image build made the one that was promoted last, of others the newest"
	anARN      = "an ARN: arn:aws:…"
	families   = "instance types, separated by commas: m7a,m7g.large,c7*"
	subnets    = "ids of subnets, separated by commas: subnet-0123456789abcdef0"
	publicKeys = "public keys, one a line, as in a .pub file; empty lines and those that begin with # are nothing"
	accounts   = "accounts of 12 digits, or self, separated by commas"
)

func text(field func(*Settings) *string, pattern string) func(*Settings, string) bool {
	valid := regexp.MustCompile("^(?:" + pattern + ")$")
	return func(s *Settings, value string) bool {
		*field(s) = value
		return valid.MatchString(value)
	}
}

func list(field func(*Settings) *[]string, pattern string) func(*Settings, string) bool {
	valid := regexp.MustCompile("^(?:" + pattern + ")$")
	return func(s *Settings, value string) bool {
		*field(s) = split(value)
		return !slices.ContainsFunc(*field(s), func(one string) bool { return !valid.MatchString(one) })
	}
}

// split reads a list. Spaces beside the commas are nothing.
func split(value string) []string {
	all := strings.Split(value, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

func number(field func(*Settings) *int) func(*Settings, string) bool {
	return func(s *Settings, value string) bool {
		n, err := strconv.Atoi(value)
		*field(s) = n
		return err == nil && n > 0
	}
}

func yes(field func(*Settings) *bool) func(*Settings, string) bool {
	return func(s *Settings, value string) bool {
		*field(s) = value == "true"
		return value == "true" || value == "false"
	}
}

func span(field func(*Settings) *time.Duration) func(*Settings, string) bool {
	return func(s *Settings, value string) bool {
		d, err := time.ParseDuration(value)
		*field(s) = d
		return err == nil && d > 0
	}
}

func token(field func(*Settings) *secret.Text) func(*Settings, string) bool {
	return func(s *Settings, value string) bool {
		*field(s) = secret.New(value)
		return len(value) >= 32
	}
}

func patterns(field func(*Settings) *[]catalog.Pattern) func(*Settings, string) bool {
	return func(s *Settings, value string) bool {
		*field(s) = nil
		for _, one := range split(value) {
			*field(s) = append(*field(s), catalog.Pattern(one))
		}
		return !slices.ContainsFunc(*field(s), func(p catalog.Pattern) bool { return !p.Valid() })
	}
}

var templateForm = regexp.MustCompile(`^lt-[0-9a-z]+:[1-9][0-9]*$`)

func template(arch runner.Arch) func(*Settings, string) bool {
	return func(s *Settings, value string) bool {
		id, version, _ := strings.Cut(value, ":")
		s.Templates[arch] = Template{ID: id, Version: version}
		return templateForm.MatchString(value)
	}
}

func image(arch runner.Arch) func(*Settings, string) bool {
	return func(s *Settings, value string) bool {
		named, valid := imageOf(value)
		s.Images[arch] = named
		return valid
	}
}

var (
	imageName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	imageID   = regexp.MustCompile(`^ami-[0-9a-z]+$`)
	owner     = regexp.MustCompile(`^(self|[0-9]{12})$`)
)

// namedImages reads name=image, name=image.
func namedImages(s *Settings, value string) bool {
	for _, one := range split(value) {
		name, which, _ := strings.Cut(one, "=")
		named, valid := imageOf(which)
		if !valid || !imageName.MatchString(name) {
			return false
		}
		s.NamedImages[name] = named
	}
	return true
}

func imageOf(value string) (named Image, valid bool) {
	if imageID.MatchString(value) {
		return Image{ID: value}, true
	}
	account, name, _ := strings.Cut(value, "/")
	return Image{Owner: account, Name: name}, owner.MatchString(account) && name != ""
}
