package docker

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"
)

// links are the symbolic links of a host: the longest that a path begins with counts.
var links = map[string]string{"/work/out": "/etc", "/work/in": "/work/real", "/work/loop": ""}

func follow(asked string) (string, error) {
	for link, to := range links {
		if isWithin(asked, link) {
			if to == "" {
				return "", errors.New("too many links")
			}
			return path.Join(to, strings.TrimPrefix(asked, link)), nil
		}
	}
	return asked, nil
}

func policy(t testing.TB, p Policy) *Policy {
	t.Helper()
	if p.Mounts == nil {
		p.Mounts = []string{"/work", "/tmp"}
	}
	made, err := newPolicy(p, follow)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// rule is the rule by which a call is refused, empty if it is allowed.
func rule(t testing.TB, p *Policy, request Request) string {
	t.Helper()
	err := p.Judge(request)
	if err == nil {
		return ""
	}
	var refusal *RefusedError
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want a refusal", err)
	}
	if refusal.Rule == "" || refusal.What == "" || refusal.Fix == "" {
		t.Errorf("got %+v, want a rule, what is against it, and the way out", refusal)
	}
	return refusal.Rule
}

func creating(body string) Request {
	return Request{Method: "POST", URI: "/v1.47/containers/create?name=x", Body: []byte(body)}
}

// host is a container with this in its HostConfig.
func host(config string) string { return `{"Image":"node:20","HostConfig":{` + config + `}}` }

func TestWhatOrdinaryContainersAskForIsAllowed(t *testing.T) {
	p := policy(t, Policy{})
	for _, body := range []string{
		`{}`,
		`{"Image":"node:20","Cmd":["npm","test"],"Env":["A=1"],"Labels":{"a":"1","A":"2"},"HostConfig":null}`,
		host(`"Privileged":false,"CapAdd":null,"CapDrop":["ALL"],"SecurityOpt":null,"Devices":[],"Sysctls":{},"MaskedPaths":null`),
		host(`"SecurityOpt":["no-new-privileges"]`),
		host(`"SecurityOpt":["no-new-privileges:true","no-new-privileges=true"]`),
		host(`"NetworkMode":"bridge","PidMode":"","IpcMode":"private","CgroupnsMode":"private","UTSMode":"","UsernsMode":""`),
		host(`"NetworkMode":"container:db","PidMode":"container:db","IpcMode":"container:db"`),
		host(`"NetworkMode":"github_network_1234"`),
		host(`"Binds":["/work/app:/app","/work/in/x:/x:ro","cache:/cache","/tmp:/tmp:rw,z"]`),
		host(`"Mounts":[{"Type":"bind","Source":"/work/new","Target":"/x","BindOptions":{"Propagation":"rprivate"}},
			{"Type":"volume","Source":"cache","Target":"/c","VolumeOptions":{"DriverConfig":{"Name":"local"}}},
			{"Type":"volume","Target":"/anonymous"},{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":1}}]`),
		host(`"OomScoreAdj":500,"LogConfig":{"Type":"json-file","Config":{"max-size":"1m"}},"Runtime":"runc"`),
		host(`"SomethingOfNextYear":"","AnotherOne":[],"AndOne":{"Name":"","Count":0}`),
		`{"Image":"x","NetworkingConfig":{"EndpointsConfig":{"ci":{"Aliases":["db"]}}}}`,
	} {
		if got := rule(t, p, creating(body)); got != "" {
			t.Errorf("%s: got refused by %s, want allowed", body, got)
		}
	}
}

