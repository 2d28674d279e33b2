package docker

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhichCallsAreAllowed(t *testing.T) {
	none, builds := policy(t, Policy{}), policy(t, Policy{Builds: true})
	for call, want := range map[string]string{
		"GET /_ping":                            "",
		"HEAD /_ping":                           "",
		"GET /v1.41/containers/json?all=1":      "",
		"GET /v1.41/containers/x/logs":          "",
		"GET /v1.41/images/ghcr.io/a/b/json":    "",
		"GET /v1.24/info":                       "",
		"POST /v1.41/containers/x/start":        "",
		"POST /v1.41/containers/x/attach":       "",
		"POST /v1.41/containers/x/wait":         "",
		"PUT /v1.41/containers/x/archive":       "",
		"DELETE /v1.41/containers/x?force=1":    "",
		"POST /v1.41/exec/x/start":              "",
		"POST /v1.41/images/create?fromImage=x": "",
		"POST /v1.41/images/a/b/push":           "",
		"POST /v1.41/images/load":               "",
		"POST /v1.41/images/a/b/tag?repo=c":     "",
		"POST /v1.41/commit?container=x":        "",
		"POST /v1.41/networks/ci/connect":       "",
		"DELETE /v1.41/networks/ci":             "",
		"POST /v1.41/auth":                      "",

		"POST /containers/x/start?checkpoint=1":      "checkpoint",
		"POST /v1.41/networks/host/connect":          "host-namespaces",
		"POST /v1.41/networks/HOST/connect":          "host-namespaces",
		"POST /v1.41/build?networkmode=host":         "build",
		"POST /v1.41/build?version=2":                "build",
		"POST /v1.41/session":                        "build",
		"POST /grpc":                                 "build",
		"POST /v1.41/plugins/pull?remote=x":          "plugins",
		"POST /v1.41/plugins/x/enable":               "plugins",
		"GET /v1.41/plugins/x/json":                  "plugins",
		"POST /v1.41/swarm/init":                     "swarm",
		"POST /v1.41/services/create":                "swarm",
		"GET /v1.41/secrets":                         "swarm",
		"POST /v1.41/containers/x/checkpoints":       "unknown-call",
		"POST /v1.41/containers/x/copy":              "unknown-call",
		"GET /debug/pprof/":                          "unknown-call",
		"POST /":                                     "unknown-call",
		"POST /v1.41":                                "unknown-call",
		"OPTIONS /v1.41/containers/create":           "unknown-call",
		"PATCH /v1.41/containers/create":             "unknown-call",
		"post /v1.41/containers/create":              "unknown-call",
		"POST /v1.41/v1.41/containers/create":        "unknown-call",
		"POST containers/create":                     "unknown-call",
		"POST /v1.41/containers/x/../create":         "unknown-call",
		"POST /v1.41/containers/%2e%2e/x":            "unknown-call",
		"POST /v1.41/images/../containers/push":      "unknown-call",
		"POST /%zz":                                  "unknown-call",
		"POST /containers/x/start?a=%zz":             "unknown-call",
		"POST /containers/x/start?a;b":               "unknown-call",
		"POST /v1.23/containers/x/start":             "api-version",
		"POST /v1.9/containers/x/start":              "api-version",
		"POST /v1/containers/x/start":                "api-version",
		"POST /v1.41.1/containers/x/start":           "api-version",
		"POST /v0.41/containers/x/start":             "api-version",
		"POST /v1.99999999999999999999/containers/x": "api-version",

		// Whatever way a container's creation is written, it needs a body.
		"POST /containers/create":                      "unreadable",
		"POST /v1.41/containers/create":                "unreadable",
		"POST //v1.41//containers//create":             "unreadable",
		"POST /containers/create/":                     "unreadable",
		"POST /%63ontainers/%63reate":                  "unreadable",
		"POST /containers%2Fcreate":                    "unreadable",
		"POST /containers/create?name=/auth":           "unreadable",
		"POST http://docker/v1.41/containers/create":   "unreadable",
		"POST /v1.41/containers/x/exec":                "unreadable",
		"POST /v1.41/containers/x/update":              "unreadable",
		"POST /v1.41/networks/create":                  "unreadable",
		"POST /v1.41/volumes/create":                   "unreadable",
		"PUT /v1.44/volumes/x":                         "unknown-call",
		"POST /v1.41/containers/create/exec":           "unreadable",
		"POST /v1.41/containers/create/start?ignore=1": "",
	} {
		method, uri, _ := strings.Cut(call, " ")
		if got := rule(t, none, Request{Method: method, URI: uri}); got != want {
			t.Errorf("%s: got rule %q, want %q", call, got, want)
		}
	}
	for _, uri := range []string{"/session", "/v1.41/session", "/grpc", "/v1.41/grpc"} {
		if got := rule(t, builds, Request{Method: "POST", URI: uri}); got != "" {
			t.Errorf("%s, where builds are allowed: got rule %q, want none", uri, got)
		}
	}
	if got := rule(t, builds, Request{Method: "POST", URI: "/build"}); got != "build" {
		t.Errorf("the old builder, where builds are allowed: got rule %q, want build", got)
	}
}

