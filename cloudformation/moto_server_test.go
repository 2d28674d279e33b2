//go:build aws

package cloudformation_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/cmd/lambda/lambdatest"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// onMoto is a stack on moto, and a GitHub.
type onMoto struct {
	*account
	github *httptest.Server // TLS, whose certificate is the stack's CaBundle
	hub    *localhub.Hub
	log    *log
}

// inOurVPC makes the stack with what the tests need of parameters: all that the server is told comes from there.
func inOurVPC(t *testing.T, parameters map[string]string) *onMoto {
	t.Helper()
	o := &onMoto{log: new(log)}
	o.github = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/api/v3")
		o.hub.ServeHTTP(w, r)
	}))
	t.Cleanup(o.github.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: o.github.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"GitHubUrl": o.github.URL + "/api/v3", "CaBundle": bundle, "Grace": "1s",
		"ImageX64": "099720109477/ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-*", "ImageArm64": "self/base-*",
	}
	maps.Copy(all, parameters)
	o.account = newAccount(t, all)
	_, err := ec2.NewFromConfig(o.config).RegisterImage(t.Context(), &ec2.RegisterImageInput{
		Name: aws.String("base-1"), Architecture: types.ArchitectureValuesArm64, RootDeviceName: aws.String("/dev/sda1"), VirtualizationType: aws.String("hvm"),
	})
	o.must(err)
	return o
}

// log is what a process says.
type log struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// tell is the GitHub, which signs with the secret that the stack has, and whose App is put where the stack looks.
func (o *onMoto) tell(webhookURL string) {
	o.t.Helper()
	o.hub = localhub.New(localhub.Config{Seed: 7, URL: o.github.URL, WebhookURL: webhookURL, WebhookSecret: secret.New(o.secretValue(o.given["WebhookSecret"]))})
	o.t.Cleanup(o.hub.Close)
	o.hub.Install("octo/repo")
	app := o.hub.App()
	apps, err := json.Marshal([]map[string]any{{"id": app.ID, "key": app.Key.Reveal()}})
	o.must(err)
	_, err = secretsmanager.NewFromConfig(o.config).PutSecretValue(o.t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(o.given["GitHubApps"]), SecretString: aws.String(string(apps)),
	})
	o.must(err)
}

func (a *account) secretValue(arn string) string {
	a.t.Helper()
	got, err := secretsmanager.NewFromConfig(a.config).GetSecretValue(a.t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &arn})
	a.must(err)
	return *got.SecretString
}

// run runs a program with an environment of the template. Only where AWS is, and who asks, is not in it.
func (o *onMoto) run(folder string, environment map[string]string) {
	o.t.Helper()
	binary := filepath.Join(o.t.TempDir(), "program")
	if output, err := exec.CommandContext(o.t.Context(), "go", "build", "-o", binary, folder).CombinedOutput(); err != nil {
		o.t.Fatalf("%v: %s", err, output)
	}
	command := exec.CommandContext(o.t.Context(), binary)
	command.Env = append(lines(environment), "AWS_ENDPOINT_URL="+*o.config.BaseEndpoint, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=example")
	command.Stdout, command.Stderr = o.log, o.log
	o.must(command.Start())
	o.t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
}

// function runs cmd/lambda as a function of the stack, with its environment.
func (o *onMoto) function(name string, changes map[string]string) *lambdatest.Runtime {
	o.t.Helper()
	runtime := lambdatest.New(function.Timeout)
	api := httptest.NewServer(runtime)
	o.t.Cleanup(api.Close)
	environment := onLambda(o.made.Resources[name])
	for key, value := range environment {
		if arn, is := strings.CutPrefix(value, "{{resolve:secretsmanager:"); is { // CloudFormation reads it
			environment[key] = o.secretValue(strings.TrimSuffix(arn, "}}"))
		}
	}
	maps.Copy(environment, changes)
	environment["AWS_REGION"], environment["AWS_LAMBDA_RUNTIME_API"] = o.config.Region, strings.TrimPrefix(api.URL, "http://") // as Lambda does
	o.run("../cmd/lambda", environment)
	return runtime
}

// tick is what the stack's schedule does each minute.
func (o *onMoto) tick(runtime *lambdatest.Runtime) {
	o.t.Helper()
	if said := runtime.Invoke([]byte(at(o.made.Resources["Schedule"].Properties, "Target", "Input").(string))); said.Failed {
		o.t.Fatalf("a tick: got %s; the log:\n%s", said.Body, o.log)
	}
}

// await does something again and again until something is so.
func (o *onMoto) await(what string, is func() bool) {
	o.t.Helper()
	for range 600 {
		if is() {
			return
		}
		select {
		case <-o.t.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	o.t.Fatalf("%s: not within a minute; the log:\n%s", what, o.log)
}
