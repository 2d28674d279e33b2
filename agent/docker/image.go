package docker

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// checkPattern checks a pattern of images.
func checkPattern(pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil || !strings.Contains(pattern, "/") || pattern != strings.ToLower(pattern) {
		return fmt.Errorf("%q: give a registry and a name in small letters, such as docker.io/library/*", pattern)
	}
	return nil
}

// imageID is what may be the id of an image, or its beginning, rather than a name.
var imageID = regexp.MustCompile(`^(sha256:)?[0-9a-fA-F]*$`)

// image judges which image a container is of.
func (p *Policy) image(name string, value any) error {
	text, is := value.(string)
	switch {
	case value != nil && !is:
		return wrongType(name, "a string")
	case len(p.Images) == 0:
		return nil
	case imageID.MatchString(text):
		return p.notAllowed(name, text, ": write its whole name, docker.io/library/NAME for one of Docker's own")
	}
	whole := wholeName(text)
	for _, pattern := range p.Images {
		if fits, _ := path.Match(pattern, whole); fits {
			return nil
		}
		if fits, _ := path.Match(pattern, withoutTag(whole)); fits {
			return nil
		}
	}
	return p.notAllowed(name, text, "")
}

func (p *Policy) notAllowed(name, image, more string) *RefusedError {
	return &RefusedError{"images", fmt.Sprintf("%s is %.200q", name, image), "use an image like " + strings.Join(p.Images, " or ") + more}
}

// wholeName is an image's name with its registry, as Docker completes it.
// Source: github.com/distribution/reference, splitDockerDomain.
func wholeName(image string) string {
	first, rest, isPath := strings.Cut(image, "/")
	switch isDomain := isPath && (strings.ContainsAny(first, ".:") || first == "localhost" || first != strings.ToLower(first)); {
	case isDomain && first == "index.docker.io":
		return wholeName("docker.io/" + rest)
	case isDomain && first == "docker.io" && !strings.Contains(rest, "/"):
		return "docker.io/library/" + rest
	case isDomain:
		return image
	case isPath:
		return "docker.io/" + image
	}
	return "docker.io/library/" + image
}

func withoutTag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		image = image[:i]
	}
	return image
}

// pull judges a pull, and the import of an image, which is a pull from anywhere.
func (p *Policy) pull(c call) error {
	if len(p.Images) == 0 {
		return nil
	}
	if c.query.Has("fromSrc") || len(c.query["fromImage"]) != 1 {
		return p.addImage(c)
	}
	return p.image("fromImage", c.query.Get("fromImage"))
}

// addImage judges what gives an image a name that nobody has pulled it by.
func (p *Policy) addImage(call) error {
	if len(p.Images) == 0 {
		return nil
	}
	return &RefusedError{"images", "an image would get a name of the job's choice", "pull an image like " + strings.Join(p.Images, " or ")}
}
