package cloudformation_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/cmd/server/settings"
)

// given are variables that the template need not set: Lambda sets its own region, and nothing listens there.
var given = map[string]string{"AWS_REGION": template.Region, "MAYFLY_LISTEN": ":8080"}

// tokens are in secrets, which App Runner reads into the environment.
const token = "0123456789abcdef0123456789abcdef"

func onAppRunner(service template.Resource) map[string]string {
	environment := map[string]string{}
	image := at(service.Properties, "SourceConfiguration", "ImageRepository", "ImageConfiguration")
	for _, one := range at(image, "RuntimeEnvironmentVariables").([]any) {
		environment[at(one, "Name").(string)] = at(one, "Value").(string)
	}
	for _, one := range at(image, "RuntimeEnvironmentSecrets").([]any) {
		environment[at(one, "Name").(string)] = token
	}
	return environment
}

func onLambda(function template.Resource) map[string]string {
	environment := map[string]string{}
	for name, value := range at(function.Properties, "Environment", "Variables").(map[string]any) {
		environment[name] = value.(string)
	}
	return environment
}

func TestTheServerTakesItsEnvironment(t *testing.T) {
	each(t, func(t *testing.T, parameters map[string]string, made template.Stack) {
		for _, environment := range servers(made) {
			got, err := settings.Read(lines(environment))
			if err != nil {
				t.Errorf("the server: %v", err)
			}
			if want := parameters["SSHAllowed"] == "true"; got.Server.Policy.SSH != want {
				t.Errorf("ssh: got %v, want %v", got.Server.Policy.SSH, want)
			}
			if parameters["PrivateSubnets"] == "true" && len(got.PrivateNets) == 0 {
				t.Error("private subnets: got none, want those of the stack")
			}
		}
	})
}

// servers are the environments of all that read the server's settings.
func servers(made template.Stack) (all []map[string]string) {
	if service, is := made.Resources["Service"]; is {
		return append(all, onAppRunner(service))
	}
	for _, name := range []string{"Web", "Worker"} {
		environment := onLambda(made.Resources[name])
		maps.Copy(environment, given)
		all = append(all, environment)
	}
	return all
}

func lines(environment map[string]string) (all []string) {
	for name, value := range environment {
		all = append(all, name+"="+value)
	}
	return all
}

func TestEveryVariableIsInTheTemplateAndTheReverse(t *testing.T) {
	var want []string
	for _, variable := range settings.Variables {
		want = append(want, variable.Name)
	}
	slices.Sort(want)
	made := stack(t, map[string]string{"AdminPage": "open", "Metrics": "open"})
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(onAppRunner(made.Resources["Service"])))); diff != "" {
		t.Errorf("App Runner's variables, -settings +template:\n%s", diff)
	}
	// Of the tokens docs/lambda.md says why they are left out.
	want = slices.DeleteFunc(want, func(name string) bool { return strings.HasSuffix(name, "_TOKEN") })
	made = stack(t, map[string]string{"ServerPlatform": "Lambda"})
	for _, environment := range servers(made) {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(environment))); diff != "" {
			t.Errorf("a function's variables, -settings +template:\n%s", diff)
		}
	}
}

func TestBothPlatformsAreToldTheSame(t *testing.T) {
	container := onAppRunner(stack(t, nil).Resources["Service"])
	delete(container, "MAYFLY_TICK_TOKEN")
	for _, environment := range servers(stack(t, map[string]string{"ServerPlatform": "Lambda"})) {
		if diff := cmp.Diff(container, environment); diff != "" {
			t.Errorf("-App Runner +Lambda:\n%s", diff)
		}
	}
}

func TestTheTickTakesItsEnvironment(t *testing.T) {
	environment := onLambda(stack(t, nil).Resources["Tick"])
	if got, want := environment["MAYFLY_TICK_TOKEN"], "{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:TickToken-AbCdEf}}"; got != want {
		t.Errorf("token: got %q, want %q", got, want)
	}
	environment["AWS_REGION"] = template.Region
	got, err := settings.ReadTick(lines(environment))
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://abc.eu-west-1.awsapprunner.com/internal/tick"; got.URL != want {
		t.Errorf("URL: got %q, want %q", got.URL, want)
	}
	if got, want := slices.Sorted(maps.Keys(environment)), slices.Sorted(tickNames); !slices.Equal(got, want) {
		t.Errorf("variables: got %v, want %v", got, want)
	}
}

func tickNames(yield func(string) bool) {
	for _, variable := range settings.TickVariables {
		if !yield(variable.Name) {
			return
		}
	}
}

// What is in the parameters by default is what the server would do by itself.
func TestTheDefaultsAreTheServers(t *testing.T) {
	environment := onAppRunner(stack(t, nil).Resources["Service"])
	differ := map[string]string{ // and why
		"MAYFLY_USAGE_METRIC": "the stack has an alarm on it",
		"MAYFLY_IMAGE_OWNERS": "a first job runs before there is an image of the stack's own",
	}
	for _, variable := range settings.Variables {
		words := strings.Fields(variable.Default)
		plain := strings.ReplaceAll(variable.Default, ",000", "000")
		if differ[variable.Name] != "" || len(words) > 1 || variable.Default == "none" || variable.Default == "the log" {
			continue
		}
		if got := environment[variable.Name]; got != plain {
			t.Errorf("%s: got %q, want the server's own default %q", variable.Name, got, plain)
		}
	}
}

// Source: docs.aws.amazon.com, AWS Lambda Developer Guide, "Lambda quotas": all variables together, 4 KB.
func TestAFunctionsEnvironmentIsShortEnough(t *testing.T) {
	made := stack(t, map[string]string{"ServerPlatform": "Lambda", "PrivateSubnets": "true", "NatGateways": "One"})
	for _, name := range []string{"Web", "Worker"} {
		size := 0
		for key, value := range onLambda(made.Resources[name]) {
			size += len(key) + len(value)
		}
		if most := 2500; size > most {
			t.Errorf("%s: got %d bytes, want %d at most, for keys of ssh to have room", name, size, most)
		}
	}
}
