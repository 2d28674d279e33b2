package packer_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

const arn = "arn:aws:ec2:eu-west-1:111122223333:"

// tagged is a resource of the account's with a tag, or with none; an image's or snapshot's ARN has no account.
func tagged(resource, tag string) policy.Resource {
	r := policy.Resource{ARN: arn + resource}
	if strings.HasPrefix(resource, "image/") || strings.HasPrefix(resource, "snapshot/") {
		r.ARN = "arn:aws:ec2:eu-west-1::" + resource
	}
	if tag != "" {
		r.Context = policy.Context{"aws:ResourceTag/" + tag: {"x"}}
	}
	return r
}

// launch is all that a launch touches.
func launch(key string) []policy.Resource {
	all := []policy.Resource{
		tagged("instance/*", ""), tagged("volume/*", ""), tagged("network-interface/*", ""), tagged("subnet/subnet-1", ""),
		tagged("security-group/sg-1", ""), tagged("image/ami-1", ""), tagged("snapshot/snap-1", ""),
	}
	if key != "" {
		all = append(all, tagged("key-pair/"+key, ""))
	}
	return all
}

const (
	build = "mayfly:commit"
	try   = instance.TagTestBoot
)

// request is what a tag in a request is to IAM.
func request(tags ...string) policy.Context {
	told := policy.Context{"aws:TagKeys": tags}
	for _, tag := range tags {
		told["aws:RequestTag/"+tag] = []string{"x"}
	}
	return told
}

func with(told policy.Context, key, value string) policy.Context {
	told = maps.Clone(told)
	told[key] = []string{value}
	return told
}

// scenario is a sentence about the builder's role, and the request that shows whether it is true.
type scenario struct {
	name    string
	action  string // ec2: before it is left out
	on      []policy.Resource
	context policy.Context
	want    bool
}

var scenarios = []scenario{
	// Packer.
	{"a key is made", "CreateKeyPair", []policy.Resource{tagged("key-pair/packer_1", "")}, request(build), true},
	{"and dropped", "DeleteKeyPair", []policy.Resource{tagged("key-pair/packer_1", "")}, nil, true},
	{"a security group is made", "CreateSecurityGroup", []policy.Resource{tagged("security-group/*", ""), tagged("vpc/vpc-1", "")}, request(build), true},
	{"opened", "AuthorizeSecurityGroupIngress", []policy.Resource{tagged("security-group/sg-1", build)}, nil, true},
	{"and dropped", "DeleteSecurityGroup", []policy.Resource{tagged("security-group/sg-1", build)}, nil, true},
	{"a build is launched", "RunInstances", launch("packer_1"), with(request(build), "ec2:MetadataHttpTokens", "required"), true},
	{"what is launched is tagged", "CreateTags", []policy.Resource{tagged("instance/*", "")}, with(request(build), "ec2:CreateAction", "RunInstances"), true},
	{"it is stopped", "StopInstances", []policy.Resource{tagged("instance/i-1", build)}, nil, true},
	{"made an image of", "CreateImage", []policy.Resource{tagged("instance/i-1", build), tagged("image/*", ""), tagged("snapshot/*", "")}, nil, true},
	{"which asks for tokens", "ModifyImageAttribute", []policy.Resource{tagged("image/ami-1", "")}, nil, true},
	{"and is tagged, with its snapshot", "CreateTags", []policy.Resource{tagged("image/ami-1", ""), tagged("snapshot/snap-1", "")}, request("Name", build, "mayfly:image"), true},
	{"it is ended", "TerminateInstances", []policy.Resource{tagged("instance/i-1", build)}, nil, true},
	{"with a volume that is left", "DeleteVolume", []policy.Resource{tagged("volume/vol-1", build)}, nil, true},
	// mayfly image.
	{"a test boot is launched", "RunInstances", launch(""), with(request(try), "ec2:MetadataHttpTokens", "required"), true},
	{"its console is read", "GetConsoleOutput", []policy.Resource{tagged("instance/i-1", try)}, nil, true},
	{"it is ended", "TerminateInstances", []policy.Resource{tagged("instance/i-1", try)}, nil, true},
	{"an image is promoted", "CreateTags", []policy.Resource{tagged("image/ami-1", build)}, request("mayfly:promoted"), true},
	{"and rolled back", "DeleteTags", []policy.Resource{tagged("image/ami-1", build)}, policy.Context{"aws:TagKeys": {"mayfly:promoted"}}, true},
	{"an old one is deprecated", "EnableImageDeprecation", []policy.Resource{tagged("image/ami-1", build)}, nil, true},
	{"and removed", "DeregisterImage", []policy.Resource{tagged("image/ami-1", build)}, nil, true},
	{"with its snapshot", "DeleteSnapshot", []policy.Resource{tagged("snapshot/snap-1", build)}, nil, true},
	{"images are listed", "DescribeImages", []policy.Resource{{ARN: "*"}}, nil, true},
	{"and what is in use", "DescribeInstances", []policy.Resource{{ARN: "*"}}, nil, true},
	// Whoever stole the builder's role.
	{"launches what nobody could find again", "RunInstances", launch("packer_1"), with(request("Name"), "ec2:MetadataHttpTokens", "required"), false},
	{"launches with the old metadata", "RunInstances", launch("packer_1"), with(request(build), "ec2:MetadataHttpTokens", "optional"), false},
	{"launches with nothing said of the metadata", "RunInstances", launch("packer_1"), request(build), false},
	{"launches with somebody's key", "RunInstances", launch("admin"), with(request(build), "ec2:MetadataHttpTokens", "required"), false},
	{"hands a role to an instance", "iam:PassRole", []policy.Resource{{ARN: "arn:aws:iam::111122223333:role/admin"}}, nil, false},
	{"ends a runner", "TerminateInstances", []policy.Resource{tagged("instance/i-1", "mayfly-stack")}, nil, false},
	{"stops what is somebody else's", "StopInstances", []policy.Resource{tagged("instance/i-1", "")}, nil, false},
	{"makes an image of somebody's disk", "CreateImage", []policy.Resource{tagged("instance/i-1", ""), tagged("image/*", ""), tagged("snapshot/*", "")}, nil, false},
	{"opens somebody's security group", "AuthorizeSecurityGroupIngress", []policy.Resource{tagged("security-group/sg-1", "")}, nil, false},
	{"makes an instance its own by a tag", "CreateTags", []policy.Resource{tagged("instance/i-1", "")}, request(build), false},
	{"writes a tag that is none of Mayfly's", "CreateTags", []policy.Resource{tagged("image/ami-1", "")}, request("cost"), false},
	{"reads a runner's console", "GetConsoleOutput", []policy.Resource{tagged("instance/i-1", "mayfly-stack")}, nil, false},
	{"removes somebody's image", "DeregisterImage", []policy.Resource{tagged("image/ami-1", "")}, nil, false},
	{"reads a snapshot", "ebs:GetSnapshotBlock", []policy.Resource{tagged("snapshot/snap-1", build)}, nil, false},
	{"lets others have a snapshot", "ModifySnapshotAttribute", []policy.Resource{tagged("snapshot/snap-1", build)}, nil, false},
}

