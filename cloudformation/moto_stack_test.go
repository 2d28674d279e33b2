//go:build aws

package cloudformation_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/pkg/awstest"
)

// notOnMoto is what moto cannot make at all, by type, and why.
var notOnMoto = map[string]string{
	"AWS::AppRunner::AutoScalingConfiguration": "moto has no App Runner",
	"AWS::AppRunner::Service":                  "moto has no App Runner: the test starts the server as App Runner would, with this resource's environment",
}

// account is a stack on moto.
type account struct {
	t          *testing.T
	config     aws.Config
	name       string // of the stack
	parameters map[string]string
	given      map[string]string // by moto: what Ref is, by resource, and attributes, by resource.attribute
	made       template.Stack    // with what AWS gave
	asked      []string          // marks, in the order in which they came up
}

// newAccount makes a stack on moto: secrets first, for CloudFormation's part refers to them; then what moto's
// CloudFormation can; then the rest.
func newAccount(t *testing.T, parameters map[string]string) *account {
	t.Helper()
	a := &account{t: t, config: awstest.Config(t), name: awstest.Unique("ci")[:12], parameters: maps.Clone(needed), given: map[string]string{}}
	maps.Copy(a.parameters, parameters)
	a.artifact()
	before := a.resolve(a.askMoto)
	for _, name := range before.Of(secretType) {
		a.given[name] = a.secret(before.Resources[name].Properties)
	}
	a.asked = nil
	skipped := a.create(a.resolve(a.askMoto))
	a.makeBeside(skipped)
	a.made = a.resolve(a.askAccount)
	return a
}

func (a *account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// resolve is the stack, with what AWS gives there.
func (a *account) resolve(given func(name, kind, attribute string) (string, error)) template.Stack {
	a.t.Helper()
	place := template.Place{Region: a.config.Region, Account: template.Account, StackName: a.name, Given: given}
	made, err := read(a.t).ResolveAt(place, a.parameters)
	a.must(err)
	return made
}

// askMoto marks what moto's CloudFormation will give. What others make is known, or a stand-in.
func (a *account) askMoto(name, kind, attribute string) (string, error) {
	if notOnMoto[kind] != "" || beside[kind] != nil || kind == secretType {
		return a.askAccount(name, kind, attribute)
	}
	asked := mark + nameOf(name, attribute) + mark
	if !slices.Contains(a.asked, asked) {
		a.asked = append(a.asked, asked)
	}
	return asked, nil
}

// askAccount is what there is.
func (a *account) askAccount(name, kind, attribute string) (string, error) {
	if value, is := a.given[nameOf(name, attribute)]; is {
		return value, nil
	}
	return template.StandIn.Given(name, kind, attribute)
}

func nameOf(name, attribute string) string {
	if attribute == "" {
		return name
	}
	return name + "." + attribute
}

// artifact puts the functions' zip where the stack finds it.
func (a *account) artifact() {
	a.t.Helper()
	bucket := awstest.Unique("artifacts")
	a.parameters["ArtifactBucket"] = bucket
	_, err := a.s3().CreateBucket(a.t.Context(), &s3.CreateBucketInput{Bucket: &bucket})
	a.must(err)
	_, err = a.s3().PutObject(a.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(needed["LambdaKey"])})
	a.must(err)
}

func (a *account) s3() *s3.Client {
	return s3.NewFromConfig(a.config, func(o *s3.Options) { o.UsePathStyle = true })
}

// create has moto's CloudFormation make what it can, and says which resources it skipped.
func (a *account) create(made template.Stack) (skipped []string) {
	a.t.Helper()
	api := cloudformation.NewFromConfig(a.config)
	_, err := api.CreateStack(a.t.Context(), &cloudformation.CreateStackInput{StackName: &a.name, TemplateBody: aws.String(cut(a.t, made, a.asked))})
	a.must(err)
	stacks, err := api.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &a.name})
	a.must(err)
	if got := stacks.Stacks[0].StackStatus; got != "CREATE_COMPLETE" {
		a.t.Fatalf("the stack is %s, want CREATE_COMPLETE", got)
	}
	values := map[string]string{}
	for _, output := range stacks.Stacks[0].Outputs {
		values[*output.OutputKey] = aws.ToString(output.OutputValue)
	}
	for i, asked := range a.asked {
		found := marked.FindStringSubmatch(asked)
		a.given[nameOf(found[1], found[2])] = values[outputOf(i)]
	}
	there, err := api.DescribeStackResources(a.t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: &a.name})
	a.must(err)
	all := slices.Sorted(maps.Keys(made.Resources))
	for _, resource := range there.StackResources {
		if resource.LogicalResourceId == nil {
			continue // what was skipped is there, without a name
		}
		all = slices.DeleteFunc(all, func(name string) bool { return name == *resource.LogicalResourceId })
		a.given[*resource.LogicalResourceId] = aws.ToString(resource.PhysicalResourceId)
	}
	return all
}

// makeBeside makes what moto's CloudFormation skipped, by moto's other services. All that was skipped has to be
// among what we know that it skips, and the reverse: so no list is longer than it has to be.
func (a *account) makeBeside(skipped []string) {
	a.t.Helper()
	made := a.resolve(a.askAccount)
	var got, want []string
	for _, name := range skipped {
		got = append(got, made.Resources[name].Type)
	}
	for name, resource := range made.Resources {
		if kind := resource.Type; notOnMoto[kind] != "" || beside[kind] != nil || kind == secretType {
			want = append(want, kind)
			if makes := beside[kind]; makes != nil {
				maps.Copy(a.given, makes(a, name, resource.Properties))
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
		a.t.Errorf("what moto's CloudFormation does not make: take it out of beside or notOnMoto, or put it in (-listed +skipped):\n%s", diff)
	}
}
