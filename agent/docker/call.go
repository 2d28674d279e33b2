package docker

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// call is a call that was understood.
type call struct {
	method string
	path   []string // without the version: containers, create
	query  url.Values
	body   []byte
}

// versions are those of an API that a path begins with. The oldest that is taken is 1.24: before it,
// starting a container could change what it is allowed.
// Source: github.com/moby/moby 20.10, api/server/router/container: postContainersStart.
var versions = regexp.MustCompile(`^v1\.(\d{1,3})$`)

const oldestVersion = 24

// readCall reads a call's URI as Docker does: decoded, with or without a version.
func readCall(request Request) (call, error) {
	u, err := url.ParseRequestURI(request.URI)
	if err != nil {
		return call{}, unknownCall(request.Method, "with a URI that cannot be read")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return call{}, unknownCall(request.Method, "with a query that cannot be read")
	}
	parts := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if len(parts) > 0 && versionLike(parts[0]) {
		if !isRecent(parts[0]) {
			return call{}, &RefusedError{"api-version", fmt.Sprintf("the version of the API is %q", parts[0]), "use 1.24 or later, or none"}
		}
		parts = parts[1:]
	}
	for _, part := range parts {
		if part == "." || part == ".." {
			return call{}, unknownCall(request.Method, "with a path that goes back")
		}
	}
	return call{method: request.Method, path: parts, query: query, body: request.Body}, nil
}

// versionLike says whether Docker may read the beginning of a path as a version.
// Source: github.com/moby/moby, api/server/server.go: /v{version:[0-9.]+}.
func versionLike(part string) bool {
	return len(part) > 1 && part[0] == 'v' && strings.Trim(part[1:], "0123456789.") == ""
}

func isRecent(version string) bool {
	match := versions.FindStringSubmatch(version)
	if len(match) != 2 {
		return false
	}
	minor, err := strconv.Atoi(match[1])
	return err == nil && minor >= oldestVersion
}

func unknownCall(method, what string) *RefusedError {
	return &RefusedError{"unknown-call", fmt.Sprintf("%.20q %.100s", method, what), "nobody has judged yet what it may do: use another one, or a stack with profile compat"}
}

// is says whether a call's path is like a pattern, in which * is one part of a path and ** is any number
// of them, but not none.
func (c call) is(method, pattern string) bool {
	if c.method != method && (method != "GET" || c.method != "HEAD") {
		return false
	}
	want := strings.Split(pattern, "/")
	got := c.path
	for i, part := range want {
		switch {
		case part == "**":
			rest := want[i+1:]
			if len(got) <= len(rest) {
				return false
			}
			return slices.Equal(rest, got[len(got)-len(rest):])
		case len(got) == 0 || part != "*" && part != got[0]:
			return false
		}
		got = got[1:]
	}
	return len(got) == 0
}