// builder is the policy of packer/README.md.
func builder(t *testing.T) (document map[string]any, parsed policy.Document) {
	t.Helper()
	text, err := os.ReadFile("builder-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if parsed, err = policy.Identity("builder-policy.json", document); err != nil {
		t.Fatal(err)
	}
	return document, parsed
}

func (one scenario) allowed(t *testing.T, document policy.Document) bool {
	t.Helper()
	action := one.action
	if !strings.Contains(action, ":") {
		action = "ec2:" + action
	}
	decision, err := policy.Evaluate(policy.Policies{Identity: []policy.Document{document}}, policy.Request{
		Principal: policy.Principal{Role: "arn:aws:iam::111122223333:role/builder", RoleID: "AROA1", Session: "build"},
		Action:    action, Resources: one.on, Context: one.context,
	})
	if err != nil {
		t.Fatalf("%s: %v", one.name, err)
	}
	return decision.Allowed()
}

func TestTheBuilderMayDoWhatItDoesAndNoMore(t *testing.T) {
	_, document := builder(t)
	for _, one := range scenarios {
		if got := one.allowed(t, document); got != one.want {
			t.Errorf("%s (%s): got allowed %v, want %v", one.name, one.action, got, one.want)
		}
	}
}

// Whatever statement is taken away, something is decided otherwise.
func TestEveryStatementOfTheBuildersIsNeeded(t *testing.T) {
	whole, _ := builder(t)
	statements := whole["Statement"].([]any)
	for n, statement := range statements {
		without, err := policy.Identity("without", map[string]any{"Version": whole["Version"], "Statement": slices.Delete(slices.Clone(statements), n, n+1)})
		if err != nil {
			t.Fatal(err)
		}
		needed := false
		for _, one := range scenarios {
			needed = needed || one.allowed(t, without) != one.want
		}
		if !needed {
			t.Errorf("nothing needs the statement %v", statement.(map[string]any)["Sid"])
		}
	}
}

func TestTheBuilderMayCallWhateverMayflyImageCalls(t *testing.T) {
	for _, operation := range instance.AMIOperations() {
		if !slices.ContainsFunc(scenarios, func(s scenario) bool { return s.want && "ec2:"+s.action == operation }) {
			t.Errorf("%s is called, and no sentence says that the builder may", operation)
		}
	}
}
