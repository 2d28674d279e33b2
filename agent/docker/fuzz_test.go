package docker

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// asDocker is what Docker's decoder makes of a new container, as far as it is dangerous: older ones read
// HostConfig's fields beside it, too.
// Source: github.com/moby/moby 20.10, runconfig.ContainerConfigWrapper, api/types/container.HostConfig.
type asDocker struct {
	HostConfig *dangers
	dangers
}

type dangers struct {
	Privileged                                           bool
	CapAdd, SecurityOpt, DeviceCgroupRules               any
	NetworkMode, PidMode, IpcMode, UTSMode, UsernsMode   string
	CgroupParent, VolumeDriver                           string
	Binds                                                []string
	MaskedPaths, ReadonlyPaths, Devices, Sysctls, Mounts any
}

// danger is what Docker would do that is never allowed.
func (d *dangers) danger() string {
	if d == nil {
		return ""
	}
	isMount := func(bind string) bool {
		return strings.HasPrefix(bind, "/") && !strings.HasPrefix(bind, "/work") && !strings.HasPrefix(bind, "/tmp")
	}
	for what, is := range map[string]bool{
		"privileged":   d.Privileged,
		"capabilities": isSome(d.CapAdd),
		"devices":      isSome(d.Devices) || isSome(d.DeviceCgroupRules),
		"sysctls":      isSome(d.Sysctls),
		"unmasked":     d.MaskedPaths != nil || d.ReadonlyPaths != nil,
		"host":         slices.Contains([]string{d.NetworkMode, d.PidMode, d.IpcMode, d.UTSMode, d.UsernsMode}, "host"),
		"cgroup":       d.CgroupParent != "",
		"driver":       d.VolumeDriver != "" && d.VolumeDriver != "local",
		"mounts":       slices.ContainsFunc(d.Binds, isMount),
	} {
		if is {
			return what
		}
	}
	return ""
}

func isSome(value any) bool {
	switch v := value.(type) {
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return false
}

func FuzzJudge(f *testing.F) {
	for _, seed := range []struct{ method, uri, body string }{
		{"POST", "/v1.41/containers/create", host(`"Privileged":true`)},
		{"POST", "/containers/create?name=x", host(`"privileged":false,"PRIVILEGED":true,"Privileged":null`)},
		{"POST", "//containers//create", `{"Privileged":true,"HostConfig":{"CapAdd":["ALL"]}}`},
		{"POST", "/containers/create", host(`"Binds":["/etc:/x"],"MasKedPaths":[],"ſysctls":{"a":"b"}`)},
		{"POST", "/containers/create", host(`"NetworkMode":"ho\u0073t"`) + "{}"},
		{"POST", "/containers/create", `{"HostConfig":{"Privileged":false},"hostconfig":{"privileged":true}}`},
		{"POST", "/v1.41/networks/create", `{"IPAM":{"Config":[{"Subnet":"169.254.169.254/32"}]}}`},
		{"GET", "/v1.41/images/a/b/json", ""},
	} {
		f.Add(seed.method, seed.uri, []byte(seed.body))
	}
	p := policy(f, Policy{})
	f.Fuzz(func(t *testing.T, method, uri string, body []byte) {
		rule(t, p, Request{Method: method, URI: uri, Body: body}) // no panic, and a refusal that tells all
		if rule(t, p, creating(string(body))) != "" {
			return
		}
		var read asDocker
		if err := json.NewDecoder(bytes.NewReader(body)).Decode(&read); err != nil {
			return // Docker refuses it
		}
		if inner, outer := read.HostConfig.danger(), read.danger(); inner != "" || outer != "" {
			t.Errorf("allowed, and Docker reads %s%s of it:\n%s", inner, outer, body)
		}
	})
}