func TestCallsThatAreJudgedByTheirBody(t *testing.T) {
	p := policy(t, Policy{})
	for _, test := range []struct{ uri, body, want string }{
		{"/containers/x/exec", `{"Cmd":["sh"],"Tty":true,"Privileged":false}`, ""},
		{"/containers/x/exec", `{"Cmd":["sh"],"privileged":true}`, "privileged"},
		{"/containers/x/exec", `{"Cmd":["sh"],"Privileged":false,"PRIVILEGED":true}`, "unreadable"},
		{"/containers/x/exec", `{"Cmd":["sh"],"Capabilities":["ALL"]}`, "unknown-field"},
		{"/containers/x/update", `{"Memory":1000,"RestartPolicy":{"Name":"no"}}`, ""},
		{"/containers/x/update", `{"Devices":[{"PathOnHost":"/dev/sda"}]}`, "devices"},
		{"/containers/x/update", `{"CgroupParent":"/"}`, "cgroup-parent"},
		{"/containers/x/update", `{"Privileged":true}`, "unknown-field"},
		{"/volumes/create", `{"Name":"cache","Driver":"local","DriverOpts":{},"Labels":{"a":"b"}}`, ""},
		{"/volumes/create", `{"Name":"root","DriverOpts":{"type":"none","o":"bind","device":"/"}}`, "volume-options"},
		{"/volumes/create", `{"Name":"root","driveropts":{"device":"/"}}`, "volume-options"},
		{"/volumes/create", `{"Name":"x","Driver":"vieux/sshfs"}`, "volume-driver"},
		{"/volumes/create", `{"Name":"x","ClusterVolumeSpec":{"Group":"g"}}`, "unknown-field"},
		{"/networks/create", `{"Name":"ci","Driver":"bridge","CheckDuplicate":true,"IPAM":{"Driver":"default","Options":{},"Config":[]},"Options":{}}`, ""},
		{"/networks/create", `{"Name":"ci","IPAM":{"Config":[{"Subnet":"172.28.0.0/16","IPRange":"172.28.5.0/24","Gateway":"172.28.5.254"},{"Subnet":"fd12::/64"}]}}`, ""},
		{"/networks/create", `{"Name":"lan","Driver":"macvlan","Options":{"parent":"eth0"}}`, "network-driver"},
		{"/networks/create", `{"Name":"lan","driver":"ipvlan"}`, "network-driver"},
		{"/networks/create", `{"Name":"x","ConfigFrom":{"Network":"y"}}`, "network-driver"},
		{"/networks/create", `{"Name":"x","Scope":"swarm"}`, "network-driver"},
		{"/networks/create", `{"Name":"imds","IPAM":{"Config":[{"Subnet":"169.254.169.0/24"}]}}`, "subnets"},
		{"/networks/create", `{"Name":"imds","IPAM":{"Config":[{"Subnet":"169.254.169.254/32"}]}}`, "subnets"},
		{"/networks/create", `{"Name":"imds","ipam":{"config":[{"subnet":"fd00:ec2::/64"}]}}`, "subnets"},
		{"/networks/create", `{"Name":"imds","IPAM":{"Config":[{"Subnet":"fc00::/7"}]}}`, "subnets"},
		{"/networks/create", `{"Name":"all","IPAM":{"Config":[{"Subnet":"0.0.0.0/0"}]}}`, "subnets"},
		{"/networks/create", `{"Name":"half","IPAM":{"Config":[{"Subnet":"10.0.0.0/1"}]}}`, "subnets"},
		{"/networks/create", `{"Name":"half","IPAM":{"Config":[{"Subnet":"128.0.0.0/1"}]}}`, "subnets"},
		{"/networks/create", `{"Name":"odd","IPAM":{"Config":[{"Subnet":"::ffff:169.254.169.0/120"}]}}`, "subnets"},
		{"/networks/create", `{"Name":"odd","IPAM":{"Config":[{"Subnet":7}]}}`, "subnets"},
		{"/networks/create", `{"Name":"odd","IPAM":{"Config":{"Subnet":"10.0.0.0/8"}}}`, "unreadable"},
		{"/networks/create", `{"Name":"odd","IPAM":{"Config":["10.0.0.0/8"]}}`, "unreadable"},
		{"/networks/create", `{"Name":"odd","IPAM":{"Driver":"remote"}}`, "network-driver"},
	} {
		if got := rule(t, p, Request{Method: "POST", URI: "/v1.41" + test.uri, Body: []byte(test.body)}); got != test.want {
			t.Errorf("%s %s: got rule %q, want %q", test.uri, test.body, got, test.want)
		}
	}
}