func TestWhatMakesAContainerRootOnTheHostIsRefused(t *testing.T) {
	p := policy(t, Policy{})
	for body, want := range map[string]string{
		host(`"Privileged":true`):                              "privileged",
		host(`"privileged":true`):                              "privileged",
		host(`"PRIVILEGED":true`):                              "privileged",
		host(`"Privileged":"yes"`):                             "privileged",
		host(`"CapAdd":["SYS_ADMIN"]`):                         "capabilities",
		host(`"capadd":["NET_ADMIN"]`):                         "capabilities",
		host(`"CapAdd":"ALL"`):                                 "capabilities",
		host(`"Capabilities":["CAP_SYS_ADMIN"]`):               "capabilities",
		host(`"SecurityOpt":["seccomp=unconfined"]`):           "security-opt",
		host(`"SecurityOpt":["seccomp:unconfined"]`):           "security-opt",
		host(`"ſecurityOpt":["apparmor=unconfined"]`):          "security-opt",
		host(`"SecurityOpt":["no-new-privileges:false"]`):      "security-opt",
		host(`"SecurityOpt":["no-new-privileges=false"]`):      "security-opt",
		host(`"SecurityOpt":["label=disable"]`):                "security-opt",
		host(`"SecurityOpt":["systempaths=unconfined"]`):       "security-opt",
		host(`"SecurityOpt":"seccomp=unconfined"`):             "unreadable",
		host(`"MaskedPaths":[]`):                               "unmasked-paths",
		host(`"ReadonlyPaths":[]`):                             "unmasked-paths",
		host(`"maskedpaths":["/proc/kcore"]`):                  "unmasked-paths",
		host(`"MasKedPaths":[]`):                               "unmasked-paths",
		host(`"Sysctls":{"net.ipv4.ip_forward":""}`):           "sysctls",
		host(`"Sysctls":{"kernel.core_pattern":"|/x"}`):        "sysctls",
		host(`"Devices":[{"PathOnHost":"/dev/nvme0n1"}]`):      "devices",
		host(`"DeviceRequests":[{"Count":-1}]`):                "devices",
		host(`"DeviceCgroupRules":["b *:* rwm"]`):              "devices",
		host(`"PidMode":"host"`):                               "host-namespaces",
		host(`"IpcMode":"host"`):                               "host-namespaces",
		host(`"NetworkMode":"host"`):                           "host-namespaces",
		host(`"networkMODE":"host"`):                           "host-namespaces",
		host(`"NetworkMode":"HOST "`):                          "host-namespaces",
		host(`"UTSMode":"host"`):                               "host-namespaces",
		host(`"UsernsMode":"host"`):                            "host-namespaces",
		host(`"CgroupnsMode":"host"`):                          "host-namespaces",
		host(`"CgroupParent":"/"`):                             "cgroup-parent",
		host(`"Runtime":"anything"`):                           "runtime",
		host(`"Annotations":{"run.oci.keep":"1"}`):             "annotations",
		host(`"OomKillDisable":true`):                          "oom",
		host(`"Cgroup":"host"`):                                "host-namespaces",
		host(`"Isolation":"process"`):                          "runtime",
		host(`"OomScoreAdj":"low"`):                            "oom",
		host(`"NetworkMode":true`):                             "unreadable",
		`{"NetworkingConfig":{"EndpointsConfig":["host"]}}`:    "unreadable",
		`{"a":[{"b":1}`:                                        "unreadable",
		`{"a":1,}`:                                             "unreadable",
		host(`"OomScoreAdj":-1000`):                            "oom",
		host(`"LogConfig":{"Type":"awslogs"}`):                 "log-driver",
		host(`"LogConfig":{"type":"splunk"}`):                  "log-driver",
		host(`"VolumeDriver":"rexray"`):                        "volume-driver",
		host(`"SomethingOfNextYear":"yes"`):                    "unknown-field",
		host(`"SomethingOfNextYear":{"Deep":{"Yes":1}}`):       "unknown-field",
		`{"Image":"x","Privileged":true}`:                      "unknown-field", // older Dockers read it there, too
		`{"Image":"x","Binds":["/:/host"]}`:                    "unknown-field",
		`{"hostconfig":{"privileged":true}}`:                   "privileged",
		`{"HoſtConfig":{"Privileged":true}}`:                   "privileged",
		`{"NetworkingConfig":{"EndpointsConfig":{"host":{}}}}`: "host-namespaces",
		// What Docker would read last, or merge.
		host(`"Privileged":false,"Privileged":true`):                           "unreadable",
		host(`"Privileged":false,"privileged":true`):                           "unreadable",
		`{"HostConfig":{},"HostConfig":{"Privileged":true}}`:                   "unreadable",
		`{"HostConfig":{"Privileged":false},"hostconfig":{"Privileged":true}}`: "unreadable",
		host(`"Privileged":false`) + host(`"Privileged":true`):                 "unreadable",
		"":                                "unreadable",
		"null":                            "unreadable",
		"[]":                              "unreadable",
		"{":                               "unreadable",
		`{"HostConfig":[]}`:               "unreadable",
		`{"HostConfig":"x"}`:              "unreadable",
		"\x1f\x8b":                        "unreadable",
		strings.Repeat(`{"a":`, 40) + "1": "unreadable",
	} {
		if got := rule(t, p, creating(body)); got != want {
			t.Errorf("%.120s: got rule %q, want %q", body, got, want)
		}
	}
}

func TestSensitiveMountsAreRefusedHoweverTheyAreWritten(t *testing.T) {
	p := policy(t, Policy{})
	for _, source := range []string{
		"/", "//", "/.", "/dev", "/dev/", "/proc", "/proc/1/root", "/sys", "/etc", "/etc/", "//etc", "/ETC", "/root", "/run", "/run/docker.sock",
		"/var/run/docker.sock", "/var/run/../run/docker.sock", "/opt/mayfly", "/opt/mayfly/", "/home/admin", "/usr", "/var/lib/docker",
		"/work/../etc", "/work/./../etc", "/work/a/../b", "/work/..", "/workshop", "/WORK", "/work/out", "/work/out/shadow", "/work/loop", "/", "work/x", "./x", "../etc",
		"", "/work/\x00", "~",
	} {
		for _, body := range []string{
			host(fmt.Sprintf(`"Binds":[%q]`, source+":/x")),
			host(fmt.Sprintf(`"Binds":["cache:/c",%q]`, source+":/x:ro")),
			host(fmt.Sprintf(`"binds":[%q]`, source)),
			host(fmt.Sprintf(`"Mounts":[{"Type":"bind","Source":%q,"Target":"/x"}]`, source)),
			host(fmt.Sprintf(`"mounts":[{"type":"bind","source":%q,"Target":"/x"}]`, source)),
		} {
			body = strings.ReplaceAll(body, `\x00`, `\u0000`)
			if got := rule(t, p, creating(body)); got != "mounts" {
				t.Errorf("%s: got rule %q, want mounts", body, got)
			}
		}
	}
	for body, want := range map[string]string{
		host(`"Binds":["/work:/x:shared"]`):                                                              "mounts",
		host(`"Binds":["/work:/x:ro,rslave"]`):                                                           "mounts",
		host(`"Binds":"/:/x"`):                                                                           "unreadable",
		host(`"Binds":[["/:/x"]]`):                                                                       "unreadable",
		host(`"Mounts":{"Type":"bind","Source":"/"}`):                                                    "unreadable",
		host(`"Mounts":["/:/x"]`):                                                                        "unreadable",
		host(`"Mounts":[{"Type":"bind","Source":["/"]}]`):                                                "unreadable",
		host(`"Mounts":[{"Type":"volume","Source":"/etc"}]`):                                             "mounts",
		host(`"Mounts":[{"Type":"npipe","Source":"x"}]`):                                                 "mounts",
		host(`"Mounts":[{"Source":"/etc","Target":"/x"}]`):                                               "mounts",
		host(`"Mounts":[{"Type":"bind","Source":"/work","BindOptions":{"Propagation":"rshared"}}]`):      "mounts",
		host(`"Mounts":[{"Type":"volume","VolumeOptions":{"DriverConfig":{"Options":{"device":"/"}}}}]`): "volume-options",
		host(`"Mounts":[{"Type":"volume","VolumeOptions":{"driverconfig":{"Name":"nfs"}}}]`):             "volume-driver",
		host(`"Mounts":[{"Type":"bind","type":"volume","Source":"x"}]`):                                  "unreadable",
		host(`"Mounts":[{"Type":"image","Source":"x","ImageOptions":{"Subpath":"/"}}]`):                  "unknown-field",
	} {
		if got := rule(t, p, creating(body)); got != want {
			t.Errorf("%s: got rule %q, want %q", body, got, want)
		}
	}
}

func TestTheSocketMayBeMountedWhereThePolicySaysSo(t *testing.T) {
	p := policy(t, Policy{Socket: true})
	for source, want := range map[string]string{
		"/var/run/docker.sock": "", "/run/docker.sock": "", "/var/run": "mounts", "/run/docker": "mounts", "/var/run/docker.sock/": "mounts",
	} {
		if got := rule(t, p, creating(host(fmt.Sprintf(`"Binds":["%s:/x"]`, source)))); got != want {
			t.Errorf("%s: got rule %q, want %q", source, got, want)
		}
	}
}

func TestWithoutMountsNothingOfTheHostIsMounted(t *testing.T) {
	p, err := NewPolicy(Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if got := rule(t, p, creating(host(`"Binds":["/tmp:/x"]`))); got != "mounts" {
		t.Errorf("got rule %q, want mounts", got)
	}
}

func TestAPolicyThatGivesAwayTheHostIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		policy Policy
		want   string
	}{
		"root":            {Policy{Mounts: []string{"/"}}, "/bin"},
		"above sensitive": {Policy{Mounts: []string{"/var"}}, "/var/cache"},
		"below sensitive": {Policy{Mounts: []string{"/etc/ssl"}}, "/etc"},
		"in capitals":     {Policy{Mounts: []string{"/ETC"}}, "/etc"},
		"a link":          {Policy{Mounts: []string{"/work/out"}}, "/etc"},
		"relative":        {Policy{Mounts: []string{"work"}}, "absolute"},
		"not clean":       {Policy{Mounts: []string{"/work/"}}, "absolute"},
		"leads nowhere":   {Policy{Mounts: []string{"/work/loop"}}, "too many links"},
		"pattern":         {Policy{Images: []string{"["}}, "registry"},
		"bare pattern":    {Policy{Images: []string{"node"}}, "registry"},
		"negative limit":  {Policy{MaxPIDs: -1}, "negative"},
		"builds":          {Policy{Builds: true, Images: []string{"docker.io/library/*"}}, "give one of the two"},
		"all at once":     {Policy{MaxPIDs: -1, Mounts: []string{"/"}}, "negative"},
	} {
		if _, err := newPolicy(test.policy, follow); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}