func TestImagesKeepToTheirPatterns(t *testing.T) {
	p := policy(t, Policy{Images: []string{"docker.io/library/*", "ghcr.io/octo/*", "ghcr.io/hexa/app:v1"}})
	for image, want := range map[string]string{
		"node": "", "node:20": "", "library/node": "", "docker.io/node": "", "index.docker.io/library/node": "", "ghcr.io/octo/build:1": "",
		"node@sha256:0123": "", "ghcr.io/hexa/app:v1": "",
		"octo/node": "images", "ghcr.io/octo/deep/build": "images", "ghcr.io/evil/x": "images", "evil.example/library/node": "images",
		"ghcr.io/hexa/app:v2": "images", "ghcr.io/hexa/app": "images", "localhost/library/node": "images", "EVIL/node": "images",
		"": "images", "deadbeef": "images", "sha256:0123": "images", "DEADBEEF": "images",
	} {
		if got := rule(t, p, creating(fmt.Sprintf(`{"Image":%q}`, image))); got != want {
			t.Errorf("%q: got rule %q, want %q", image, got, want)
		}
	}
	for call, want := range map[string]string{
		"POST /images/create?fromImage=node&tag=20":         "",
		"POST /images/create?fromImage=evil/node":           "images",
		"POST /images/create?fromImage=node&fromImage=evil": "images",
		"POST /images/create?fromSrc=http://evil&repo=node": "images",
		"POST /images/create":                               "images",
		"POST /images/load":                                 "images",
		"POST /images/evil/x/tag?repo=node":                 "images",
		"POST /commit?container=x&repo=node":                "images",
		"POST /session":                                     "build",
		"POST /images/node/push":                            "",
	} {
		method, uri, _ := strings.Cut(call, " ")
		if got := rule(t, p, Request{Method: method, URI: uri}); got != want {
			t.Errorf("%s: got rule %q, want %q", call, got, want)
		}
	}
	if got := rule(t, p, creating(`{}`)); got != "images" {
		t.Errorf("no image at all: got rule %q, want images", got)
	}
}

func TestLimitsHaveToBeAskedForAndKept(t *testing.T) {
	p := policy(t, Policy{MaxMemory: 4 << 30, MaxCPUs: 1.5, MaxPIDs: 100})
	const all = `"Memory":4294967296,"NanoCpus":1500000000,"PidsLimit":100`
	for body, want := range map[string]string{
		host(all):                              "",
		host(all + `,"MemorySwap":8589934592`): "",
		host(``):                               "limits",
		`{"Image":"x"}`:                        "limits",
		host(`"Memory":1,"NanoCpus":1`):        "limits",
		host(`"Memory":4294967297,"NanoCpus":1,"PidsLimit":1`): "limits",
		host(`"Memory":1,"NanoCpus":1500000001,"PidsLimit":1`): "limits",
		host(`"Memory":1,"NanoCpus":1,"PidsLimit":101`):        "limits",
		host(`"Memory":1,"NanoCpus":1,"PidsLimit":-1`):         "limits",
		host(`"Memory":-1,"NanoCpus":1,"PidsLimit":1`):         "limits",
		host(all + `,"MemorySwap":-1`):                         "limits",
		host(all + `,"MemorySwap":8589934593`):                 "limits",
		host(`"Memory":"1","NanoCpus":1,"PidsLimit":1`):        "unreadable",
	} {
		if got := rule(t, p, creating(body)); got != want {
			t.Errorf("%s: got rule %q, want %q", body, got, want)
		}
	}
	for body, want := range map[string]string{
		`{"RestartPolicy":{"Name":"no"}}`: "",
		`{"Memory":0,"PidsLimit":null}`:   "",
		`{"Memory":1000}`:                 "",
		`{"Memory":4294967297}`:           "limits",
		`{"PidsLimit":0}`:                 "limits",
		`{"PidsLimit":-1}`:                "limits",
		`{"MemorySwap":-1}`:               "limits",
		`{"NanoCpus":2000000000}`:         "limits",
	} {
		if got := rule(t, p, Request{Method: "POST", URI: "/containers/x/update", Body: []byte(body)}); got != want {
			t.Errorf("update %s: got rule %q, want %q", body, got, want)
		}
	}
}

func TestARefusalTellsTheRuleAndTheWayOut(t *testing.T) {
	err := policy(t, Policy{}).Judge(creating(host(`"Privileged":true`)))
	const want = "rule privileged: HostConfig.Privileged is set: leave out --privileged, or use a stack with profile compat"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
